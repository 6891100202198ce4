//! Planted bugs, each with the oracle that must catch it.
//!
//! A checker that has not caught a planted bug is not a checker. A mutant is a strategy, a model or the simulator itself with
//! one bug, under conditions in which that bug shows. [`trial`] runs it seed by seed until its oracle objects, and runs
//! the same conditions without the bug, where no oracle may object.
//!
//! A family of mutants is one file here and one line in [`FAMILIES`]; a mutant is one item in its family's list.

mod checks;
mod engine;
mod messages;
mod models;
mod reports;
mod sessions;
mod shown;
mod small;
mod state;
pub mod trial;
mod twist;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Plan, Rejected};
use syncbench_strategies::registry;
use syncbench_strategies::replica::Strategy;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::{Configured, Spec};
use syncbench_strategies::view::View;

use crate::finding::Kind;
use crate::network::Transport;
use crate::oracle::Oracle;
use crate::pace::Pace;
use crate::sabotage;
pub use twist::{Twist, Wrapped};

/// One line per family.
pub static FAMILIES: &[Family] = &[
    Family { name: "messages", about: "what a replica sends, forwards and receives", mutants: messages::MUTANTS },
    Family { name: "reports", about: "what a replica tells its user", mutants: reports::MUTANTS },
    Family { name: "sessions", about: "what a user can rely on from one look to the next", mutants: sessions::MUTANTS },
    Family { name: "shown", about: "what a client keeps showing, and in which order", mutants: shown::MUTANTS },
    Family { name: "state", about: "what a replica keeps, and what it draws from", mutants: state::MUTANTS },
    Family {
        name: "rebase",
        about: "a small strategy with a server that orders, and clients that rebase",
        mutants: small::optimistic::MUTANTS,
    },
    Family {
        name: "transformation",
        about: "a small strategy that transforms changes to fit a server's order",
        mutants: small::transform::MUTANTS,
    },
    Family {
        name: "stamps",
        about: "a small strategy without a server: the latest stamp wins",
        mutants: small::stamped::MUTANTS,
    },
    Family {
        name: "positions",
        about: "a small strategy without a server: items with fractional positions",
        mutants: small::positions::MUTANTS,
    },
    Family { name: "model of stack", about: "what pushes, pops and reverses mean", mutants: models::stack::MUTANTS },
    Family { name: "model of counter", about: "what additions and likes mean", mutants: models::counter::MUTANTS },
    Family { name: "model of record", about: "what edits of a table mean", mutants: models::record::MUTANTS },
    Family { name: "model of text", about: "what typing means", mutants: models::text::MUTANTS },
    Family { name: "model of booking", about: "what reservations mean", mutants: models::booking::MUTANTS },
    Family { name: "model of kanban", about: "what operations on a board mean", mutants: models::kanban::MUTANTS },
    Family { name: "model of json", about: "what edits of a tree mean", mutants: models::json::MUTANTS },
    Family {
        name: "model of notebook",
        about: "what operations on a notebook mean",
        mutants: models::notebook::MUTANTS,
    },
    Family {
        name: "model of presence",
        about: "what the movements of cursors mean",
        mutants: models::presence::MUTANTS,
    },
    Family { name: "engine", about: "the simulator, the ledger and the probes", mutants: engine::MUTANTS },
];

/// Mutants whose bugs are in one place.
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Where its bugs are.
    pub about: &'static str,
    /// Its mutants.
    pub mutants: &'static [Mutant],
}

/// All mutants, family by family.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    FAMILIES.iter().flat_map(|family| family.mutants)
}

/// The mutant with this name.
pub fn find(name: &str) -> Option<&'static Mutant> {
    all().find(|mutant| mutant.name == name)
}

/// A planted bug.
pub struct Mutant {
    /// Its name.
    pub name: &'static str,
    /// The bug, in one sentence.
    pub plants: &'static str,
    /// A bug of this kind in a real product.
    pub history: Option<&'static str>,
    /// What the bug is planted in.
    pub base: Base,
    /// The workload with its parameters.
    pub workload: &'static str,
    /// The bug.
    pub bug: Bug,
    /// Conditions in which it shows.
    pub conditions: Conditions,
    /// The oracle that must catch it.
    pub oracle: &'static Oracle,
    /// The kinds of findings that it must cause, where the oracle is [`FINDINGS`](crate::oracle::FINDINGS).
    pub kinds: &'static [&'static Kind],
}

impl Mutant {
    /// Its base with the bug, where that is in the strategy. The error says what this build leaves out.
    pub fn configure(&self) -> Result<Configured, SelectorError> {
        let base = self.base.configure()?;
        Ok(match self.bug {
            Bug::Replica(wrapped) => {
                let (spec, params) = (base.spec, base.params.clone());
                let label = format!("{} ({})", base.label, self.name);
                Configured { label, spec, params, strategy: wrapped.around(Arc::new(base)) }
            }
            Bug::Strategy(make) => Configured { strategy: make(), ..base },
            _ => base,
        })
    }

    /// What must catch it, for tables: its oracle, or the kinds of findings.
    pub fn caught_by(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name).collect();
        if kinds.is_empty() { self.oracle.name.to_owned() } else { format!("finding: {}", kinds.join(", ")) }
    }
}

impl fmt::Debug for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A strategy without a bug.
#[derive(Clone, Copy)]
pub enum Base {
    /// A registered strategy, with its parameters.
    Registered(&'static str),
    /// A small strategy, written so that bugs can be planted in it.
    Own(&'static Spec),
}

impl Base {
    /// The strategy, ready to make replicas. The error says what this build leaves out.
    pub fn configure(self) -> Result<Configured, SelectorError> {
        match self {
            Base::Registered(written) => registry::configure(&written.parse()?),
            Base::Own(spec) => spec.configure(&spec.name.parse()?),
        }
    }

    /// Its name in tables.
    pub fn label(self) -> &'static str {
        match self {
            Base::Registered(written) => written,
            Base::Own(spec) => spec.name,
        }
    }
}

/// Replaces what a model answers to an operation.
pub type Answer = Result<Plan, Rejected>;

/// Where the bug is.
#[derive(Clone, Copy)]
pub enum Bug {
    /// Replicas of the base misbehave.
    Replica(Wrapped),
    /// The small strategy is built with the bug.
    Strategy(fn() -> Box<dyn Strategy>),
    /// The model of all replicas answers differently from the one that the oracle assumes.
    Means(fn(&Operation, Answer) -> Answer),
    /// The same, with what the model sees.
    Sees(fn(&dyn View, &Operation, Answer) -> Answer),
    /// The simulator misbehaves.
    Harness(sabotage::Plant),
}

/// The conditions of a run, as far as mutants need them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// The network with its parameters.
    pub network: &'static str,
    /// Faults, all of which happen.
    pub faults: &'static [&'static str],
    /// What links promise.
    pub transport: Transport,
    /// How many clients.
    pub clients: u32,
    /// Operations of all clients together.
    pub ops: u64,
    /// Operations per second of all clients together.
    pub rate_per_s: f64,
    /// How users come to act.
    pub pace: Pace,
    /// Share of actions that are undos.
    pub undo: f64,
    /// How often states are looked at; `None` for after every event.
    pub sample_every: Option<Duration>,
    /// How long the group may take to quiesce.
    pub budget: Duration,
}

/// A little over a second of three users on a network with jitter and loss.
pub const USUAL: Conditions = Conditions {
    network: "4g",
    faults: &[],
    transport: Transport::Stream,
    clients: 3,
    ops: 36,
    rate_per_s: 30.0,
    pace: Pace::Poisson,
    undo: 0.0,
    sample_every: None,
    // Longer than any backoff or retransmission.
    budget: Duration::from_secs(30),
};

/// The usual conditions with a client that is cut off early and briefly, so that much happens afterwards.
pub const CUT_OFF: Conditions =
    Conditions { network: "4g:detection=0", faults: &["partition:isolate,client=2@300ms..600ms"], ops: 60, ..USUAL };

impl Bug {
    /// The model with the bug; unchanged where the bug is elsewhere.
    fn plant_in(self, model: ModelRef) -> ModelRef {
        match self {
            Bug::Means(_) | Bug::Sees(_) => Arc::new(Twisting { model, bug: self }),
            _ => model,
        }
    }
}

/// A model whose answers are replaced.
struct Twisting {
    model: ModelRef,
    bug: Bug,
}

impl ErasedModel for Twisting {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Answer {
        let answer = self.model.plan(view, operation);
        match self.bug {
            Bug::Means(meaning) => meaning(operation, answer),
            Bug::Sees(meaning) => meaning(view, operation, answer),
            _ => answer,
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        self.model.describe(operation)
    }
}

/// A mutant under the usual conditions.
const fn mutant(
    name: &'static str,
    plants: &'static str,
    (base, workload): (Base, &'static str),
    bug: Bug,
    oracle: &'static Oracle,
) -> Mutant {
    Mutant { name, plants, history: None, base, workload, bug, conditions: USUAL, oracle, kinds: &[] }
}

/// A registered strategy on a workload.
const fn on(strategy: &'static str, workload: &'static str) -> (Base, &'static str) {
    (Base::Registered(strategy), workload)
}
