//! What each fault of a run met: a fault that met nothing proves nothing.

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::Time;

use super::{Armed, Faults};

/// What a fault met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The fault as it was written.
    pub fault: String,
    /// Who was hit and how, as a clause that a duration can follow: `client 1 was cut off`.
    pub effect: String,
    /// When it began.
    pub start_ms: f64,
    /// When it ended; for a fault that outlasts the run, the end of the run.
    pub end_ms: f64,
    /// Operations issued while it lasted.
    pub operations_meanwhile: u64,
    /// Operations issued in the whole run.
    pub operations_issued: u64,
    /// Operations issued while it lasted, or in flight when it began.
    pub operations_overlapped: u64,
    /// Messages that it lost, delayed or held back, or that were made by a clock that it had set wrong.
    pub messages_touched: u64,
}

/// From its issue until it was visible everywhere, if it ever was.
pub(crate) type Flight = (Time, Option<Time>);

impl Faults {
    /// What each fault met in a run that was healed at `healed_at` and ended at `ended_at`.
    pub(crate) fn coverage(
        &self,
        messages_touched: &[u64],
        operations: &[Flight],
        healed_at: Option<Time>,
        ended_at: Time,
    ) -> Vec<Coverage> {
        let cover = |(armed, messages_touched): (&Armed, &u64)| {
            let healed_at = healed_at.filter(|_| !armed.fault.outlasts_heal());
            let (start, end) = (armed.start, armed.end.or(healed_at).unwrap_or(ended_at).min(ended_at));
            let count = |met: &dyn Fn(&&Flight) -> bool| operations.iter().filter(met).count() as u64;
            Coverage {
                fault: armed.label.clone(),
                effect: armed.fault.effect(),
                start_ms: start.as_ms(),
                end_ms: end.as_ms(),
                operations_meanwhile: count(&|(issued, _)| (start..end).contains(issued)),
                operations_issued: operations.len() as u64,
                operations_overlapped: count(&|(issued, visible)| {
                    *issued < end && visible.is_none_or(|visible| visible >= start)
                }),
                messages_touched: *messages_touched,
            }
        };
        self.iter().zip(messages_touched).map(cover).collect()
    }
}
