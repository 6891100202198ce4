//! Which candidates no other one beats, and which of them is proposed: by a rule that is printed, never by a score.

use std::cmp::Ordering;

use super::axes::{Axis, Measure};
use super::entry::{Entry, Measured};
use crate::format::figure;

/// Entries with their figures.
pub struct Field<'e> {
    /// The entries.
    pub entries: Vec<&'e Entry>,
    /// The axes.
    pub axes: &'e [Axis],
    /// By entry, then by axis.
    pub figures: Vec<Vec<Option<Measure>>>,
}

/// What the rule says.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// The first of those that remain, in the order of the plan.
    pub best: usize,
    /// All others that remain: the seeds do not tell them from it on any axis of the rule.
    pub equals: Vec<usize>,
    /// What each axis left, a sentence each.
    pub because: Vec<String>,
    /// The first axis that left fewer than it found.
    pub decided_by: Option<usize>,
}

impl<'e> Field<'e> {
    /// Measures entries.
    pub fn new(entries: Vec<&'e Entry>, axes: &'e [Axis], measured: &Measured<'_>) -> Self {
        let figures = |entry: &&Entry| axes.iter().map(|axis| axis.measure(measured, entry)).collect();
        Self { figures: entries.iter().map(figures).collect(), entries, axes }
    }

    /// Which of two is less on an axis, as far as seeds tell.
    pub fn told(&self, axis: usize, a: usize, b: usize) -> Ordering {
        self.axes[axis].told(self.figures[a][axis].as_ref(), self.figures[b][axis].as_ref())
    }

    fn deciding(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.axes.len()).filter(|axis| self.axes[*axis].decides)
    }

    /// Whether `a` is told to be better than `b` on one axis, and worse on none.
    pub fn dominates(&self, a: usize, b: usize) -> bool {
        let sides: Vec<Ordering> = self.deciding().map(|axis| self.told(axis, a, b)).collect();
        sides.contains(&Ordering::Less) && !sides.contains(&Ordering::Greater)
    }

    /// By entry: those that dominate it. "Not told apart" is not transitive, so all entries could dominate each other
    /// around a circle; then none counts as dominated.
    pub fn dominators(&self) -> Vec<Vec<usize>> {
        let all = 0..self.entries.len();
        let by = |b: usize| all.clone().filter(|a| *a != b && self.dominates(*a, b)).collect();
        let dominators: Vec<Vec<usize>> = all.clone().map(by).collect();
        if dominators.iter().any(Vec::is_empty) { dominators } else { vec![Vec::new(); dominators.len()] }
    }

    /// Goes through the axes in their order and keeps those that the seeds do not tell from the best of each.
    pub fn pick(&self, among: &[usize]) -> Option<Pick> {
        let (mut left, mut because, mut decided_by) = (among.to_vec(), Vec::new(), None);
        for axis in self.deciding() {
            let value = |entry: usize| self.figures[entry][axis].as_ref().map(|measure| measure.estimate.value);
            let less = |a: &usize, b: &usize| value(*a).partial_cmp(&value(*b)).unwrap_or(Ordering::Equal);
            let Some(best) = left.iter().copied().filter(|entry| value(*entry).is_some()).min_by(less) else {
                continue;
            };
            let (kept, gone): (Vec<usize>, Vec<usize>) =
                left.iter().partition(|entry| self.told(axis, **entry, best) != Ordering::Greater);
            if !gone.is_empty() {
                let than = gone.iter().filter_map(|entry| value(*entry)).reduce(f64::min);
                let than = than.map(|least| format!(", {} or more with {}", figure(least), self.names(&gone)));
                let Axis { name, unit, .. } = self.axes[axis];
                let best = value(best).map(figure).unwrap_or_default();
                because.push(format!("{name}: {best} {unit} with {}{}", self.names(&kept), than.unwrap_or_default()));
                decided_by.get_or_insert(axis);
            }
            left = kept;
        }
        let (best, equals) = left.split_first()?;
        Some(Pick { best: *best, equals: equals.to_vec(), because, decided_by })
    }

    /// The rule over all entries, so that each step says what it left behind. "Not told apart" is not transitive: where that
    /// ends beside the front, the rule over the front alone.
    pub fn pick_among(&self, front: &[usize]) -> Option<Pick> {
        let all: Vec<usize> = (0..self.entries.len()).collect();
        let mut pick = self.pick(&all)?;
        if !front.contains(&pick.best) {
            return self.pick(front);
        }
        pick.equals.retain(|entry| front.contains(entry));
        Some(pick)
    }

    /// Others of the front and for whom they are better than the proposal, a sentence for each axis.
    pub fn otherwise(&self, pick: &Pick, front: &[usize]) -> Vec<String> {
        let mut sentences = Vec::new();
        for axis in self.deciding() {
            let others = front.iter().copied().filter(|entry| *entry != pick.best && !pick.equals.contains(entry));
            let better: Vec<usize> =
                others.filter(|entry| self.told(axis, *entry, pick.best) == Ordering::Less).collect();
            let value =
                |entry: usize| self.figures[entry][axis].as_ref().map_or(f64::NAN, |measure| measure.estimate.value);
            let Some(least) = better.iter().copied().min_by(|a, b| value(*a).total_cmp(&value(*b))) else { continue };
            let Axis { name, unit, .. } = self.axes[axis];
            let (other, mine) = (figure(value(least)), figure(value(pick.best)));
            let like: Vec<usize> =
                better.iter().copied().filter(|entry| self.told(axis, *entry, least) != Ordering::Greater).collect();
            let names = self.names(&like);
            sentences.push(format!("if {name} matters more: {names}, {other} instead of {mine} {unit}"));
        }
        sentences
    }

    /// Labels, separated by commas.
    pub fn names(&self, entries: &[usize]) -> String {
        entries.iter().map(|entry| self.entries[*entry].label.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The rule in words, as the record prints it.
pub fn in_words(axes: &[Axis]) -> String {
    let names: Vec<&str> = axes.iter().filter(|axis| axis.decides).map(|axis| axis.name).collect();
    format!(
        "of those that no other one beats: the least {}; each step keeps all that the seeds do not tell from the best; a \
         difference counts from 16.7 ms (a frame) and from a tenth of the bytes",
        names.join(", then ")
    )
}
