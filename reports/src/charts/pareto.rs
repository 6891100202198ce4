//! The trade between visibility and loss.

use syncbench_harness::metrics::{LOST_INTENTS, REJECTED, VISIBLE_MS};

use super::{Chart, Data};
use crate::aggregate::Group;
use crate::draw::axes::Plot;
use crate::draw::geometry::Rect;
use crate::draw::label::{self, Label};
use crate::draw::legend::strategies;
use crate::draw::palette::Palette;
use crate::draw::panel::{PANELS, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{MUTED, Scene};
use crate::draw::text::SMALL;
use crate::format::list;

pub(super) static CHART: Chart = Chart {
    name: "pareto",
    title: "Speed against operations not kept",
    shows: "Each mark is a strategy. Right: median time until an operation is visible everywhere. Up: operations not kept, \
            lost and rejected together, per 1,000: refusing everything is no victory. Lower left is better. The dashed line is the Pareto front: no strategy on it is beaten in \
            one figure without winning in the other. Axes are logarithmic, with a place for zero; each panel has its own \
            scale. Crowded marks may have no name: see the legend.",
    metrics: &[&VISIBLE_MS, &LOST_INTENTS, &REJECTED],
    draw,
};

/// A strategy's two figures.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trade<'a> {
    strategy: &'a str,
    visible_ms: f64,
    not_kept: f64,
}

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let groups = data.panels().map(|group| (group.title.as_str(), trades(group)));
    let judged: Vec<_> = groups.filter(|(_, trades)| !trades.is_empty()).collect();
    if judged.is_empty() {
        return sheet.nothing("No run measured both visibility and losses.");
    }
    let (panels, clean): (Vec<_>, Vec<_>) =
        judged.into_iter().partition(|(_, trades)| trades.iter().any(|trade| trade.not_kept > 0.0));
    if !clean.is_empty() {
        let titles: Vec<_> = clean.iter().map(|(title, _)| *title).collect();
        sheet.note(&format!(
            "Every strategy kept every operation in {}: there is no trade to show.",
            list(&titles, PANELS)
        ));
    }
    let panels = sheet.first(panels);
    sheet.legend(&strategies(data.strategies(), &data.palette));
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let cells = sheet.grid(columns, &vec![340.0; panels.len()]);
    for (area, (title, trades)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, title, trades, &data.palette);
    }
    sheet.finish()
}

fn trades<'a>(group: &Group<'a>) -> Vec<Trade<'a>> {
    let of = |row: &crate::aggregate::Row<'a>| {
        let (visible_ms, not_kept) = (row.quantile(&VISIBLE_MS, 0.5)?.value, row.not_kept_per_1000()?.value);
        Some(Trade { strategy: row.strategy, visible_ms, not_kept })
    };
    group.rows.iter().filter_map(of).collect()
}

/// The strategies that no other beats in one figure while being no worse in the other, fastest first.
fn front<'t, 'a>(trades: &'t [Trade<'a>]) -> Vec<&'t Trade<'a>> {
    let beaten = |one: &Trade<'_>| {
        let beats = |other: &Trade<'_>| {
            let no_worse = other.visible_ms <= one.visible_ms && other.not_kept <= one.not_kept;
            no_worse && (other.visible_ms < one.visible_ms || other.not_kept < one.not_kept)
        };
        trades.iter().any(beats)
    };
    let mut front: Vec<_> = trades.iter().filter(|trade| !beaten(trade)).collect();
    front.sort_by(|a, b| a.visible_ms.total_cmp(&b.visible_ms));
    front
}

fn panel(scene: &mut Scene, area: Rect, title: &str, trades: &[Trade<'_>], palette: &Palette) {
    let area = headed(scene, area, title);
    let (x, y) =
        (Scale::log(trades.iter().map(|one| one.visible_ms)), Scale::log(trades.iter().map(|one| one.not_kept)));
    let (Some(x), Some(y)) = (x, y) else { return };
    let titles = ("median milliseconds until visible everywhere", "operations not kept per 1,000");
    let plot = Plot::new(scene, area, (x, titles.0), (y, titles.1));
    let front = front(trades);
    let line: Vec<_> = front.iter().map(|trade| plot.at(trade.visible_ms, trade.not_kept)).collect();
    scene.dashed(line.clone(), MUTED, 1.5);
    let rest = trades.iter().filter(|trade| !front.contains(trade));
    let mut labels = Vec::new();
    for trade in front.iter().copied().chain(rest) {
        let (point, look) = (plot.at(trade.visible_ms, trade.not_kept), palette.look(trade.strategy));
        scene.mark(point, 6.0, look);
        labels.push(Label { point, text: trade.strategy.to_owned(), color: look.color });
    }
    let room = plot.area.inset(0.0, -10.0, -10.0, 0.0);
    label::place(scene, room, &labels, &line, SMALL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_holds_unbeaten_strategies_only() {
        let trade = |strategy, visible_ms, not_kept| Trade { strategy, visible_ms, not_kept };
        let trades =
            [trade("slow", 90.0, 0.0), trade("fast", 10.0, 7.0), trade("bad", 20.0, 9.0), trade("tie", 10.0, 7.0)];
        let names: Vec<_> = front(&trades).into_iter().map(|trade| trade.strategy).collect();
        assert_eq!(names, ["fast", "tie", "slow"]);
        assert!(front(&[]).is_empty());
    }
}
