//! One colour and one shape for each strategy, the same in every chart and, for known names, in every report.

use super::geometry::{Point, at};
use super::scene::{Color, Scene};

/// Colours after Okabe and Ito (2008), distinct with every common colour blindness. Their yellow and black are
/// darkened and lightened, so that all eight stand out from white and from dark paper.
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

/// Colours of kinds of loss: Paul Tol's "light" scheme and, for rare kinds, the two dark ends of his "medium contrast". No
/// strategy has one of them.
pub const KINDS: [Color; 10] = [
    Color(0xEE, 0x88, 0x66),
    Color(0x77, 0xAA, 0xDD),
    Color(0xBB, 0xCC, 0x33),
    Color(0xFF, 0xAA, 0xBB),
    Color(0x44, 0xBB, 0x99),
    Color(0xEE, 0xDD, 0x88),
    Color(0x99, 0xDD, 0xFF),
    Color(0xAA, 0xAA, 0x00),
    Color(0x00, 0x44, 0x88),
    Color(0x99, 0x44, 0x55),
];

/// Names with a fixed look, the same in every report. Other names get free ones.
pub const KNOWN: &[&str] = &[
    "serial",
    "crdt-automerge",
    "serial-optimistic",
    "ot",
    "serial-patches",
    "crdt-yrs",
    "lww-document",
    "crdt-loro",
    "lww-property",
    "crdt-diamond",
    "serial-cas",
    "hybrid",
    "text-ids",
    "lww-hlc",
    "escrow",
    "presence",
];

/// The second channel beside colour. Seven of them and eight colours: 56 pairs.
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

const SHAPES: [Shape; 7] =
    [Shape::Disc, Shape::Square, Shape::Up, Shape::Diamond, Shape::Down, Shape::Cross, Shape::Plus];

/// How a strategy looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its colour.
    pub color: Color,
    /// Its shape.
    pub shape: Shape,
}

/// How every strategy of a report looks.
#[derive(Clone, Debug)]
pub struct Palette(Vec<(String, Look)>);

impl Palette {
    /// How many looks differ.
    pub const LOOKS: usize = COLORS.len() * SHAPES.len();

    /// Gives each name a look. Known names have a fixed one; the others get free ones in alphabetical order.
    pub fn new(names: &[&str]) -> Self {
        let mut names: Vec<_> = names.to_vec();
        names.sort_unstable();
        names.dedup();
        let known: Vec<_> = names.iter().map(|name| KNOWN.iter().position(|known| known == name)).collect();
        let mut free = (0..).filter(|place| !known.contains(&Some(*place)));
        let places = known.iter().map(|place| place.or_else(|| free.next()).unwrap_or(0)).collect::<Vec<_>>();
        Self(names.iter().zip(places).map(|(name, place)| ((*name).to_owned(), look(place))).collect())
    }

    /// How a strategy looks.
    pub fn look(&self, name: &str) -> Look {
        self.0.iter().find(|(known, _)| known == name).map_or(look(0), |(_, look)| *look)
    }
}

fn look(place: usize) -> Look {
    Look { color: COLORS[place % COLORS.len()], shape: SHAPES[place % SHAPES.len()] }
}

impl Scene {
    /// A strategy's mark, `size` from its middle to its edge.
    pub fn mark(&mut self, center: Point, size: f64, look: Look) {
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
        let (a, b) = (Palette::new(&["serial", "ot", "aaa"]), Palette::new(&["zzz", "serial"]));
        assert_eq!(a.look("serial"), b.look("serial"));
        assert_eq!(a.look("serial"), look(0));
    }

    #[test]
    fn fifty_strategies_all_differ() {
        let names: Vec<_> = (0..50).map(|n| format!("s{n}")).collect();
        let palette = Palette::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
        for (index, (_, one)) in palette.0.iter().enumerate() {
            assert!(palette.0[..index].iter().all(|(_, other)| other != one));
        }
    }
}
