//! From a scene to the text of an SVG.
//!
//! Strokes of one style are written together where nothing that lies between them is covered, and coordinates have one
//! decimal: a page with all its charts is a third of what one element for each stroke would make.

use std::fmt::Write as _;

use super::geometry::{Anchor, Point, Rect};
use super::palette::FAMILIES;
use super::scene::{AXIS, Color, GRID, INK, Item, KEPT, LOST, MUTED, PAPER, REFUSED, SHADE, Scene};
use super::text::{self, FAMILY};

/// Text sizes are those of plotters, which counts the height of a line; SVG counts the em.
const LINE_IN_EMS: f64 = 1.24;

/// How many styles back a stroke may join others of its own.
const REACH: usize = 24;

impl Scene {
    /// The picture as SVG text. Colours stand in attributes, upper case, so that a page can replace them.
    pub fn svg(&self) -> String {
        let (w, h) = self.size();
        let mut runs: Vec<Run<'_>> = Vec::new();
        for item in &self.items {
            let (style, bounds) = (Style::of(item), bounds(item));
            let free = |run: &Run<'_>| run.items.iter().all(|(_, other)| bounds.overlap(other) == 0.0);
            let back = runs.iter().enumerate().rev().take(REACH);
            let mut home = None;
            for (index, run) in back {
                if run.style == style {
                    home = Some(index);
                }
                if home.is_some() || !free(run) {
                    break;
                }
            }
            match home {
                Some(index) => runs[index].items.push((item, bounds)),
                None => runs.push(Run { style, items: vec![(item, bounds)] }),
            }
        }
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             font-family=\"{FAMILY}\">\n<title>{}</title>\n",
            escaped(&self.title)
        );
        if !self.about.is_empty() {
            svg += &format!("<desc>{}</desc>\n", escaped(&self.about));
        }
        svg += &format!("<path fill=\"{}\" d=\"M0 0h{w}v{h}H0z\"/>\n", hex(PAPER));
        runs.iter().for_each(|run| run.write(&mut svg));
        svg + "</svg>\n"
    }
}

/// The paper of a page in dark mode.
pub const DARK_PAPER: Color = Color(0x14, 0x18, 0x1D);

/// The tones of pictures, and what they become on dark paper.
const TONES: [(Color, Color); 9] = [
    (PAPER, DARK_PAPER),
    (INK, Color(0xE6, 0xEA, 0xEE)),
    (MUTED, Color(0xA9, 0xB4, 0xBF)),
    (AXIS, Color(0x6B, 0x77, 0x84)),
    (GRID, Color(0x2B, 0x33, 0x3C)),
    (SHADE, Color(0x43, 0x35, 0x1F)),
    (KEPT, Color(0x46, 0x56, 0x66)),
    (REFUSED, Color(0xF2, 0xC1, 0x4E)),
    (LOST, Color(0xE0, 0x4F, 0x4F)),
];

/// What a colour becomes on dark paper: tones and families have counterparts, others stay.
pub fn in_the_dark(color: Color) -> Color {
    let families = FAMILIES.iter().map(|hue| (hue.light, hue.dark));
    TONES.into_iter().chain(families).find(|(light, _)| *light == color).map_or(color, |(_, dark)| dark)
}

/// A style sheet for pages: what the colours of pictures become where the reader prefers dark paper. Print stays light.
pub fn dark_style() -> String {
    let all = TONES.into_iter().chain(FAMILIES.iter().map(|hue| (hue.light, hue.dark)));
    let rule = |(light, dark)| {
        let (light, dark) = (hex(light), hex(dark));
        format!("svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}\n")
    };
    format!("@media screen and (prefers-color-scheme: dark) {{\n{}}}\n", all.map(rule).collect::<String>())
}

/// What strokes have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Line { color: Color, width: f64, dash: f64 },
    Fill { color: Color, alpha: f64 },
    Text { color: Color, size: f64, anchor: Anchor, bold: bool },
}

/// Strokes of one style, each with its bounds.
struct Run<'a> {
    style: Style,
    items: Vec<(&'a Item, Rect)>,
}

impl Style {
    fn of(item: &Item) -> Self {
        match item {
            Item::Line { color, width, dash, .. } => Self::Line { color: *color, width: *width, dash: *dash },
            Item::Area { color, alpha, .. } => Self::Fill { color: *color, alpha: *alpha },
            Item::Box(_, color) | Item::Disc(_, _, color) => Self::Fill { color: *color, alpha: 1.0 },
            Item::Text { color, size, anchor, bold, .. } => {
                Self::Text { color: *color, size: *size, anchor: *anchor, bold: *bold }
            }
        }
    }

    /// As attributes.
    fn attributes(self) -> String {
        match self {
            Self::Line { color, width, dash } => {
                let dash = if dash > 0.0 { format!(" stroke-dasharray=\"{}\"", tenths(dash)) } else { String::new() };
                format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{dash}", hex(color), tenths(width))
            }
            Self::Fill { color, alpha } if alpha < 1.0 => format!("fill=\"{}\" fill-opacity=\"{alpha}\"", hex(color)),
            Self::Fill { color, .. } => format!("fill=\"{}\"", hex(color)),
            Self::Text { color, size, anchor, bold } => {
                let anchor = match anchor {
                    Anchor::Start => "",
                    Anchor::Middle => " text-anchor=\"middle\"",
                    Anchor::End => " text-anchor=\"end\"",
                };
                let bold = if bold { " font-weight=\"bold\"" } else { "" };
                format!("fill=\"{}\" font-size=\"{}\"{anchor}{bold}", hex(color), tenths(size / LINE_IN_EMS))
            }
        }
    }
}

impl Run<'_> {
    fn write(&self, svg: &mut String) {
        let attributes = self.style.attributes();
        if matches!(self.style, Style::Line { .. }) {
            let lines = self.items.iter().filter_map(|(item, _)| match item {
                Item::Line { points, .. } => Some(path(points, false)),
                _ => None,
            });
            *svg += &format!("<path {attributes} d=\"{}\"/>\n", lines.collect::<String>());
            return;
        }
        let shapes: Vec<_> = self.items.iter().filter_map(|(item, _)| shape(item)).collect();
        match shapes.as_slice() {
            [one] => *svg += &format!("{}\n", one.replacen(' ', &format!(" {attributes} "), 1)),
            many => *svg += &format!("<g {attributes}>{}</g>\n", many.concat()),
        }
    }
}

/// The element of a stroke without its style; its name is followed by a space.
fn shape(item: &Item) -> Option<String> {
    Some(match item {
        Item::Line { .. } => return None,
        Item::Area { points, .. } => format!("<path d=\"{}\"/>", path(points, true)),
        Item::Box(rect, _) => {
            let (x, y) = (tenth(rect.x), tenth(rect.y));
            let (w, h) = (tenth(rect.right()).saturating_sub(x), tenth(rect.bottom()).saturating_sub(y));
            format!("<path d=\"M{} {}h{}v{}H{}z\"/>", decimal(x), decimal(y), decimal(w), decimal(h), decimal(x))
        }
        Item::Disc(Point { x, y }, radius, _) => {
            format!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>", tenths(*x), tenths(*y), tenths(*radius))
        }
        Item::Text { place, text, .. } => {
            format!("<text x=\"{}\" y=\"{}\">{}</text>", tenths(place.x), tenths(place.y), escaped(text))
        }
    })
}

/// A polyline: its first point, then steps from each to the next.
fn path(points: &[Point], closed: bool) -> String {
    let mut text = String::new();
    let mut last: Option<(i64, i64)> = None;
    let mut straight = false;
    for point in points {
        let (x, y) = (tenth(point.x), tenth(point.y));
        match last {
            None => text += &format!("M{} {}", decimal(x), decimal(y)),
            Some((before_x, before_y)) => {
                let (dx, dy) = (x.saturating_sub(before_x), y.saturating_sub(before_y));
                let straight_before = std::mem::replace(&mut straight, dx != 0 && dy != 0);
                match (dx, dy) {
                    (0, 0) => straight = straight_before,
                    (_, 0) => _ = write!(text, "h{}", decimal(dx)),
                    (0, _) => _ = write!(text, "v{}", decimal(dy)),
                    // A letter holds until the next one.
                    _ => {
                        let (letter, gap) =
                            if straight_before { ("", if dx < 0 { "" } else { " " }) } else { ("l", "") };
                        let between = if dy < 0 { "" } else { " " };
                        _ = write!(text, "{letter}{gap}{}{between}{}", decimal(dx), decimal(dy));
                    }
                }
            }
        }
        last = Some((x, y));
    }
    text + if closed { "z" } else { "" }
}

/// What a stroke may cover, its width and a pixel around it included.
fn bounds(item: &Item) -> Rect {
    let around = |points: &[Point], air: f64| {
        let low = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min) - air;
        let high = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::NEG_INFINITY, f64::max) + air;
        let (x, y) = (low(|point| point.x), low(|point| point.y));
        Rect::new(x, y, high(|point| point.x) - x, high(|point| point.y) - y)
    };
    match item {
        Item::Line { points, width, .. } => around(points, width + 1.0),
        Item::Area { points, .. } => around(points, 1.0),
        Item::Box(rect, _) => Rect::new(rect.x - 1.0, rect.y - 1.0, rect.w + 2.0, rect.h + 2.0),
        Item::Disc(center, radius, _) => around(&[*center], radius + 1.0),
        Item::Text { place, text, size, anchor, .. } => {
            let rect = text::bounds(*place, text, *size, *anchor);
            Rect::new(rect.x - 2.0, rect.y - size * 0.2, rect.w + 4.0, rect.h + size * 0.4)
        }
    }
}

fn tenth(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

fn tenths(value: f64) -> String {
    decimal(tenth(value))
}

/// Tenths as a number: `12`, `3.5`, `-.5`.
fn decimal(tenths: i64) -> String {
    let (whole, rest, sign) =
        (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10, if tenths < 0 { "-" } else { "" });
    match (whole, rest) {
        (_, 0) if whole > 0 => format!("{sign}{whole}"),
        (0, 0) => "0".to_owned(),
        (0, _) => format!("{sign}.{rest}"),
        _ => format!("{sign}{whole}.{rest}"),
    }
}

fn hex(color: Color) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geometry::at;
    use crate::draw::scene::{GRID, INK};

    #[test]
    fn a_path_is_short_and_exact() {
        let points = [at(1.0, 2.0), at(4.0, 2.0), at(4.0, 0.46), at(5.0, 1.0), at(6.0, -1.0)];
        assert_eq!(path(&points, false), "M1 2h3v-1.5l1 .5 1-2");
        assert_eq!(path(&points[..1], true), "M1 2z");
        assert_eq!([0, 5, -5, 10, -105].map(decimal), ["0", ".5", "-.5", "1", "-10.5"]);
    }

    #[test]
    fn strokes_join_their_own_unless_something_lies_between() {
        let line = |scene: &mut Scene, y: f64| scene.line(vec![at(0.0, y), at(9.0, y)], GRID, 1.0);
        let mut apart = Scene::new("", 100.0, 100.0);
        line(&mut apart, 10.0);
        apart.fill(Rect::new(0.0, 50.0, 9.0, 9.0), INK);
        line(&mut apart, 90.0);
        assert_eq!(apart.svg().matches("<path fill=\"none\"").count(), 1);
        let mut covered = Scene::new("", 100.0, 100.0);
        line(&mut covered, 10.0);
        covered.fill(Rect::new(0.0, 85.0, 9.0, 9.0), INK);
        line(&mut covered, 90.0);
        let svg = covered.svg();
        assert_eq!(svg.matches("<path fill=\"none\"").count(), 2);
        assert!(svg.rfind("stroke") > svg.rfind("v9H"), "the later line lies on top: {svg}");
    }

    #[test]
    fn a_screen_reader_gets_title_and_description() {
        let scene = Scene { about: "a < b".into(), ..Scene::new("A & B", 10.0, 10.0) };
        let svg = scene.svg();
        assert!(svg.contains("role=\"img\"") && svg.contains("<title>A &amp; B</title>\n<desc>a &lt; b</desc>"));
    }
}
