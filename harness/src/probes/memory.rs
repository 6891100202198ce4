//! What a replica holds in memory, and what a client would save.
//!
//! Resident is what the replica's handlers allocated and did not free, native heap included, counted by the allocator: no
//! strategy reports about itself. The curves are over operations issued, so that growth with history shows at any rate.

use syncbench_strategies::replica::NodeId;

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::metric::metrics;
use crate::node_table::NodeMap;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    RESIDENT_BYTES = {
        name: "resident_bytes",
        unit: "bytes",
        better: Low,
        form: Numbers(&["steady", "peak"]),
        meaning: "Memory that a client holds: mean over clients at the end, largest of one client, and a curve over \
                  operations issued.",
        measured: Allocator,
    };
    SERVER_RESIDENT_BYTES = {
        name: "server_resident_bytes",
        unit: "bytes",
        better: Low,
        form: Numbers(&["steady", "peak"]),
        meaning: "Memory that the server holds, where there is one: at the end, at its largest, and a curve over \
                  operations issued.",
        measured: Allocator,
    };
    STORED_BYTES = {
        name: "stored_bytes",
        unit: "bytes",
        better: Low,
        form: Number,
        meaning: "What a client would save at the end of the run, largest over the clients.",
    };
}

pub(super) static PROBE: ProbeSpec =
    ProbeSpec { metrics: DECLARED, make: || Box::new(Memory { clients: Side::default(), server: Side::default() }) };

struct Memory {
    clients: Side,
    server: Side,
}

impl Probe for Memory {
    fn event(&mut self, event: &Event, _: &Ledger) {
        let side = if event.node == NodeId::SERVER { &mut self.server } else { &mut self.clients };
        match event.what {
            What::Cost { resident_bytes, peak_bytes, .. } => side.hold(event.node, resident_bytes, peak_bytes),
            What::Crashed { .. } => side.drop(event.node),
            // Users act at clients, and both curves are over operations.
            What::Issued { .. } => {
                self.clients.sample();
                self.server.sample();
            }
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let Self { clients, server } = self;
        // A mesh has no server.
        let server = Some(server).filter(|side| !side.resident.is_empty());
        for (spec, side) in [(&RESIDENT_BYTES, Some(clients)), (&SERVER_RESIDENT_BYTES, server)] {
            let Some(side) = side else { continue };
            figures.numbers(spec, [("steady", side.mean()), ("peak", side.peak as f64)]);
            figures.curve(spec, side.curve.points(end.ledger.issued()));
        }
        figures.number(&STORED_BYTES, end.stored_bytes as f64);
    }
}

/// The clients, or the server.
#[derive(Default)]
struct Side {
    resident: NodeMap<u64>,
    sum: u64,
    peak: u64,
    curve: Curve,
}

impl Side {
    fn hold(&mut self, node: NodeId, resident: u64, peak: u64) {
        let before = self.resident.insert(node, resident).unwrap_or(0);
        self.sum = self.sum - before + resident;
        self.peak = self.peak.max(peak);
    }

    /// A crashed replica holds no memory.
    fn drop(&mut self, node: NodeId) {
        self.sum -= self.resident.remove(node).unwrap_or(0);
    }

    /// Mean over its replicas, now.
    fn mean(&self) -> f64 {
        self.sum as f64 / self.resident.len().max(1) as f64
    }

    fn sample(&mut self) {
        self.curve.add(self.mean());
    }
}

/// Most points of a curve: enough for a chart to show growth, and small beside a cell's histograms.
const CURVE_POINTS: usize = 64;

/// One sample for each operation, kept as means over stretches of equal length. The length doubles whenever there are too many
/// stretches, so a run of any length takes the same room.
struct Curve {
    /// The first sample.
    begun: Option<f64>,
    stretch: u64,
    full: Vec<f64>,
    /// Sum and number of the samples of the stretch under way.
    open: (f64, u64),
}

impl Default for Curve {
    fn default() -> Self {
        Self { begun: None, stretch: 1, full: Vec::new(), open: (0.0, 0) }
    }
}

impl Curve {
    fn add(&mut self, sample: f64) {
        self.begun.get_or_insert(sample);
        self.open = (self.open.0 + sample, self.open.1 + 1);
        if self.open.1 < self.stretch {
            return;
        }
        self.full.push(self.open.0 / self.open.1 as f64);
        self.open = (0.0, 0);
        // One point is the first sample, and one may be the stretch that the end of the run cuts short.
        if self.full.len() > CURVE_POINTS - 2 {
            let odd = if self.full.len().is_multiple_of(2) { None } else { self.full.pop() };
            self.full = self.full.chunks(2).map(|pair| pair.iter().sum::<f64>() / pair.len() as f64).collect();
            self.open = odd.map_or((0.0, 0), |mean| (mean * self.stretch as f64, self.stretch));
            self.stretch *= 2;
        }
    }

    /// (Operations issued by the end of a stretch, mean bytes over it).
    fn points(&self, issued: u64) -> Vec<(f64, f64)> {
        let begun = self.begun.map(|bytes| (0.0, bytes.round()));
        let means = self.full.iter().enumerate();
        let mut means: Vec<(u64, f64)> =
            means.map(|(index, mean)| ((index as u64 + 1) * self.stretch, *mean)).collect();
        let (sum, count) = self.open;
        match means.last_mut() {
            _ if count == 0 => {}
            // A few samples at the end may be the peak of a sawtooth: they join the stretch before them.
            Some((end, mean)) if count * 2 < self.stretch => {
                *mean = (*mean * self.stretch as f64 + sum) / (self.stretch + count) as f64;
                *end = issued;
            }
            _ => means.push((issued, sum / count as f64)),
        }
        let stretches = means.into_iter().map(|(ops, mean)| (ops as f64, mean.round()));
        begun.into_iter().chain(stretches).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(samples: u64, of: fn(u64) -> f64) -> Vec<(f64, f64)> {
        let mut curve = Curve::default();
        (0..samples).for_each(|n| curve.add(of(n)));
        curve.points(samples)
    }

    #[test]
    fn a_short_run_is_kept_sample_by_sample() {
        assert_eq!(curve(0, |_| 7.0), []);
        assert_eq!(curve(3, |n| n as f64), [(0.0, 0.0), (1.0, 0.0), (2.0, 1.0), (3.0, 2.0)]);
    }

    #[test]
    fn a_run_of_any_length_keeps_its_shape_in_few_points() {
        for samples in [62, 63, 64, 65, 127, 128, 1000, 4097, 100_000] {
            let points = curve(samples, |n| n as f64);
            assert!((CURVE_POINTS / 2..=CURVE_POINTS).contains(&points.len()), "{samples}: {}", points.len());
            assert_eq!(points[0], (0.0, 0.0));
            assert_eq!(points.last().map(|point| point.0), Some(samples as f64));
            // The line rises by one with each operation, so a stretch's mean is its middle value.
            for pair in points.windows(2) {
                let middle = (pair[0].0 + pair[1].0 - 1.0) / 2.0;
                assert!((pair[1].1 - middle).abs() <= 0.5, "{samples}: {pair:?}");
            }
        }
        let saw = curve(100_000, |n| (n % 100) as f64);
        let saw_cut_short: Vec<_> = curve(100_500, |n| (n % 2_000) as f64);
        assert!(saw_cut_short[1..].iter().all(|(_, bytes)| (bytes - 1000.0).abs() < 100.0), "{saw_cut_short:?}");
        assert!(saw[1..].iter().all(|(_, bytes)| (bytes - 49.5).abs() <= 1.0), "{saw:?}");
    }

    #[test]
    fn the_mean_is_over_replicas_that_hold_memory() {
        let mut side = Side::default();
        side.hold(NodeId(1), 100, 150);
        side.hold(NodeId(2), 300, 300);
        side.hold(NodeId(1), 200, 250);
        assert_eq!((side.mean(), side.peak), (250.0, 300));
        side.drop(NodeId(2));
        side.drop(NodeId(3));
        assert_eq!((side.mean(), side.peak), (200.0, 300));
    }
}
