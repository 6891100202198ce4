//! What became of operations at a glance: strategies by workloads, a small bar in each place.

use super::Data;
use super::fates::{Fates, fates};
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::panel::{Sheet, headed};
use crate::draw::scene::{GRID, INK, KEPT, LOST, MUTED, REFUSED, Scene};
use crate::draw::text::{self, BODY, SMALL};
use crate::format::figure;
use crate::overview::{Mode, Overview};

/// Fewest workloads that make a table of bars; the conditions of a single one stand side by side in a block.
pub(super) const FEWEST: usize = 2;

/// The height of a row: a bar, and its figures below.
const ROW: f64 = 30.0;
/// The least width of a column.
const COLUMN: f64 = 84.0;
/// The greatest width of a column.
const WIDEST: f64 = 280.0;
/// Between columns.
const GAP: f64 = 14.0;
/// A strategy's mark before its name, with air.
const MARK: f64 = 18.0;
/// The heading of a column.
const HEAD: f64 = SMALL + 8.0;

/// Draws a mode, as many workloads side by side as have room.
pub(super) fn draw(sheet: &mut Sheet, data: &Data<'_>, overview: &Overview<'_, '_>, mode: &Mode<'_, '_>) {
    let judged = |workload: &&&str| {
        let group = mode.groups.iter().find(|group| group.condition.workload == **workload);
        group.is_some_and(|group| group.rows.iter().any(|row| fates(row).is_some()))
    };
    let workloads: Vec<&str> = overview.workloads.iter().filter(judged).copied().collect();
    let any = |name: &&&str| workloads.iter().any(|workload| told(mode, name, workload).is_some());
    let strategies: Vec<&str> = data.strategies().iter().filter(any).copied().collect();
    let width = Sheet::column_width(data.width, 1);
    let widest = strategies.iter().map(|name| text::width(name, BODY)).fold(0.0, f64::max) + MARK + 10.0;
    let left = widest.min(width * 0.4);
    let across = (((width - left) / COLUMN) as usize).max(1);
    // As many rows of tables as needed, of the same length.
    let tables = workloads.len().div_ceil(across);
    let across = workloads.len().div_ceil(tables.max(1)).max(1);
    let height = HEAD + strategies.len() as f64 * ROW + text::HEADING + 8.0;
    for (index, workloads) in workloads.chunks(across).enumerate() {
        let Some(area) = sheet.grid(1, &[height]).pop() else { continue };
        let title = if index == 0 { mode.name.clone() } else { format!("{}, continued", mode.name) };
        let area = headed(&mut sheet.scene, area, &title);
        let column = ((area.w - left) / across as f64).min(WIDEST);
        heads(&mut sheet.scene, area, left, column, workloads);
        for (row, name) in strategies.iter().enumerate() {
            let top = area.y + HEAD + row as f64 * ROW;
            let look = data.palette.look(name);
            let scene = &mut sheet.scene;
            if row > 0 && data.palette.look(strategies[row - 1]).color != look.color {
                scene.line(vec![at(area.x, top), at(area.right(), top)], GRID, 1.0);
            }
            scene.mark(at(area.x + 6.0, top + ROW / 2.0), 4.5, look);
            let fitted = text::fit(name, BODY, left - MARK - 8.0);
            scene.text(at(area.x + MARK, top + ROW / 2.0 + BODY * 0.31), fitted, BODY, Anchor::Start, INK);
            for (n, workload) in workloads.iter().enumerate() {
                if let Some(fates) = told(mode, name, workload) {
                    let x = area.x + left + n as f64 * column;
                    cell(scene, Rect::new(x, top, column - GAP, ROW), fates);
                }
            }
        }
    }
}

fn told(mode: &Mode<'_, '_>, strategy: &str, workload: &str) -> Option<Fates> {
    let group = mode.groups.iter().find(|group| group.condition.workload == workload)?;
    group.rows.iter().find(|row| row.strategy == strategy).and_then(fates)
}

fn heads(scene: &mut Scene, area: Rect, left: f64, column: f64, workloads: &[&str]) {
    for (n, workload) in workloads.iter().enumerate() {
        let head = text::fit(workload, SMALL, column - GAP);
        scene.text(at(area.x + left + n as f64 * column, area.y + SMALL * 0.75), head, SMALL, Anchor::Start, INK);
    }
}

/// A bar of all operations, and below it how many of 1,000 were refused (left) and lost (right).
fn cell(scene: &mut Scene, area: Rect, fates: Fates) {
    let mut x = area.x;
    for (width, color) in fates.widths(area.w).into_iter().zip([KEPT, REFUSED, LOST]) {
        if width > 0.0 {
            scene.fill(Rect::new(x, area.y + 5.0, width, 8.0), color);
        }
        x += width;
    }
    let baseline = area.bottom() - 4.0;
    if fates.refused > 0.0 {
        scene.text(at(area.x, baseline), figure(fates.refused), SMALL, Anchor::Start, MUTED);
    }
    let color = if fates.lost > 0.0 { INK } else { MUTED };
    scene.text(at(area.right(), baseline), figure(fates.lost), SMALL, Anchor::End, color);
}
