//! Where an answer changes: one figure of several strategies against a condition that is varied, with the stretches in which
//! each is proposed.

use super::axes::Plot;
use super::ends::{self, End};
use super::geometry::{Anchor, Rect, at};
use super::palette::Palette;
use super::panel::Sheet;
use super::scale::Scale;
use super::scene::{INK, MUTED, SHADE, Scene};
use super::text::{self, SMALL};
use crate::format::figure;

/// What a flip chart shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flip {
    /// Its heading.
    pub title: String,
    /// What it says, in a sentence or two.
    pub about: String,
    /// What is varied, with its unit: `round trip, ms`.
    pub axis: String,
    /// The figure that decides, with its unit: `operations not kept per 1,000`.
    pub figure: String,
    /// A line for each strategy.
    pub lines: Vec<FlipLine>,
    /// What is proposed at each value that was measured, ascending.
    pub proposals: Vec<(f64, Option<String>)>,
    /// The value in the answers, marked as such.
    pub here: Option<f64>,
}

/// A strategy's figure at each value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlipLine {
    /// Its label.
    pub strategy: String,
    /// Its family, for its colour.
    pub family: String,
    /// Pairs of value and figure.
    pub points: Vec<(f64, f64)>,
}

/// The ratio of the largest value to the smallest above which an axis is logarithmic.
const WIDE: f64 = 20.0;
/// The height of the strip that names the proposals.
const STRIP: f64 = 26.0;
/// The least height of the plot.
const HEIGHT: f64 = 260.0;

/// A stretch with one proposal.
struct Stretch<'a> {
    from: f64,
    to: f64,
    proposal: Option<&'a str>,
}

impl Flip {
    /// The chart, `width` pixels wide. Without heading and caption if `bare`.
    pub fn scene(&self, width: f64, bare: bool) -> Scene {
        let mut sheet = Sheet::new(&self.title, &self.about, bare, width);
        let lines: Vec<_> = self.lines.iter().map(finite).filter(|line| !line.points.is_empty()).collect();
        let values: Vec<f64> = lines.iter().flat_map(|line| &line.points).map(|(value, _)| *value).collect();
        let (Some(x), Some(y)) = (x_scale(&values), y_scale(&lines)) else {
            return sheet.nothing("No value was measured.");
        };
        let height = (lines.len() as f64 * ends::LABEL + 90.0).max(HEIGHT) + STRIP;
        if let Some(area) = sheet.grid(1, &[height]).pop() {
            self.draw(&mut sheet.scene, area, &lines, (x, y));
        }
        sheet.note(&self.says());
        sheet.finish()
    }

    fn draw(&self, scene: &mut Scene, area: Rect, lines: &[FlipLine], (x, y): (Scale, Scale)) {
        let names: Vec<_> = lines.iter().map(|line| (line.strategy.as_str(), line.family.as_str())).collect();
        let palette = Palette::new(&names);
        let widest = names.iter().map(|(name, _)| text::width(name, SMALL)).fold(0.0, f64::max);
        let room = (widest + 60.0).min(area.w * 0.42);
        let below = scene.items.len();
        let plot = Plot::new(scene, area.inset(0.0, STRIP, room, 0.0), (x, &self.axis), (y, &self.figure));
        let inner = plot.area;
        let place = |value: f64| inner.x + x.place(value) * inner.w;
        let mut shades = Scene::new("", 0.0, 0.0);
        let stretches = self.stretches();
        let mut free = area.x;
        for (index, stretch) in stretches.iter().enumerate() {
            let (left, right) = (place(stretch.from), place(stretch.to));
            if index % 2 == 1 {
                shades.fill(Rect::new(left, inner.y, right - left, inner.h), SHADE);
            }
            let name = stretch.proposal.unwrap_or("nothing is safe");
            let middle = f64::midpoint(left, right);
            let half = text::width(name, SMALL) / 2.0;
            let start = (middle - half).max(free).min(area.right() - 2.0 * half);
            if start >= free {
                scene.text(at(start, area.y + SMALL * 0.75), name, SMALL, Anchor::Start, INK);
                free = start + 2.0 * half + 10.0;
            }
        }
        // Behind the grid.
        scene.items.splice(below..below, shades.items);
        for pair in stretches.windows(2) {
            let x = place(pair[1].from);
            scene.dashed(vec![at(x, area.y + SMALL), at(x, inner.bottom())], INK, 1.5);
        }
        if let Some(here) = self.here.filter(|here| here.is_finite()) {
            let (x, floor) = (place(here), inner.bottom());
            scene.line(vec![at(x, inner.y), at(x, floor)], MUTED, 1.5);
            scene.area(vec![at(x, floor), at(x - 6.0, floor + 9.0), at(x + 6.0, floor + 9.0)], INK, 1.0);
        }
        let mut right = Vec::new();
        for line in lines {
            let look = palette.look(&line.strategy);
            let points: Vec<_> = line.points.iter().map(|(value, figure)| plot.at(*value, *figure)).collect();
            right.extend(points.last().map(|end| End { point: *end, name: &line.strategy, look }));
            scene.dashed_by(points.clone(), look.color, 2.0, look.dash());
            points.into_iter().for_each(|point| scene.mark(point, 4.5, look));
        }
        ends::write(scene, inner, room, right);
    }

    /// Where the proposal changes, and where the answers are.
    fn says(&self) -> String {
        let changes = self.changes();
        let told: Vec<_> =
            changes.iter().map(|(low, high)| format!("{} and {}", figure(*low), figure(*high))).collect();
        let changes = if told.is_empty() {
            "The proposal stays over the whole range.".to_owned()
        } else {
            format!("The proposal changes between {}.", told.join(", and between "))
        };
        match self.here.filter(|here| here.is_finite()) {
            Some(here) => format!("{changes} The triangle marks the answers: {}.", figure(here)),
            None => changes,
        }
    }

    /// The neighbouring values between which the proposal changes.
    fn changes(&self) -> Vec<(f64, f64)> {
        let pairs = self.proposals.windows(2).filter(|pair| pair[0].1 != pair[1].1);
        pairs.map(|pair| (pair[0].0, pair[1].0)).collect()
    }

    /// Where each proposal holds; a change lies midway between the values that were measured.
    fn stretches(&self) -> Vec<Stretch<'_>> {
        let mut stretches: Vec<Stretch<'_>> = Vec::new();
        for (value, proposal) in self.proposals.iter().filter(|(value, _)| value.is_finite()) {
            let proposal = proposal.as_deref();
            match stretches.last_mut() {
                Some(last) if last.proposal == proposal => last.to = *value,
                Some(last) => {
                    last.to = f64::midpoint(last.to, *value);
                    let from = last.to;
                    stretches.push(Stretch { from, to: *value, proposal });
                }
                None => stretches.push(Stretch { from: *value, to: *value, proposal }),
            }
        }
        stretches
    }
}

/// The line without what is no number, ascending.
fn finite(line: &FlipLine) -> FlipLine {
    let mut line = line.clone();
    line.points.retain(|(value, figure)| value.is_finite() && figure.is_finite());
    line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    line
}

fn x_scale(values: &[f64]) -> Option<Scale> {
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    let wide = low > 0.0 && high > low * WIDE;
    if wide { Scale::log(values.iter().copied()) } else { Some(Scale::linear(low, high)) }
}

fn y_scale(lines: &[FlipLine]) -> Option<Scale> {
    let figures: Vec<_> = lines.iter().flat_map(|line| &line.points).map(|(_, figure)| *figure).collect();
    let high = figures.iter().copied().reduce(f64::max)?;
    let least = figures.iter().copied().filter(|figure| *figure > 0.0).reduce(f64::min).unwrap_or(high);
    if high > least * WIDE { Scale::log(figures) } else { Some(Scale::linear(0.0, high)) }
}
