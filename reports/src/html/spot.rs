//! One spot of the heatmap: a strategy on a workload, in one mode or in the worst of several.

use std::cmp::Reverse;

use syncbench_harness::metrics::LOST_INTENTS;
use syncbench_harness::results::Outcome;

use crate::aggregate::{Row, Status};
use crate::exact::{exact, spread};
use crate::format::{NONE, count, figure, list};
use crate::overview::{Mode, Overview};
use crate::stats::Estimate;

/// What became of a strategy on a workload.
pub(super) enum Fate<'o> {
    /// It was measured; losses are absent where they were not judged.
    Measured(Option<Estimate>, &'o Row<'o>),
    /// It was not, and why.
    Missing(Outcome, &'o str),
}

/// A spot with the mode that it is of.
pub(super) struct Spot<'o> {
    pub(super) fate: Fate<'o>,
    pub(super) mode: &'o str,
}

/// Upper ends of the heatmap's steps, in lost operations per 1,000; the first is for none at all.
pub(super) const STEPS: [f64; 5] = [0.0, 1.0, 10.0, 50.0, 200.0];

/// Most kinds of losses that a spot names.
const KINDS: usize = 3;

impl<'o> Spot<'o> {
    /// The worst of some modes: a failure, then the most losses. `None` where nothing was planned.
    pub(super) fn worst(
        overview: &'o Overview<'o, 'o>,
        modes: &'o [Mode<'o, 'o>],
        strategy: &str,
        workload: &str,
    ) -> Option<Self> {
        let spots = modes.iter().filter_map(|mode| {
            let (_, row) = overview.row(mode, strategy, workload)?;
            let fate = match row.status() {
                Status::Measured => Fate::Measured(row.lost_per_1000(), row),
                Status::Missing(outcome, reason) => Fate::Missing(outcome, reason),
            };
            Some(Self { fate, mode: &mode.name })
        });
        // The first of equals.
        spots.reduce(|worst, spot| if spot.badness() > worst.badness() { spot } else { worst })
    }

    fn badness(&self) -> (u8, f64) {
        match self.fate {
            Fate::Missing(Outcome::Failed, _) => (4, 0.0),
            Fate::Measured(Some(lost), _) => (3, lost.value),
            Fate::Measured(None, _) => (2, 0.0),
            Fate::Missing(Outcome::NotRun, _) => (1, 0.0),
            Fate::Missing(..) => (0, 0.0),
        }
    }

    /// What stands in its cell; nothing where it does not apply.
    pub(super) fn text(&self) -> String {
        match self.fate {
            Fate::Measured(Some(lost), _) => figure(lost.value),
            Fate::Measured(None, _) => NONE.to_owned(),
            Fate::Missing(Outcome::Failed, _) => "failed".to_owned(),
            Fate::Missing(Outcome::NotRun, _) => "not run".to_owned(),
            Fate::Missing(..) => String::new(),
        }
    }

    /// Its figure for sorting.
    pub(super) fn value(&self) -> Option<String> {
        match self.fate {
            Fate::Measured(Some(lost), _) => Some(exact(lost.value)),
            _ => None,
        }
    }

    /// Its classes: the step of its losses, and whether edits are emulated.
    pub(super) fn class(&self) -> String {
        match &self.fate {
            Fate::Measured(lost, row) => {
                let step = lost.map(|lost| STEPS.iter().filter(|end| lost.value > **end).count());
                let step = step.map_or("unjudged".to_owned(), |step| format!("h{step}"));
                if row.emulated().is_empty() { step } else { format!("{step} em") }
            }
            Fate::Missing(Outcome::Failed, _) => "failed".to_owned(),
            Fate::Missing(Outcome::NotRun, _) => "unrun".to_owned(),
            Fate::Missing(..) => "na".to_owned(),
        }
    }

    /// Everything that is known of it, as a sentence.
    pub(super) fn sentence(&self, strategy: &str, workload: &str) -> String {
        let of = format!("{strategy} on {workload}, {}", self.mode);
        let (lost, row) = match &self.fate {
            Fate::Measured(lost, row) => (lost, row),
            Fate::Missing(Outcome::Unsupported, reason) => return format!("{of}: not applicable: {reason}"),
            Fate::Missing(Outcome::Failed, reason) => return format!("{of}: failed: {reason}"),
            Fate::Missing(_, reason) => return format!("{of}: not run: {reason}"),
        };
        let mut text = match lost {
            Some(lost) => format!("{of}: {} lost per 1,000 operations ({})", exact(lost.value), spread(lost)),
            None => format!("{of}: losses were not judged"),
        };
        if let Some(kinds) = kinds(row) {
            text.push_str(&format!("; {kinds}"));
        }
        if let Some(refused) = row.rejected_per_1000() {
            text.push_str(&format!("; {} refused per 1,000", exact(refused.value)));
        }
        let emulated: Vec<_> = row.emulated().into_keys().map(|edit| edit.replace('_', " ")).collect();
        if !emulated.is_empty() {
            text.push_str(&format!("; not native: {}", emulated.join(", ")));
        }
        text
    }
}

/// The most frequent kinds of losses.
fn kinds(row: &Row<'_>) -> Option<String> {
    let mut kinds: Vec<_> = row.counts(&LOST_INTENTS)?.into_iter().collect();
    kinds.sort_by_key(|(kind, n)| (Reverse(*n), *kind));
    let words: Vec<_> = kinds.iter().map(|(kind, n)| format!("{} {kind}", count(*n))).collect();
    (!words.is_empty()).then(|| list(&words, KINDS))
}
