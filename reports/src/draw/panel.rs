//! A chart's page: a title, notes, a legend, then panels in a grid.

use super::geometry::{Anchor, Rect, at};
use super::legend::{self, Entry, Sign};
use super::palette::Look;
use super::scene::{INK, MUTED, Scene};
use super::text::{self, BODY, HEADING, SMALL, TITLE};
use crate::format::count;

/// The width of a chart in pixels where nothing else is asked for.
pub const WIDTH: f64 = 1000.0;
/// The least width of a chart.
pub const NARROW: f64 = 340.0;

/// Space around the picture.
const MARGIN: f64 = 24.0;
/// Space between panels.
const GAP: f64 = 28.0;

/// Most panels of a chart: a picture that every viewer opens.
pub const PANELS: usize = 40;

/// A page under construction; each part goes below the parts before it.
pub struct Sheet {
    /// The picture so far.
    pub scene: Scene,
    width: f64,
    bottom: f64,
}

impl Sheet {
    /// A page with title and caption, `width` pixels wide; a bare one has neither, and no margins at its sides.
    pub fn new(title: &str, about: &str, bare: bool, width: f64) -> Self {
        let width = if width.is_finite() { width.max(NARROW) } else { WIDTH };
        let mut scene = Scene::new(title, width, 0.0);
        scene.about = about.to_owned();
        let mut sheet = Self { scene, width, bottom: if bare { 4.0 } else { MARGIN } };
        if !bare {
            for line in text::lines(title, TITLE, width - 2.0 * MARGIN) {
                sheet.scene.heading(at(MARGIN, sheet.bottom + TITLE * 0.7), line, TITLE);
                sheet.bottom += TITLE + 8.0;
            }
            sheet.note(about);
        }
        sheet
    }

    /// Adds a line of marks and what each means.
    pub fn key(&mut self, entries: &[(Look, &str)]) {
        let entries: Vec<_> = entries.iter().map(|(look, name)| Entry { sign: Sign::Mark(*look), name }).collect();
        self.legend(&entries);
    }

    /// Adds lines of small text; nothing for an empty one.
    pub fn note(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for line in text::lines(text, SMALL, self.width - 2.0 * MARGIN) {
            self.scene.text(at(MARGIN, self.bottom + SMALL * 0.7), line, SMALL, Anchor::Start, MUTED);
            self.bottom += SMALL + 5.0;
        }
        self.bottom += 5.0;
    }

    /// Adds a legend.
    pub fn legend(&mut self, entries: &[Entry<'_>]) {
        let area = Rect::new(MARGIN, self.bottom, self.width - 2.0 * MARGIN, 0.0);
        self.bottom += legend::flow(&mut self.scene, area, entries) + 12.0;
    }

    /// As many panels as a chart has room for, with a note if there are more.
    pub fn first<T>(&mut self, mut panels: Vec<T>) -> Vec<T> {
        if panels.len() > PANELS {
            let all = count(panels.len() as u64);
            self.note(&format!("The first {PANELS} of {all} panels are shown. The tables have all of them."));
            panels.truncate(PANELS);
        }
        panels
    }

    /// How wide a panel is, in one of so many columns of a page of this width.
    pub fn column_width(width: f64, columns: usize) -> f64 {
        (width - 2.0 * MARGIN - GAP * (columns.max(1) - 1) as f64) / columns.max(1) as f64
    }

    /// Room for panels in `columns` columns, each `heights[i]` high; a row is as high as its highest panel.
    pub fn grid(&mut self, columns: usize, heights: &[f64]) -> Vec<Rect> {
        let columns = columns.clamp(1, heights.len().max(1));
        let width = Self::column_width(self.width, columns);
        let mut cells = Vec::new();
        for row in heights.chunks(columns) {
            let height = row.iter().copied().fold(0.0, f64::max);
            let x = |index: usize| MARGIN + index as f64 * (width + GAP);
            cells.extend(row.iter().enumerate().map(|(index, own)| Rect::new(x(index), self.bottom, width, *own)));
            self.bottom += height + GAP;
        }
        cells
    }

    /// The finished picture.
    pub fn finish(mut self) -> Scene {
        self.scene.height = self.bottom;
        self.scene
    }

    /// The finished picture when there is nothing to show.
    pub fn nothing(mut self, why: &str) -> Scene {
        self.scene.empty = Some(why.to_owned());
        self.bottom += 40.0;
        self.scene.text(at(self.width / 2.0, self.bottom), "Nothing measured", HEADING, Anchor::Middle, INK);
        self.bottom += 26.0;
        for line in text::lines(why, BODY, self.width - 6.0 * MARGIN) {
            self.scene.text(at(self.width / 2.0, self.bottom), line, BODY, Anchor::Middle, MUTED);
            self.bottom += 20.0;
        }
        self.bottom += 20.0;
        self.finish()
    }
}

/// Draws the heading of a panel and returns the area below it.
pub fn headed(scene: &mut Scene, area: Rect, title: &str) -> Rect {
    let title = text::fit(title, HEADING, area.w);
    scene.heading(at(area.x, area.y + HEADING * 0.75), title, HEADING);
    area.inset(0.0, HEADING + 8.0, 0.0, 0.0)
}
