//! The pictures of a record: what the candidates trade against what.

use super::super::decision::{Candidate, Decision, Figure, Flip};
use super::words::{columns, front, of};
use crate::draw::Scene;
use crate::draw::axes::x_axis;
use crate::draw::flip::{self, FlipLine};
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, WIDTH};
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, MUTED};
use crate::draw::text::{self, BODY, SMALL};
use crate::format::plain;

/// Most columns of the front: more would leave no room for their axes.
const COLUMNS: usize = 6;
/// The height of a row.
const ROW: f64 = 28.0;
/// Room for the headings of columns, and for the ticks below.
const ABOVE: f64 = 44.0;
const BELOW: f64 = 34.0;
/// Between columns.
const GAP: f64 = 14.0;
/// The ratio of the largest figure to the least above which an axis is logarithmic.
const WIDE: f64 = 20.0;

/// Every picture with the name of its file; bare ones leave title and caption to the page.
pub(super) fn pictures(decision: &Decision, bare: bool) -> Vec<(String, Scene)> {
    let front = front_scene(decision, bare).map(|scene| ("front".to_owned(), scene));
    let flips = decision.flips.iter().filter_map(|flip| Some((flip_name(flip), flip_scene(decision, flip, bare)?)));
    front.into_iter().chain(flips).collect()
}

/// The name of a search's picture: `flip-round-trip`.
pub(super) fn flip_name(flip: &Flip) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("flip-{}", flip.axis.chars().map(clean).collect::<String>())
}

/// What is proposed along an axis. `None` where fewer than two values were measured.
fn flip_scene(decision: &Decision, flip: &Flip, bare: bool) -> Option<Scene> {
    let figure = flip.steps.iter().find(|step| !step.figures.is_empty())?.figure.as_str();
    let mut lines: Vec<FlipLine> = Vec::new();
    for step in &flip.steps {
        for (strategy, value) in &step.figures {
            let point = (step.value, *value);
            match lines.iter_mut().find(|line| line.strategy == *strategy) {
                Some(line) => line.points.push(point),
                None => lines.push(FlipLine {
                    strategy: strategy.clone(),
                    family: family(decision, strategy).to_owned(),
                    points: vec![point],
                }),
            }
        }
    }
    let proposals: Vec<_> = flip.steps.iter().map(|step| (step.value, step.proposal.clone())).collect();
    let chart = flip::Flip {
        title: plain(&format!("The proposal against {}", flip.axis)),
        about: plain(&flip.says),
        axis: titled((&flip.axis, &flip.unit)),
        figure: plain(figure),
        lines,
        proposals,
        here: Some(flip.at),
    };
    (flip.steps.len() > 1).then(|| chart.scene(WIDTH, bare))
}

/// The family of a strategy, by its label; a mix has its own.
fn family<'d>(decision: &'d Decision, strategy: &str) -> &'d str {
    let candidates = decision.candidates.iter().map(|one| (&one.strategy, &one.family));
    let vetoed = decision.vetoed.iter().map(|one| (&one.strategy, &one.family));
    candidates.chain(vetoed).find(|(label, _)| *label == strategy).map_or("", |(_, family)| family)
}

/// The candidates as rows, and each figure of the front as a column of marks with their intervals: the proposed one first,
/// then the rest of the front, then those that are beaten. `None` where fewer than two candidates have figures.
pub(super) fn front_scene(decision: &Decision, bare: bool) -> Option<Scene> {
    let beaten = decision.candidates.iter().filter(|candidate| !candidate.on_front);
    let rows: Vec<&Candidate> = front(decision).into_iter().chain(beaten).collect();
    let axes: Vec<_> = columns(&rows).into_iter().filter(|column| axis(&rows, *column)).take(COLUMNS).collect();
    if rows.len() < 2 || axes.is_empty() {
        return None;
    }
    let about = "A row for each candidate, the proposed one first, then the rest of the Pareto front; what another candidate beats \
                 is grey. A mark is the figure, its line the interval. Each column has its own axis; wide ones are \
                 logarithmic, with a place for zero.";
    let mut sheet = Sheet::new("What the candidates trade", about, bare, WIDTH);
    let area = sheet.grid(1, &[rows.len() as f64 * ROW + ABOVE + BELOW]).pop()?;
    let scene = &mut sheet.scene;
    let names: Vec<_> = rows.iter().map(|one| (one.strategy.as_str(), one.family.as_str())).collect();
    let palette = Palette::new(&names);
    let shown: Vec<_> = names.iter().map(|(name, _)| text::fit(&plain(name), BODY, area.w * 0.3)).collect();
    let left = shown.iter().map(|name| text::width(name, BODY)).fold(0.0, f64::max) + 14.0;
    let middle = |row: usize| area.y + ABOVE + (row as f64 + 0.5) * ROW;
    for (row, (name, candidate)) in shown.iter().zip(&rows).enumerate() {
        let place = at(area.x, middle(row) + BODY * 0.3);
        let proposed = decision.proposal.as_ref().is_some_and(|proposal| proposal.strategy == candidate.strategy);
        if proposed {
            scene.heading(place, name, BODY);
        } else {
            let color = if candidate.on_front { INK } else { MUTED };
            scene.text(place, name, BODY, Anchor::Start, color);
        }
    }
    let width = (area.w - left - GAP * (axes.len() - 1) as f64) / axes.len() as f64;
    for (index, column) in axes.iter().enumerate() {
        let x = area.x + left + index as f64 * (width + GAP);
        let cells = Rect::new(x, area.y + ABOVE, width - GAP, rows.len() as f64 * ROW);
        let (name, unit) = (text::fit(&plain(column.0), BODY, width), text::fit(&plain(column.1), SMALL, width));
        scene.heading(at(x, area.y + BODY * 0.75), name, BODY);
        scene.text(at(x, area.y + BODY + SMALL), unit, SMALL, Anchor::Start, MUTED);
        let figures: Vec<_> = rows.iter().map(|candidate| of(candidate, *column)).collect();
        let Some(scale) = scale(figures.iter().copied().flatten().flat_map(numbers)) else { continue };
        x_axis(scene, cells, &scale, "", true);
        for (row, (candidate, figure)) in rows.iter().zip(figures).enumerate() {
            let look = palette.look(&candidate.strategy);
            let look = if candidate.on_front { look } else { look.in_color(MUTED) };
            let point = |value: f64| at(cells.x + scale.place(value) * cells.w, middle(row));
            let Some(figure) = figure else { continue };
            if let (Some(low), Some(high)) = (figure.low, figure.high) {
                scene.line(vec![point(low), point(high)], look.color, 2.0);
            }
            if let Some(value) = figure.value.filter(|value| value.is_finite()) {
                scene.mark(point(value), 6.0, look);
            }
        }
    }
    Some(sheet.finish())
}

/// Linear from zero, or logarithmic where the figures are far apart.
fn scale(numbers: impl Iterator<Item = f64>) -> Option<Scale> {
    let numbers: Vec<f64> = numbers.collect();
    let high = numbers.iter().copied().reduce(f64::max)?;
    let least = numbers.iter().copied().filter(|number| *number > 0.0).reduce(f64::min).unwrap_or(high);
    if high > least * WIDE { Scale::log(numbers) } else { Some(Scale::linear(0.0, high)) }
}

fn axis(candidates: &[&Candidate], column: (&str, &str)) -> bool {
    candidates.iter().filter_map(|candidate| of(candidate, column)).any(|one| one.axis)
}

fn titled((name, unit): (&str, &str)) -> String {
    if unit.is_empty() { plain(name) } else { plain(&format!("{name}, {unit}")) }
}

/// Every number of a figure that is drawn.
fn numbers(one: &Figure) -> impl Iterator<Item = f64> {
    [one.value, one.low, one.high].into_iter().flatten().filter(|number| number.is_finite())
}
