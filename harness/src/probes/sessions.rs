//! Sessions: how often clients broke what their users rely on.

use crate::event::Event;
use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::probe::{End, Figures, Probe, ProbeSpec};
use crate::sessions::{Guarantee, Watch, each};

metrics! {
    SESSION_BREAKS = {
        name: "session_breaks",
        unit: "times",
        better: Low,
        form: Counts(&["read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"]),
        meaning: "Times that a client broke a session guarantee: it no longer showed its user's own operation, no longer \
                  showed another's, showed one before an earlier one of the same user, or before one that its user had seen. \
                  None of all four is causal consistency. Absent where operations go with their user.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Sessions::default()) };

#[derive(Default)]
struct Sessions(Watch);

impl Probe for Sessions {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        self.0.event(event, ledger);
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        if end.ephemeral {
            return figures.absent(&SESSION_BREAKS);
        }
        let broken = self.0.broken(end.ledger);
        let mut counts = Guarantee::ALL.map(|guarantee| (guarantee.field(), 0));
        for (guarantee, times, first) in each(&broken) {
            figures.notes.push(Finding::noted(guarantee.kind(), times, first));
            counts[guarantee as usize].1 = times;
        }
        figures.counts(&SESSION_BREAKS, counts);
    }
}
