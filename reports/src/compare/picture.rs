//! What is worse, what is better and what changed, as ratios around one.

use super::text::rows;
use super::{Change, Comparison, Verdict, by, words};
use crate::draw::Scene;
use crate::draw::panel::{Sheet, WIDTH};
use crate::draw::ratio::{Mark, RatioRow, Ratios};
use crate::format::plural;

/// Most figures of one verdict: about a screen.
const MOST: usize = 30;

/// Verdicts that are drawn, with their headings and marks.
const DRAWN: [(Verdict, &str, Mark); 3] = [
    (Verdict::Worse, "Worse", Mark::Worse),
    (Verdict::Better, "Better", Mark::Better),
    (Verdict::Changed, "Changed", Mark::Changed),
];

/// The comparison as a picture: a mark for each figure that is worse, better or changed, with its interval.
pub fn picture(comparison: &Comparison) -> Scene {
    let (mut drawn, mut left) = (Vec::new(), Vec::new());
    for (verdict, heading, mark) in DRAWN {
        let changes: Vec<&Change> = rows(comparison, verdict).into_iter().flatten().collect();
        drawn.extend(changes.iter().take(MOST).map(|change| row(change, heading, mark)));
        if changes.len() > MOST {
            left.push(format!(" {heading}: the first {MOST} of {} are drawn.", plural(changes.len(), "figure")));
        }
    }
    let (baseline, candidate) = (&comparison.baseline.name, &comparison.candidate.name);
    let about = format!(
        "{baseline} to {candidate}. {} Lines are the intervals that the seeds leave (95 %).{}",
        comparison.answer,
        left.concat()
    );
    if drawn.is_empty() {
        let mut sheet = Sheet::new("What changed", &about, false, WIDTH);
        sheet.note(NOTHING);
        sheet.scene.empty = Some(NOTHING.to_owned());
        return sheet.finish();
    }
    let axis = "candidate over baseline".to_owned();
    Ratios { title: "What changed".to_owned(), about, axis, rows: drawn }.scene(WIDTH, false)
}

/// Said in place of a chart.
const NOTHING: &str = "No figure differs by more than luck.";

fn row(change: &Change, heading: &str, mark: Mark) -> RatioRow {
    let [was, is, _] = words(change);
    let (baseline, candidate) = (change.baseline.unwrap_or(f64::NAN), change.candidate.unwrap_or(f64::NAN));
    RatioRow {
        heading: heading.to_owned(),
        label: format!("{}, {} on {}", change.figure, change.strategy, change.condition),
        ratio: change.ratio.unwrap_or(candidate / baseline),
        interval: change.interval.map(|[low, high]| (low, high)),
        mark,
        note: format!("{was} to {is}: {}", by(change)),
    }
}
