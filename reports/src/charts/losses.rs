//! What became of the operations: kept, refused, lost.

use syncbench_harness::metrics::{LOST_INTENTS, REJECTED};

use super::block::{self, Column};
use super::fates::fates;
use super::{Chart, Data, matrix};
use crate::aggregate::{Group, Row};
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::legend::{Entry, Sign};
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, KEPT, LOST, MUTED, REFUSED, Scene, Tag};
use crate::draw::text::SMALL;
use crate::exact::with_spread;
use crate::format::{figure, list};
use crate::overview::Overview;

pub(super) static CHART: Chart = Chart {
    name: "losses",
    title: "Kept, refused, lost",
    shows: "What became of the operations that users issued, in percent. A lost operation was confirmed and has no effect; a \
            refused one has none either, and its user was told. The figures count them per 1,000 operations. A share too \
            small to see is drawn as a thin stroke. The tables tell lost operations by kind.",
    metrics: &[&LOST_INTENTS, &REJECTED],
    draw,
};

/// Most conditions that a note names.
const NAMED: usize = 12;
/// The room for each of the two figures of a row.
const FIGURE: f64 = 52.0;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let judged = |group: &&Group<'_>| group.rows.iter().any(|row| fates(row).is_some());
    if !data.panels().any(|group| judged(&group)) {
        return sheet.nothing("No run was judged by an oracle.");
    }
    sheet.scene.measure = "operations per 1,000".to_owned();
    let clean =
        |group: &&Group<'_>| judged(group) && group.rows.iter().filter_map(fates).all(|fates| fates.lost == 0.0);
    let clean: Vec<_> = data.panels().filter(clean).map(|group| group.title.as_str()).collect();
    if !clean.is_empty() {
        sheet.note(&format!("No strategy lost anything in {}.", list(&clean, NAMED)));
    }
    let entry = |color, name| Entry { sign: Sign::Fill(color), name };
    sheet.legend(&[entry(KEPT, "kept"), entry(REFUSED, "refused"), entry(LOST, "lost")]);
    let overview = Overview::new(&data.charted);
    let (wide, narrow): (Vec<_>, Vec<_>) = overview
        .modes
        .iter()
        .partition(|mode| mode.groups.iter().filter(|group| judged(group)).count() >= matrix::FEWEST);
    if !wide.is_empty() {
        sheet.note("Left figure: refused per 1,000 operations, where any were. Right figure: lost per 1,000.");
    }
    for mode in sheet.first(wide) {
        matrix::draw(&mut sheet, data, &overview, mode);
    }
    let alone =
        |group: &&Group<'_>| narrow.iter().any(|mode| mode.groups.iter().any(|other| std::ptr::eq(*other, *group)));
    let blocks = data.blocks_of(&mut sheet, data.panels().filter(alone).collect(), |row| fates(row).is_some());
    block::draw(&mut sheet, data, &blocks, 2.0 * FIGURE, panel);
    sheet.finish()
}

fn panel(scene: &mut Scene, column: &Column<'_, '_, '_>) {
    let plot = column.plot;
    column.axis(scene, &Scale::linear(0.0, 100.0), "% of operations");
    let ends = [plot.right() + FIGURE, column.right];
    for (end, name) in ends.iter().zip(["refused", "lost"]) {
        scene.text(at(*end, plot.y - 6.0), name, SMALL, Anchor::End, MUTED);
    }
    for (middle, name, row) in column.rows() {
        let Some((row, fates)) = row.and_then(|row| Some((row, fates(row)?))) else {
            scene.tagged(Tag::of(name), |scene| column.nothing(scene, middle));
            continue;
        };
        column.tagged(scene, row, &told(row), |scene| {
            let mut left = plot.x;
            for (width, color) in fates.widths(plot.w).into_iter().zip([KEPT, REFUSED, LOST]) {
                if width > 0.0 {
                    scene.fill(Rect::new(left, middle - 7.0, width, 14.0), color);
                }
                left += width;
            }
            for (end, rate) in ends.into_iter().zip([fates.refused, fates.lost]) {
                let color = if rate > 0.0 { INK } else { MUTED };
                scene.text(at(end, middle + SMALL * 0.3), figure(rate), SMALL, Anchor::End, color);
            }
        });
    }
}

/// What was refused and lost, with their spreads.
fn told(row: &Row<'_>) -> String {
    let rates = [("refused", row.rejected_per_1000()), ("lost", row.lost_per_1000())];
    let known = rates.into_iter().filter_map(|(name, rate)| Some(format!("{name} {}", with_spread(&rate?))));
    known.collect::<Vec<_>>().join(", ")
}
