//! From a scene to the text of an SVG.
//!
//! Strokes of one style are written together where nothing that lies between them is covered, and coordinates have one
//! decimal: a page with all its charts is a third of what one element for each stroke would make.

use super::palette::FAMILIES;
use super::scene::{AXIS, Color, GRID, INK, KEPT, LOST, MUTED, PAPER, REFUSED, SHADE, Scene};
use super::stroke::{Style, escaped, gather, hex, write};
use super::text::FAMILY;

/// How many styles back a stroke may join others of its own.
pub(super) const REACH: usize = 24;

impl Scene {
    /// The picture as SVG text. Colours stand in attributes, upper case, so that a page can replace them.
    pub fn svg(&self) -> String {
        let (w, h) = self.size();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
             font-family=\"{FAMILY}\">\n<title>{}</title>\n",
            escaped(&self.title)
        );
        if !self.about.is_empty() {
            svg += &format!("<desc>{}</desc>\n", escaped(&self.about));
        }
        svg += &format!("<path fill=\"{}\" d=\"M0 0h{w}v{h}H0z\"/>\n", hex(PAPER));
        for (style, items) in gather(self.items.iter().map(|item| (Style::of(item), item)), REACH) {
            write(&mut svg, &style.attributes(), style, &items, "\"");
            svg.push('\n');
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geometry::{Rect, at};
    use crate::draw::scene::{GRID, INK};

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
