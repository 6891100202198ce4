//! The size of texts, and the font of pictures.

use std::sync::Once;

use plotters::style::{FontStyle, IntoFont, register_font};

use super::geometry::{Anchor, Point, Rect};

/// The name of the font, and the fallback of browsers.
pub const FAMILY: &str = "sans-serif";

/// Browsers use their own sans-serif, which is wider than Ubuntu Light. DejaVu Sans, the widest common one, is wider by
/// about this factor.
const SLACK: f64 = 1.14;

/// Headings of pictures.
pub const TITLE: f64 = 20.0;
/// Headings of panels.
pub const HEADING: f64 = 16.0;
/// Names and values.
pub const BODY: f64 = 15.0;
/// Ticks and notes.
pub const SMALL: f64 = 14.0;

/// Registers the font with plotters, once.
pub(super) fn register() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // The bytes are a constant of the font crate, so this holds on every machine or on none.
        if register_font(FAMILY, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT).is_err() {
            panic!("the built-in font is not a font");
        }
    });
}

/// The width of a text in pixels, with room for a browser's wider font.
pub fn width(text: &str, size: f64) -> f64 {
    register();
    // Measured large: plotters rounds to whole pixels.
    let measured = (FAMILY, 100.0).into_font().box_size(text).map_or(0, |(width, _)| width);
    f64::from(measured) * size / 100.0 * SLACK
}

/// The box around a text.
pub fn bounds(place: Point, text: &str, size: f64, anchor: Anchor) -> Rect {
    let width = width(text, size);
    let left = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => width / 2.0,
        Anchor::End => width,
    };
    Rect::new(place.x - left, place.y - size * 0.66, width, size * 0.84)
}

/// `text`, cut with an ellipsis until it is at most `most` pixels wide.
pub fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let cut = |n: usize| chars[..n].iter().collect::<String>() + "…";
    (0..chars.len()).rev().map(cut).find(|text| width(text, size) <= most).unwrap_or_default()
}

/// `text` broken at spaces into lines of at most `most` pixels.
pub fn lines(text: &str, size: f64, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, size, most)),
        }
    }
    lines
}
