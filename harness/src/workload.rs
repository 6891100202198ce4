//! The contract of a workload: a model, users who issue its operations, and an oracle that knows what each should have done.

mod phrase;
mod small;

use syncbench_strategies::document::{Document, EditKind};
use syncbench_strategies::model::{ModelRef, Operation};
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, Params};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Kind};
pub use crate::history::{History, Issued};
use crate::results::{KindFacts, WorkloadFacts};
use crate::schedule::Schedule;
pub use phrase::phrase;
pub(crate) use phrase::plain;
pub use small::{Letter, Seat, Small};

/// What a workload says about itself.
pub struct WorkloadSpec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// One line: what users do.
    pub summary: &'static str,
    /// The product it stands for.
    pub product: &'static str,
    /// What its document holds, in a word or two, to be used in sentences: `running text`, `bookings of a stock`. Workloads
    /// that say the same are told together.
    pub holds: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// The kinds of edits that its plans contain.
    pub edits: &'static [EditKind],
    /// The kinds of findings that its oracle makes. Each is found in a planted bug, in `src/mutants` or in `tests/suite/findings`.
    pub kinds: &'static [&'static Kind],
    /// What its document is.
    pub content: Content,
    /// Whether users undo operations.
    pub undo: bool,
    /// What the size of the initial document counts.
    pub size_unit: &'static str,
    /// The size of the initial document by default.
    pub default_size: u64,
    /// Builds the workload.
    pub build: fn(&Params) -> Box<dyn Workload>,
}

impl WorkloadSpec {
    /// The spec of a product's own workload: data, without parameters and undo.
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
            product: "your own",
            holds: name,
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

impl WorkloadSpec {
    /// What results say about it.
    pub fn facts(&self) -> WorkloadFacts {
        WorkloadFacts {
            edits: self.edits.iter().map(|kind| kind.name().to_owned()).collect(),
            holds: self.holds.to_owned(),
            product: self.product.to_owned(),
            kinds: self.kinds.iter().map(|kind| (kind.name.to_owned(), KindFacts::of(kind))).collect(),
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

    /// What went wrong with the operations. Called once, after the run.
    fn judge(&self, history: &History<'_>) -> Vec<Finding>;

    /// Whether the product allows this state to be seen by users; if not, what is wrong with it.
    fn invariant(&self, document: &Document) -> Result<(), String> {
        let _ = document;
        Ok(())
    }

    /// Whether a final state is the one that was recorded with a trace; `None` where nothing was, or where nobody can tell.
    fn matches_reference(&self, history: &History<'_>, state: &Document) -> Option<bool> {
        let _ = (history, state);
        None
    }

    /// A small case, of which `explore` runs every schedule; `None` for a workload without one.
    fn small(&self) -> Option<Small> {
        None
    }

    /// The same with the first `ops` operations only, in a replayed trace; `None` where users decide.
    fn first(&self, ops: u64) -> Option<Box<dyn Workload>> {
        let _ = ops;
        None
    }

    /// When each user may act, in a replayed trace.
    fn schedule(&self) -> Option<&Schedule> {
        None
    }
}

/// A user at one client, who decides what to do next.
pub trait User: Send {
    /// Called before [`User::next`]: where this user's own operations stand.
    fn standing(&mut self, standing: Standing) {
        let _ = standing;
    }

    /// Called once, before everything else, in runs of few actions: the numbers that tell this user's values from those of
    /// others, and from those of a document of `size` units, may be short.
    fn few(&mut self, size: u64) {
        let _ = size;
    }

    /// The next intent, resolved against what this user sees. `None` when there is nothing sensible to do.
    ///
    /// `rng` is this intent's own stream. Draw first, in relative terms (a fraction, "the k-th"), and only then look at
    /// the view, so that the same intent meets every strategy.
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent>;
}

/// A user without memory is a function.
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
    /// Every operation of this user up to this number is reflected at its own replica, or was rejected.
    pub reflected: u64,
}

/// An operation that a user wants, and what it saw.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The operation.
    pub operation: Operation,
    /// What the oracle must know of the view at that moment; [`Document::Null`] for nothing.
    pub seen: Document,
}

impl Intent {
    /// An intent whose oracle needs to know nothing of the view.
    pub fn blind<O: serde::Serialize>(op: &O) -> Self {
        Self { operation: Operation::encode(op), seen: Document::Null }
    }
}
