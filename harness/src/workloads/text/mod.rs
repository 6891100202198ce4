//! `text`: several users type in one text, with typing runs, backspaces, and cursors that move along with the text.
//!
//! `typing` has the typists, and `oracles::text` judges what became of each character.

mod model;
mod oracle;
mod small;
mod users;

#[cfg(test)]
mod tests;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, erase};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Content, Param, ParamKind};

pub use self::model::{TextModel, TextOp, genesis};
use self::users::Writer;
use crate::contention;
use crate::finding::Finding;
use crate::oracles;
use crate::typing::Keys;
use crate::workload::{History, Small, User, Workload, WorkloadSpec};

/// What the workload says about itself.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "text",
    summary: "type and erase in one text, a character at a time, in runs",
    product: "a shared note, a page of a wiki, the text of a notebook cell",
    holds: "running text",
    params: &[
        Param {
            name: "run",
            kind: ParamKind::Count,
            default: "9",
            help: "mean length of a typing run, geometrically distributed: 9.6 and 8.8 (medians 4) in the recorded traces \
                   friendsforever and clownschool",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.09",
            help: "share of backspaces among all keystrokes: 2358 of 26078 in friendsforever; they come in runs of 3",
        },
        Param {
            name: "backward",
            kind: ParamKind::Share,
            default: "0.017",
            help: "share of typing runs in which the cursor stays before what was typed: 395 of 23720 inserts in \
                   friendsforever, 223 of 22737 in clownschool",
        },
        Param {
            name: "jump",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of runs that begin elsewhere; the others go on where the last one ended. In friendsforever 90 % and \
                   in clownschool 94 % of the runs began within ten characters",
        },
        contention::param(
            "one:0.46",
            "where a jump goes: the order is from the end of the text, where users meet, to its beginning. One is the end: \
             46 % of the jumps in friendsforever, 91 % in clownschool",
        ),
    ],
    edits: &[EditKind::TextSplice],
    kinds: oracles::text::KINDS,
    content: Content::Text,
    undo: true,
    size_unit: "characters",
    // A paragraph or two: the final text of friendsforever is ten times as long, and its users typed most of it.
    default_size: 300,
    build: |params| Box::new(Text(users::habits(params))),
};

struct Text(Keys);

impl Workload for Text {
    fn model(&self) -> ModelRef {
        erase(TextModel {})
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        Box::new(Writer::new(self.0, client, clients))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        oracle::judge(history)
    }

    fn small(&self) -> Option<Small> {
        Some(Small { genesis: small::genesis(), letters: small::LETTERS })
    }
}
