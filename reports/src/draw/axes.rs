//! A plot: two scales over an area, with grid, ticks and axis titles.

use super::geometry::{Anchor, Point, Rect, at};
use super::scale::Scale;
use super::scene::{AXIS, GRID, INK, MUTED, Scene};
use super::text::{self, SMALL};

/// Two scales over an area.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    /// The area of the data.
    pub area: Rect,
    /// Left to right.
    pub x: Scale,
    /// Bottom to top.
    pub y: Scale,
}

impl Plot {
    /// Draws grid, ticks and titles into `area`; the rest of it is for data.
    pub fn new(scene: &mut Scene, area: Rect, (x, x_title): (Scale, &str), (y, y_title): (Scale, &str)) -> Self {
        let y_ticks = y.ticks((area.h / 40.0) as usize);
        let left = y_ticks.iter().map(|(_, label)| text::width(label, SMALL)).fold(0.0, f64::max) + 8.0;
        let plot = Self { area: area.inset(left, SMALL + 10.0, 12.0, 2.0 * SMALL + 14.0), x, y };
        let inner = plot.area;
        scene.text(at(area.x, area.y + SMALL * 0.75), text::fit(y_title, SMALL, area.w), SMALL, Anchor::Start, MUTED);
        for (value, label) in y_ticks {
            let y = plot.at(0.0, value).y;
            scene.line(vec![at(inner.x, y), at(inner.right(), y)], GRID, 1.0);
            scene.text(at(inner.x - 6.0, y + SMALL * 0.3), label, SMALL, Anchor::End, MUTED);
        }
        x_axis(scene, inner, &x, x_title, true);
        plot
    }

    /// The place of a pair of figures.
    pub fn at(&self, x: f64, y: f64) -> Point {
        at(self.area.x + self.x.place(x) * self.area.w, self.area.bottom() - self.y.place(y) * self.area.h)
    }
}

/// The horizontal axis below `area`, with grid lines through it.
pub fn x_axis(scene: &mut Scene, area: Rect, scale: &Scale, title: &str, line: bool) {
    let ticks = scale.ticks(((area.w / 44.0) as usize).max(3));
    let mut free = f64::NEG_INFINITY;
    for (value, label) in ticks {
        let x = area.x + scale.place(value) * area.w;
        scene.line(vec![at(x, area.y), at(x, area.bottom())], GRID, 1.0);
        let half = text::width(&label, SMALL) / 2.0;
        if x - half > free {
            scene.text(at(x, area.bottom() + SMALL + 2.0), label, SMALL, Anchor::Middle, MUTED);
            free = x + half + 6.0;
        }
    }
    if line {
        scene.line(vec![at(area.x, area.bottom()), at(area.right(), area.bottom())], AXIS, 1.0);
    }
    let title = text::fit(title, SMALL, area.w + 60.0);
    scene.text(at(area.right(), area.bottom() + 2.0 * SMALL + 7.0), title, SMALL, Anchor::End, INK);
}
