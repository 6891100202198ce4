//! Findings: what an oracle found, and the kinds of it, which are data.

use std::fmt;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, OpId};

/// A kind of finding: a static beside the rule that it stands for, and an entry in the list of who uses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name in results: `item delivered twice`, `torn save`.
    pub name: &'static str,
    /// Whether it counts into `lost_intents`. Its count is then one of operations: confirmed ones without their effect, or
    /// with a wrong one. All other kinds are notes, which may count anything and lose no operation.
    pub lost: bool,
    /// What it means, in a sentence for readers of a report.
    pub meaning: &'static str,
}

impl Kind {
    /// A confirmed operation that did not have its effect, or had a wrong one.
    pub const fn lost(name: &'static str, meaning: &'static str) -> Self {
        Self { name, lost: true, meaning }
    }

    /// Something worth knowing that lost no operation.
    pub const fn noted(name: &'static str, meaning: &'static str) -> Self {
        Self { name, lost: false, meaning }
    }
}

/// Declares kinds of findings, each documented by its meaning.
macro_rules! kinds {
    ($($kind:ident = $make:ident($name:literal, $meaning:literal);)+) => {
        $(
            #[doc = $meaning]
            pub static $kind: $crate::finding::Kind = $crate::finding::Kind::$make($name, $meaning);
        )+
    };
}
pub(crate) use kinds;

/// Something an oracle found: its kind, how often, and one instance in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of its [`Kind`].
    pub kind: String,
    /// How many operations were lost; of a note, what its kind counts.
    pub count: u64,
    /// One instance, in words.
    pub example: String,
    /// Whether it counts into `lost_intents`.
    pub lost: bool,
    /// The operations that were lost, the one of the example first; known while a run is judged, and empty in results.
    #[serde(skip)]
    pub ops: Vec<OpId>,
}

impl Finding {
    /// A note, with its count and one instance.
    pub fn noted(kind: &Kind, count: u64, example: impl fmt::Display) -> Self {
        debug_assert!(!kind.lost, "{} counts operations, which need names", kind.name);
        Self { kind: kind.name.to_owned(), count, example: example.to_string(), lost: kind.lost, ops: Vec::new() }
    }
}

/// The operations that a sentence names, such as c2.5.
pub(crate) fn named(text: &str) -> impl Iterator<Item = OpId> + '_ {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).filter_map(|word| {
        let (client, n) = word.trim_end_matches('.').strip_prefix('c')?.split_once('.')?;
        Some(OpId { client: NodeId(client.parse().ok()?), n: n.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_operations() {
        let ops: Vec<String> =
            named("c2.1: item c1 was given to c3.12, and 2.5 more.").map(|op| op.to_string()).collect();
        assert_eq!(ops, ["c2.1", "c3.12"]);
    }
}
