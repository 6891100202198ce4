//! A user at a keyboard: typing runs, backspaces, and keystrokes that are ahead of the screen.

use std::collections::BTreeMap;

use syncbench_strategies::document::Path;
use syncbench_strategies::params::Contention;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::cursor::Cursor;
use super::glyphs::glyph;
use super::{Seen, Splice};
use crate::contention::Chooser;
use crate::rng::{geometric, unit};
use crate::workload::Standing;

/// Typing habits.
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
    /// Where jumps go: the end of the text is the most popular place.
    pub(crate) contention: Contention,
}

impl Keys {
    /// The defaults of `text`, which say where each number is from.
    pub(crate) const TYPICAL: Self =
        Self { run: 9.0, delete: 0.09, backward: 0.017, jump: 0.1, contention: Contention::One(0.46) };
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

/// A keystroke that this user's screen may not show yet.
#[derive(Clone, Copy, Debug)]
enum Key {
    Typed(char, Cursor),
    Erased(char),
}

impl Key {
    /// Adds this keystroke to a text that does not show it.
    fn press(&self, chars: &mut Vec<char>) {
        match self {
            Key::Typed(char, _) if chars.contains(char) => {}
            Key::Typed(char, cursor) => chars.insert(cursor.find(chars).0, *char),
            Key::Erased(char) => chars.retain(|other| other != char),
        }
    }
}

/// A user at a keyboard. Where the strategy does not show a keystroke at once, the user types ahead: it believes in the text
/// on its screen with its own pending keystrokes added.
pub(crate) struct Typist {
    keys: Keys,
    place: Chooser,
    /// The text it types in.
    path: Path,
    /// The next character is `glyph(glyphs)`.
    glyphs: u64,
    clients: u64,
    run: i64,
    /// Keystrokes left in this run.
    left: u64,
    mode: Mode,
    cursor: Cursor,
    /// It has not typed in this text yet, or has been elsewhere since.
    fresh: bool,
    standing: Standing,
    /// Keystrokes that are not reflected yet, by the number of their operation, with their text.
    pending: BTreeMap<u64, (Path, Key)>,
}

impl Typist {
    /// The typist at `client`, one of `clients`, in the text at `path`.
    pub(crate) fn new(keys: Keys, client: NodeId, clients: u32, path: Path) -> Self {
        Self {
            keys,
            place: Chooser::new(keys.contention),
            path,
            glyphs: u64::from(client.0.saturating_sub(1)),
            clients: u64::from(clients),
            run: 0,
            left: 0,
            mode: Mode::Type,
            cursor: Cursor::default(),
            fresh: true,
            standing: Standing { next: 1, reflected: 0 },
            pending: BTreeMap::new(),
        }
    }

    /// See [`User::standing`](crate::workload::User::standing).
    pub(crate) fn standing(&mut self, standing: Standing) {
        self.pending = self.pending.split_off(&(standing.reflected + 1));
        self.standing = standing;
    }

    /// Whether it is in the middle of a run.
    pub(crate) fn busy(&self) -> bool {
        self.left > 0
    }

    /// Goes to the text at `path`, and begins a new run there if that is another text.
    pub(crate) fn go(&mut self, path: &Path) {
        if self.path != *path {
            (self.path, self.left, self.fresh) = (path.clone(), 0, true);
        }
    }

    /// The next keystroke, and what the oracle must know of it.
    pub(crate) fn press(&mut self, view: &dyn View, rng: &mut Rng) -> Option<(Splice, Seen)> {
        let len = view.len(&self.path).unwrap_or(0);
        let mut believed: Vec<char> = view.text_slice(&self.path, 0..len).unwrap_or_default().chars().collect();
        let pending = self.pending.values().filter(|(path, _)| *path == self.path);
        pending.for_each(|(_, key)| key.press(&mut believed));
        if self.left == 0 {
            self.begin_run(&believed, rng);
        }
        self.left -= 1;
        let (at, kept) = self.cursor.find(&believed);
        // The place was erased or lost; what is typed elsewhere belongs to another run.
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
        self.pending.insert(self.standing.next, (self.path.clone(), key));
        Some((splice, Seen { run: self.run, ..seen }))
    }

    fn begin_run(&mut self, believed: &[char], rng: &mut Rng) {
        let (erase, backward, jump, popular) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let which = unit(rng);
        let keys = self.keys;
        // The share of runs that erase, chosen so that the wanted share of keystrokes erases.
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
            let at = self.place.pick_from_end(popular, which, believed.len() + 1);
            self.cursor = Cursor::place(believed, at, false);
        }
        self.cursor.sticks_right = self.mode == Mode::TypeBackward;
    }
}
