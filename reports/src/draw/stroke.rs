//! Strokes as elements of an SVG: their styles, and their shapes with one decimal.

use std::fmt::Write as _;

use super::geometry::{Anchor, Point, Rect};
use super::scene::{Color, Item};
use super::text;

/// Text sizes are those of plotters, which counts the height of a line; SVG counts the em.
const LINE_IN_EMS: f64 = 1.24;

/// What lies on what: strokes of one kind join an earlier run of their kind where nothing that lies between them is covered.
/// `reach` is how many runs back they look for it.
pub(super) fn gather<'a, K: PartialEq>(
    items: impl Iterator<Item = (K, &'a Item)>,
    reach: usize,
) -> Vec<(K, Vec<&'a Item>)> {
    let mut runs: Vec<Run<'a, K>> = Vec::new();
    for (kind, item) in items {
        let bounds = bounds(item);
        let mut home = None;
        for (index, run) in runs.iter().enumerate().rev().take(reach) {
            if run.kind == kind {
                home = Some(index);
            }
            if home.is_some() || run.covers(&bounds) {
                break;
            }
        }
        match home {
            Some(index) => runs[index].push(item, bounds),
            None => {
                let mut run = Run { kind, items: Vec::new(), bounds: Vec::new(), around: bounds };
                run.push(item, bounds);
                runs.push(run);
            }
        }
    }
    runs.into_iter().map(|run| (run.kind, run.items)).collect()
}

/// Strokes of one kind, each with its bounds.
struct Run<'a, K> {
    kind: K,
    items: Vec<&'a Item>,
    bounds: Vec<Rect>,
    around: Rect,
}

impl<'a, K> Run<'a, K> {
    fn push(&mut self, item: &'a Item, bounds: Rect) {
        let (x, y) = (self.around.x.min(bounds.x), self.around.y.min(bounds.y));
        let (right, bottom) = (self.around.right().max(bounds.right()), self.around.bottom().max(bounds.bottom()));
        self.around = Rect::new(x, y, right - x, bottom - y);
        self.items.push(item);
        self.bounds.push(bounds);
    }

    fn covers(&self, bounds: &Rect) -> bool {
        self.around.overlap(bounds) > 0.0 && self.bounds.iter().any(|other| bounds.overlap(other) > 0.0)
    }
}

/// What strokes have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Line { color: Color, width: f64, dash: f64 },
    Fill { color: Color, alpha: f64 },
    Text { color: Color, size: f64, anchor: Anchor, bold: bool },
}

impl Style {
    pub(super) fn of(item: &Item) -> Self {
        match item {
            Item::Line { color, width, dash, .. } => Self::Line { color: *color, width: *width, dash: *dash },
            Item::Area { color, alpha, .. } => Self::Fill { color: *color, alpha: *alpha },
            Item::Box(_, color) | Item::Disc(_, _, color) => Self::Fill { color: *color, alpha: 1.0 },
            Item::Text { color, size, anchor, bold, .. } => {
                Self::Text { color: *color, size: *size, anchor: *anchor, bold: *bold }
            }
        }
    }

    /// Its colour.
    pub(super) fn color(self) -> Color {
        let (Self::Line { color, .. } | Self::Fill { color, .. } | Self::Text { color, .. }) = self;
        color
    }

    /// Its colour, as `paint` has it, for a style sheet.
    pub(super) fn painted(self, paint: impl Fn(Color) -> Color) -> String {
        let property = if matches!(self, Self::Line { .. }) { "stroke" } else { "fill" };
        format!("{property}:{}", hex(paint(self.color())))
    }

    /// As declarations of a style sheet.
    pub(super) fn declarations(self) -> String {
        let painted = self.painted(|color| color);
        match self {
            Self::Line { width, dash, .. } => {
                let dash = if dash > 0.0 { format!(";stroke-dasharray:{}", tenths(dash)) } else { String::new() };
                format!("fill:none;{painted};stroke-width:{}{dash}", tenths(width))
            }
            Self::Fill { alpha, .. } if alpha < 1.0 => format!("{painted};fill-opacity:{alpha}"),
            Self::Fill { .. } => painted,
            Self::Text { size, anchor, bold, .. } => {
                let anchor = match anchor {
                    Anchor::Start => "",
                    Anchor::Middle => ";text-anchor:middle",
                    Anchor::End => ";text-anchor:end",
                };
                let bold = if bold { ";font-weight:bold" } else { "" };
                format!("{painted};font-size:{}px{anchor}{bold}", tenths(size / LINE_IN_EMS))
            }
        }
    }

    /// As attributes.
    pub(super) fn attributes(self) -> String {
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

/// Strokes of one style as elements, with these attributes. `quote` stands around short numbers; within a page it may be
/// empty.
pub(super) fn write(svg: &mut String, attributes: &str, style: Style, items: &[&Item], quote: &str) {
    if matches!(style, Style::Line { .. }) {
        let lines = items.iter().filter_map(|item| match item {
            Item::Line { points, .. } => Some(path(points, false)),
            _ => None,
        });
        *svg += &format!("<path {attributes} d=\"{}\"/>", lines.collect::<String>());
        return;
    }
    let shapes: Vec<_> = items.iter().filter_map(|item| shape(item, quote)).collect();
    match shapes.as_slice() {
        [one] => *svg += &one.replacen(' ', &format!(" {attributes} "), 1),
        many => *svg += &format!("<g {attributes}>{}</g>", many.concat()),
    }
}

/// The element of a stroke without its style; its name is followed by a space.
fn shape(item: &Item, q: &str) -> Option<String> {
    Some(match item {
        Item::Line { .. } => return None,
        Item::Area { points, .. } => format!("<path d=\"{}\"/>", path(points, true)),
        Item::Box(rect, _) => {
            let (x, y) = (tenth(rect.x), tenth(rect.y));
            let (w, h) = (tenth(rect.right()).saturating_sub(x), tenth(rect.bottom()).saturating_sub(y));
            format!("<path d=\"M{} {}h{}v{}H{}z\"/>", decimal(x), decimal(y), decimal(w), decimal(h), decimal(x))
        }
        Item::Disc(Point { x, y }, radius, _) => {
            format!("<circle cx={q}{}{q} cy={q}{}{q} r=\"{}\"/>", tenths(*x), tenths(*y), tenths(*radius))
        }
        Item::Text { place, text, .. } => {
            format!("<text x={q}{}{q} y={q}{}{q}>{}</text>", tenths(place.x), tenths(place.y), escaped(text))
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

pub(super) fn tenths(value: f64) -> String {
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

pub(super) fn hex(color: Color) -> String {
    format!("#{:02X}{:02X}{:02X}", color.0, color.1, color.2)
}

/// A text between double quotes.
pub(super) fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geometry::at;

    #[test]
    fn a_path_is_short_and_exact() {
        let points = [at(1.0, 2.0), at(4.0, 2.0), at(4.0, 0.46), at(5.0, 1.0), at(6.0, -1.0)];
        assert_eq!(path(&points, false), "M1 2h3v-1.5l1 .5 1-2");
        assert_eq!(path(&points[..1], true), "M1 2z");
        assert_eq!([0, 5, -5, 10, -105].map(decimal), ["0", ".5", "-.5", "1", "-10.5"]);
    }
}
