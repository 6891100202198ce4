//! Blocks: the conditions of one workload side by side, with one column of names and one axis for all of them.

use super::Data;
use crate::aggregate::{Group, Row};
use crate::draw::axes;
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::palette::Palette;
use crate::draw::panel::{Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{AXIS, GRID, INK, MUTED, Scene, Tag};
use crate::draw::text::{self, BODY, SMALL};
use crate::format::NONE;

/// The height of a strategy's row.
pub(super) const ROW: f64 = 22.0;
/// Most columns side by side.
const ACROSS: usize = 4;
/// The least width of a column.
const COLUMN: f64 = 190.0;
/// Between columns.
const GAP: f64 = 20.0;
/// The heading of a column.
const HEAD: f64 = SMALL + 8.0;
/// The axis below a column.
const AXIS_HEIGHT: f64 = 2.0 * SMALL + 14.0;
/// A strategy's mark before its name, with air.
const MARK: f64 = 18.0;

/// Conditions of one workload and topology that share rows and axes.
pub(super) struct Block<'g, 'a> {
    /// The workload.
    title: &'g str,
    /// Side by side.
    pub columns: Vec<&'g Group<'a>>,
    /// The strategies with a figure in any column, family by family.
    pub strategies: Vec<&'a str>,
    /// The height of a row.
    pub row: f64,
}

/// Where a condition of a block is drawn.
pub(super) struct Column<'b, 'g, 'a> {
    pub group: &'g Group<'a>,
    /// The rows, without the room for figures at their right.
    pub plot: Rect,
    /// The place of figures.
    pub right: f64,
    block: &'b Block<'g, 'a>,
}

impl<'a> Data<'a> {
    /// The conditions in which any strategy has a figure, in blocks; those of one workload that do not fit side by side
    /// make several blocks.
    pub(super) fn blocks<'g>(&'g self, sheet: &mut Sheet, has: impl Fn(&Row<'a>) -> bool) -> Vec<Block<'g, 'a>> {
        self.blocks_of(sheet, self.panels().collect(), has)
    }

    /// The same for some of the conditions.
    pub(super) fn blocks_of<'g>(
        &'g self,
        sheet: &mut Sheet,
        mut groups: Vec<&'g Group<'a>>,
        has: impl Fn(&Row<'a>) -> bool,
    ) -> Vec<Block<'g, 'a>> {
        groups.retain(|group| group.rows.iter().any(&has));
        let groups = sheet.first(groups);
        let alike = |a: &&Group<'a>, b: &&Group<'a>| {
            (a.condition.workload, a.condition.topology) == (b.condition.workload, b.condition.topology)
        };
        let across = ((self.width * 0.78 / (COLUMN + GAP)) as usize).clamp(1, ACROSS);
        let mut blocks = Vec::new();
        for columns in groups.chunk_by(|a, b| alike(a, b)).flat_map(|like| like.chunks(across)) {
            let measured = |name: &&&str| {
                let mut rows = columns.iter().flat_map(|group| &group.rows).filter(|row| row.strategy == **name);
                rows.any(&has)
            };
            let strategies = self.strategies().iter().filter(measured).copied().collect();
            let title = if self.one_workload && self.bare { "" } else { columns[0].condition.workload };
            blocks.push(Block { title, columns: columns.to_vec(), strategies, row: ROW });
        }
        blocks
    }
}

impl<'g, 'a> Block<'g, 'a> {
    /// Puts rows in the order of a figure, the least first, within families that stand in the order of their least one.
    pub(super) fn sort(&mut self, palette: &Palette, figure: impl Fn(&Row<'a>) -> Option<f64>) {
        let worst = |name: &str| {
            let rows = self.columns.iter().flat_map(|group| &group.rows).filter(|row| row.strategy == name);
            rows.filter_map(&figure).fold(f64::NEG_INFINITY, f64::max)
        };
        let figures: Vec<_> =
            self.strategies.iter().map(|name| (*name, palette.look(name).color, worst(name))).collect();
        let least = |color| {
            let family = figures.iter().filter(|(_, other, _)| *other == color);
            family.map(|(.., figure)| *figure).fold(f64::INFINITY, f64::min)
        };
        let mut order: Vec<_> =
            figures.iter().map(|(name, color, figure)| (least(*color), *figure, *color, *name)).collect();
        // Two families with the same least figure do not mix: the colour stands for the family.
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(family(a.2).cmp(&family(b.2))).then(a.1.total_cmp(&b.1)));
        self.strategies = order.into_iter().map(|(.., name)| name).collect();
    }

    fn rows_height(&self) -> f64 {
        self.strategies.len() as f64 * self.row
    }

    /// Its height; `axis` says whether there is one.
    fn height(&self) -> f64 {
        let title = if self.title.is_empty() { 0.0 } else { text::HEADING + 8.0 };
        title + HEAD + self.rows_height() + AXIS_HEIGHT
    }

    /// The row of a strategy in a condition.
    pub(super) fn row(group: &'g Group<'a>, strategy: &str) -> Option<&'g Row<'a>> {
        group.rows.iter().find(|row| row.strategy == strategy)
    }
}

fn family(color: crate::draw::Color) -> (u8, u8, u8) {
    (color.0, color.1, color.2)
}

/// Draws blocks one below the other: names, headings and grid lines between families; `figures` pixels stay free at the
/// right of each column. The rest is for `draw`.
pub(super) fn draw<'a>(
    sheet: &mut Sheet,
    data: &Data<'a>,
    blocks: &[Block<'_, 'a>],
    figures: f64,
    mut draw: impl FnMut(&mut Scene, &Column<'_, '_, 'a>),
) {
    let heights: Vec<_> = blocks.iter().map(Block::height).collect();
    let cells = sheet.grid(1, &heights);
    let names = blocks.iter().flat_map(|block| &block.strategies).map(|name| text::width(name, BODY));
    let widest = names.fold(0.0, f64::max) + MARK + 10.0;
    for (area, block) in cells.into_iter().zip(blocks) {
        let scene = &mut sheet.scene;
        let area = if block.title.is_empty() { area } else { headed(scene, area, block.title) };
        let left = widest.min(area.w * 0.36);
        let n = block.columns.len() as f64;
        let width = (area.w - left - GAP * (n - 1.0)) / n;
        let rows = Rect::new(area.x, area.y + HEAD, area.w, block.rows_height());
        name_rows(scene, rows, left, block, &data.palette);
        for (index, group) in block.columns.iter().enumerate() {
            let x = area.x + left + index as f64 * (width + GAP);
            let plot = Rect::new(x, rows.y, (width - figures).max(20.0), rows.h);
            let head = text::fit(&group.mode, SMALL, plot.w);
            scene.text(at(x, area.y + SMALL * 0.75), head, SMALL, Anchor::Start, MUTED);
            draw(scene, &Column { group, plot, right: x + width, block });
        }
    }
}

/// Marks and names down the left side, and a line between families.
fn name_rows(scene: &mut Scene, rows: Rect, left: f64, block: &Block<'_, '_>, palette: &Palette) {
    let top = |index: usize| rows.y + index as f64 * block.row;
    for (index, pair) in block.strategies.windows(2).enumerate() {
        if palette.look(pair[0]).color != palette.look(pair[1]).color {
            let y = top(index + 1);
            scene.line(vec![at(rows.x, y), at(rows.right(), y)], GRID, 1.0);
        }
    }
    for (index, name) in block.strategies.iter().enumerate() {
        let look = palette.look(name);
        let middle = top(index) + block.row / 2.0;
        scene.tagged(Tag::of(name), |scene| {
            scene.mark(at(rows.x + 6.0, middle), 4.5, look);
            let name = text::fit(name, BODY, left - MARK - 8.0);
            scene.text(at(rows.x + MARK, middle + BODY * 0.31), name, BODY, Anchor::Start, INK);
        });
    }
}

impl<'a> Column<'_, '_, 'a> {
    /// The axis below, with grid lines through the rows.
    pub(super) fn axis(&self, scene: &mut Scene, scale: &Scale, title: &str) {
        axes::x_axis(scene, self.plot, scale, title, true);
        scene.line(vec![at(self.plot.x, self.plot.y), at(self.plot.x, self.plot.bottom())], AXIS, 1.0);
    }

    /// The rows, each with the height of its middle; `None` where the strategy was not planned here.
    pub(super) fn rows(&self) -> impl Iterator<Item = (f64, &str, Option<&Row<'a>>)> {
        self.block.strategies.iter().enumerate().map(|(index, name)| {
            let middle = self.plot.y + (index as f64 + 0.5) * self.block.row;
            (middle, *name, Block::row(self.group, name))
        })
    }

    /// Draws a strategy's row, which shows these figures; where not all seeds of the condition are in them, they say so.
    pub(super) fn tagged(&self, scene: &mut Scene, row: &Row<'_>, figures: &str, draw: impl FnOnce(&mut Scene)) {
        let (seeds, all) = (row.seeds().len(), self.group.seeds());
        let few = if seeds < all { format!("; {seeds} of {all} seeds") } else { String::new() };
        scene.tagged(Tag::figures(row.strategy, &self.group.title, format!("{figures}{few}")), draw);
    }

    /// Figures at the right end of a row.
    pub(super) fn figures(&self, scene: &mut Scene, middle: f64, text: &str) {
        let text = text::fit(text, SMALL, self.right - self.plot.right() - 8.0);
        scene.text(at(self.plot.right() + 8.0, middle + SMALL * 0.3), text, SMALL, Anchor::Start, INK);
    }

    /// Says that there is no figure.
    pub(super) fn nothing(&self, scene: &mut Scene, middle: f64) {
        scene.text(at(self.plot.right() + 8.0, middle + SMALL * 0.3), NONE, SMALL, Anchor::Start, MUTED);
    }
}
