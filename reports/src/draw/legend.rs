//! Legends: entries side by side, broken into lines, never over the data.

use super::geometry::{Anchor, Rect, at};
use super::palette::{Look, Palette};
use super::scene::{Color, INK, Scene};
use super::text::{self, BODY};

const LINE: f64 = 23.0;
/// Between the end of the widest name and the next column.
const GAP: f64 = 19.0;
/// From an entry's left to its name.
const SIGN: f64 = 33.0;

/// What an entry shows before its name.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// A strategy's line and mark.
    Strategy(Look),
    /// A mark.
    Mark(Look),
    /// A filled box.
    Fill(Color),
}

/// A name and its sign.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// The sign.
    pub sign: Sign,
    /// The name.
    pub name: &'a str,
}

/// An entry for each strategy.
pub fn strategies<'a>(names: &[&'a str], palette: &Palette) -> Vec<Entry<'a>> {
    names.iter().map(|name| Entry { sign: Sign::Strategy(palette.look(name)), name }).collect()
}

/// Puts entries into `area` from its top, in aligned columns, and returns their height.
pub fn flow(scene: &mut Scene, area: Rect, entries: &[Entry<'_>]) -> f64 {
    let names: Vec<_> = entries.iter().map(|entry| text::fit(entry.name, BODY, area.w / 2.0)).collect();
    let widest = names.iter().map(|name| text::width(name, BODY)).fold(0.0, f64::max) + SIGN + GAP;
    let columns = (((area.w + GAP) / widest) as usize).max(1);
    for (index, (entry, name)) in entries.iter().zip(&names).enumerate() {
        let x = area.x + (index % columns) as f64 * widest;
        let y = area.y + (index / columns) as f64 * LINE + LINE / 2.0;
        match entry.sign {
            Sign::Strategy(look) => {
                scene.dashed_by(vec![at(x, y), at(x + 26.0, y)], look.color, 2.0, look.dash());
                scene.mark(at(x + 13.0, y), 5.0, look);
            }
            Sign::Mark(look) => scene.mark(at(x + 13.0, y), 5.0, look),
            Sign::Fill(color) => scene.fill(Rect::new(x + 8.0, y - 7.0, 18.0, 14.0), color),
        }
        scene.text(at(x + SIGN, y + BODY * 0.31), name, BODY, Anchor::Start, INK);
    }
    entries.len().div_ceil(columns) as f64 * LINE
}
