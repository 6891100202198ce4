//! What must not differ between two runs.

use std::sync::{Arc, Mutex};

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::selector::SelectorError;

use super::{Subject, objection};
use crate::engines;
use crate::event::{Event, What};
use crate::ledger::{Fate, Ledger};
use crate::oracle::{CLOCKS, DETERMINISM, SIDECARS};
use crate::probe::{End, Figures, Probe};
use crate::run::{self, Objection};
use crate::run_result::RunResult;
use crate::settings::Settings;
use crate::task::Task;

/// The same task gives the same events again.
pub(super) fn same_events(task: &Task<'_>, ran: &RunResult) -> Option<Objection> {
    let again = engines::run(task, &mut []);
    (again.trace_digest != ran.trace_digest).then(|| objection(&DETERMINISM, "the same run twice differs"))
}

/// With every sidecar emptied, the same messages are sent.
pub(super) fn same_messages_blind(subject: &Subject<'_>) -> Result<Option<Objection>, SelectorError> {
    let sent = |blind| {
        let mut task = subject.task()?;
        task.blind = blind;
        let sent: Arc<Mutex<Vec<Message>>> = Arc::default();
        run::observe(&task, vec![Box::new(Recorder(sent.clone()))]);
        let sent = std::mem::take(&mut *sent.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
        Ok(sent)
    };
    let (open, blind) = (sent(false)?, sent(true)?);
    let first = open.iter().zip(&blind).position(|(open, blind)| open != blind);
    let first = first.or((open.len() != blind.len()).then_some(open.len().min(blind.len())));
    Ok(first.map(|first| {
        objection(&SIDECARS, format!("with sidecars emptied, message {} differs of {}", first + 1, open.len()))
    }))
}

/// At, from, to, hash.
type Message = (Time, NodeId, NodeId, u64);

struct Recorder(Arc<Mutex<Vec<Message>>>);

impl Probe for Recorder {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if let What::Sent { to, hash, .. } = event.what {
            let mut sent = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            sent.push((event.at, event.node, to, hash));
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
}

/// Wrong clocks change nothing, unless the strategy claims to depend on them.
pub(super) fn same_state_with_wrong_clocks(
    subject: &Subject<'_>,
    ran: &RunResult,
) -> Result<Option<Objection>, SelectorError> {
    if subject.planned.strategy.guarantees().depends_on_clocks {
        return Ok(None);
    }
    let mut planned = subject.planned.clone();
    let faults = ["skew:by=700ms,client=1", "skew:by=300ms,client=2,to=behind@400ms..900ms"];
    let skewed = faults.map(str::to_owned).into_iter().chain(planned.settings.faults.clone()).collect();
    planned.settings = Settings { faults: skewed, ..planned.settings };
    let wrong = engines::run(&Subject { planned: &planned, ..*subject }.task()?, &mut []);
    let differs = outcome(&wrong) != outcome(ran);
    Ok(differs.then(|| objection(&CLOCKS, "the run with clocks that are off ends differently")))
}

fn outcome(ran: &RunResult) -> (Vec<Digest>, Vec<&Fate>) {
    let finals = ran.finals.iter().map(|(_, state)| state.digest()).collect();
    (finals, ran.ledger.entries().map(|entry| &entry.fate).collect())
}
