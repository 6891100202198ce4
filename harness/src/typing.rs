//! Typing: somebody at a keyboard, with typing runs, backspaces, and a cursor that moves along with the text.
//!
//! Every character is unique in a run, so that `oracles::characters` can follow each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::model::Rejected;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use crate::rng::{below, geometric, unit};
use crate::workload::Standing;

/// A stretch of text replaced by another. Positions and lengths are code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// The first that changes.
    pub pos: usize,
    /// How many go.
    pub delete: usize,
    /// What comes instead.
    pub insert: String,
}

/// The edits that splice the text at `path`.
pub(crate) fn plan(view: &dyn View, path: &Path, splices: &[Splice]) -> Result<Vec<Edit>, Rejected> {
    let mut len = view.len(path).unwrap_or(0);
    let mut edits = Vec::with_capacity(splices.len());
    for Splice { pos, delete, insert } in splices {
        let end = pos.saturating_add(*delete);
        if end > len {
            return Err(Rejected::new("out_of_range", format!("the text has {len} characters, not {end}")));
        }
        len = len - delete + insert.chars().count();
        edits.push(Edit::TextSplice { path: path.clone(), pos: *pos, delete: *delete, insert: insert.clone() });
    }
    Ok(edits)
}

/// Where typed characters come from, in this order: CJK ideographs, Hangul, extension A (three bytes each in UTF-8, enough
/// for 38,756 keystrokes), then the ideographic planes, the private ones, and planes in which nothing is assigned (four
/// bytes): half of a run of a million keystrokes may be typing. Ends included.
const TYPED: &[(u32, u32)] = &[
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x3400, 0x4DBF),
    (0x2_0000, 0x2_FFFD),
    (0x3_0000, 0x3_FFFD),
    (0xF_0000, 0xF_FFFD),
    (0x10_0000, 0x10_FFFD),
    (0x8_0000, 0xD_FFFF),
];

/// Where the characters of the genesis come from: the private area (three bytes), then planes in which nothing is assigned.
const ORIGINAL: &[(u32, u32)] = &[(0xE000, 0xF8FF), (0x4_0000, 0x7_FFFF)];

fn pick(ranges: &[(u32, u32)], mut index: u64) -> Option<char> {
    for (first, last) in ranges {
        let size = u64::from(last - first) + 1;
        if index < size {
            return char::from_u32(first + index as u32);
        }
        index -= size;
    }
    None
}

/// The `index`-th character that is typed in a run; `None` after 694,108 of them.
pub(crate) fn glyph(index: u64) -> Option<char> {
    pick(TYPED, index)
}

/// A text of `size` characters from the `from`-th on, no two the same; there are 268,544.
pub(crate) fn original(from: u64, size: u64) -> String {
    (from..from.saturating_add(size)).map_while(|index| pick(ORIGINAL, index)).collect()
}

/// The characters of a text; none where there is no text.
pub(crate) fn characters(document: &Document, path: &Path) -> Vec<char> {
    match document.at(path) {
        Some(Document::Text(rope)) => rope.chars().collect(),
        _ => Vec::new(),
    }
}

/// How people use their keyboards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Keys {
    /// Mean length of a typing run.
    pub(crate) run: f64,
    /// Share of backspaces among all keystrokes.
    pub(crate) delete: f64,
    /// Share of typing runs with the cursor before what is typed.
    pub(crate) backward: f64,
    /// Share of runs that begin elsewhere.
    pub(crate) jump: f64,
    /// Share of jumps that go to the end of the text.
    pub(crate) end: f64,
}

impl Keys {
    /// As people do; the defaults of `text` say where each number is from.
    pub(crate) const TYPICAL: Self = Self { run: 9.0, delete: 0.09, backward: 0.017, jump: 0.1, end: 0.46 };
}

/// Mean length of a run of backspaces: 4.0 in friendsforever, 1.8 in clownschool.
const ERASE_RUN: f64 = 3.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Type,
    /// Typing with the cursor before what was typed.
    TypeBackward,
    Erase,
}

/// Between two characters, so that it moves along when somebody else edits before it.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    left: Option<char>,
    right: Option<char>,
    /// Where it was, for when both neighbours are gone.
    at: usize,
    /// It sticks to the right neighbour and not to the left one.
    sticks_right: bool,
}

impl Cursor {
    fn place(believed: &[char], at: usize, sticks_right: bool) -> Self {
        let left = at.checked_sub(1).and_then(|before| believed.get(before)).copied();
        Self { left, right: believed.get(at).copied(), at, sticks_right }
    }

    /// Where it is now, and whether the neighbour that it sticks to is still there.
    fn find(&self, believed: &[char]) -> (usize, bool) {
        let index = |wanted: Option<char>| believed.iter().position(|char| Some(*char) == wanted);
        let (after, before) = (index(self.left).map(|left| left + 1), index(self.right));
        let (anchor, other) = if self.sticks_right { (before, after) } else { (after, before) };
        (anchor.or(other).unwrap_or(self.at).min(believed.len()), anchor.is_some())
    }
}

/// A keystroke that the own replica has not taken into account yet.
#[derive(Clone, Copy, Debug)]
enum Key {
    Typed(char, Cursor),
    Erased(char),
}

impl Key {
    /// Adds this keystroke to a text, where it is not in it already.
    fn press(&self, chars: &mut Vec<char>) {
        match self {
            Key::Typed(char, _) if chars.contains(char) => {}
            Key::Typed(char, cursor) => chars.insert(cursor.find(chars).0, *char),
            Key::Erased(char) => chars.retain(|other| other != char),
        }
    }
}

/// Somebody at a keyboard. Where the strategy does not show a keystroke at once, it types ahead: it believes in the text
/// that it sees with its own keystrokes added that are still on their way.
pub(crate) struct Typist {
    keys: Keys,
    /// The text that it types in.
    path: Path,
    /// The next character is `glyph(glyphs)`.
    glyphs: u64,
    clients: u64,
    run: i64,
    /// Keystrokes left in this run.
    left: u64,
    mode: Mode,
    cursor: Cursor,
    /// It has not typed in this text before, or has been elsewhere since.
    fresh: bool,
    standing: Standing,
    /// Keystrokes that are on their way, by the number of their operation, with their text.
    unseen: BTreeMap<u64, (Path, Key)>,
}

impl Typist {
    /// The one at `client`, one of `clients`, in the text at `path`.
    pub(crate) fn new(keys: Keys, client: NodeId, clients: u32, path: Path) -> Self {
        Self {
            keys,
            path,
            glyphs: u64::from(client.0.saturating_sub(1)),
            clients: u64::from(clients),
            run: 0,
            left: 0,
            mode: Mode::Type,
            cursor: Cursor::default(),
            fresh: true,
            standing: Standing { next: 1, reflected: 0 },
            unseen: BTreeMap::new(),
        }
    }

    /// Where its own operations stand: see [`User::standing`](crate::workload::User::standing).
    pub(crate) fn standing(&mut self, standing: Standing) {
        self.unseen = self.unseen.split_off(&(standing.reflected + 1));
        self.standing = standing;
    }

    /// Whether it is in the middle of a run.
    pub(crate) fn busy(&self) -> bool {
        self.left > 0
    }

    /// Goes to another text, if it is another.
    pub(crate) fn go(&mut self, path: &Path) {
        if self.path != *path {
            (self.path, self.left, self.fresh) = (path.clone(), 0, true);
        }
    }

    /// The next keystroke, and what the oracle must know of it.
    pub(crate) fn press(&mut self, view: &dyn View, rng: &mut Rng) -> Option<(Splice, Seen)> {
        let len = view.len(&self.path).unwrap_or(0);
        let mut believed: Vec<char> = view.text_slice(&self.path, 0..len).unwrap_or_default().chars().collect();
        let unseen = self.unseen.values().filter(|(path, _)| *path == self.path);
        unseen.for_each(|(_, key)| key.press(&mut believed));
        if self.left == 0 {
            self.begin_run(&believed, rng);
        }
        self.left -= 1;
        let (at, kept) = self.cursor.find(&believed);
        // The place was erased or lost: what is typed elsewhere is another run.
        self.run += i64::from(!kept);
        let here = Cursor::place(&believed, at, self.cursor.sticks_right);
        let (key, splice, seen) = if self.mode == Mode::Erase {
            let char = here.left?;
            let rest: Vec<char> = believed.iter().copied().filter(|other| *other != char).collect();
            self.cursor = Cursor::place(&rest, at - 1, false);
            let splice = Splice { pos: at - 1, delete: 1, insert: String::new() };
            (Key::Erased(char), splice, Seen { erased: Some(char), ..Seen::default() })
        } else {
            let char = glyph(self.glyphs)?;
            self.glyphs += self.clients;
            self.cursor = match self.mode {
                Mode::TypeBackward => Cursor { right: Some(char), at, sticks_right: true, ..here },
                _ => Cursor { left: Some(char), at: at + 1, sticks_right: false, ..here },
            };
            let splice = Splice { pos: at, delete: 0, insert: char.into() };
            (Key::Typed(char, here), splice, Seen { left: here.left, right: here.right, ..Seen::default() })
        };
        self.unseen.insert(self.standing.next, (self.path.clone(), key));
        Some((splice, Seen { run: self.run, ..seen }))
    }

    fn begin_run(&mut self, believed: &[char], rng: &mut Rng) {
        let (erase, backward, jump, end) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let anywhere = below(rng, believed.len() + 1);
        let keys = self.keys;
        // So many of the runs must erase that the wanted share of the keystrokes does.
        let erased = keys.delete * keys.run.max(1.0);
        let erase_runs = erased / (erased + (1.0 - keys.delete) * ERASE_RUN);
        self.run += 1;
        self.mode = match () {
            () if erase < erase_runs && !believed.is_empty() => Mode::Erase,
            () if backward < keys.backward => Mode::TypeBackward,
            () => Mode::Type,
        };
        self.left = geometric(rng, if self.mode == Mode::Erase { ERASE_RUN } else { keys.run });
        if std::mem::take(&mut self.fresh) || jump < keys.jump {
            let at = if end < keys.end { believed.len() } else { anywhere };
            self.cursor = Cursor::place(believed, at, false);
        }
        self.cursor.sticks_right = self.mode == Mode::TypeBackward;
    }
}

/// What the oracle must know of an author's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The neighbours between which a character was typed; `None` at an end of the text.
    pub(crate) left: Option<char>,
    pub(crate) right: Option<char>,
    /// The character that was to go.
    pub(crate) erased: Option<char>,
    /// Which of the author's runs this keystroke belongs to.
    pub(crate) run: i64,
}

impl Seen {
    pub(crate) fn document(self) -> Document {
        let chars = [("left", self.left), ("right", self.right), ("erased", self.erased)];
        let chars = chars.into_iter().filter_map(|(key, char)| Some((key, Document::from(char?.to_string()))));
        Document::map(chars.chain([("run", self.run.into())]))
    }

    /// `None` for what another workload's author left there.
    pub(crate) fn read(document: &Document) -> Option<Self> {
        let char = |key: &str| document.at(&path![key]).and_then(Document::as_str).and_then(|text| text.chars().next());
        let number = |key: &str| document.at(&path![key]).and_then(Document::as_int);
        Some(Self { left: char("left"), right: char("right"), erased: char("erased"), run: number("run")? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_character_is_there_twice() {
        let typed: BTreeSet<char> = (0..694_108).map_while(glyph).collect();
        let original: BTreeSet<char> = original(0, 700_000).chars().collect();
        assert_eq!((typed.len(), glyph(694_108)), (694_108, None));
        assert_eq!(original.len(), 268_544);
        assert!(typed.is_disjoint(&original));
        assert!((0..38_756).filter_map(glyph).all(|char| char.len_utf8() == 3));
    }
}
