//! `text`: several people type in one text, with typing runs, backspaces, and a cursor that moves along with the text.
//!
//! Every character is unique in a run, so the fate of each can be followed. (Longer than most files: a workload is one
//! file, and nearly half of this one is tests.)

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, OpId, Rng};
use syncbench_strategies::spec::{Param, ParamKind};
use syncbench_strategies::view::View;

use crate::ledger::Fate;
use crate::results::Finding;
use crate::rng::{below, geometric, unit};
use crate::workload::{Act, Author, Findings, History, Intent, Workload, WorkloadSpec};

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "text",
    summary: "type and erase in one text, a character at a time, in runs",
    product: "a shared note, a page of a wiki, the text of a notebook cell",
    params: &[
        Param {
            name: "run",
            kind: ParamKind::Count,
            default: "9",
            help: "mean length of a typing run, geometrically distributed: 9.6 and 8.8 (medians 4) in the recorded traces \
                   friendsforever and clownschool",
        },
        Param {
            name: "delete",
            kind: ParamKind::Share,
            default: "0.09",
            help: "share of backspaces among all keystrokes: 2358 of 26078 in friendsforever; they come in runs of 3",
        },
        Param {
            name: "backward",
            kind: ParamKind::Share,
            default: "0.017",
            help: "share of typing runs in which the cursor stays before what was typed: 395 of 23720 inserts in \
                   friendsforever, 223 of 22737 in clownschool",
        },
        Param {
            name: "jump",
            kind: ParamKind::Share,
            default: "0.1",
            help: "share of runs that begin elsewhere; the others go on where the last one ended: 90 % in friendsforever \
                   and 94 % in clownschool began within ten characters",
        },
        Param {
            name: "end",
            kind: ParamKind::Share,
            default: "0.46",
            help: "share of jumps that go to the end of the text, where people meet; the others go anywhere: 46 % of \
                   the jumps in friendsforever, 91 % in clownschool",
        },
    ],
    edits: &[EditKind::TextSplice],
    size_unit: "characters",
    // A paragraph or two: the friendsforever text has ten times as many at its end, most of which its authors typed.
    default_size: 300,
    build: |params| {
        let keys = Keys {
            run: params.count("run") as f64,
            delete: params.share("delete"),
            backward: params.share("backward"),
            jump: params.share("jump"),
            end: params.share("end"),
        };
        Box::new(keys)
    },
};

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

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextOp {
    /// Edit the text by splices, each on the text after the one before.
    Edit(Vec<Splice>),
}

/// A text at the path `text`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextModel {}

fn text() -> Path {
    path!["text"]
}

impl Model for TextModel {
    type Op = TextOp;

    fn plan(&self, view: &dyn View, TextOp::Edit(splices): &TextOp) -> Result<Plan, Rejected> {
        let mut len = view.len(&text()).unwrap_or(0);
        let mut edits = Vec::with_capacity(splices.len());
        for Splice { pos, delete, insert } in splices {
            let end = pos.saturating_add(*delete);
            if end > len {
                return Err(Rejected::new("out_of_range", format!("the text has {len} characters, not {end}")));
            }
            len = len - delete + insert.chars().count();
            edits.push(Edit::TextSplice { path: text(), pos: *pos, delete: *delete, insert: insert.clone() });
        }
        Ok(Plan::new(edits))
    }
}

/// Where typed characters come from, in this order: CJK ideographs, Hangul, extension A (three bytes each in UTF-8, enough
/// for 38,756 keystrokes), then the ideographic planes and the private ones (four bytes). Ends included.
const TYPED: &[(u32, u32)] = &[
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7A3),
    (0x3400, 0x4DBF),
    (0x2_0000, 0x2_FFFD),
    (0x3_0000, 0x3_FFFD),
    (0xF_0000, 0xF_FFFD),
    (0x10_0000, 0x10_FFFD),
];

/// Where the characters of the genesis come from: the private area (three bytes), then planes in which nothing is assigned.
const ORIGINAL: &[(u32, u32)] = &[(0xE000, 0xF8FF), (0x4_0000, 0xD_FFFF)];

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

/// The `index`-th character that is typed in a run; `None` after 300,892 of them.
pub fn glyph(index: u64) -> Option<char> {
    pick(TYPED, index)
}

/// A text of `size` characters, no two the same; it stops at 661,760.
pub fn genesis(size: u64) -> Document {
    let content: String = (0..size).map_while(|index| pick(ORIGINAL, index)).collect();
    Document::map([("text", Document::text(&content))])
}

/// How people use their keyboards.
#[derive(Clone, Copy)]
struct Keys {
    run: f64,
    delete: f64,
    backward: f64,
    jump: f64,
    end: f64,
}

/// Mean length of a run of backspaces: 4.0 in friendsforever, 1.8 in clownschool.
const ERASE_RUN: f64 = 3.0;

impl Workload for Keys {
    fn model(&self) -> ModelRef {
        erase(TextModel {})
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn author(&self, client: NodeId, clients: u32) -> Box<dyn Author> {
        Box::new(Typist {
            keys: *self,
            glyphs: u64::from(client.0.saturating_sub(1)),
            clients: u64::from(clients),
            run: 0,
            left: 0,
            mode: Mode::Type,
            cursor: Cursor::default(),
            unseen: Vec::new(),
            late: 0,
            never: 0,
        })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }
}

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

/// A keystroke whose effect its author does not see yet.
#[derive(Clone, Copy, Debug)]
enum Key {
    Typed(char, Cursor),
    Erased(char),
}

impl Key {
    /// Adds this keystroke to a text.
    fn press(&self, chars: &mut Vec<char>) {
        match self {
            Key::Typed(char, cursor) => chars.insert(cursor.find(chars).0, *char),
            Key::Erased(char) => chars.retain(|other| other != char),
        }
    }
}

/// Somebody at a keyboard. Where the strategy does not show a keystroke at once, it types ahead: it believes in the text
/// that it sees with its own latest keystrokes added. It learns from the screen whether a keystroke that it does not see
/// is still on its way or lost.
struct Typist {
    keys: Keys,
    /// The next character is `glyph(glyphs)`.
    glyphs: u64,
    clients: u64,
    run: i64,
    /// Keystrokes left in this run.
    left: u64,
    mode: Mode,
    cursor: Cursor,
    unseen: Vec<Key>,
    /// Own characters that were on the screen not by the next keystroke, but later.
    late: u64,
    /// Own characters that were never on the screen.
    never: u64,
}

impl Author for Typist {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let mut believed = self.screen(view);
        let shown = believed.len();
        // What was mostly lost so far is not on its way now.
        let ahead = if self.late >= self.never { self.unseen.len() } else { 0 };
        self.unseen.iter().take(ahead).for_each(|key| key.press(&mut believed));
        if self.left == 0 {
            self.begin_run(&believed, rng);
        }
        self.left -= 1;
        let (mut at, kept) = self.cursor.find(&believed);
        if self.late == 0 {
            // Nothing has ever arrived late: too early to type beyond what is on the screen.
            at = at.min(shown);
        }
        // The place was erased or lost: what is typed elsewhere is another run.
        self.run += i64::from(!kept);
        let here = Cursor::place(&believed, at, self.cursor.sticks_right);
        let (splice, seen) = if self.mode == Mode::Erase {
            let char = here.left?;
            let rest: Vec<char> = believed.iter().copied().filter(|other| *other != char).collect();
            self.cursor = Cursor::place(&rest, at - 1, false);
            self.unseen.push(Key::Erased(char));
            (Splice { pos: at - 1, delete: 1, insert: String::new() }, Seen { erased: Some(char), ..Seen::default() })
        } else {
            let char = glyph(self.glyphs)?;
            self.glyphs += self.clients;
            self.unseen.push(Key::Typed(char, here));
            self.cursor = match self.mode {
                Mode::TypeBackward => Cursor { right: Some(char), at, sticks_right: true, ..here },
                _ => Cursor { left: Some(char), at: at + 1, sticks_right: false, ..here },
            };
            (
                Splice { pos: at, delete: 0, insert: char.into() },
                Seen { left: here.left, right: here.right, ..Seen::default() },
            )
        };
        let seen = Seen { run: self.run, ahead: ahead as i64, ..seen };
        Some(Intent { operation: Operation::encode(&TextOp::Edit(vec![splice])), seen: seen.document() })
    }
}

impl Typist {
    fn begin_run(&mut self, believed: &[char], rng: &mut Rng) {
        let (erase, backward, jump, end) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let anywhere = below(rng, believed.len() + 1);
        let keys = self.keys;
        // So many of the runs must erase that the wanted share of the keystrokes does.
        let erased = keys.delete * keys.run.max(1.0);
        let erase_runs = erased / (erased + (1.0 - keys.delete) * ERASE_RUN);
        let first = self.run == 0;
        self.run += 1;
        self.mode = match () {
            () if erase < erase_runs => Mode::Erase,
            () if backward < keys.backward => Mode::TypeBackward,
            () => Mode::Type,
        };
        self.left = geometric(rng, if self.mode == Mode::Erase { ERASE_RUN } else { keys.run });
        if first || jump < keys.jump {
            let at = if end < keys.end { believed.len() } else { anywhere };
            self.cursor = Cursor::place(believed, at, false);
        }
        self.cursor.sticks_right = self.mode == Mode::TypeBackward;
    }

    /// What is on the screen; strikes off what has arrived.
    fn screen(&mut self, view: &dyn View) -> Vec<char> {
        let len = view.len(&text()).unwrap_or(0);
        let chars: Vec<char> = view.text_slice(&text(), 0..len).unwrap_or_default().chars().collect();
        let visible = |key: &Key| matches!(key, Key::Typed(char, _) if chars.contains(char));
        // A client's operations take effect in its order: whatever came before one that is visible has arrived or is lost.
        if let Some(last) = self.unseen.iter().rposition(visible) {
            let newest = self.unseen.len() - 1;
            for (index, key) in self.unseen.drain(..=last).enumerate() {
                self.late += u64::from(index < newest && visible(&key));
                self.never += u64::from(matches!(key, Key::Typed(..)) && !visible(&key));
            }
        }
        let gone = |key: &Key| matches!(key, Key::Erased(char) if !chars.contains(char));
        let gone = self.unseen.iter().take_while(|key| gone(key)).count();
        self.unseen.drain(..gone);
        // Far more than ever are on their way where connections break; where nothing was ever late, few are enough.
        let patience = if self.late == 0 { 16 } else { 1024 };
        if self.unseen.len() > patience {
            self.unseen.remove(0);
            self.never += 1;
        }
        chars
    }
}

/// What the oracle must know of an author's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// The neighbours between which a character was typed; `None` at an end of the text.
    left: Option<char>,
    right: Option<char>,
    /// The character that was to go.
    erased: Option<char>,
    /// Which of the author's runs this keystroke belongs to.
    run: i64,
    /// How many of the author's own last keystrokes it did not see yet.
    ahead: i64,
}

impl Seen {
    fn document(self) -> Document {
        let chars = [("left", self.left), ("right", self.right), ("erased", self.erased)];
        let chars = chars.into_iter().filter_map(|(key, char)| Some((key, Document::from(char?.to_string()))));
        Document::map(chars.chain([("run", self.run.into()), ("ahead", self.ahead.into())]))
    }

    /// `None` for what another workload's author left there.
    fn read(document: &Document) -> Option<Self> {
        let char = |key: &str| document.at(&path![key]).and_then(Document::as_str).and_then(|text| text.chars().next());
        let number = |key: &str| document.at(&path![key]).and_then(Document::as_int);
        Some(Self {
            left: char("left"),
            right: char("right"),
            erased: char("erased"),
            run: number("run")?,
            ahead: number("ahead")?,
        })
    }
}

/// A typing run: the author, and which of its runs.
type Run = (NodeId, i64);

/// Where a character is in the final text.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    first: usize,
    last: usize,
    count: u64,
}

/// Kinds, counted in characters where nothing else is said; all but two are intents that did not have their effect:
/// * `lost character`: typed and acknowledged, to be erased by nobody, and gone;
/// * `duplicated character`: there more than once;
/// * `character back from the dead`: counted in acknowledged erasures whose character is there;
/// * `misplaced character`: not between the two neighbours where it was typed, those of them that are still there;
/// * `interleaved run`: counted in pairs of runs that were typed at the same time and are now shuffled, a..b..a..b;
/// * `wrong character deleted` (noted): an original character that nobody meant to erase is gone; the erasure that hit it
///   is the intent that was lost, and is counted as such if its own character is there;
/// * `character from nowhere` (noted): nobody typed it, or whoever did was refused.
fn judge(history: &History<'_>) -> Vec<Finding> {
    let acts = history.acts::<TextOp>();
    let order = characters(history.last);
    let mut places: BTreeMap<char, Places> = BTreeMap::new();
    for (at, char) in order.iter().enumerate() {
        let place = places.entry(*char).or_insert(Places { first: at, ..Places::default() });
        (place.last, place.count) = (at, place.count + 1);
    }
    let original: BTreeSet<char> = characters(history.genesis).into_iter().collect();
    let (typed, erased) = intents(&acts);
    let mut findings = Findings::default();
    for (char, by) in &erased {
        let again = by.iter().filter(|act| act.outcome().is_some()).count() as u64;
        if places.contains_key(char) && again > 0 {
            findings.add(
                "character back from the dead",
                again,
                true,
                format_args!("{char:?}, erased in {}", by[0].id()),
            );
        }
    }
    for (char, place) in &places {
        if !original.contains(char) && !typed.contains_key(char) {
            findings.add("character from nowhere", place.count, false, format_args!("{char:?} at {}", place.first));
        } else if place.count > 1 && !erased.contains_key(char) {
            let words = format_args!("{char:?} at {} and {}", place.first, place.last);
            findings.add("duplicated character", place.count - 1, true, words);
        }
    }
    for char in original.iter().filter(|char| !places.contains_key(char) && !erased.contains_key(char)) {
        findings.noted("wrong character deleted", format_args!("{char:?}, an original character"));
    }
    let mut runs: BTreeMap<char, Run> = BTreeMap::new();
    let mut spans: BTreeMap<Run, (&Act<'_, TextOp>, &Act<'_, TextOp>)> = BTreeMap::new();
    for (char, act) in typed.iter().filter(|(char, act)| act.outcome().is_some() && !erased.contains_key(char)) {
        let Some(place) = places.get(char) else {
            findings.lost("lost character", format_args!("{char:?}, typed in {}", act.id()));
            continue;
        };
        let Some(seen) = Seen::read(&act.entry.seen).filter(|seen| place.count == 1 && !mistaken(act, seen)) else {
            continue;
        };
        let after =
            |char: Option<char>| char.and_then(|char| places.get(&char)).is_some_and(|of| of.first > place.first);
        let before =
            |char: Option<char>| char.and_then(|char| places.get(&char)).is_some_and(|of| of.last < place.last);
        if after(seen.left) || before(seen.right) {
            let (left, right) = (seen.left, seen.right);
            let words = format!("{char:?}, typed in {} between {left:?} and {right:?}", act.id());
            findings.lost("misplaced character", words);
        } else {
            let run = (act.id().client, seen.run);
            runs.insert(*char, run);
            let (first, last) = spans.entry(run).or_insert((act, act));
            *first = if act.id() < first.id() { act } else { first };
            *last = if act.id() > last.id() { act } else { last };
        }
    }
    let order: Vec<Run> = order.iter().filter_map(|char| runs.get(char).copied()).collect();
    for (one, other) in shuffled(&order) {
        let ((one_first, one_last), (other_first, other_last)) = (spans[&one], spans[&other]);
        if !one_first.knew(other_last) && !other_first.knew(one_last) {
            let words =
                format_args!("{} to {}, {} to {}", one_first.id(), one_last.id(), other_first.id(), other_last.id());
            findings.lost("interleaved run", words);
        }
    }
    findings.done()
}

type Typed<'a> = BTreeMap<char, &'a Act<'a, TextOp>>;
type Erased<'a> = BTreeMap<char, Vec<&'a Act<'a, TextOp>>>;

/// Who typed which character, and who meant to erase which; those who were refused left aside.
fn intents<'a>(acts: &'a [Act<'a, TextOp>]) -> (Typed<'a>, Erased<'a>) {
    let (mut typed, mut erased) = (Typed::new(), Erased::new());
    for act in acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_))) {
        let TextOp::Edit(splices) = &act.op;
        typed.extend(splices.iter().flat_map(|splice| splice.insert.chars()).map(|char| (char, act)));
        if let Some(char) = Seen::read(&act.entry.seen).and_then(|seen| seen.erased) {
            erased.entry(char).or_default().push(act);
        }
    }
    (typed, erased)
}

/// Whether the author took a keystroke to be on its way that its replica had dealt with already: it was lost, which is
/// counted there, and the author could not know where it was typing.
fn mistaken(act: &Act<'_, TextOp>, seen: &Seen) -> bool {
    let oldest = act.id().n.saturating_sub(seen.ahead.unsigned_abs());
    seen.ahead > 0 && act.entry.known.contains(OpId { n: oldest, ..act.id() })
}

/// The pairs of runs by different authors that stand as a..b..a..b, given the run of every character in order.
fn shuffled(order: &[Run]) -> BTreeSet<(Run, Run)> {
    // Only runs in several pieces matter. What stood between two pieces may be gone then, and the run be whole.
    let mut pieces = order.to_vec();
    let places = loop {
        pieces.dedup();
        let mut places: BTreeMap<Run, Vec<usize>> = BTreeMap::new();
        pieces.iter().enumerate().for_each(|(at, run)| places.entry(*run).or_default().push(at));
        if places.values().all(|places| places.len() > 1) {
            break places;
        }
        pieces.retain(|run| places[run].len() > 1);
    };
    let mut pairs = BTreeSet::new();
    for (run, at) in &places {
        for gap in at.windows(2) {
            for other in &pieces[gap[0] + 1..gap[1]] {
                let outside = places[other].iter().any(|at| *at < gap[0] || *at > gap[1]);
                if outside && other.0 != run.0 {
                    pairs.insert((*run.min(other), *run.max(other)));
                }
            }
        }
    }
    pairs
}

fn characters(document: &Document) -> Vec<char> {
    match document.at(&text()) {
        Some(Document::Text(rope)) => rope.chars().collect(),
        _ => Vec::new(),
    }
}
#[cfg(test)]
mod peek {
    #[test]
    fn peek() {
        for text in ["text", "text:backward=1", "text:jump=1,end=1", "text:jump=1,end=1,backward=1,delete=0"] {
            for s in [
                &syncbench_strategies::serial::reducer::SPEC,
                &syncbench_strategies::lww::document::SPEC,
                &syncbench_strategies::crdt::automerge::SPEC,
            ] {
                let t = crate::clock::Moment::now();
                let (r, f) = crate::testing::Trial { ops: 1000, ..crate::testing::Trial::new(s, text) }.run();
                eprintln!(
                    "{text} {} {:?} conc {} acked {} final {} {:?}",
                    s.name,
                    f.kinds(),
                    r.ledger.entries().filter(|e| e.concurrent).count(),
                    r.ledger.entries().filter(|e| matches!(e.fate, crate::ledger::Fate::Acknowledged(_))).count(),
                    syncbench_strategies::view::View::len(r.last(), &syncbench_strategies::path!["text"]).unwrap(),
                    t.elapsed()
                );
                let acts: Vec<_> = r
                    .ledger
                    .entries()
                    .filter(|e| e.seen.at(&syncbench_strategies::path!["ahead"]).and_then(|d| d.as_int()).unwrap() > 0)
                    .collect();
                eprintln!(
                    "   ahead {} mistaken {}",
                    acts.len(),
                    acts.iter()
                        .filter(|e| {
                            let a = e.seen.at(&syncbench_strategies::path!["ahead"]).and_then(|d| d.as_int()).unwrap()
                                as u64;
                            e.known.contains(syncbench_strategies::replica::OpId { n: e.id.n - a, ..e.id })
                        })
                        .count()
                );
                for x in f.0 {
                    eprintln!("     {} {}", x.kind, x.example);
                }
            }
        }
    }
}
