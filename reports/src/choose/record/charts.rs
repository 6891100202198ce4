//! The pictures of a record: what the candidates trade against what.

use super::super::decision::{Candidate, Decision, Figure, Flip};
use super::words::columns;
use crate::draw::Scene;
use crate::draw::axes::Plot;
use crate::draw::geometry::{Rect, at};
use crate::draw::label::{self, Label};
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, WIDTH, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::MUTED;
use crate::draw::text::SMALL;
use crate::format::plain;

/// Most panels of the front: each shows two of its figures.
const PANELS: usize = 4;

/// Every picture with the name of its file.
pub(super) fn pictures(decision: &Decision) -> Vec<(String, Scene)> {
    front_scene(decision, false).map(|scene| ("front".to_owned(), scene)).into_iter().collect()
}

/// The name of a search's picture: `flip-round-trip`.
pub(super) fn flip_name(flip: &Flip) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    format!("flip-{}", flip.axis.chars().map(clean).collect::<String>())
}

/// The candidates over the first figure of the front and each other one. `None` where fewer than two candidates have two
/// figures: there is nothing to trade.
pub(super) fn front_scene(decision: &Decision, bare: bool) -> Option<Scene> {
    let all: Vec<_> = decision.candidates.iter().collect();
    let axes: Vec<_> = columns(&all).into_iter().filter(|column| axis(&all, *column)).collect();
    let (first, others) = axes.split_first()?;
    let panels: Vec<_> = others.iter().map(|other| (*other, trades(&all, *other, *first))).collect();
    let panels: Vec<_> = panels.into_iter().filter(|(_, trades)| trades.len() > 1).take(PANELS).collect();
    if panels.is_empty() {
        return None;
    }
    let about = "Each mark is a candidate, with its interval; lower left is better. The dashed line joins those that no other \
                 beats in these two figures. Axes are logarithmic, with a place for zero.";
    let mut sheet = Sheet::new("What the candidates trade", about, bare, WIDTH);
    let names: Vec<_> = all.iter().map(|candidate| (candidate.strategy.as_str(), candidate.family.as_str())).collect();
    let palette = Palette::new(&names);
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let cells = sheet.grid(columns, &vec![340.0; panels.len()]);
    for (area, (other, trades)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, (titled(*other), titled(*first)), trades, &palette);
    }
    Some(sheet.finish())
}

fn axis(candidates: &[&Candidate], column: (&str, &str)) -> bool {
    candidates.iter().filter_map(|candidate| super::words::of(candidate, column)).any(|one| one.axis)
}

fn titled((name, unit): (&str, &str)) -> String {
    if unit.is_empty() { plain(name) } else { plain(&format!("{name}, {unit}")) }
}

/// A candidate's two figures.
struct Trade<'d> {
    strategy: &'d str,
    x: &'d Figure,
    y: &'d Figure,
}

fn trades<'d>(candidates: &[&'d Candidate], x: (&str, &str), y: (&str, &str)) -> Vec<Trade<'d>> {
    let both = |candidate: &&'d Candidate| {
        let (x, y) = (super::words::of(candidate, x)?, super::words::of(candidate, y)?);
        let drawn = [x.value?, y.value?].iter().all(|value| value.is_finite());
        drawn.then_some(Trade { strategy: &candidate.strategy, x, y })
    };
    candidates.iter().filter_map(both).collect()
}

/// Every number of a figure that is drawn.
fn numbers(one: &Figure) -> impl Iterator<Item = f64> {
    [one.value, one.low, one.high].into_iter().flatten().filter(|number| number.is_finite())
}

fn panel(scene: &mut Scene, area: Rect, (x_title, y_title): (String, String), trades: &[Trade<'_>], palette: &Palette) {
    let area = headed(scene, area, &format!("{y_title} against {x_title}"));
    let x = Scale::log(trades.iter().flat_map(|trade| numbers(trade.x)));
    let y = Scale::log(trades.iter().flat_map(|trade| numbers(trade.y)));
    let (Some(x), Some(y)) = (x, y) else { return };
    let plot = Plot::new(scene, area, (x, &x_title), (y, &y_title));
    let place = |trade: &Trade<'_>| plot.at(trade.x.value.unwrap_or(0.0), trade.y.value.unwrap_or(0.0));
    let mut line: Vec<_> = trades.iter().filter(|one| !trades.iter().any(|other| beats(other, one))).collect();
    line.sort_by(|a, b| a.x.value.unwrap_or(0.0).total_cmp(&b.x.value.unwrap_or(0.0)));
    let line: Vec<_> = line.into_iter().map(place).collect();
    scene.dashed(line.clone(), MUTED, 1.5);
    let mut labels = Vec::new();
    for trade in trades {
        let (point, look) = (place(trade), palette.look(trade.strategy));
        if let (Some(low), Some(high)) = (trade.x.low, trade.x.high) {
            let (low, high) = (plot.at(low, 0.0).x, plot.at(high, 0.0).x);
            scene.line(vec![at(low, point.y), at(high, point.y)], look.color, 1.5);
        }
        if let (Some(low), Some(high)) = (trade.y.low, trade.y.high) {
            let (low, high) = (plot.at(0.0, low).y, plot.at(0.0, high).y);
            scene.line(vec![at(point.x, low), at(point.x, high)], look.color, 1.5);
        }
        scene.mark(point, 6.0, look);
        labels.push(Label { point, text: plain(trade.strategy), color: look.color });
    }
    let room = plot.area.inset(0.0, -10.0, -10.0, 0.0);
    label::place(scene, room, &labels, &line, SMALL);
}

/// Whether one is at least as good in both figures and better in one.
fn beats(one: &Trade<'_>, other: &Trade<'_>) -> bool {
    let pairs = [(one.x, other.x), (one.y, other.y)].map(|(a, b)| (cost(a), cost(b)));
    pairs.iter().all(|(a, b)| a <= b) && pairs.iter().any(|(a, b)| a < b)
}

/// The figure, turned so that less is better.
fn cost(one: &Figure) -> f64 {
    let value = one.value.unwrap_or(f64::INFINITY);
    if one.less_is_better { value } else { -value }
}
