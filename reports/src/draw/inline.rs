//! A picture within a page: its styles are classes that all pictures share, and strokes with a [`Tag`] are groups that a
//! script can filter and read figures from.

use super::scene::{Item, PAPER, Scene, Tag};
use super::stroke::{Style, attribute, escaped, gather, tenths, write};
use super::svg::{REACH, in_the_dark};

/// What the pictures of a page share: their styles, and the strategies and conditions that their tags name by number.
#[derive(Debug, Default)]
pub struct Shared {
    styles: Vec<Style>,
    /// Pictures of names, which occur in many charts.
    names: Vec<String>,
    /// The strategies of all tags.
    pub strategies: Vec<String>,
    /// The conditions of all tags.
    pub conditions: Vec<String>,
}

impl Shared {
    /// A style sheet with all classes. Where the reader prefers dark paper, colours have their counterparts; print stays
    /// light.
    pub fn sheet(&self) -> String {
        let rule = |(index, style): (usize, &Style)| format!(".p{index}{{{}}}\n", style.declarations());
        let dark = |(index, style): (usize, &Style)| {
            let color = style.color();
            (in_the_dark(color) != color).then(|| format!(".p{index}{{{}}}\n", style.painted(in_the_dark)))
        };
        let (light, dark): (String, String) = (
            self.styles.iter().enumerate().map(rule).collect(),
            self.styles.iter().enumerate().filter_map(dark).collect(),
        );
        format!("{light}@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n")
    }

    /// The definitions that pictures refer to; they must come before the pictures.
    pub fn definitions(&self) -> String {
        let name = |(index, name): (usize, &String)| format!("<g id=\"n{index}\">{name}</g>");
        let names: String = self.names.iter().enumerate().map(name).collect();
        format!(
            "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>{names}</defs></svg>"
        )
    }

    fn class(&mut self, style: Style) -> String {
        format!("class=p{}", place(&mut self.styles, style))
    }

    /// The attribute of a tag: its strategies, its condition and its figures, between bars.
    fn attribute(&mut self, Tag { strategies, condition, figures }: &Tag) -> String {
        let strategies = strategies.iter().map(|label| place(&mut self.strategies, label.clone()).to_string());
        let mut text = strategies.collect::<Vec<_>>().join(" ");
        if !condition.is_empty() || !figures.is_empty() {
            let condition = (!condition.is_empty()).then(|| place(&mut self.conditions, condition.clone()).to_string());
            text += &format!("|{}", condition.unwrap_or_default());
        }
        if !figures.is_empty() {
            text += &format!("|{}", attribute(figures));
        }
        format!("data-m=\"{text}\"")
    }

    fn strokes(&mut self, items: Vec<&Item>) -> String {
        let mut svg = String::new();
        for (style, items) in gather(items.into_iter().map(|item| (Style::of(item), item)), REACH) {
            let class = self.class(style);
            write(&mut svg, &class, style, &items, "");
        }
        svg
    }

    /// A group of strokes. Strokes without figures are much the same in every chart, and are drawn once.
    fn group(&mut self, tag: &Tag, items: Vec<&Item>) -> String {
        let attribute = self.attribute(tag);
        let is_name = tag.condition.is_empty() && tag.figures.is_empty();
        let Some(at) = items.first().map(|item| item.place()).filter(|_| is_name) else {
            return format!("<g {attribute}>{}</g>", self.strokes(items));
        };
        // Moved to whole tenths, so that rounding is the same everywhere.
        let (x, y) = (libm::round(at.x * 10.0) / 10.0, libm::round(at.y * 10.0) / 10.0);
        let moved: Vec<Item> = items.into_iter().map(|item| item.moved(-x, -y)).collect();
        let name = self.strokes(moved.iter().collect());
        let name = place(&mut self.names, name);
        format!("<use {attribute} href=#n{name} x={} y=\"{}\"/>", tenths(x), tenths(y))
    }
}

/// The index of a value, which is appended if it is new.
fn place<T: PartialEq>(all: &mut Vec<T>, value: T) -> usize {
    all.iter().position(|known| *known == value).unwrap_or_else(|| {
        all.push(value);
        all.len() - 1
    })
}

impl Scene {
    /// The picture as SVG text within a page, which has its caption and, from `shared`, its styles.
    pub fn inline(&self, shared: &mut Shared) -> String {
        let (w, h) = self.size();
        let mut svg = format!("<svg width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\"");
        if !self.measure.is_empty() {
            svg += &format!(" data-u=\"{}\"", attribute(&self.measure));
        }
        svg += &format!("><title>{}</title>", escaped(&self.title));
        let paper = Style::Fill { color: PAPER, alpha: 1.0 };
        svg += &format!("<path {} d=\"M0 0h{w}v{h}H0z\"/>", shared.class(paper));
        let mut tags = self.tags.iter().enumerate().peekable();
        let mut tag_of = |index: usize| {
            while tags.next_if(|(_, (items, _))| items.end <= index).is_some() {}
            tags.peek().filter(|(_, (items, _))| items.contains(&index)).map(|(place, _)| *place)
        };
        let items: Vec<_> = self.items.iter().enumerate().map(|(index, item)| (tag_of(index), item)).collect();
        for (tag, items) in gather(items.into_iter(), usize::MAX) {
            svg += &match tag.and_then(|place| self.tags.get(place)) {
                Some((_, tag)) => shared.group(tag, items),
                None => shared.strokes(items),
            };
        }
        svg + "</svg>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::geometry::{Anchor, Rect, at};
    use crate::draw::scene::{GRID, INK};

    /// A grid, and two strategies in two conditions over it.
    fn scene() -> Scene {
        let mut scene = Scene { measure: "bytes".into(), ..Scene::new("Bytes", 100.0, 100.0) };
        for (n, strategy) in ["a", "b"].into_iter().enumerate() {
            let y = 20.0 + 40.0 * n as f64;
            scene.line(vec![at(0.0, y + 20.0), at(99.0, y + 20.0)], GRID, 1.0);
            scene.tagged(Tag::of(strategy), |scene| scene.text(at(0.0, y), strategy, 10.0, Anchor::Start, INK));
            scene.tagged(Tag::figures(strategy, "calm", format!("{n} \"<")), |scene| {
                scene.fill(Rect::new(50.0, y, 9.0, 9.0), INK);
            });
        }
        scene
    }

    #[test]
    fn what_belongs_to_a_strategy_is_a_group_and_all_else_is_not() {
        let mut shared = Shared::default();
        let svg = scene().inline(&mut shared);
        assert_eq!((shared.strategies.join(" "), shared.conditions.join(" ")), ("a b".into(), "calm".into()));
        assert_eq!((svg.matches("<g data-m=").count(), svg.matches("<use data-m=").count()), (2, 2));
        assert!(svg.contains("<g data-m=\"1|0|1 &quot;&lt;\">"), "{svg}");
        assert_eq!(shared.definitions().matches(">a</text>").count(), 1);
        assert!(svg.contains("role=\"img\" data-u=\"bytes\""), "{svg}");
        assert_eq!(svg.matches("M0 40h99M0 80h99").count(), 1, "the grid is one path: {svg}");
    }

    #[test]
    fn pictures_share_styles_with_their_counterparts_in_the_dark() {
        let mut shared = Shared::default();
        scene().inline(&mut shared);
        let before = shared.styles.len();
        scene().inline(&mut shared);
        assert_eq!(shared.styles.len(), before);
        let sheet = shared.sheet();
        assert!(sheet.contains(".p0{fill:#FFFFFE}\n") && sheet.contains("{\n.p0{fill:#14181D}\n"), "{sheet}");
    }

    #[test]
    fn a_tag_within_a_tag_has_no_effect() {
        let mut scene = Scene::new("", 10.0, 10.0);
        scene.tagged(Tag::of("outer"), |scene| {
            scene.tagged(Tag::of("inner"), |scene| scene.disc(at(1.0, 1.0), 1.0, INK));
        });
        scene.tagged(Tag::of("empty"), |_| {});
        assert_eq!(scene.tags, [(0..1, Tag::of("outer"))]);
    }
}
