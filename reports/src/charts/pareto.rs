//! The trade: how soon others see it against how much gets lost.

use super::{Chart, Data};
use crate::aggregate::Group;
use crate::draw::axes::Plot;
use crate::draw::label::{self, Label};
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{MUTED, Rect, Scene};
use crate::draw::text::SMALL;

pub(super) static CHART: Chart = Chart {
    name: "pareto",
    title: "Speed against loss",
    shows: "Each mark is a strategy: to the right, the median time until an operation is visible everywhere; up, lost \
            intents for each 1000 operations. Lower left is better in both. The dashed line joins the Pareto front: no \
            other strategy is better in one of the two without being worse in the other. Axes are logarithmic, with a \
            place for zero.",
    draw,
};

/// A strategy's place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Trade<'a> {
    strategy: &'a str,
    visible_ms: f64,
    lost: f64,
}

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = Sheet::new(chart.title, chart.shows);
    let panels: Vec<_> = data.summary.groups.iter().map(|group| (group.title.as_str(), trades(group))).collect();
    let panels: Vec<_> = panels.into_iter().filter(|(_, trades)| !trades.is_empty()).collect();
    let all = || panels.iter().flat_map(|(_, trades)| trades);
    let x = Scale::log(all().map(|trade| trade.visible_ms));
    let y = Scale::log(all().map(|trade| trade.lost));
    let (Some(x), Some(y)) = (x, y) else {
        return sheet.nothing("No run gave both a time until visible and a count of lost intents.");
    };
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let most = panels.iter().map(|(_, trades)| trades.len()).max().unwrap_or(0);
    let cells = sheet.grid(columns, &vec![300.0 + 8.0 * most as f64; panels.len()]);
    for (area, (title, trades)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, title, trades, (x, y), &data.palette);
    }
    sheet.finish()
}

fn trades<'a>(group: &Group<'a>) -> Vec<Trade<'a>> {
    let of = |row: &crate::aggregate::Row<'a>| {
        let (visible_ms, lost) = (row.quantile_value("visible_ms", 0.5)?, row.lost_per_1000()?.value);
        Some(Trade { strategy: row.strategy, visible_ms, lost })
    };
    group.rows.iter().filter_map(of).collect()
}

/// Those that no other beats in one figure without losing in the other, fastest first.
fn front<'t, 'a>(trades: &'t [Trade<'a>]) -> Vec<&'t Trade<'a>> {
    let beaten = |one: &Trade<'_>| {
        let beats = |other: &Trade<'_>| {
            let no_worse = other.visible_ms <= one.visible_ms && other.lost <= one.lost;
            no_worse && (other.visible_ms < one.visible_ms || other.lost < one.lost)
        };
        trades.iter().any(beats)
    };
    let mut front: Vec<_> = trades.iter().filter(|trade| !beaten(trade)).collect();
    front.sort_by(|a, b| a.visible_ms.total_cmp(&b.visible_ms));
    front
}

fn panel(scene: &mut Scene, area: Rect, title: &str, trades: &[Trade<'_>], (x, y): (Scale, Scale), palette: &Palette) {
    let area = headed(scene, area, title);
    let plot = Plot::new(
        scene,
        area,
        (x, "median milliseconds until visible everywhere"),
        (y, "lost intents for each 1000 operations"),
    );
    let front: Vec<_> = front(trades).into_iter().map(|trade| plot.at(trade.visible_ms, trade.lost)).collect();
    scene.dashed(front, MUTED, 1.5);
    let mut labels = Vec::new();
    for trade in trades {
        let point = plot.at(trade.visible_ms, trade.lost);
        let look = palette.look(trade.strategy);
        scene.mark(point, 6.0, look);
        labels.push(Label { point, text: trade.strategy.to_owned(), color: look.color });
    }
    label::place(scene, plot.area, &labels, SMALL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_has_the_unbeaten_only() {
        let trade = |strategy, visible_ms, lost| Trade { strategy, visible_ms, lost };
        let trades =
            [trade("slow", 90.0, 0.0), trade("fast", 10.0, 7.0), trade("bad", 20.0, 9.0), trade("tie", 10.0, 7.0)];
        let names: Vec<_> = front(&trades).into_iter().map(|trade| trade.strategy).collect();
        assert_eq!(names, ["fast", "tie", "slow"]);
        assert!(front(&[]).is_empty());
    }
}
