//! Stories: a few scripted operations on real replicas in the simulator, told step by step.
//!
//! A story is data: who does what when, over which network, under which strategies, and what to work out from it. Telling
//! it runs it and returns everything as data; nothing here prints or draws. Each is one file and one line in [`STORIES`].

pub mod cell;
pub mod offline;
pub mod orders;
pub mod patches;
pub mod race;
mod script;
pub mod stack;
mod stage;
pub(crate) mod telling;
pub(crate) mod watch;

use std::borrow::Cow;
use std::time::Duration;

use serde::{Serialize, Serializer};
use syncbench_strategies::document::{Document, from_document};
use syncbench_strategies::replica::{NodeId, OpId};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use crate::results::Finding;
use orders::Tally;
pub use script::{Call, Script};
pub(crate) use stage::made;
pub use stage::perform;

/// One line per story.
pub static STORIES: &[&Story] = &[&stack::STORY, &race::STORY, &patches::STORY, &offline::STORY];

/// A story's spec.
pub struct Story {
    /// The name on the command line.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it shows, in a few sentences.
    pub shows: &'static str,
    /// The strategies under which it is told by default.
    pub cast: Cast,
    /// Runs it under these strategies, written as on the command line, of these specs.
    pub tell: fn(&[String], &[&'static Spec]) -> Result<Told, SelectorError>,
}

/// Strategies of a story.
#[derive(Clone, Copy, Debug)]
pub enum Cast {
    /// These.
    Named(&'static [&'static str]),
    /// Every one that is compiled in, this one first.
    All(&'static str),
}

/// A strategy under which a story was not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Which.
    pub strategy: String,
    /// Why.
    pub reason: String,
}

impl Story {
    /// Runs a script of two clients under these strategies, written as on the command line.
    fn perform(&self, script: &Script, strategies: &[String], specs: &[&'static Spec]) -> Result<Told, SelectorError> {
        let Story { name: story, title, shows, .. } = *self;
        let (mut runs, mut skipped) = (Vec::new(), Vec::new());
        for strategy in strategies {
            match perform(script, strategy, specs)? {
                Ok(run) => runs.push(run),
                Err(reason) => skipped.push(reason),
            }
        }
        let names = ["server", "green", "yellow"].map(Cow::from).to_vec();
        Ok(Told { story, title: title.into(), shows: shows.into(), names, runs, skipped, tally: None })
    }

    /// The strategies that are among these specs, and those that are not.
    pub fn cast(&self, specs: &[&'static Spec]) -> (Vec<String>, Vec<Skipped>) {
        let here = |name: &str| specs.iter().any(|spec| spec.name == name);
        let (names, absent): (Vec<&str>, Vec<&str>) = match self.cast {
            Cast::Named(names) => names.iter().partition(|name| here(name)),
            Cast::All(first) => {
                let others = specs.iter().map(|spec| spec.name).filter(|name| *name != first);
                std::iter::once(first).chain(others).partition(|name| here(name))
            }
        };
        let skipped = |name: &str| Skipped { strategy: name.into(), reason: "not compiled in".into() };
        (names.into_iter().map(String::from).collect(), absent.into_iter().map(skipped).collect())
    }
}

/// The clients of a story, by their node numbers.
const GREEN: u32 = 1;
const YELLOW: u32 = 2;
/// How long a turn takes: an action of one client comes this much later than the one before.
const TURN: Duration = Duration::from_millis(5);
/// Turns until everybody has joined, over links of up to 50 ms to a server and back: stories begin at 105 ms.
const JOINED: u64 = 21;

/// The story with this name.
pub fn find(name: &str) -> Option<&'static Story> {
    STORIES.iter().copied().find(|story| story.name == name)
}

/// A story that was run.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its name.
    pub story: &'static str,
    /// Its heading.
    pub title: Cow<'static, str>,
    /// What it shows.
    pub shows: Cow<'static, str>,
    /// Names of the replicas by node number, the server's first.
    pub names: Vec<Cow<'static, str>>,
    /// One run for each strategy.
    pub runs: Vec<Run>,
    /// Strategies under which it was not run.
    pub skipped: Vec<Skipped>,
    /// What every order of the same operations gives, where the story asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
}

impl Told {
    /// The name of a replica.
    pub fn name(&self, node: NodeId) -> &str {
        self.names.get(node.0 as usize).map_or("?", |name| name)
    }
}

/// The script under one strategy.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// The strategy, as it was written.
    pub strategy: String,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Who takes part.
    pub nodes: Vec<NodeId>,
    /// The part of the document that states show; absent where they are whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What everybody sees at first.
    #[serde(serialize_with = "as_json")]
    pub genesis: Document,
    /// Every operation and its fate, in the order in which users acted.
    pub calls: Vec<Made>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What travelled.
    pub messages: Vec<Message>,
    /// What everybody sees at the end.
    pub finals: Vec<Final>,
    /// Whether that is the same everywhere.
    pub equal: bool,
    /// What the oracles found.
    pub findings: Vec<Finding>,
}

/// What a user did, and the fate of the operation.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Which.
    pub op: OpId,
    /// In words.
    pub words: String,
    /// When.
    pub at_ms: f64,
    /// When it was confirmed or rejected.
    pub answered_ms: Option<f64>,
    /// Its fate, as its user knows it.
    pub answer: Answer,
}

/// The fate of an operation, as its user knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Neither confirmed nor rejected.
    None,
    /// Confirmed, with what the user gets.
    Stands(#[serde(serialize_with = "as_json")] Document),
    /// Rejected.
    Refused {
        /// A short word.
        code: String,
        /// A sentence.
        detail: String,
    },
}

/// One step: a replica was called, and the call had an effect.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// When.
    pub at_ms: f64,
    /// Who.
    pub node: NodeId,
    /// Its user's action, if it was called for one.
    pub issued: Option<OpId>,
    /// What became of the node or its connections; the start is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Operations reflected here from now on; on a server: those that got their place in the order.
    pub took: Vec<OpId>,
    /// Own operations that are on their user's screen from now on.
    pub shown: Vec<OpId>,
    /// Own operations that are confirmed.
    pub confirmed: Vec<OpId>,
    /// Own operations that are rejected.
    pub refused: Vec<OpId>,
    /// Own operations that are rolled back.
    pub rolled_back: Vec<OpId>,
    /// What this replica shows now.
    #[serde(serialize_with = "as_json")]
    pub state: Document,
    /// Whether it showed something else before.
    pub changed: bool,
}

/// Something that travelled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    /// Who sent it.
    pub from: NodeId,
    /// For whom.
    pub to: NodeId,
    /// When it left.
    pub sent_ms: f64,
    /// When it arrived; `None` when it was lost.
    pub arrived_ms: Option<f64>,
    /// The operations in it.
    pub carries: Vec<OpId>,
    /// Whether it holds a whole state.
    pub whole: bool,
}

/// What a replica shows at the end.
#[derive(Clone, Debug, Serialize)]
pub struct Final {
    /// Who.
    pub node: NodeId,
    /// What.
    #[serde(serialize_with = "as_json")]
    pub state: Document,
}

/// What became of a node or of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A connection opened.
    Connects,
    /// A connection broke.
    Disconnects,
    /// It takes part for the first time.
    Joins,
    /// It crashed.
    Crashes,
    /// It crashed and never recovers.
    Leaves,
    /// It recovered from what it had saved.
    Recovers,
    /// It begins again with less than it had: a backup, or nothing.
    Restored,
    /// It begins again with its document rebuilt from plain data.
    Rebuilt,
}

impl Change {
    /// In words, after the name of a node.
    pub fn words(self) -> &'static str {
        match self {
            Self::Connects => "is connected again",
            Self::Disconnects => "loses its connection",
            Self::Joins => "joins",
            Self::Crashes => "crashes",
            Self::Leaves => "crashes and never comes back",
            Self::Recovers => "recovers from what it saved",
            Self::Restored => "is back with less than it had",
            Self::Rebuilt => "is back, its document rebuilt from plain data",
        }
    }
}

impl Step {
    /// Whether the call had an effect.
    fn matters(&self) -> bool {
        self.changed || self.reports()
    }

    /// Whether the call had an effect beside what its replica shows.
    fn reports(&self) -> bool {
        let lists = [&self.took, &self.shown, &self.confirmed, &self.refused, &self.rolled_back];
        self.issued.is_some() || self.change.is_some() || lists.iter().any(|list| !list.is_empty())
    }
}

impl Run {
    /// What was done under this number.
    pub fn call(&self, op: OpId) -> Option<&Made> {
        self.calls.iter().find(|made| made.op == op)
    }

    /// The operations in the order in which the server took them; empty where there is no server.
    pub fn server_order(&self) -> Vec<OpId> {
        let steps = self.steps.iter().filter(|step| step.node == NodeId::SERVER);
        steps.flat_map(|step| step.took.iter().copied()).collect()
    }

    /// How long a message takes from a client to its peers, from the first one that it sent.
    pub fn one_way_ms(&self, client: NodeId) -> Option<f64> {
        let first = self.messages.iter().find(|message| message.from == client)?;
        first.arrived_ms.map(|arrived| arrived - first.sent_ms)
    }
}

/// A state in few characters: of a document with one entry only that.
pub fn brief(state: &Document) -> String {
    match state {
        Document::Map(map) if map.len() == 1 => map.values().next().map_or_else(String::new, ToString::to_string),
        other => other.to_string(),
    }
}

fn as_json<S: Serializer>(document: &Document, serializer: S) -> Result<S::Ok, S::Error> {
    match from_document::<serde_json::Value>(document) {
        Ok(value) => value.serialize(serializer),
        Err(error) => Err(serde::ser::Error::custom(error)),
    }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::registry::STRATEGIES;

    use super::*;

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered(
            "src/stories",
            &["mod", "cell", "orders", "script", "stage", "telling", "watch"],
            STORIES.len(),
        );
        for story in STORIES {
            assert!(std::ptr::eq(find(story.name).unwrap(), *story));
        }
    }

    #[test]
    fn a_story_is_told_the_same_way_every_time() {
        for story in STORIES {
            let tell = || serde_json::to_string(&(story.tell)(&story.cast(STRATEGIES).0, STRATEGIES).unwrap()).unwrap();
            assert_eq!(tell(), tell(), "{}", story.name);
        }
    }

    #[test]
    fn a_strategy_that_is_not_compiled_in_is_skipped_with_a_reason() {
        let story = Story { cast: Cast::Named(&["serial", "no-such"]), ..race::STORY };
        let (names, skipped) = story.cast(STRATEGIES);
        assert_eq!(names, ["serial"]);
        assert_eq!(skipped, [Skipped { strategy: "no-such".into(), reason: "not compiled in".into() }]);
        assert_eq!(race::STORY.cast(STRATEGIES).0.len(), STRATEGIES.len());
    }
}
