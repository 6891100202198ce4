//! Actions that are fixed in advance: who acts when, on which intent. Such a run repeats what its users did in another run, or a
//! part of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

/// Most actions of a script that is read from a file.
pub const MAX_ACTIONS: usize = 100_000;

/// One action of a user: when it acts, and on which intent. What the intent becomes depends on what the user sees then, as in
/// every run: it is drawn from the intent's own random stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedAction {
    /// When, in nanoseconds since the start of the run.
    #[serde(rename = "at_ns")]
    pub at: Time,
    /// The client at which the user acts.
    pub client: NodeId,
    /// The intent that it acts on.
    pub intent: IntentId,
}

/// The `n`-th intent of the user at a client, counted from 1: it names its random stream, at whatever client it is acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentId {
    /// The client whose intent it was at first.
    pub client: NodeId,
    /// Its number among that user's intents.
    pub n: u64,
}

/// Records what users do and when, including actions without effect: a script that repeats the run. A panic of a replica does not
/// lose it.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<ScriptedAction>>>);

impl Recorder {
    /// A user acts.
    pub fn record(&self, action: ScriptedAction) {
        self.actions().push(action);
    }

    /// The actions recorded so far, in the order of time; the recorder is empty afterwards.
    pub fn take(&self) -> Vec<ScriptedAction> {
        std::mem::take(&mut self.actions())
    }

    fn actions(&self) -> MutexGuard<'_, Vec<ScriptedAction>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
