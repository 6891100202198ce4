//! Dots with lines by strategy, conditions of a workload side by side: shared by the charts of one figure.

use super::block::{self, Column};
use super::{Chart, Data};
use crate::aggregate::Row;
use crate::draw::geometry::at;
use crate::draw::palette::Look;
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::exact::with_spread;
use crate::format::figure;
use crate::stats::Estimate;

/// A figure of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dot {
    /// Where the mark is.
    pub at: f64,
    /// Where its line ends; the line begins at the mark.
    pub to: Option<f64>,
    /// Small strokes on the line.
    pub ticks: Vec<f64>,
    /// The ends of its interval.
    pub spread: Option<[f64; 2]>,
    /// Whether it belongs to something else than the mark at the name: hollow and dashed.
    pub second: bool,
}

/// What a row shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dots {
    /// Its dots from the top.
    pub dots: Vec<Dot>,
    /// Its figures in few digits, beside it.
    pub words: String,
    /// Its figures as exact as they are worth, with their spread.
    pub figures: String,
}

/// What a chart of dots needs to know.
pub(super) struct Spec<'s> {
    /// What the axis says.
    pub axis: &'s str,
    /// What the figures are, with their unit.
    pub measure: &'s str,
    /// Why there is nothing, if there is nothing.
    pub nothing: &'s str,
    /// The height of a row.
    pub row: f64,
}

/// An estimate for each strategy with its interval, for charts of a product's own: conditions of a workload share a
/// logarithmic axis.
pub fn dots(chart: &Chart, data: &Data<'_>, axis: &str, of: impl Fn(&Row<'_>) -> Option<Estimate>) -> Scene {
    let spec = Spec { axis, measure: axis, nothing: "No run measured this.", row: block::ROW };
    draw(chart, data, &spec, |row| figure_of(of(row)))
}

/// One row for each strategy, one column for each condition of a workload, on a logarithmic axis that they share.
pub(super) fn draw(chart: &Chart, data: &Data<'_>, spec: &Spec<'_>, of: impl Fn(&Row<'_>) -> Option<Dots>) -> Scene {
    let mut sheet = data.sheet(chart);
    let mut blocks = data.blocks(&mut sheet, |row| of(row).is_some());
    for block in &mut blocks {
        block.sort(&data.palette, |row| of(row).and_then(|told| Some(told.dots.first()?.at)));
        block.row = spec.row;
    }
    let rows = blocks.iter().flat_map(|block| &block.columns).flat_map(|group| &group.rows);
    let told: Vec<Dots> = rows.filter_map(&of).collect();
    if told.is_empty() {
        return sheet.nothing(spec.nothing);
    }
    sheet.scene.measure = spec.measure.to_owned();
    let figures = told.iter().map(|told| text::width(&told.words, SMALL)).fold(0.0, f64::max).min(150.0) + 12.0;
    let scales: Vec<_> =
        blocks.iter().map(|block| scale(block.columns.iter().flat_map(|group| &group.rows).filter_map(&of))).collect();
    let mut of_block = blocks
        .iter()
        .zip(scales)
        .flat_map(|(block, scale)| vec![scale; block.columns.len()])
        .collect::<Vec<_>>()
        .into_iter();
    block::draw(&mut sheet, data, &blocks, figures, |scene, column| {
        let Some(scale) = of_block.next().flatten() else { return };
        column.axis(scene, &scale, spec.axis);
        for (middle, name, row) in column.rows() {
            let Some((row, told)) = row.and_then(|row| Some((row, of(row)?))) else {
                scene.tagged(Tag::of(name), |scene| column.nothing(scene, middle));
                continue;
            };
            column.tagged(scene, row, &told.figures, |scene| {
                let apart = spec.row * 0.45;
                let top = middle - apart * (told.dots.len() as f64 - 1.0) / 2.0;
                for (n, dot) in told.dots.iter().enumerate() {
                    dot.draw(scene, column, &scale, top + n as f64 * apart, data.palette.look(name));
                }
                column.figures(scene, middle, &told.words);
            });
        }
    });
    sheet.finish()
}

/// One scale for all of a block.
fn scale(rows: impl Iterator<Item = Dots>) -> Option<Scale> {
    let dots = rows.flat_map(|told| told.dots);
    let values = dots.flat_map(|dot| {
        [dot.at].into_iter().chain(dot.to).chain(dot.ticks.clone()).chain(dot.spread.into_iter().flatten())
    });
    Scale::log(values.collect::<Vec<_>>())
}

impl Dot {
    /// A figure with its interval.
    pub(super) fn of(estimate: &Estimate) -> Self {
        let spread = estimate.spread.map(|spread| spread.ends()).map(|ends| [ends.low, ends.high]);
        Self { at: estimate.value, spread, ..Self::default() }
    }

    fn draw(&self, scene: &mut Scene, column: &Column<'_, '_, '_>, scale: &Scale, y: f64, look: Look) {
        let place = |value: f64| column.plot.x + scale.place(value) * column.plot.w;
        let look = Look { hollow: look.hollow || self.second, ..look };
        let width = if self.second { 1.5 } else { 2.0 };
        if let Some(to) = self.to {
            scene.dashed_by(vec![at(place(self.at), y), at(place(to), y)], look.color, width, look.dash().min(3.0));
        }
        for tick in self.ticks.iter().chain(&self.to) {
            scene.line(vec![at(place(*tick), y - 4.0), at(place(*tick), y + 4.0)], look.color, width);
        }
        if let Some([low, high]) = self.spread {
            whisker(scene, place(low), place(high), y);
        }
        scene.mark(at(place(self.at), y), if self.second { 3.5 } else { 4.5 }, look);
    }
}

/// A spread from `low` to `high`.
pub(super) fn whisker(scene: &mut Scene, low: f64, high: f64, y: f64) {
    scene.line(vec![at(low, y), at(high, y)], INK, 1.5);
    for x in [low, high] {
        scene.line(vec![at(x, y - 4.0), at(x, y + 4.0)], INK, 1.5);
    }
}

/// A figure with its interval, for charts of one figure.
pub(super) fn figure_of(estimate: Option<Estimate>) -> Option<Dots> {
    estimate.map(|estimate| Dots {
        dots: vec![Dot::of(&estimate)],
        words: figure(estimate.value),
        figures: with_spread(&estimate),
    })
}
