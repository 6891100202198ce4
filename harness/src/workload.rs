//! What users do: a model, a generator of intents, and an oracle that knows what each intent should have done.

use serde::de::DeserializeOwned;
use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, Operation};
use syncbench_strategies::replica::{NodeId, OpId, Rng};
use syncbench_strategies::spec::{Content, Param, Params};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Kind};
use crate::ledger::{Entry, Fate, Ledger};
use crate::schedule::Schedule;

/// A workload's card.
pub struct WorkloadSpec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// One line: what users do.
    pub summary: &'static str,
    /// The product it stands for.
    pub product: &'static str,
    /// What it can be told.
    pub params: &'static [Param],
    /// The kinds of edits that its plans contain.
    pub edits: &'static [EditKind],
    /// The kinds of findings that its oracle can make, each of which catches a planted bug in `tests/findings`.
    pub kinds: &'static [&'static Kind],
    /// What its document is.
    pub content: Content,
    /// Whether users take back what they did.
    pub undo: bool,
    /// What the initial document's size counts.
    pub size_unit: &'static str,
    /// The initial document's size unless told otherwise.
    pub default_size: u64,
    /// Makes the workload.
    pub build: fn(&Params) -> Box<dyn Workload>,
}

impl WorkloadSpec {
    /// The card of a workload that somebody brings: data, without parameters and undo.
    pub const fn own(
        name: &'static str,
        summary: &'static str,
        edits: &'static [EditKind],
        kinds: &'static [&'static Kind],
        default_size: u64,
        build: fn(&Params) -> Box<dyn Workload>,
    ) -> Self {
        Self {
            name,
            summary,
            product: "its author's",
            params: &[],
            edits,
            kinds,
            content: Content::Data,
            undo: false,
            size_unit: "units",
            default_size,
            build,
        }
    }
}

/// A configured workload.
pub trait Workload: Send + Sync {
    /// What operations mean.
    fn model(&self) -> ModelRef;

    /// The document that every replica starts from, of `size` units.
    fn genesis(&self, size: u64) -> Document;

    /// The user at `client`, one of `clients`.
    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User>;

    /// What went wrong with the intents, by name. Called once, after the run.
    fn judge(&self, history: &History<'_>) -> Vec<Finding>;

    /// Whether a state that users see is one that the product allows; if not, what is wrong with it.
    fn invariant(&self, document: &Document) -> Result<(), String> {
        let _ = document;
        Ok(())
    }

    /// The final state that the recorded trace must end in.
    fn reference(&self) -> Option<Document> {
        None
    }

    /// Who may act when, for a replayed trace.
    fn schedule(&self) -> Option<&Schedule> {
        None
    }
}

/// A user: decides what to do next.
pub trait User: Send {
    /// Called before [`User::next`]: where this user's own operations stand.
    fn standing(&mut self, standing: Standing) {
        let _ = standing;
    }

    /// The next intent, resolved against what this user sees. `None` when there is nothing sensible to do.
    ///
    /// `rng` is this intent's own stream. Draw first, in relative terms (a fraction, "the k-th"), and only then look at
    /// the view, so that the same intent meets every strategy.
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent>;
}

/// A user without a memory is a function.
impl<F: FnMut(&dyn View, &mut Rng) -> Option<Intent> + Send> User for F {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self(view, rng)
    }
}

/// Where a user's own operations stand when it acts; what a product shows as "saving...".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The number that the next operation gets.
    pub next: u64,
    /// Every own operation up to this number is taken into account on the own screen, or was refused.
    pub reflected: u64,
}

/// An operation and what its author saw.
#[derive(Clone, Debug)]
pub struct Intent {
    /// What the user wants.
    pub operation: Operation,
    /// What the workload's oracle must know of the view at that moment; [`Document::Null`] for nothing.
    pub seen: Document,
}

impl Intent {
    /// An intent that needs no memory of what was seen.
    pub fn blind<O: serde::Serialize>(op: &O) -> Self {
        Self { operation: Operation::encode(op), seen: Document::Null }
    }
}

/// A finished run, as an oracle sees it.
pub struct History<'a> {
    /// The initial document.
    pub genesis: &'a Document,
    /// The final state; of the first client, where they differ.
    pub last: &'a Document,
    /// What became of every operation.
    pub ledger: &'a Ledger,
}

/// An operation with its type, as an oracle reads it.
#[derive(Debug)]
pub struct Issued<'a, O> {
    /// The typed operation.
    pub op: O,
    /// Its entry in the ledger.
    pub entry: &'a Entry,
}

impl<O> Issued<'_, O> {
    /// Which operation.
    pub fn id(&self) -> OpId {
        self.entry.id
    }

    /// The outcome that its author was given, if it was told that it stands and did not take it back since.
    pub fn outcome(&self) -> Option<&Document> {
        match &self.entry.fate {
            Fate::Acknowledged(outcome) if !self.entry.undone => Some(outcome),
            _ => None,
        }
    }

    /// Whether its author took it back and was told that this stands: its effect must be gone.
    pub fn undone(&self) -> bool {
        self.entry.undone
    }

    /// Whether its author had taken `other` into account.
    pub fn follows<P>(&self, other: &Issued<'_, P>) -> bool {
        self.entry.reflected.contains(other.id())
            || (other.id().client == self.id().client && other.id().n < self.id().n)
    }
}

impl<'a> History<'a> {
    /// Every operation of the model, typed, by client and number. Undos are not among them: see [`Issued::undone`].
    pub fn operations<O: DeserializeOwned>(&self) -> Vec<Issued<'a, O>> {
        let operations = self.ledger.entries().filter(|entry| entry.undoes.is_none());
        operations.filter_map(|entry| entry.operation.decode().map(|op| Issued { op, entry })).collect()
    }

    /// Those whose author was told that they stand, and did not take them back.
    pub fn confirmed<O: DeserializeOwned>(&self) -> Vec<Issued<'a, O>> {
        let mut acts = self.operations();
        acts.retain(|act| act.outcome().is_some());
        acts
    }
}
