//! The pictures of a record: what the candidates trade against what.

use super::super::decision::{Candidate, Decision, Figure, Flip};
use super::words::columns;
use crate::draw::Scene;
use crate::draw::axes::Plot;
use crate::draw::cluster;
use crate::draw::flip::{self, FlipLine};
use crate::draw::geometry::{Point, Rect, at};
use crate::draw::label::{self, Label};
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, WIDTH, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::MUTED;
use crate::draw::text::SMALL;
use crate::format::plain;

/// Most panels of the front: each shows two of its figures.
const PANELS: usize = 4;

/// The distance in pixels below which two marks are one.
const SAME: f64 = 6.0;
/// Most names of a label.
const NAMES: usize = 3;

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
    let names: Vec<_> = all.iter().map(|one| (one.strategy.as_str(), one.family.as_str())).collect();
    let palette = Palette::new(&names);
    let key: Vec<_> = names.iter().map(|(name, _)| (palette.look(name), *name)).collect();
    sheet.key(&key);
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
    }
    let room = plot.area.inset(0.0, -10.0, -10.0, 0.0);
    // Labels stand behind the ends of intervals, not on them.
    let ends = |trade: &Trade<'_>| {
        at(trade.x.high.map_or(0.0, |high| plot.at(high, 0.0).x).max(place(trade).x), place(trade).y)
    };
    label::place(scene, room, &labels(trades, ends, palette), &line, SMALL);
}

/// A label for each place: candidates whose marks cover each other share one.
fn labels(trades: &[Trade<'_>], place: impl Fn(&Trade<'_>) -> Point, palette: &Palette) -> Vec<Label> {
    let mut places: Vec<(Point, Vec<&str>)> = Vec::new();
    for trade in trades {
        let point = place(trade);
        let near =
            |(other, _): &&mut (Point, Vec<&str>)| (other.x - point.x).abs() < SAME && (other.y - point.y).abs() < SAME;
        match places.iter_mut().find(near) {
            Some((_, names)) => names.push(trade.strategy),
            None => places.push((point, vec![trade.strategy])),
        }
    }
    let shown: Vec<_> = trades.iter().map(|trade| trade.strategy).collect();
    let label = |(point, names): (Point, Vec<&str>)| Label {
        point,
        text: plain(&cluster::named(&names, &shown, NAMES)),
        color: palette.look(names[0]).color,
    };
    places.into_iter().map(label).collect()
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
