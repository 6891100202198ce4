//! What would have to change for another answer: a search along each axis, from the product's own value outwards.
//!
//! At first the end of an axis is measured. Where another strategy is proposed there, the change is closed in by halves;
//! where none is, it is said to stay over that range. An answer that changes twice between two measured values is missed.

use super::answers::Answers;
use super::decide::Winner;
use super::decision::{Flip, FlipStep};
use super::study::MOST_CLIENTS;
use crate::format::figure;

/// What is proposed somewhere, and the figures behind it: by axis of the rule its name, its unit and each safe strategy's.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What is proposed; `None` where nothing is safe.
    pub winner: Option<Winner>,
    /// The figures.
    pub figures: Vec<(&'static str, &'static str, Vec<(String, f64)>)>,
}

/// Something that can be changed.
pub struct Along {
    /// Its name.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
    /// Values that are tried beside the product's own, ascending.
    pub values: &'static [f64],
    at: fn(&Answers) -> f64,
    set: fn(&mut Answers, f64),
}

const HOUR_MS: f64 = 3_600_000.0;
const YES_NO: &[f64] = &[0.0, 1.0];

/// One line for each axis. Round trips from a network of one's own to a satellite; people from two to as many as are
/// measured; absences from none to a month; then the answers that are yes or no.
#[rustfmt::skip]
pub static ALONG: &[Along] = &[
    Along {
        name: "round trip", unit: "ms", values: &[2.0, 10.0, 40.0, 100.0, 250.0, 600.0, 1_000.0],
        at: |answers| answers.time_round_trip().as_secs_f64() * 1e3,
        set: |answers, ms| answers.round_trip = format!("{ms}ms"),
    },
    Along {
        name: "people", unit: "people", values: &[2.0, 4.0, 8.0, 16.0, MOST_CLIENTS as f64],
        at: |answers| f64::from(answers.people),
        set: |answers, people| answers.people = people as u32,
    },
    Along {
        name: "time offline", unit: "h", values: &[0.0, 1.0 / 60.0, 1.0, 24.0, 168.0, 720.0],
        at: |answers| answers.time_offline().as_secs_f64() * 1e3 / HOUR_MS,
        set: |answers, hours| answers.offline = format!("{}ms", (hours * HOUR_MS).round()),
    },
    Along { name: "refuse", unit: "no or yes", values: YES_NO, at: |of| f64::from(u8::from(of.refuse)), set: |of, to| of.refuse = to > 0.0 },
    Along { name: "overwrite", unit: "no or yes", values: YES_NO, at: |of| f64::from(u8::from(of.overwrite)), set: |of, to| of.overwrite = to > 0.0 },
    Along { name: "order", unit: "no or yes", values: YES_NO, at: |of| f64::from(u8::from(of.order)), set: |of, to| of.order = to > 0.0 },
    Along { name: "long_text", unit: "no or yes", values: YES_NO, at: |of| f64::from(u8::from(of.long_text)), set: |of, to| of.long_text = to > 0.0 },
    Along { name: "peers", unit: "no or yes", values: YES_NO, at: |of| f64::from(u8::from(of.peers)), set: |of, to| of.peers = to > 0.0 },
];

impl Along {
    /// Whether it is an answer of yes or no.
    pub fn is_yes_or_no(&self) -> bool {
        self.values == YES_NO
    }

    /// Searches from `own`, the point at the product's own value. `measure` gives the point under other answers, or `None`
    /// where there is no time left for it.
    pub fn search(&self, answers: &Answers, own: &Point, measure: &mut dyn FnMut(&Answers) -> Option<Point>) -> Flip {
        let at = (self.at)(answers);
        let mut search = Search { along: self, answers, own, at, measure, points: vec![(at, own.clone())], cut: false };
        let (below, above): (Vec<f64>, Vec<f64>) =
            self.values.iter().filter(|value| **value != at).partition(|value| **value < at);
        let up = search.outwards(&above);
        let down = search.outwards(&below.into_iter().rev().collect::<Vec<_>>());
        search.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Search { points, cut, .. } = search;
        self.told(at, own, points, up.or(down), cut)
    }

    fn told(&self, at: f64, own: &Point, points: Vec<(f64, Point)>, change: Option<(f64, f64)>, cut: bool) -> Flip {
        let there = change.and_then(|(_, there)| points.iter().find(|(value, _)| *value == there));
        let axis = deciding(own, there.map(|(_, point)| point));
        let step = |(value, point): &(f64, Point)| FlipStep {
            value: *value,
            proposal: point.winner.as_ref().map(|winner| winner.best.clone()),
            figures: axis.and_then(|axis| point.figures.get(axis)).map(|(_, _, of)| of.clone()).unwrap_or_default(),
            figure: axis
                .and_then(|axis| point.figures.get(axis))
                .map(|(name, unit, _)| format!("{name}, {unit}"))
                .unwrap_or_default(),
        };
        let ends = [points.first(), points.last()].map(|end| end.map_or(at, |(value, _)| *value));
        let mine = own.winner.as_ref().map_or("", |winner| winner.best.as_str());
        let other = |point: &Point| match (&point.winner, mine) {
            (None, _) => "nothing is safe".to_owned(),
            (Some(winner), "") => winner.best.clone(),
            (Some(winner), _) => format!("{} instead of {mine}", winner.best),
        };
        let value = |value: f64| self.value(value);
        let says = match (change, there) {
            (Some((here, beyond)), Some((_, point))) if self.is_yes_or_no() => {
                format!("with `{}` {} instead of {}: {}", self.name, value(beyond), value(here), other(point))
            }
            (Some((here, beyond)), Some((_, point))) => {
                let side = if beyond > here { "above" } else { "below" };
                let (here, beyond) = (value(here), value(beyond));
                format!("{} {side} {here} (measured at {beyond}): {}", self.name, other(point))
            }
            _ if points.len() == 1 => format!("{}: not searched: timed out", self.name),
            _ if own.winner.is_none() && self.is_yes_or_no() => {
                format!("`{}` changes nothing: nothing is safe", self.name)
            }
            _ if own.winner.is_none() => {
                format!("{} from {} to {}: nothing is safe", self.name, value(ends[0]), value(ends[1]))
            }
            _ if self.is_yes_or_no() => format!("`{}` changes nothing: {mine} stays", self.name),
            _ => format!("{} from {} to {}: {mine} stays", self.name, value(ends[0]), value(ends[1])),
        };
        let says = if cut && points.len() > 1 { format!("{says}; the search was cut short") } else { says };
        Flip {
            axis: self.name.to_owned(),
            unit: self.unit.to_owned(),
            at,
            steps: points.iter().map(step).collect(),
            between: change.map(|(here, beyond)| (here.min(beyond), here.max(beyond))),
            says,
        }
    }

    /// A value in words.
    fn value(&self, value: f64) -> String {
        match (self.is_yes_or_no(), self.unit) {
            (true, _) => if value > 0.0 { "yes" } else { "no" }.to_owned(),
            (_, "h") => super::span::words(std::time::Duration::from_millis((value * HOUR_MS).round() as u64)),
            (_, "people") => figure(value),
            (_, unit) => format!("{} {unit}", figure(value)),
        }
    }
}

struct Search<'s> {
    along: &'s Along,
    answers: &'s Answers,
    own: &'s Point,
    at: f64,
    measure: &'s mut dyn FnMut(&Answers) -> Option<Point>,
    points: Vec<(f64, Point)>,
    cut: bool,
}

impl Search<'_> {
    /// The change nearest to the product's value among these, which lead away from it: the last value at which the proposal is
    /// the same, and the first at which it is another.
    fn outwards(&mut self, values: &[f64]) -> Option<(f64, f64)> {
        let last = values.len().checked_sub(1)?;
        if self.same(values[last])? {
            return None;
        }
        // All before `same` are the same as far as is known, and `other` is not.
        let (mut same, mut other) = (0, last);
        while same < other {
            let middle = (same + other) / 2;
            match self.same(values[middle]) {
                Some(true) => same = middle + 1,
                Some(false) => other = middle,
                None => break,
            }
        }
        let here = if same == 0 { self.at } else { values[same - 1] };
        Some((here, values[other]))
    }

    /// Whether the proposal at this value is the product's, as far as seeds tell.
    fn same(&mut self, value: f64) -> Option<bool> {
        let mut answers = self.answers.clone();
        (self.along.set)(&mut answers, value);
        let Some(point) = (self.measure)(&answers) else {
            self.cut = true;
            return None;
        };
        let same = alike(self.own.winner.as_ref(), point.winner.as_ref());
        self.points.push((value, point));
        Some(same)
    }
}

/// Whether two proposals may be one: they share a strategy, counting those that seeds do not tell apart.
fn alike(a: Option<&Winner>, b: Option<&Winner>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let all = |of: &Winner| std::iter::once(&of.best).chain(&of.equals).cloned().collect::<Vec<_>>();
    // A mesh is the same library.
    let base = |label: &String| label.replace(":topology=mesh", "");
    let b: Vec<String> = all(b).iter().map(base).collect();
    all(a).iter().any(|label| b.contains(&base(label)))
}

/// The axis of the rule that shows the change best: the first on which the new proposal is better there than the old one;
/// otherwise the first on which strategies differ at the product's value.
fn deciding(own: &Point, there: Option<&Point>) -> Option<usize> {
    let value = |point: &Point, axis: usize, label: &str| {
        point.figures.get(axis)?.2.iter().find(|(name, _)| name == label).map(|(_, value)| *value)
    };
    let by_change = there.and_then(|there| {
        let (old, new) = (&own.winner.as_ref()?.best, &there.winner.as_ref()?.best);
        (0..there.figures.len()).find(|axis| match (value(there, *axis, new), value(there, *axis, old)) {
            (Some(new), Some(old)) => new < old,
            _ => false,
        })
    });
    let differs = |axis: &usize| {
        let values = own.figures[*axis].2.iter().map(|(_, value)| *value);
        let ends = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
        ends.0 < ends.1
    };
    by_change.or_else(|| (0..own.figures.len()).find(differs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(name: &str) -> &'static Along {
        ALONG.iter().find(|along| along.name == name).expect("an axis")
    }

    fn point(best: Option<&str>, equals: &[&str]) -> Point {
        let winner = best.map(|best| Winner {
            best: best.to_owned(),
            equals: equals.iter().map(|label| (*label).to_owned()).collect(),
        });
        let figures = vec![("lost", "per 1,000 ops", vec![("a".to_owned(), 0.0), ("b".to_owned(), 3.0)])];
        Point { winner, figures }
    }

    /// Searches an axis on which the proposal changes above `limit`, and counts the measurements.
    fn search(name: &str, answers: &Answers, limit: f64, time_for: usize) -> (Flip, usize) {
        let (along, mut measured) = (along(name), 0);
        let flip = along.search(answers, &point(Some("a"), &[]), &mut |answers| {
            if measured == time_for {
                return None;
            }
            measured += 1;
            Some(point(Some(if (along.at)(answers) > limit { "b" } else { "a" }), &[]))
        });
        (flip, measured)
    }

    #[test]
    fn a_change_is_closed_in_between_two_neighbours() {
        let (flip, measured) = search("round trip", &Answers::default(), 300.0, 99);
        assert_eq!((flip.at, flip.between), (40.0, Some((250.0, 600.0))));
        assert!(measured <= 4, "{measured} measurements");
        assert_eq!(flip.says, "round trip above 250 ms (measured at 600 ms): b instead of a");
        let values: Vec<f64> = flip.steps.iter().map(|step| step.value).collect();
        assert!(values.is_sorted() && values.contains(&40.0), "{values:?}");
        assert_eq!(flip.steps[0].figures.len(), 2);
    }

    #[test]
    fn a_proposal_that_stays_says_over_which_range() {
        let (flip, measured) = search("people", &Answers::default(), 1e9, 99);
        assert_eq!((flip.between, measured), (None, 2));
        assert_eq!(flip.says, "people from 2 to 24: a stays");
        let (flip, _) = search("time offline", &Answers::default(), 1e9, 99);
        assert_eq!(flip.says, "time offline from no time to 30 days: a stays");
    }

    #[test]
    fn a_search_without_time_says_so() {
        let (flip, _) = search("people", &Answers::default(), 1e9, 0);
        assert_eq!((flip.says.as_str(), flip.steps.len()), ("people: not searched: timed out", 1));
        let (flip, _) = search("people", &Answers::default(), 1e9, 1);
        assert!(flip.says.ends_with("the search was cut short"), "{}", flip.says);
    }

    #[test]
    fn the_own_value_need_not_be_one_that_is_tried() {
        let answers = Answers { people: 500, round_trip: "3ms".into(), ..Answers::default() };
        let (flip, _) = search("people", &answers, 20.0, 99);
        assert_eq!(flip.at, 500.0);
        assert_eq!(flip.steps.last().map(|step| step.value), Some(500.0));
        let (flip, _) = search("round trip", &answers, 3.0, 99);
        assert_eq!(flip.between, Some((3.0, 10.0)));
    }

    #[test]
    fn equally_good_strategies_are_no_change() {
        assert!(alike(point(Some("a"), &["b"]).winner.as_ref(), point(Some("b"), &["c"]).winner.as_ref()));
        assert!(!alike(point(Some("a"), &[]).winner.as_ref(), point(Some("b"), &["c"]).winner.as_ref()));
        assert!(!alike(None, point(Some("b"), &[]).winner.as_ref()) && alike(None, None));
        let mesh = point(Some("crdt-yrs:topology=mesh"), &[]);
        assert!(alike(mesh.winner.as_ref(), point(Some("crdt-yrs"), &[]).winner.as_ref()));
    }

    #[test]
    fn an_answer_of_yes_or_no_is_turned_round() {
        let (flip, measured) = search("refuse", &Answers::default(), 0.5, 99);
        assert_eq!((flip.between, measured), (Some((0.0, 1.0)), 1));
        assert_eq!(flip.says, "with `refuse` yes instead of no: b instead of a");
        let (flip, _) = search("overwrite", &Answers { overwrite: true, ..Answers::default() }, 9.0, 99);
        assert_eq!(flip.says, "`overwrite` changes nothing: a stays");
    }

    #[test]
    fn what_is_set_is_read_back() {
        for along in ALONG {
            for value in along.values {
                let mut answers = Answers::default();
                (along.set)(&mut answers, *value);
                assert!(((along.at)(&answers) - value).abs() < 1e-6, "{} {value}", along.name);
            }
        }
    }
}
