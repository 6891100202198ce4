//! Ratios around one on a logarithmic axis, with their intervals: what changed between two runs.

use super::geometry::{Anchor, Rect, at};
use super::palette::{Look, Shape};
use super::panel::{Sheet, headed};
use super::scene::{AXIS, Color, GRID, INK, MUTED, Scene};
use super::text::{self, BODY, SMALL};
use crate::format::{count, figure};

/// What a chart of ratios shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ratios {
    /// Its heading.
    pub title: String,
    /// How to read it, in a sentence or two.
    pub about: String,
    /// What the axis is: `candidate over baseline`.
    pub axis: String,
    /// The rows, from the top. Neighbours with one heading stand below it.
    pub rows: Vec<RatioRow>,
}

/// A ratio with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct RatioRow {
    /// The heading that it stands under; empty for none.
    pub heading: String,
    /// Its name.
    pub label: String,
    /// The ratio; not positive or infinite values are drawn at the end of the axis.
    pub ratio: f64,
    /// The ends of its interval, where there is one.
    pub interval: Option<(f64, f64)>,
    /// What it says.
    pub mark: Mark,
    /// A few words at its right, such as `120 to 96 ms`. The font has no arrows.
    pub note: String,
}

/// What a ratio says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The candidate is worse.
    Worse,
    /// The candidate is better.
    Better,
    /// The candidate differs; neither end is better.
    Changed,
    /// The seeds do not tell them apart.
    Same,
}

/// Vermillion and blue differ with every common colour blindness, and so do the shapes.
const WORSE: Color = Color(0xD5, 0x5E, 0x00);
const BETTER: Color = Color(0x00, 0x72, 0xB2);

const ROW: f64 = 22.0;
/// Most rows of a chart.
const ROWS: usize = 200;
/// The greatest ratio that the axis shows; what lies beyond is drawn at its end.
const FAR: f64 = 1e4;
/// Ends of the axis that are tried, the nearest first.
const SPANS: [f64; 12] = [1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0, FAR];

impl Mark {
    fn look(self) -> Look {
        let (color, shape) = match self {
            Self::Worse => (WORSE, Shape::Up),
            Self::Better => (BETTER, Shape::Down),
            Self::Changed => (INK, Shape::Diamond),
            Self::Same => (MUTED, Shape::Disc),
        };
        Look { color, shape, hollow: false }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Changed => "changed",
            Self::Same => "not told apart",
        }
    }
}

impl Ratios {
    /// The chart, `width` pixels wide. Without heading and caption if `bare`.
    pub fn scene(&self, width: f64, bare: bool) -> Scene {
        let mut sheet = Sheet::new(&self.title, &self.about, bare, width);
        if self.rows.is_empty() {
            return sheet.nothing("There is nothing to compare.");
        }
        if self.rows.len() > ROWS {
            let all = count(self.rows.len() as u64);
            sheet.note(&format!("The first {ROWS} of {all} rows are shown. The table has all of them."));
        }
        let rows = &self.rows[..self.rows.len().min(ROWS)];
        let marks = [Mark::Worse, Mark::Better, Mark::Changed, Mark::Same];
        let used: Vec<_> = marks.into_iter().filter(|mark| rows.iter().any(|row| row.mark == *mark)).collect();
        sheet.key(&used.iter().map(|mark| (mark.look(), mark.word())).collect::<Vec<_>>());
        let span = span(rows);
        let blocks: Vec<_> = rows.chunk_by(|a, b| a.heading == b.heading).collect();
        let heights: Vec<_> = blocks.iter().map(|block| block.len() as f64 * ROW + 66.0).collect();
        let cells = sheet.grid(1, &heights);
        let widths = Widths::of(rows, Sheet::column_width(width, 1));
        for (area, block) in cells.into_iter().zip(blocks) {
            let title = block.first().map_or("", |row| row.heading.as_str());
            let area = if title.is_empty() { area } else { headed(&mut sheet.scene, area, title) };
            self.block(&mut sheet.scene, area, block, span, &widths);
        }
        sheet.finish()
    }

    fn block(&self, scene: &mut Scene, area: Rect, rows: &[RatioRow], span: f64, widths: &Widths) {
        let height = rows.len() as f64 * ROW;
        let plot = Rect::new(area.x + widths.label, area.y, (area.w - widths.label - widths.note).max(40.0), height);
        let place = |ratio: f64| plot.x + (0.5 + 0.5 * share(ratio, span)) * plot.w;
        let mut free = f64::NEG_INFINITY;
        for tick in ticks(span, plot.w) {
            let x = place(tick);
            let color = if tick == 1.0 { AXIS } else { GRID };
            scene.line(vec![at(x, plot.y), at(x, plot.bottom())], color, if tick == 1.0 { 1.5 } else { 1.0 });
            let label = format!("×{}", figure3(tick));
            let half = text::width(&label, SMALL) / 2.0;
            if x - half > free {
                scene.text(at(x, plot.bottom() + SMALL + 2.0), label, SMALL, Anchor::Middle, MUTED);
                free = x + half + 4.0;
            }
        }
        let axis = text::fit(&self.axis, SMALL, area.w);
        scene.text(at(area.right(), plot.bottom() + 2.0 * SMALL + 7.0), axis, SMALL, Anchor::End, INK);
        for (index, row) in rows.iter().enumerate() {
            let y = plot.y + (index as f64 + 0.5) * ROW;
            let look = row.mark.look();
            let label = text::fit(&row.label, BODY, widths.label - 10.0);
            scene.text(at(plot.x - 10.0, y + BODY * 0.31), label, BODY, Anchor::End, INK);
            if let Some((low, high)) = row.interval.filter(|(low, high)| !low.is_nan() && !high.is_nan()) {
                scene.line(vec![at(place(low), y), at(place(high), y)], look.color, 2.0);
                for end in [low, high] {
                    scene.line(vec![at(place(end), y - 4.0), at(place(end), y + 4.0)], look.color, 1.5);
                }
            }
            if !row.ratio.is_nan() {
                scene.mark(at(place(row.ratio), y), 5.0, look);
            }
            let note = text::fit(&row.note, SMALL, widths.note - 12.0);
            scene.text(at(plot.right() + 12.0, y + SMALL * 0.3), note, SMALL, Anchor::Start, INK);
        }
    }
}

/// How wide the columns of names and notes are, the same in all blocks.
struct Widths {
    label: f64,
    note: f64,
}

impl Widths {
    fn of(rows: &[RatioRow], width: f64) -> Self {
        let widest = |of: fn(&RatioRow) -> (&str, f64)| {
            rows.iter().map(of).map(|(text, size)| text::width(text, size)).fold(0.0, f64::max) + 14.0
        };
        Self {
            label: widest(|row| (&row.label, BODY)).min(width * 0.4),
            note: widest(|row| (&row.note, SMALL)).min(width * 0.3),
        }
    }
}

/// The end of an axis around one that holds all ratios and their intervals, as far as it goes.
fn span(rows: &[RatioRow]) -> f64 {
    let all = rows.iter().flat_map(|row| {
        let (low, high) = row.interval.unwrap_or((row.ratio, row.ratio));
        [row.ratio, low, high]
    });
    let far = |ratio: f64| if ratio > 0.0 { ratio.max(1.0 / ratio) } else { FAR };
    let most = all.filter(|ratio| !ratio.is_nan()).map(far).fold(1.0, f64::max);
    SPANS.into_iter().find(|span| *span >= most).unwrap_or(FAR)
}

/// From -1 at the lower end of the axis over 0 at one to 1 at its upper end.
fn share(ratio: f64, span: f64) -> f64 {
    if ratio <= 0.0 { -1.0 } else { (libm::log10(ratio.min(1e300)) / libm::log10(span)).clamp(-1.0, 1.0) }
}

/// Round ratios on both sides of one, as many as have room.
fn ticks(span: f64, width: f64) -> Vec<f64> {
    let steps = SPANS.into_iter().filter(|step| *step <= span);
    let room = (width / 2.0 / 52.0).max(1.0) as usize;
    let mut chosen: Vec<f64> = Vec::new();
    // The outermost first; then what is at least a label's width away from the one before.
    for step in steps.rev() {
        let free = chosen.last().is_none_or(|last| share(*last, span) - share(step, span) > 52.0 / (width / 2.0));
        if free && share(step, span) > 52.0 / (width / 2.0) && chosen.len() < room {
            chosen.push(step);
        }
    }
    let mut ticks: Vec<f64> = chosen.iter().map(|step| 1.0 / step).collect();
    ticks.push(1.0);
    ticks.extend(chosen.into_iter().rev());
    ticks
}

/// Three digits below two, where two of them would make neighbours equal.
fn figure3(ratio: f64) -> String {
    if !(0.5..2.0).contains(&ratio) {
        return figure(ratio);
    }
    let text = format!("{ratio:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_reaches_as_far_as_its_ratios() {
        let row = |ratio, interval| RatioRow {
            heading: String::new(),
            label: String::new(),
            ratio,
            interval,
            mark: Mark::Same,
            note: String::new(),
        };
        assert_eq!(span(&[row(1.0, None)]), 1.05);
        assert_eq!(span(&[row(1.01, Some((0.6, 1.02)))]), 2.0);
        assert_eq!(span(&[row(0.0, None)]), FAR);
        assert_eq!(
            (share(1.0, 2.0), share(2.0, 2.0), share(0.5, 2.0), share(f64::INFINITY, 2.0)),
            (0.0, 1.0, -1.0, 1.0)
        );
    }

    #[test]
    fn ticks_are_the_same_on_both_sides_of_one() {
        let ticks = ticks(2.0, 500.0);
        assert!(ticks.len() > 3 && ticks.contains(&1.0), "{ticks:?}");
        assert!(ticks.iter().all(|tick| ticks.iter().any(|other| (tick * other - 1.0).abs() < 1e-9)));
    }
}
