//! What each fault of a run met: a fault that met nothing proves nothing.

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

use super::{Armed, Faults, LinkCondition};

/// What a fault met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The fault as it was written.
    pub fault: String,
    /// Who was hit and how, as a clause that a duration can follow: `client 1 was cut off`.
    pub effect: String,
    /// When it began.
    pub start_ms: f64,
    /// When its window ended; for a fault that outlasts the run, the end of the run.
    pub end_ms: f64,
    /// Until the last connection that it had broken was open again; `None` where there was none. Detecting that it can and
    /// opening it takes time after the fault's end: see [`Reconnect`](crate::network::Reconnect).
    #[serde(default)]
    pub reopened_ms: Option<f64>,
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

/// A connection that opened after it could not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reopening {
    pub(crate) ends: (NodeId, NodeId),
    /// Since when it could.
    pub(crate) since: Time,
    /// When it opened.
    pub(crate) at: Time,
}

impl Armed {
    /// Whether this fault kept two nodes apart until just before `end`.
    fn kept_apart(&self, (a, b): (NodeId, NodeId), end: Time) -> bool {
        let just_before = Time(end.0.saturating_sub(1));
        just_before >= self.start && {
            let elapsed = just_before.since(self.start);
            let up = |node| self.fault.node(node, elapsed).is_present();
            !up(a) || !up(b) || self.fault.link(a, b, elapsed) == LinkCondition::Cut
        }
    }
}

impl Faults {
    /// What each fault met in a run that was healed at `healed_at` and ended at `ended_at`.
    pub(crate) fn coverage(
        &self,
        messages_touched: &[u64],
        operations: &[Flight],
        reopenings: &[Reopening],
        healed_at: Option<Time>,
        ended_at: Time,
    ) -> Vec<Coverage> {
        let cover = |(armed, messages_touched): (&Armed, &u64)| {
            let healed_at = healed_at.filter(|_| !armed.fault.outlasts_heal());
            let (start, end) = (armed.start, armed.end.or(healed_at).unwrap_or(ended_at).min(ended_at));
            let reopened = reopenings.iter().filter(|open| open.since == end && armed.kept_apart(open.ends, end));
            let count = |met: &dyn Fn(&&Flight) -> bool| operations.iter().filter(met).count() as u64;
            Coverage {
                fault: armed.label.clone(),
                effect: armed.fault.effect(),
                start_ms: start.as_ms(),
                end_ms: end.as_ms(),
                reopened_ms: reopened.map(|open| open.at.as_ms()).max_by(f64::total_cmp),
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
