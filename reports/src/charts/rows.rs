//! Bars by strategy, a panel for each condition: shared by throughput and bytes.

use super::{Chart, Data};
use crate::aggregate::Row;
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{AXIS, INK, MUTED, Scene};
use crate::draw::text::{self, BODY, SMALL};
use crate::draw::{axes, palette::Palette};
use crate::format::figure;
use crate::stats::Estimate;

/// The height of a strategy's row.
pub(super) const ROW: f64 = 23.0;
/// Height of a panel besides its rows: heading above, axis below.
pub(super) const FRAME: f64 = 62.0;

/// A bar with its name.
struct Bar<'a> {
    strategy: &'a str,
    estimate: Option<Estimate>,
}

/// One panel for each condition, logarithmic bars with intervals, one scale for all panels.
pub fn bars(chart: &Chart, data: &Data<'_>, axis: &str, of: impl Fn(&Row<'_>) -> Option<Estimate>) -> Scene {
    let mut sheet = data.sheet(chart);
    let panels: Vec<(&str, Vec<Bar<'_>>)> = data
        .panels()
        .filter_map(|group| {
            let bars = group.rows.iter().map(|row| Bar { strategy: row.strategy, estimate: of(row) });
            let bars: Vec<_> = bars.collect();
            bars.iter().any(|bar| bar.estimate.is_some()).then_some((group.title.as_str(), bars))
        })
        .collect();
    let panels = sheet.first(panels);
    let estimates = panels.iter().flat_map(|(_, bars)| bars).filter_map(|bar| bar.estimate);
    let values = estimates.flat_map(|one| [one.value].into_iter().chain(ends(&one).into_iter().flatten()));
    let Some(scale) = Scale::log(values).map(Scale::lowered) else {
        return sheet.nothing("No run measured this.");
    };
    let columns = if panels.len() > 1 { 2 } else { 1 };
    let heights: Vec<_> = panels.iter().map(|(_, bars)| bars.len() as f64 * ROW + FRAME).collect();
    let cells = sheet.grid(columns, &heights);
    for (area, (title, bars)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, title, bars, &scale, axis, &data.palette);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, title: &str, bars: &[Bar<'_>], scale: &Scale, axis: &str, palette: &Palette) {
    let area = headed(scene, area, title);
    let names: Vec<_> = bars.iter().map(|bar| bar.strategy).collect();
    let plot = named_rows(scene, area, &names, 56.0);
    axes::x_axis(scene, plot, scale, axis, true);
    for (index, bar) in bars.iter().enumerate() {
        let middle = plot.y + (index as f64 + 0.5) * ROW;
        let Some(estimate) = bar.estimate else {
            scene.text(at(plot.x + 5.0, middle + SMALL * 0.3), "no figure", SMALL, Anchor::Start, MUTED);
            continue;
        };
        let end = plot.x + scale.place(estimate.value) * plot.w;
        scene.fill(Rect::new(plot.x, middle - 7.0, end - plot.x, 14.0), palette.look(bar.strategy).color);
        let mut right = end;
        if let Some(ends) = ends(&estimate) {
            let [low, high] = ends.map(|value| plot.x + scale.place(value) * plot.w);
            whisker(scene, low, high, middle);
            right = right.max(high);
        }
        scene.text(at(right + 6.0, middle + SMALL * 0.3), figure(estimate.value), SMALL, Anchor::Start, INK);
    }
    scene.line(vec![at(plot.x, plot.y), at(plot.x, plot.bottom())], AXIS, 1.0);
}

fn ends(estimate: &Estimate) -> Option<[f64; 2]> {
    estimate.spread.map(|spread| spread.ends()).map(|ends| [ends.low, ends.high])
}

/// A spread from `low` to `high`.
pub(super) fn whisker(scene: &mut Scene, low: f64, high: f64, y: f64) {
    scene.line(vec![at(low, y), at(high, y)], INK, 1.5);
    for x in [low, high] {
        scene.line(vec![at(x, y - 4.0), at(x, y + 4.0)], INK, 1.5);
    }
}

/// Writes names down the left side of `area`. Returns the area beside them, without `right` pixels for values and without
/// the axis.
pub(super) fn named_rows(scene: &mut Scene, area: Rect, names: &[&str], right: f64) -> Rect {
    let most = area.w * 0.45;
    let names: Vec<_> = names.iter().map(|name| text::fit(name, BODY, most)).collect();
    let left = names.iter().map(|name| text::width(name, BODY)).fold(0.0, f64::max) + 10.0;
    for (index, name) in names.iter().enumerate() {
        let y = area.y + (index as f64 + 0.5) * ROW + BODY * 0.31;
        scene.text(at(area.x + left - 8.0, y), name, BODY, Anchor::End, INK);
    }
    let height = names.len() as f64 * ROW;
    Rect::new(area.x + left, area.y, (area.w - left - right).max(20.0), height)
}
