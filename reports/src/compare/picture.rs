//! What is worse and what is better, as ratios around one.

use super::text::rows;
use super::{Change, Comparison, Verdict, by, words};
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::panel::{Sheet, WIDTH, headed};
use crate::draw::scene::{AXIS, Color, GRID, INK, MUTED, Scene};
use crate::draw::text::{self, BODY, SMALL};
use crate::format::{plural, shorten};

/// Most figures of a panel.
const MOST: usize = 30;
const ROW: f64 = 23.0;
/// Room for the axis below the rows, and for the heading above.
const FRAME: f64 = 58.0;
/// Worse and better, apart for every common colour blindness (Okabe and Ito 2008); the panels say it in words too.
const MARKS: [(Verdict, &str, Color); 2] =
    [(Verdict::Worse, "Worse", Color(0xD5, 0x5E, 0x00)), (Verdict::Better, "Better", Color(0x00, 0x72, 0xB2))];

/// Said in place of a panel.
const NOTHING: &str = "No figure is worse, and none is better.";

/// Ratios that an axis may be labelled with.
const TICKS: [(f64, &str); 13] = [
    (0.01, "1/100"),
    (0.1, "1/10"),
    (0.25, "1/4"),
    (0.5, "1/2"),
    (0.8, "-20%"),
    (0.9, "-10%"),
    (1.0, "equal"),
    (1.1, "+10%"),
    (1.25, "+25%"),
    (2.0, "×2"),
    (4.0, "×4"),
    (10.0, "×10"),
    (100.0, "×100"),
];

/// The comparison as a picture: a point for each figure that is worse or better, with its interval.
pub fn picture(comparison: &Comparison) -> Scene {
    let about = format!(
        "Candidate divided by baseline, with the interval that the seeds leave (95 %). {} {} to {}.",
        comparison.answer, comparison.baseline.name, comparison.candidate.name
    );
    let mut sheet = Sheet::new("What changed", &about, false, WIDTH);
    let panels = MARKS.map(|(verdict, heading, color)| {
        let changes: Vec<&Change> = rows(comparison, verdict).into_iter().flatten().collect();
        (heading, color, changes)
    });
    let axis = Axis::of(panels.iter().flat_map(|(.., changes)| changes.iter().take(MOST).copied()));
    let panels: Vec<_> = panels.into_iter().filter(|(.., changes)| !changes.is_empty()).collect();
    if panels.is_empty() {
        sheet.scene.empty = Some(NOTHING.to_owned());
        sheet.note(NOTHING);
        return sheet.finish();
    }
    for (heading, _, changes) in &panels {
        if changes.len() > MOST {
            let all = plural(changes.len(), "figure");
            sheet.note(&format!("{heading}: the first {MOST} of {all} are shown."));
        }
    }
    let heights: Vec<_> = panels.iter().map(|(.., changes)| changes.len().min(MOST) as f64 * ROW + FRAME).collect();
    for (area, (heading, color, changes)) in sheet.grid(1, &heights).into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, heading, *color, &changes[..changes.len().min(MOST)], &axis);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, heading: &str, color: Color, changes: &[&Change], axis: &Axis) {
    let area = headed(scene, area, heading);
    let names = Rect::new(area.x, area.y, area.w * 0.44, area.h);
    let figures = Rect::new(area.x + area.w * 0.78, area.y, area.w * 0.22, area.h);
    let plot = Rect::new(names.right() + 10.0, area.y, figures.x - names.right() - 22.0, changes.len() as f64 * ROW);
    for (ratio, label) in axis.ticks() {
        let x = plot.x + axis.place(ratio) * plot.w;
        let (color, width) = if ratio == 1.0 { (AXIS, 1.5) } else { (GRID, 1.0) };
        scene.line(vec![at(x, plot.y), at(x, plot.bottom())], color, width);
        scene.text(at(x, plot.bottom() + SMALL + 2.0), label, SMALL, Anchor::Middle, MUTED);
    }
    for (index, change) in changes.iter().enumerate() {
        let middle = plot.y + (index as f64 + 0.5) * ROW;
        let base = middle + BODY * 0.31;
        let figure = text::fit(&change.figure, BODY, names.w * 0.45);
        let row = shorten(&format!("{} on {}", change.strategy, change.condition), 80);
        let row = text::fit(&row, SMALL, names.w - text::width(&figure, BODY) - 14.0);
        scene.text(at(names.x, base), row, SMALL, Anchor::Start, MUTED);
        scene.text(at(names.right(), base), figure, BODY, Anchor::End, INK);
        if let Some(ratio) = change.ratio {
            let place = |ratio: f64| plot.x + axis.place(ratio) * plot.w;
            if let Some([low, high]) = change.interval {
                scene.line(vec![at(place(low), middle), at(place(high), middle)], INK, 1.5);
            }
            scene.disc(at(place(ratio), middle), 5.0, color);
        }
        let [was, is, _] = words(change);
        let told = if change.ratio.is_some() { by(change) } else { format!("{was} to {is}") };
        let told = text::fit(&told, SMALL, figures.w);
        scene.text(at(figures.x, base), told, SMALL, Anchor::Start, INK);
    }
}

/// Ratios on a logarithmic axis with one in its middle.
struct Axis {
    reach: f64,
}

impl Axis {
    fn of<'a>(changes: impl Iterator<Item = &'a Change>) -> Self {
        let ends = changes.flat_map(|change| change.interval.into_iter().flatten().chain(change.ratio));
        let reach = ends.filter(|end| *end > 0.0 && end.is_finite()).map(|end| libm::log(end).abs());
        // At least a quarter to either side, so that a small change looks small.
        Self { reach: reach.fold(libm::log(1.25), f64::max).min(libm::log(200.0)) * 1.05 }
    }

    fn place(&self, ratio: f64) -> f64 {
        (0.5 + libm::log(ratio.max(1e-9)) / self.reach / 2.0).clamp(0.0, 1.0)
    }

    /// Those that fit without touching each other.
    fn ticks(&self) -> Vec<(f64, &'static str)> {
        let within = TICKS.into_iter().filter(|(ratio, _)| libm::log(*ratio).abs() <= self.reach);
        let mut shown: Vec<(f64, &'static str)> = vec![(1.0, "equal")];
        let mut by_size: Vec<_> = within.filter(|(ratio, _)| *ratio != 1.0).collect();
        by_size.sort_by(|a, b| libm::log(b.0).abs().total_cmp(&libm::log(a.0).abs()));
        for tick in by_size {
            if shown.iter().all(|other| (self.place(other.0) - self.place(tick.0)).abs() > 0.17) {
                shown.push(tick);
            }
        }
        shown
    }
}
