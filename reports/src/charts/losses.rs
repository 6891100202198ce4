//! What became of the operations: kept, refused, lost.

use syncbench_harness::metrics::{LOST_INTENTS, REJECTED};

use super::block::{self, Column};
use super::{Chart, Data, matrix};
use crate::aggregate::{Group, Row};
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::legend::{Entry, Sign};
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, KEPT, LOST, MUTED, REFUSED, Scene};
use crate::draw::text::SMALL;
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
/// The least width of a share that is not nothing.
const SLIVER: f64 = 2.5;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let judged = |group: &&Group<'_>| group.rows.iter().any(|row| fates(row).is_some());
    if !data.panels().any(|group| judged(&group)) {
        return sheet.nothing("No run was judged by an oracle.");
    }
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

/// What became of 1,000 operations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fates {
    pub refused: f64,
    pub lost: f64,
}

/// `None` where losses were not judged.
pub(super) fn fates(row: &Row<'_>) -> Option<Fates> {
    let lost = row.lost_per_1000()?.value.clamp(0.0, 1000.0);
    let refused = row.rejected_per_1000().map_or(0.0, |rate| rate.value).clamp(0.0, 1000.0 - lost);
    Some(Fates { refused, lost })
}

impl Fates {
    /// The shares of a bar of this width: kept, refused, lost. What is not nothing can be seen, at the cost of what is kept.
    pub(super) fn widths(self, width: f64) -> [f64; 3] {
        let seen = |share: f64| if share > 0.0 { (share / 1000.0 * width).max(SLIVER) } else { 0.0 };
        let (refused, lost) = (seen(self.refused), seen(self.lost));
        let kept = if self.refused + self.lost < 1000.0 { (width - refused - lost).max(SLIVER) } else { 0.0 };
        // The slivers of what is almost nothing may not push the bar beyond its end.
        let over = (kept + refused + lost - width).max(0.0);
        if refused > lost { [kept, refused - over, lost] } else { [kept, refused, lost - over] }
    }
}

fn panel(scene: &mut Scene, column: &Column<'_, '_, '_>) {
    let plot = column.plot;
    column.axis(scene, &Scale::linear(0.0, 100.0), "% of operations");
    let ends = [plot.right() + FIGURE, column.right];
    for (end, name) in ends.iter().zip(["refused", "lost"]) {
        scene.text(at(*end, plot.y - 6.0), name, SMALL, Anchor::End, MUTED);
    }
    for (middle, _, row) in column.rows() {
        let Some(fates) = row.and_then(fates) else {
            column.nothing(scene, middle);
            continue;
        };
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_all_operations_and_shows_every_share() {
        let cases = [(0.0, 0.0), (0.1, 0.2), (999.9, 0.1), (0.1, 999.9), (1000.0, 0.0), (0.0, 1000.0), (300.0, 300.0)];
        for (refused, lost) in cases {
            let [kept, red, gone] = Fates { refused, lost }.widths(200.0);
            assert!((kept + red + gone - 200.0).abs() < 1e-9, "{refused} {lost}");
            assert_eq!((red > 0.0, gone > 0.0), (refused > 0.0, lost > 0.0));
            assert_eq!(kept > 0.0, refused + lost < 1000.0);
            assert!([kept, red, gone].into_iter().all(|width| width == 0.0 || width >= SLIVER - 1e-9));
        }
        assert_eq!(Fates { refused: 100.0, lost: 400.0 }.widths(200.0), [100.0, 20.0, 80.0]);
    }
}
