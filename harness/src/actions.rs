//! Actions that are fixed beforehand: who acts when, on which intent. A run with them is a run of its own users with most of
//! what they did left out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

/// Most actions of a script that is read from a file.
pub const MAX_ACTIONS: usize = 100_000;

/// One action of a user: when it acts, and on which intent. What comes of the intent depends on what the user sees then, as in
/// every run: it is drawn from the intent's own random stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedAction {
    /// When, in nanoseconds since the start of the run.
    #[serde(rename = "at_ns")]
    pub at: Time,
    /// Where.
    pub client: NodeId,
    /// What is drawn.
    pub intent: IntentId,
}

/// The `n`-th intent of the user at a client, counted from 1: what names its random stream, wherever it is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentId {
    /// Whose intent it was at first.
    pub client: NodeId,
    /// Its number among that user's intents.
    pub n: u64,
}

/// Writes down what users do and when, actions that come to nothing included: a script that repeats the run. It keeps what
/// was done before a replica panicked.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<ScriptedAction>>>);

impl Recorder {
    /// A user acts.
    pub fn record(&self, action: ScriptedAction) {
        self.actions().push(action);
    }

    /// What was done so far, in the order of time; the recorder is empty afterwards.
    pub fn take(&self) -> Vec<ScriptedAction> {
        std::mem::take(&mut self.actions())
    }

    fn actions(&self) -> MutexGuard<'_, Vec<ScriptedAction>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
