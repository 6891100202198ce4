//! A picture as data.

use std::ops::Range;

use super::geometry::{Anchor, Point, Rect};
use super::text;

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color(pub u8, pub u8, pub u8);

/// Ink. The page maps this value to its own ink in dark mode, so it differs from all other colours.
pub const INK: Color = Color(0x1F, 0x29, 0x33);
/// Tick labels and notes.
pub const MUTED: Color = Color(0x4A, 0x55, 0x62);
/// Axes.
pub const AXIS: Color = Color(0x9A, 0xA5, 0xB1);
/// Lines behind the data.
pub const GRID: Color = Color(0xE1, 0xE5, 0xEA);
/// Marked stretches behind the data, such as the window of a fault.
pub const SHADE: Color = Color(0xFB, 0xE9, 0xD2);
/// Operations that were kept.
pub const KEPT: Color = Color(0x9F, 0xB3, 0xC8);
/// Operations that were refused.
pub const REFUSED: Color = Color(0xF0, 0xB4, 0x29);
/// Operations that were lost.
pub const LOST: Color = Color(0xBA, 0x25, 0x25);
/// The background.
pub const PAPER: Color = Color(0xFF, 0xFF, 0xFE);

/// One stroke of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line through points.
    Line {
        /// The points.
        points: Vec<Point>,
        /// Its colour.
        color: Color,
        /// Its width.
        width: f64,
        /// Length of dashes and gaps; 0 for a solid line.
        dash: f64,
    },
    /// A filled polygon.
    Area {
        /// Its corners.
        points: Vec<Point>,
        /// Its colour.
        color: Color,
        /// From 0 (nothing) to 1 (covering).
        alpha: f64,
    },
    /// A filled rectangle.
    Box(Rect, Color),
    /// A filled circle.
    Disc(Point, f64, Color),
    /// A line of text.
    Text {
        /// Where its baseline is.
        place: Point,
        /// The text.
        text: String,
        /// Its size.
        size: f64,
        /// What `place` names.
        anchor: Anchor,
        /// Its colour.
        color: Color,
        /// Whether it is bold.
        bold: bool,
    },
}

/// What strokes belong to, so that a page can filter them and show their figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// The labels of the strategies; several where they share a name.
    pub strategies: Vec<String>,
    /// The title of the condition; empty for strokes that belong to all conditions.
    pub condition: String,
    /// The figures behind the strokes, as exact as they are worth; empty for strokes without figures, such as a name.
    pub figures: String,
}

impl Tag {
    /// What belongs to a strategy under every condition, such as its name.
    pub fn of(strategy: &str) -> Self {
        Self { strategies: vec![strategy.to_owned()], ..Self::default() }
    }

    /// What shows figures of a strategy under a condition.
    pub fn figures(strategy: &str, condition: &str, figures: impl Into<String>) -> Self {
        Self { condition: condition.to_owned(), figures: figures.into(), ..Self::of(strategy) }
    }
}

/// A picture; later items lie on top of earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Its title, which screen readers read.
    pub title: String,
    /// What it shows and where its figures stand, which screen readers read after the title.
    pub about: String,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// The strokes.
    pub items: Vec<Item>,
    /// What ranges of `items` belong to, in order and without overlap. Other strokes belong to the picture.
    pub tags: Vec<(Range<usize>, Tag)>,
    /// What the figures of the tags are, with their unit.
    pub measure: String,
    /// Why it has no data, if so.
    pub empty: Option<String>,
}

impl Item {
    /// The scene at another position.
    #[must_use]
    pub fn moved(&self, right: f64, down: f64) -> Self {
        let mut moved = self.clone();
        let moves = |point: &mut Point| (point.x, point.y) = (point.x + right, point.y + down);
        match &mut moved {
            Item::Line { points, .. } | Item::Area { points, .. } => points.iter_mut().for_each(moves),
            Item::Box(rect, _) => (rect.x, rect.y) = (rect.x + right, rect.y + down),
            Item::Disc(point, ..) | Item::Text { place: point, .. } => moves(point),
        }
        moved
    }

    /// A point of it that moves with it.
    pub fn place(&self) -> Point {
        match self {
            Item::Line { points, .. } | Item::Area { points, .. } => {
                points.first().copied().unwrap_or(Point { x: 0.0, y: 0.0 })
            }
            Item::Box(rect, _) => Point { x: rect.x, y: rect.y },
            Item::Disc(point, ..) | Item::Text { place: point, .. } => *point,
        }
    }
}

impl Scene {
    /// An empty picture.
    pub fn new(title: impl Into<String>, width: f64, height: f64) -> Self {
        Self {
            title: title.into(),
            about: String::new(),
            width,
            height,
            items: Vec::new(),
            tags: Vec::new(),
            measure: String::new(),
            empty: None,
        }
    }

    /// Tags the strokes that `draw` adds. A tag within a tag has no effect.
    pub fn tagged(&mut self, tag: Tag, draw: impl FnOnce(&mut Scene)) {
        let (from, before) = (self.items.len(), self.tags.len());
        draw(self);
        self.tags.truncate(before);
        if from < self.items.len() {
            self.tags.push((from..self.items.len(), tag));
        }
    }

    /// A solid line.
    pub fn line(&mut self, points: Vec<Point>, color: Color, width: f64) {
        self.items.push(Item::Line { points, color, width, dash: 0.0 });
    }

    /// A dashed line.
    pub fn dashed(&mut self, points: Vec<Point>, color: Color, width: f64) {
        self.dashed_by(points, color, width, 4.0);
    }

    /// A line with dashes and gaps of this length; 0 for a solid one.
    pub fn dashed_by(&mut self, points: Vec<Point>, color: Color, width: f64, dash: f64) {
        self.items.push(Item::Line { points, color, width, dash });
    }

    /// A filled polygon.
    pub fn area(&mut self, points: Vec<Point>, color: Color, alpha: f64) {
        self.items.push(Item::Area { points, color, alpha });
    }

    /// A filled rectangle.
    pub fn fill(&mut self, rect: Rect, color: Color) {
        self.items.push(Item::Box(rect, color));
    }

    /// A filled circle.
    pub fn disc(&mut self, center: Point, radius: f64, color: Color) {
        self.items.push(Item::Disc(center, radius, color));
    }

    /// A line of text; control characters become spaces.
    pub fn text(&mut self, place: Point, text: impl AsRef<str>, size: f64, anchor: Anchor, color: Color) {
        let text = crate::format::plain(text.as_ref());
        self.items.push(Item::Text { place, text, size, anchor, color, bold: false });
    }

    /// A heading: bold, in ink, starting at `place`.
    pub fn heading(&mut self, place: Point, text: impl AsRef<str>, size: f64) {
        let text = crate::format::plain(text.as_ref());
        self.items.push(Item::Text { place, text, size, anchor: Anchor::Start, color: INK, bold: true });
    }

    /// Puts another picture below.
    pub fn append(&mut self, below: Scene) {
        let (by, first) = (self.height, self.items.len());
        self.tags.extend(below.tags.into_iter().map(|(at, tag)| (at.start + first..at.end + first, tag)));
        self.items.extend(below.items.iter().map(|item| item.moved(0.0, by)));
        self.width = self.width.max(below.width);
        self.height += below.height;
    }

    /// The boxes of all texts, with them.
    pub fn texts(&self) -> Vec<(Rect, &str)> {
        let boxed = |item| match item {
            &Item::Text { place, ref text, size, anchor, .. } => {
                Some((text::bounds(place, text, size, anchor), text.as_str()))
            }
            _ => None,
        };
        self.items.iter().filter_map(boxed).collect()
    }
}
