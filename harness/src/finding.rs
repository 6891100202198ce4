//! Findings: what an oracle found, and the kinds of it, which are data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of finding: a static beside the rule that it stands for, and an entry in the list of who uses it.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name in results: `item delivered twice`, `torn save`.
    pub name: &'static str,
    /// Whether it counts into `lost_intents`: a confirmed operation without its effect, or with a wrong one.
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
    /// How many operations it hit, or what else the kind counts.
    pub count: u64,
    /// One instance, in words.
    pub example: String,
    /// Whether it counts into `lost_intents`.
    pub lost: bool,
}

/// Collects findings: a count and the first example of each kind.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds one finding.
    pub fn add(&mut self, kind: &Kind, example: impl fmt::Display) {
        self.count(kind, 1, example);
    }

    /// Adds `count` findings of a kind at once; none if it is zero.
    pub fn count(&mut self, kind: &Kind, count: u64, example: impl fmt::Display) {
        if count == 0 {
            return;
        }
        match self.0.iter_mut().find(|finding| finding.kind == kind.name) {
            Some(finding) => finding.count += count,
            None => {
                let (kind, lost) = (kind.name.to_owned(), kind.lost);
                self.0.push(Finding { kind, count, example: example.to_string(), lost });
            }
        }
    }

    /// What was found, in the order of the first of each kind.
    pub fn done(self) -> Vec<Finding> {
        self.0
    }
}
