//! One colour for each family and one mark for each strategy, the same in every chart and, for known names, in every report.

use super::geometry::{Point, at};
use super::scene::{Color, PAPER, Scene};

/// Colours of a space-time diagram's lanes, after Okabe and Ito (2008), distinct with every common colour blindness. Their
/// yellow and black are darkened and lightened, so that all eight stand out from white and from dark paper.
pub const COLORS: [Color; 8] = [
    Color(0x00, 0x72, 0xB2), // blue
    Color(0xD5, 0x5E, 0x00), // vermillion
    Color(0x00, 0x9E, 0x73), // green
    Color(0xCC, 0x79, 0xA7), // purple
    Color(0xE6, 0x9F, 0x00), // orange
    Color(0x56, 0xB4, 0xE9), // sky blue
    Color(0x7D, 0x7D, 0x7D), // grey
    Color(0xA8, 0x97, 0x00), // olive
];

/// The colours of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hue {
    /// The family.
    pub family: &'static str,
    /// On white paper.
    pub light: Color,
    /// On dark paper.
    pub dark: Color,
}

/// The colour of each family. Found by a search that spreads them as seen by people with all three kinds of colour
/// blindness; `tests/suite/colors.rs` checks the distances and the contrast to the paper.
pub static FAMILIES: &[Hue] = &[
    hue("serial", Color(0x25, 0x62, 0xE8), Color(0x13, 0x6A, 0xDC)),
    hue("ot", Color(0xFB, 0x5F, 0x10), Color(0xE9, 0x79, 0x27)),
    hue("crdt", Color(0x2A, 0xA6, 0x68), Color(0x52, 0xD2, 0x9B)),
    hue("lww", Color(0xA4, 0x10, 0x9A), Color(0x9E, 0x4D, 0x8F)),
    hue("ids", Color(0x61, 0x58, 0x1B), Color(0xF6, 0xDB, 0x48)),
    hue("hybrid", Color(0x11, 0x52, 0x59), Color(0xB0, 0xE4, 0xFA)),
    hue("escrow", Color(0x6B, 0x0E, 0x12), Color(0xCD, 0x2A, 0x0A)),
    hue("ephemeral", Color(0x73, 0x73, 0x73), Color(0x8E, 0x93, 0x94)),
    hue("own", Color(0x54, 0x11, 0x6F), Color(0xCE, 0x9E, 0xF8)),
];

const fn hue(family: &'static str, light: Color, dark: Color) -> Hue {
    Hue { family, light, dark }
}

/// Strategies with a fixed mark, the same in every report: name, family, and place among the marks of the family. Other
/// names get free marks.
pub static KNOWN: &[(&str, &str, usize)] = &[
    ("serial", "serial", 0),
    ("serial-optimistic", "serial", 1),
    ("serial-patches", "serial", 2),
    ("serial-cas", "serial", 3),
    ("ot", "ot", 0),
    ("crdt-automerge", "crdt", 0),
    ("crdt-yrs", "crdt", 1),
    ("crdt-loro", "crdt", 2),
    ("crdt-diamond", "crdt", 3),
    ("lww-document", "lww", 0),
    ("lww-property", "lww", 1),
    ("lww-hlc", "lww", 2),
    ("text-ids", "ids", 0),
    ("hybrid", "hybrid", 0),
    ("escrow", "escrow", 0),
    ("presence", "ephemeral", 0),
];

/// The second channel beside colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A circle.
    Disc,
    /// A square.
    Square,
    /// A triangle that points up.
    Up,
    /// A square on its corner.
    Diamond,
    /// A triangle that points down.
    Down,
    /// Two crossed lines.
    Cross,
    /// An upright cross.
    Plus,
}

/// The marks of a family in the order in which they are given: filled ones, then hollow ones.
const MARKS: [(Shape, bool); 12] = [
    (Shape::Disc, false),
    (Shape::Square, false),
    (Shape::Up, false),
    (Shape::Diamond, false),
    (Shape::Down, false),
    (Shape::Cross, false),
    (Shape::Plus, false),
    (Shape::Disc, true),
    (Shape::Square, true),
    (Shape::Up, true),
    (Shape::Diamond, true),
    (Shape::Down, true),
];

/// The first hollow one of [`MARKS`].
const HOLLOW: usize = 7;

/// How a strategy looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The colour of its family.
    pub color: Color,
    /// Its shape.
    pub shape: Shape,
    /// Whether only the outline of the shape is drawn, and its lines are dashed.
    pub hollow: bool,
}

/// How every strategy of a report looks.
#[derive(Clone, Debug)]
pub struct Palette(Vec<(String, Look)>);

impl Palette {
    /// How many looks differ at least.
    pub const LOOKS: usize = 56;

    /// Gives each strategy, by its label and its family, the colour of its family and a mark of its own. Known names have
    /// fixed marks; a label with parameters gets the outline of its strategy's mark where that is free. Without a family,
    /// which older results lack, it is that of the known name.
    pub fn new(strategies: &[(&str, &str)]) -> Self {
        let mut strategies: Vec<_> = strategies.to_vec();
        strategies.sort_unstable();
        strategies.dedup_by_key(|(label, _)| *label);
        // Known names first, so that their marks are free.
        strategies.sort_by_key(|(label, _)| known(label).is_none());
        let colors = Colors::of(&strategies);
        let (mut looks, mut taken): (Vec<(String, Look)>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        for (label, family) in strategies {
            let (color, wanted) = (colors.place(family_of(label, family)), mark_of(label));
            let of_family = (HOLLOW..MARKS.len()).filter(|_| label.contains(':')).chain(0..MARKS.len());
            let own = wanted.into_iter().chain(of_family).map(|mark| (color, mark));
            let others = (0..FAMILIES.len()).flat_map(|color| (0..MARKS.len()).map(move |mark| (color, mark)));
            let place = own.chain(others).find(|place| !taken.contains(place)).unwrap_or((color, 0));
            taken.push(place);
            looks.push((label.to_owned(), look(place)));
        }
        Self(looks)
    }

    /// How a strategy looks.
    pub fn look(&self, label: &str) -> Look {
        self.0.iter().find(|(known, _)| known == label).map_or(look((FAMILIES.len() - 1, 0)), |(_, look)| *look)
    }
}

/// The colours that the families of a report have. A family without a colour of its own gets that of a family that is not in
/// the report.
struct Colors<'a>(Vec<(&'a str, usize)>);

impl<'a> Colors<'a> {
    fn of(strategies: &[(&'a str, &'a str)]) -> Self {
        let mut families: Vec<_> = strategies.iter().map(|(label, family)| family_of(label, family)).collect();
        families.sort_unstable();
        families.dedup();
        let fixed = |family: &str| FAMILIES.iter().position(|hue| hue.family == family);
        let used: Vec<_> = families.iter().filter_map(|family| fixed(family)).collect();
        let mut free = (0..FAMILIES.len()).rev().filter(|place| !used.contains(place));
        let place = |family: &&str| fixed(family).or_else(|| free.next()).unwrap_or(FAMILIES.len() - 1);
        let places: Vec<_> = families.iter().map(place).collect();
        Self(families.into_iter().zip(places).collect())
    }

    fn place(&self, family: &str) -> usize {
        self.0.iter().find(|(known, _)| *known == family).map_or(FAMILIES.len() - 1, |(_, place)| *place)
    }
}

fn known(label: &str) -> Option<&'static (&'static str, &'static str, usize)> {
    KNOWN.iter().find(|(name, ..)| *name == label)
}

/// The name in a label: what stands before its parameters.
fn name(label: &str) -> &str {
    label.split(':').next().unwrap_or(label)
}

/// The family of a label; that of the known name where the results do not say one.
pub fn family_of<'a>(label: &str, family: &'a str) -> &'a str {
    if family.is_empty() { known(name(label)).map_or("own", |(_, family, _)| *family) } else { family }
}

/// The mark that a label gets if it is free.
fn mark_of(label: &str) -> Option<usize> {
    let (_, _, place) = known(name(label))?;
    Some(if name(label) == label { *place } else { HOLLOW + *place })
}

fn look((color, mark): (usize, usize)) -> Look {
    let (shape, hollow) = MARKS[mark.min(MARKS.len() - 1)];
    Look { color: FAMILIES[color].light, shape, hollow }
}

impl Look {
    /// The same in another colour, such as that of what is dominated.
    #[must_use]
    pub fn in_color(self, color: Color) -> Self {
        Self { color, ..self }
    }

    /// Length of the dashes of its lines; 0 for solid ones.
    pub fn dash(self) -> f64 {
        if self.hollow { 5.0 } else { 0.0 }
    }
}

impl Scene {
    /// A strategy's mark, `size` from its middle to its edge.
    pub fn mark(&mut self, center: Point, size: f64, look: Look) {
        self.filled_mark(center, size, look);
        if look.hollow {
            self.filled_mark(center, size * 0.55, look.in_color(PAPER));
        }
    }

    fn filled_mark(&mut self, center: Point, size: f64, look: Look) {
        let Point { x, y } = center;
        let corners =
            |corners: &[(f64, f64)]| corners.iter().map(|(dx, dy)| at(x + dx * size, y + dy * size)).collect();
        let mut lines = |ends: [[(f64, f64); 2]; 2]| {
            ends.iter().for_each(|line| self.line(corners(line), look.color, (size * 0.5).max(1.5)));
        };
        match look.shape {
            Shape::Disc => self.disc(center, size, look.color),
            Shape::Square => self.area(corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]), look.color, 1.0),
            Shape::Up => self.area(corners(&[(0.0, -1.15), (1.1, 0.85), (-1.1, 0.85)]), look.color, 1.0),
            Shape::Down => self.area(corners(&[(0.0, 1.15), (1.1, -0.85), (-1.1, -0.85)]), look.color, 1.0),
            Shape::Diamond => {
                self.area(corners(&[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)]), look.color, 1.0)
            }
            Shape::Cross => lines([[(-0.9, -0.9), (0.9, 0.9)], [(-0.9, 0.9), (0.9, -0.9)]]),
            Shape::Plus => lines([[(-1.15, 0.0), (1.15, 0.0)], [(0.0, -1.15), (0.0, 1.15)]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_strategy_looks_the_same_in_every_report() {
        let a = Palette::new(&[("serial", "serial"), ("ot", "ot"), ("aaa", "serial")]);
        let b = Palette::new(&[("zzz", "own"), ("serial", "serial")]);
        assert_eq!(a.look("serial"), b.look("serial"));
        assert_eq!(Palette::new(&[("serial", "")]).look("serial"), a.look("serial"), "older results name no family");
    }

    #[test]
    fn a_label_with_parameters_has_the_outline_of_its_strategy() {
        let palette = Palette::new(&[("crdt-yrs:topology=mesh", "crdt"), ("crdt-yrs", "crdt"), ("ot", "ot")]);
        let (plain, mesh) = (palette.look("crdt-yrs"), palette.look("crdt-yrs:topology=mesh"));
        assert_eq!((plain.color, plain.shape, plain.hollow), (mesh.color, mesh.shape, false));
        assert!(mesh.hollow && plain.color != palette.look("ot").color);
    }

    #[test]
    fn another_family_gets_a_color_that_no_family_of_the_report_has() {
        let palette = Palette::new(&[("a", "own"), ("b", "gossip"), ("c", "gossip"), ("serial", "serial")]);
        let [own, gossip, serial] = ["a", "b", "serial"].map(|name| palette.look(name).color);
        assert!(own != gossip && gossip != serial && own != serial);
        assert_eq!(palette.look("c").color, gossip);
    }

    #[test]
    fn every_strategy_of_a_full_report_differs() {
        for family in ["crdt", "own", ""] {
            let names: Vec<_> = (0..Palette::LOOKS).map(|n| format!("s{n}")).collect();
            let palette = Palette::new(&names.iter().map(|name| (name.as_str(), family)).collect::<Vec<_>>());
            for (index, (_, one)) in palette.0.iter().enumerate() {
                assert!(palette.0[..index].iter().all(|(_, other)| other != one));
            }
        }
    }
}
