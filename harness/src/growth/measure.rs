//! Measuring curves within a budget: the next point is always that of a curve that can afford it.
//!
//! What a point will take is told from the points before it. Every curve may take an equal part of what is left of the budget, so
//! that a curve that is cheap to its end leaves the rest of its part to the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::point::{self, Measured, Subject};
use super::{Axis, Curve};
use crate::clock::Moment;
use crate::run::reference_us;
use crate::settings::Vocabulary;

/// The places of an axis: from one to three and ten again, up to what a product may come to.
pub fn places(axis: Axis) -> Vec<u64> {
    let (first, last) = match axis {
        // A fifth of a hundred operations is counted.
        Axis::Operations => (100, 1_000_000),
        Axis::Clients => (3, 10_000),
        Axis::Items => (10, 1_000_000),
    };
    let decades = (0..=6).flat_map(|decade| [1, 3].map(|digit| digit * 10u64.pow(decade)));
    decades.filter(|place| (first..=last).contains(place)).collect()
}

/// Most memory of all replicas of a point together. No source: half of what a small server has, so that a measurement does not
/// take a machine down.
const MOST_BYTES: f64 = 4e9;

/// The exponent of a run's time between two points, where the points before tell of none: all that a run does, it does for
/// every operation, client or item at least once.
const USUAL: f64 = 1.0;
/// The steepest that is believed: a run that was interrupted is not the beginning of a cube.
const STEEPEST: f64 = 3.0;

/// How much is measured.
pub struct Effort {
    /// The axes.
    pub axes: Vec<Axis>,
    /// For all curves together.
    pub budget: Duration,
    /// No place beyond this one.
    pub most: Option<u64>,
}

/// How far a measurement is.
pub struct Progress<'a> {
    /// All curves so far.
    pub curves: &'a [Curve],
    /// Points measured so far.
    pub points: u64,
    /// Since the beginning.
    pub elapsed: Duration,
}

/// Measured curves.
pub struct Outcome {
    /// By subject, then by axis.
    pub curves: Vec<Curve>,
    /// How fast the machine was, median over the points; none where no point was measured.
    pub reference_us: Option<f64>,
}

struct Live<'s> {
    subject: &'s Subject,
    /// The places to come, the next one last.
    ahead: Vec<u64>,
    /// (Place, seconds of a run, bytes of all replicas) of the last points.
    last: Vec<(f64, f64, f64)>,
}

/// Measures curves, and goes on with those in `earlier`. Stops early once `stop` is set.
pub fn measure(
    subjects: &[Subject],
    effort: &Effort,
    earlier: &[Curve],
    known: &Vocabulary,
    stop: &AtomicBool,
    each: &mut dyn FnMut(&Progress<'_>),
) -> Outcome {
    let begun = Moment::now();
    let (mut curves, mut live) = (Vec::new(), Vec::new());
    for subject in subjects {
        for axis in &effort.axes {
            let curve = earlier.iter().find(|curve| continues(curve, subject, *axis)).cloned();
            let curve = curve.unwrap_or_else(|| blank(subject, *axis));
            let last = curve.points.last().map_or(0, |point| point.at);
            let ahead = |at: &u64| *at > last && effort.most.is_none_or(|most| *at <= most);
            let ahead = places(*axis).into_iter().filter(ahead).rev().collect();
            curves.push(Curve { stopped: None, ..curve });
            live.push(Live { subject, ahead, last: Vec::new() });
        }
    }
    let mut readings = vec![];
    let mut points = 0;
    while let Some(next) = next(&live) {
        let open = live.iter().filter(|live| !live.ahead.is_empty()).count();
        let left = effort.budget.saturating_sub(begun.elapsed()).as_secs_f64();
        let share = left / open as f64;
        // Where not even the cheapest can go on, the dearest gives up its part.
        let next = if live[next].seconds() > share { dearest(&live).unwrap_or(next) } else { next };
        let (one, curve) = (&mut live[next], &mut curves[next]);
        let at = one.ahead.last().copied().unwrap_or_default();
        let by_hand = stop.load(Ordering::Relaxed).then(|| "stopped by hand".to_owned());
        if let Some(reason) = by_hand.or_else(|| refusal(one, at, share)) {
            curve.stopped = Some(format!("at {at}: {reason}"));
            one.ahead.clear();
            continue;
        }
        match point::measure(one.subject, curve.axis, at, known) {
            Ok(Measured { point, run, resident_bytes }) => {
                curve.points.push(point);
                one.ahead.pop();
                one.last.push((at as f64, run.as_secs_f64(), resident_bytes));
            }
            Err(reason) => {
                curve.stopped = Some(format!("at {at}: {reason}"));
                one.ahead.clear();
            }
        }
        points += 1;
        readings.push(reference_us());
        each(&Progress { curves: &curves, points, elapsed: begun.elapsed() });
    }
    readings.sort_by(f64::total_cmp);
    Outcome { curves, reference_us: readings.get(readings.len() / 2).copied() }
}

/// The curve whose next point takes least.
fn next(live: &[Live<'_>]) -> Option<usize> {
    let open = (0..live.len()).filter(|index| !live[*index].ahead.is_empty());
    open.min_by(|a, b| live[*a].seconds().total_cmp(&live[*b].seconds()))
}

/// The curve whose next point takes most.
fn dearest(live: &[Live<'_>]) -> Option<usize> {
    let open = (0..live.len()).filter(|index| !live[*index].ahead.is_empty());
    open.max_by(|a, b| live[*a].seconds().total_cmp(&live[*b].seconds()))
}

/// Why the next point is not measured, with these seconds for this curve.
fn refusal(live: &Live<'_>, at: u64, seconds: f64) -> Option<String> {
    let (needs, bytes) = (live.seconds(), live.bytes());
    if needs > seconds {
        return Some(format!("about {needs:.0} s, of {seconds:.0} s that the budget left to it"));
    }
    (bytes > MOST_BYTES).then(|| format!("about {:.1} GB of memory at {at}", bytes / 1e9))
}

impl Live<'_> {
    /// How many seconds the next point takes, as far as those before it tell.
    fn seconds(&self) -> f64 {
        self.carried_on(|(_, seconds, _)| seconds)
    }

    /// How many bytes all replicas of the next point hold.
    fn bytes(&self) -> f64 {
        self.carried_on(|(_, _, bytes)| bytes)
    }

    fn carried_on(&self, of: fn((f64, f64, f64)) -> f64) -> f64 {
        let (Some(last), Some(at)) = (self.last.last(), self.ahead.last()) else { return 0.0 };
        let before = self.last.len().checked_sub(2).map(|index| self.last[index]);
        let told = before.map_or(USUAL, |before| libm::log(of(*last) / of(before)) / libm::log(last.0 / before.0));
        let exponent = if told.is_finite() { told.clamp(USUAL, STEEPEST) } else { USUAL };
        of(*last) * libm::pow(*at as f64 / last.0, exponent)
    }
}

fn continues(curve: &Curve, subject: &Subject, axis: Axis) -> bool {
    let blank = blank(subject, axis);
    (&curve.strategy, &curve.workload, curve.axis, &curve.held)
        == (&blank.strategy, &blank.workload, blank.axis, &blank.held)
}

fn blank(subject: &Subject, axis: Axis) -> Curve {
    Curve {
        strategy: subject.strategy.label.clone(),
        workload: subject.workload_label.clone(),
        axis,
        held: point::held(axis),
        points: Vec::new(),
        stopped: None,
    }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::registry;

    use super::*;
    use crate::growth::FIGURES;
    use crate::workloads::WORKLOADS;

    fn subject(strategy: &str, workload: &str) -> Subject {
        let strategy = registry::configure(&strategy.parse().unwrap()).unwrap();
        Subject::new(strategy, workload, WORKLOADS).unwrap()
    }

    #[test]
    fn every_strategy_has_a_usual_workload() {
        for spec in registry::STRATEGIES {
            let strategy = registry::configure(&spec.name.parse().unwrap()).unwrap();
            assert!(Subject::usual_workload(&strategy, WORKLOADS).is_some(), "{}", spec.name);
        }
        let text = registry::configure(&"escrow".parse().unwrap()).unwrap();
        assert_eq!(Subject::usual_workload(&text, WORKLOADS), Some("booking:cancel=0.5"));
        let wrong = Subject::new(text, FIELDS, WORKLOADS).err().unwrap();
        assert!(wrong.starts_with("escrow does not carry record"), "{wrong}");
    }

    fn measured(subjects: &[Subject], effort: &Effort, earlier: &[Curve]) -> Outcome {
        measure(subjects, effort, earlier, &Vocabulary::default(), &AtomicBool::new(false), &mut |_| {})
    }

    const FIELDS: &str = "record:create=0,delete=0";

    #[test]
    fn an_axis_goes_up_in_halves_of_decades_to_its_end() {
        assert_eq!(places(Axis::Clients), [3, 10, 30, 100, 300, 1_000, 3_000, 10_000]);
        for (axis, last) in [(Axis::Operations, 1_000_000), (Axis::Items, 1_000_000)] {
            assert_eq!(places(axis).last(), Some(&last));
        }
    }

    #[test]
    fn a_star_has_every_figure_on_the_axis_of_operations_and_a_mesh_none_of_a_server() {
        let effort = Effort { axes: vec![Axis::Operations], budget: Duration::from_secs(60), most: Some(100) };
        let curves =
            measured(&[subject("lww-property", FIELDS), subject("lww-hlc:topology=mesh", FIELDS)], &effort, &[]);
        let names = |curve: &Curve| curve.points[0].figures.keys().map(ToString::to_string).collect::<Vec<_>>();
        let mut all: Vec<_> = FIGURES.iter().map(|figure| figure.name.to_owned()).collect();
        all.sort();
        assert_eq!(names(&curves.curves[0]), all);
        let mesh = names(&curves.curves[1]);
        assert!(
            !mesh.is_empty() && mesh.iter().all(|name| !name.contains("server") && !name.contains("_up_")),
            "{mesh:?}"
        );
    }

    #[test]
    fn a_client_that_forgets_history_holds_no_more_after_more_operations() {
        let effort = Effort { axes: vec![Axis::Operations], budget: Duration::from_secs(60), most: Some(3_000) };
        // Users remember what they saw in a field: that is not the replica's memory.
        let subjects = ["serial", "serial-optimistic", "lww-property"].map(|strategy| subject(strategy, FIELDS));
        for curve in measured(&subjects, &effort, &[]).curves {
            let held = curve.medians("resident_bytes");
            let (first, last) = (held[0].1, held[held.len() - 1].1);
            assert!(last < 1.2 * first, "{} on {}: {held:?}", curve.strategy, curve.workload);
        }
    }

    #[test]
    fn what_is_sent_for_an_operation_follows_the_clients_and_not_how_they_joined() {
        let effort = Effort { axes: vec![Axis::Clients], budget: Duration::from_secs(60), most: Some(100) };
        let curve = &measured(&[subject("serial", FIELDS)], &effort, &[]).curves[0];
        // One message up, and one down to each client.
        assert_eq!(curve.medians("messages_per_op"), [(3.0, 4.0), (10.0, 11.0), (30.0, 31.0), (100.0, 101.0)]);
        let fit = curve.fit("wire_bytes_down_per_op").unwrap();
        assert!((fit.law.exponent - 1.0).abs() < 0.01 && fit.grows() && fit.fits(), "{fit:?}");
        let up = curve.fit("wire_bytes_up_per_op").unwrap();
        assert!(!up.grows() || up.law.exponent < 0.05, "{up:?}");
    }

    #[test]
    fn a_curve_goes_on_where_it_ended_and_says_where_the_budget_did() {
        let subjects = [subject("serial", FIELDS)];
        let effort = |budget, most| Effort { axes: vec![Axis::Items], budget, most };
        let first = measured(&subjects, &effort(Duration::from_secs(60), Some(30)), &[]).curves;
        assert!(first[0].points.len() == 2 && first[0].stopped.is_none());
        let none = measured(&subjects, &effort(Duration::ZERO, None), &[]).curves;
        assert_eq!(none[0].points.len(), 1);
        assert!(none[0].stopped.as_ref().unwrap().starts_with("at 30: about "), "{:?}", none[0].stopped);
        let more = measured(&subjects, &effort(Duration::from_secs(60), Some(100)), &first).curves;
        assert_eq!(more[0].points[..2], first[0].points);
        assert_eq!(more[0].points.len(), 3);
    }

    #[test]
    fn a_point_that_would_take_too_long_is_told_and_not_measured() {
        let subject = subject("serial", FIELDS);
        let live = |last: Vec<(f64, f64, f64)>| Live { subject: &subject, ahead: vec![1_000], last };
        assert_eq!(live(vec![(100.0, 2.0, 10.0)]).seconds(), 20.0);
        let square = live(vec![(10.0, 0.02, 10.0), (100.0, 2.0, 10.0)]);
        assert!((square.seconds() - 200.0).abs() < 1e-6);
        assert_eq!(refusal(&square, 1_000, 50.0).unwrap(), "about 200 s, of 50 s that the budget left to it");
        assert_eq!(refusal(&square, 1_000, 250.0), None);
        let large = live(vec![(100.0, 0.1, 1e9)]);
        assert_eq!(refusal(&large, 1_000, 50.0).unwrap(), "about 10.0 GB of memory at 1000");
    }
}
