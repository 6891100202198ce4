//! `text`: several people type in one text, with typing runs, backspaces, and a cursor that moves along with the text.
//!
//! Every character is unique in a run, so the fate of each can be followed. (Longer than most files: a workload is one
//! file, and nearly half of this one is tests.)

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::ledger::Fate;
use crate::results::Finding;
use crate::rng::{below, geometric, unit};
use crate::workload::{Act, Author, Findings, History, Intent, Standing, Workload, WorkloadSpec};

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
    content: Content::Text,
    undo: true,
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
            standing: Standing { next: 1, accounted: 0 },
            unseen: BTreeMap::new(),
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
    standing: Standing,
    /// Keystrokes that are on their way, by the number of their operation.
    unseen: BTreeMap<u64, Key>,
}

impl Author for Typist {
    fn standing(&mut self, standing: Standing) {
        self.unseen = self.unseen.split_off(&(standing.accounted + 1));
        self.standing = standing;
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let len = view.len(&text()).unwrap_or(0);
        let mut believed: Vec<char> = view.text_slice(&text(), 0..len).unwrap_or_default().chars().collect();
        self.unseen.values().for_each(|key| key.press(&mut believed));
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
        self.unseen.insert(self.standing.next, key);
        let seen = Seen { run: self.run, ..seen };
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
}

impl Seen {
    fn document(self) -> Document {
        let chars = [("left", self.left), ("right", self.right), ("erased", self.erased)];
        let chars = chars.into_iter().filter_map(|(key, char)| Some((key, Document::from(char?.to_string()))));
        Document::map(chars.chain([("run", self.run.into())]))
    }

    /// `None` for what another workload's author left there.
    fn read(document: &Document) -> Option<Self> {
        let char = |key: &str| document.at(&path![key]).and_then(Document::as_str).and_then(|text| text.chars().next());
        let number = |key: &str| document.at(&path![key]).and_then(Document::as_int);
        Some(Self { left: char("left"), right: char("right"), erased: char("erased"), run: number("run")? })
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
/// * `undo without effect`: taken back by its author and yet there; or erased, restored by who erased it, and yet gone;
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
    let Intents { typed, erased, restored } = intents(&acts);
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
    let meant = |char: &char| erased.contains_key(char) || restored.contains_key(char);
    for char in original.iter().filter(|char| !places.contains_key(char) && !meant(char)) {
        findings.noted("wrong character deleted", format_args!("{char:?}, an original character"));
    }
    for (char, act) in &typed {
        if act.outcome().is_some() && !meant(char) && !places.contains_key(char) {
            findings.lost("lost character", format_args!("{char:?}, typed in {}", act.id()));
        } else if act.undone() && places.contains_key(char) {
            findings.lost("undo without effect", format_args!("{char:?}, typed and taken back in {}", act.id()));
        }
    }
    for (char, by) in restored.iter().filter(|(char, _)| !places.contains_key(char) && !erased.contains_key(char)) {
        if typed.get(char).is_none_or(|act| act.outcome().is_some()) {
            findings.lost("undo without effect", format_args!("{char:?}, erased and restored in {}", by.id()));
        }
    }
    let kept = |char: &char| places.get(char).copied().filter(|place| place.count == 1 && !erased.contains_key(char));
    let (mut runs, mut spans) = (BTreeMap::new(), BTreeMap::new());
    for act in acts.iter().filter(|act| act.outcome().is_some()) {
        let Some(seen) = Seen::read(&act.entry.seen) else { continue };
        let run: Run = (act.id().client, seen.run);
        for (char, place) in inserted(&act.op).filter_map(|char| Some((char, kept(&char)?))) {
            let neighbour = |char: Option<char>| char.and_then(|char| places.get(&char));
            if neighbour(seen.left).is_some_and(|left| left.first > place.first)
                || neighbour(seen.right).is_some_and(|right| right.last < place.first)
            {
                let words = format!("{char:?}, typed in {} between {:?} and {:?}", act.id(), seen.left, seen.right);
                findings.lost("misplaced character", words);
            } else {
                runs.insert(char, run);
                spans.entry(run).or_insert((act, act)).1 = act;
            }
        }
    }
    let order: Vec<Run> = order.iter().filter_map(|char| runs.get(char).copied()).collect();
    for (one, other) in shuffled(&order) {
        let ((begun, ended), (other_begun, other_ended)) = (spans[&one], spans[&other]);
        if !begun.knew(other_ended) && !other_begun.knew(ended) {
            let words = format!("{} to {}, {} to {}", begun.id(), ended.id(), other_begun.id(), other_ended.id());
            findings.lost("interleaved run", words);
        }
    }
    findings.done()
}

fn inserted(TextOp::Edit(splices): &TextOp) -> impl Iterator<Item = char> {
    splices.iter().flat_map(|splice| splice.insert.chars())
}

/// Who meant what with each character; those who were refused left aside.
#[derive(Default)]
struct Intents<'a> {
    /// Who typed it.
    typed: BTreeMap<char, &'a Act<'a, TextOp>>,
    /// Who meant to erase it, and did not take that back.
    erased: BTreeMap<char, Vec<&'a Act<'a, TextOp>>>,
    /// Who erased it and took that back.
    restored: BTreeMap<char, &'a Act<'a, TextOp>>,
}

fn intents<'a>(acts: &'a [Act<'a, TextOp>]) -> Intents<'a> {
    let mut intents = Intents::default();
    for act in acts.iter().filter(|act| !matches!(act.entry.fate, Fate::Rejected(_))) {
        intents.typed.extend(inserted(&act.op).map(|char| (char, act)));
        match Seen::read(&act.entry.seen).and_then(|seen| seen.erased) {
            Some(char) if act.undone() => {
                intents.restored.insert(char, act);
            }
            Some(char) => intents.erased.entry(char).or_default().push(act),
            None => {}
        }
    }
    intents
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
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::reduce;
    use syncbench_strategies::replica::OpId;
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::engines::load::Pace;
    use crate::testing::{Book, Found, Trial, intent_stream, workload};

    fn splice(pos: usize, delete: usize, insert: &str) -> Splice {
        Splice { pos, delete, insert: insert.into() }
    }

    fn document(content: &str) -> Document {
        Document::map([("text", Document::text(content))])
    }

    #[test]
    fn plans_mean_what_they_say() {
        let mut text = document("aé漢😀z");
        let op = TextOp::Edit(vec![splice(2, 2, "xy"), splice(5, 0, "!"), splice(0, 1, "")]);
        let plan = TextModel {}.plan(&text, &op).unwrap();
        assert!(plan.edits.iter().all(|edit| SPEC.edits.contains(&edit.kind())));
        reduce(&*erase(TextModel {}), &mut text, &Operation::encode(&op)).unwrap();
        assert_eq!(text, document("éxyz!"));
        for wrong in [splice(6, 0, "x"), splice(5, 1, ""), splice(1, usize::MAX, "")] {
            let op = TextOp::Edit(vec![splice(0, 0, ""), wrong]);
            assert_eq!(TextModel {}.plan(&text, &op).unwrap_err().code, "out_of_range", "{op:?}");
        }
        assert!(TextModel {}.plan(&Document::Null, &TextOp::Edit(vec![splice(1, 0, "")])).is_err());
    }

    #[test]
    fn no_character_is_there_twice() {
        let typed: BTreeSet<char> = (0..300_892).map_while(glyph).collect();
        let original: BTreeSet<char> = characters(&genesis(700_000)).into_iter().collect();
        assert_eq!((typed.len(), glyph(300_892)), (300_892, None));
        assert_eq!(original.len(), 661_760);
        assert!(typed.is_disjoint(&original));
        assert!((0..38_756).filter_map(glyph).all(|char| char.len_utf8() == 3));
    }

    /// What client 1 of 2 does alone, each keystroke on its screen before the next.
    fn keystrokes(text: &str, size: u64, count: u64) -> Vec<(Splice, Seen)> {
        strokes_and_lengths(text, size, count).into_iter().map(|(splice, seen, _)| (splice, seen)).collect()
    }

    /// The same with the length of the text before each keystroke.
    fn strokes_and_lengths(text: &str, size: u64, count: u64) -> Vec<(Splice, Seen, usize)> {
        let (mut author, mut view) = (workload(text).author(NodeId(1), 2), genesis(size));
        let mut stroke = |n| {
            let len = characters(&view).len();
            let intent = author.next(&view, &mut intent_stream(n))?;
            reduce(&*erase(TextModel {}), &mut view, &intent.operation).unwrap();
            let TextOp::Edit(mut splices) = intent.operation.decode().unwrap();
            Some((splices.remove(0), Seen::read(&intent.seen).unwrap(), len))
        };
        (1..=count).filter_map(&mut stroke).collect()
    }

    #[test]
    fn people_want_the_same_whatever_they_see() {
        let (first, second) = (keystrokes("text", 300, 500), keystrokes("text", 500, 500));
        assert_eq!(first, keystrokes("text", 300, 500));
        let wants = |strokes: &[(Splice, Seen)]| -> Vec<_> {
            strokes.iter().map(|(splice, seen)| (splice.delete, splice.insert.clone(), seen.run)).collect()
        };
        assert_eq!(wants(&first), wants(&second));
        assert!(first != second);
    }

    /// Of 2000 keystrokes: mean length of a typing run, share of erasures, share of runs typed backward, of runs that begin
    /// elsewhere than the last one ended, and of runs that begin at the end of the text.
    fn habits(text: &str) -> [f64; 5] {
        let strokes = strokes_and_lengths(text, 300, 2000);
        let runs: Vec<_> = strokes.chunk_by(|one, next| one.1.run == next.1.run).collect();
        let typing: Vec<_> = runs.iter().filter(|run| run[0].1.erased.is_none()).collect();
        let long: Vec<_> = typing.iter().filter(|run| run.len() > 1).collect();
        let at = |stroke: &(Splice, Seen, usize)| stroke.0.pos + stroke.0.delete;
        let begun: Vec<_> = runs.windows(2).map(|pair| (pair[0].last().unwrap(), &pair[1][0])).collect();
        // A run that was typed backward ends one before its last character.
        let elsewhere = |(last, first): &&(&(Splice, Seen, usize), &(Splice, Seen, usize))| {
            at(first).abs_diff(last.0.pos + last.0.insert.chars().count()) > 1
        };
        let share = |count: usize, of: usize| count as f64 / of as f64;
        [
            share(typing.iter().map(|run| run.len()).sum(), typing.len()),
            share(strokes.iter().filter(|stroke| stroke.0.delete > 0).count(), strokes.len()),
            share(long.iter().filter(|run| run[0].0.pos == run[1].0.pos).count(), long.len()),
            share(begun.iter().filter(elsewhere).count(), begun.len()),
            share(begun.iter().filter(|(_, first)| at(first) == first.2).count(), begun.len()),
        ]
    }

    #[test]
    fn every_parameter_has_its_effect() {
        let near = |text: &str, wanted: [Option<f64>; 5]| {
            for (index, (found, wanted)) in habits(text).into_iter().zip(wanted).enumerate() {
                let Some(wanted) = wanted else { continue };
                assert!((found - wanted).abs() <= 0.05 + wanted * 0.15, "{text}: {index} is {found}, not {wanted}");
            }
        };
        near("text", [Some(9.0), Some(0.09), Some(0.017), Some(0.1), None]);
        near("text:run=4,delete=0.3", [Some(4.0), Some(0.3), None, None, None]);
        near("text:backward=0.6,delete=0,jump=1", [None, Some(0.0), Some(0.6), None, None]);
        near("text:jump=1,end=0.7,run=5", [Some(5.0), None, None, None, Some(0.7)]);
        near("text:jump=1,end=0", [None, None, None, Some(1.0), Some(0.0)]);
        near("text:jump=0", [None, None, None, Some(0.0), None]);
    }

    /// The text `ab`, and what two clients did to it at once.
    struct Story(Book);

    impl Story {
        fn new() -> Self {
            Story(Book::new(2))
        }

        fn typed(mut self, client: u32, char: char, left: char, right: char, run: i64) -> Self {
            let seen = Seen { left: Some(left), right: Some(right), run, ..Seen::default() };
            self.0.acted_on(client, &TextOp::Edit(vec![splice(0, 0, &char.to_string())]), seen.document());
            self
        }

        fn erased(mut self, client: u32, char: char) -> Self {
            let seen = Seen { erased: Some(char), ..Seen::default() };
            self.0.acted_on(client, &TextOp::Edit(vec![splice(0, 1, "")]), seen.document());
            self
        }

        #[track_caller]
        fn ends(&self, last: &str, expected: &[(&str, u64)]) {
            let found = self.0.judge("text", &document("ab"), &document(last));
            assert_eq!(found.kinds(), expected, "{last}: {found:?}");
        }
    }

    #[test]
    fn each_kind_is_found_and_nothing_else() {
        let two = Story::new().typed(1, 'X', 'a', 'b', 1).typed(2, 'Y', 'a', 'b', 1);
        two.ends("aXYb", &[]);
        two.ends("aYXb", &[]);
        two.ends("aXb", &[("lost character", 1)]);
        two.ends("aXYXb", &[("duplicated character", 1)]);
        two.ends("aXbY", &[("misplaced character", 1)]);
        two.ends("XabY", &[("misplaced character", 2)]);
        two.ends("aXY", &[("wrong character deleted", 1)]);
        two.ends("aXYb?", &[("character from nowhere", 1)]);
        let erased = Story::new().typed(1, 'X', 'a', 'b', 1).erased(2, 'a').erased(1, 'a');
        erased.ends("Xb", &[]);
        erased.ends("aXb", &[("character back from the dead", 2)]);
        erased.ends("aX", &[("character back from the dead", 2), ("wrong character deleted", 1)]);
        erased.ends("a", &[("character back from the dead", 2), ("lost character", 1), ("wrong character deleted", 1)]);
        // A neighbour that is gone asks for nothing.
        erased.ends("Xb", &[]);
        let own = Story::new().typed(1, 'X', 'a', 'b', 1).erased(1, 'X');
        own.ends("ab", &[]);
        own.ends("aXb", &[("character back from the dead", 1)]);
    }

    #[test]
    fn runs_are_interleaved_only_where_both_are_split() {
        let runs = Story::new().typed(1, 'W', 'a', 'b', 1).typed(1, 'X', 'W', 'b', 1);
        let runs = runs.typed(2, 'Y', 'a', 'b', 1).typed(2, 'Z', 'Y', 'b', 1);
        runs.ends("aWXYZb", &[]);
        runs.ends("aWYZXb", &[]);
        runs.ends("aWYXZb", &[("interleaved run", 1)]);
        runs.ends("aYWZXb", &[("interleaved run", 1)]);
        // One after the other, they may be placed as their authors like.
        let mut story = Story::new().typed(1, 'W', 'a', 'b', 1).typed(1, 'X', 'W', 'b', 1);
        for n in 1..=2 {
            story.0.reached(2, OpId { client: NodeId(1), n });
        }
        let story = story.typed(2, 'Y', 'W', 'X', 1).typed(2, 'Z', 'X', 'b', 1);
        story.ends("aWYXZb", &[]);

        let pairs = |order: &str| {
            let run = |char: char| (NodeId(if char.is_ascii_lowercase() { 1 } else { char as u32 }), char as i64);
            shuffled(&order.chars().map(run).collect::<Vec<_>>()).len()
        };
        for (order, expected) in
            [("", 0), ("AABB", 0), ("ABA", 0), ("BAB", 0), ("ABAB", 1), ("ABABA", 1), ("ACABDB", 0), ("ABCABC", 3)]
        {
            assert_eq!(pairs(order), expected, "{order}");
        }
        // Two runs of one author are not each other's rivals; a split by a run that is whole does not count.
        assert_eq!((pairs("abab"), pairs("ABBACA"), pairs("ABCCAB")), (0, 0, 1));
    }

    #[test]
    fn what_was_taken_back_is_gone_and_what_was_restored_is_there() {
        let undo = |mut story: Story, client: u32, n: u64| {
            story.0.undone(OpId { client: NodeId(client), n });
            story
        };
        let typed = || Story::new().typed(1, 'X', 'a', 'b', 1).typed(2, 'Y', 'a', 'b', 1);
        undo(typed(), 1, 1).ends("aYb", &[]);
        undo(typed(), 1, 1).ends("aXYb", &[("undo without effect", 1)]);
        undo(typed(), 1, 1).ends("ab", &[("lost character", 1)]);
        let erased = || Story::new().erased(1, 'a').erased(2, 'a');
        undo(erased(), 1, 1).ends("b", &[]);
        undo(undo(erased(), 1, 1), 2, 1).ends("ab", &[]);
        undo(undo(erased(), 1, 1), 2, 1).ends("b", &[("undo without effect", 1)]);
        undo(undo(erased(), 1, 1), 2, 1).ends("aab", &[("duplicated character", 1)]);
        // Nobody misses a character whose author took it back, whoever restored it.
        undo(undo(Story::new().typed(1, 'X', 'a', 'b', 1).erased(2, 'X'), 2, 1), 1, 1).ends("ab", &[]);
    }

    #[test]
    fn what_was_refused_or_never_answered_is_not_expected() {
        let mut story = Story::new();
        let op = |insert: &str| TextOp::Edit(vec![splice(0, 0, insert)]);
        let refused = story.0.issued(1, &op("X"), Seen::default().document());
        story.0.told(refused, Err(Rejected::new("out_of_range", "")));
        story.0.issued(2, &op("Y"), Seen::default().document());
        let erasing = Seen { erased: Some('a'), ..Seen::default() };
        story.0.issued(2, &TextOp::Edit(vec![splice(0, 1, "")]), erasing.document());
        story.ends("ab", &[]);
        story.ends("Yb", &[]);
        story.ends("Xab", &[("character from nowhere", 1)]);
    }

    fn kinds(found: &Found) -> Vec<&str> {
        found.kinds().into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn alone_or_in_turns_nothing_goes_wrong() {
        for seed in 1..=5 {
            // Alone, and every answer takes as long as eight keystrokes.
            let alone = Trial { clients: 1, seed, ..Trial::new(&serial::reducer::SPEC, "text") };
            let (ran, found) = alone.run();
            let ahead = |entry: &&crate::ledger::Entry| entry.id.n > entry.known.through(entry.id.client) + 5;
            assert!(ran.ledger.entries().filter(ahead).count() > 200);
            assert_eq!(found.kinds(), [], "seed {seed}: {found:?}");
            let turns = Trial { pace: Pace::Turns, clients: 3, ops: 150, seed, ..alone };
            assert_eq!(turns.run().1.kinds(), [], "seed {seed}");
            assert_eq!(Trial { strategy: &lww::document::SPEC, ..turns }.run().1.kinds(), [], "seed {seed}");
        }
    }

    #[test]
    fn positions_in_one_order_are_not_what_people_meant() {
        let (_, found) = Trial { ops: 1000, ..Trial::new(&serial::reducer::SPEC, "text:jump=1,end=1") }.run();
        let expected = ["character back from the dead", "interleaved run", "lost character", "misplaced character"];
        assert_eq!(kinds(&found), expected, "{found:?}");
        let (_, found) = Trial { ops: 1000, ..Trial::new(&serial::reducer::SPEC, "text") }.run();
        assert!(found.count("wrong character deleted") > 0, "{found:?}");
    }

    #[test]
    fn the_last_document_loses_characters_and_misplaces_none() {
        for text in ["text", "text:jump=1,end=1"] {
            let (ran, found) = Trial::new(&lww::document::SPEC, text).run();
            assert_eq!(kinds(&found), ["character back from the dead", "lost character"], "{found:?}");
            // Its users see what they type at once, lost or not: they must not type beyond the end.
            assert!(ran.ledger.entries().all(|entry| !matches!(entry.fate, Fate::Rejected(_))));
        }
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn merged_text_keeps_every_character_in_its_place() {
        for (size, text) in [(300, "text"), (300, "text:jump=1,end=1,backward=0"), (0, "text:delete=0.3,backward=0")] {
            let (_, found) = Trial { size, ..Trial::new(&crdt::automerge::SPEC, text) }.run();
            assert_eq!(found.kinds(), [], "{text}: {found:?}");
        }
        // Its one weakness: at one place, typed backward.
        let backward = "text:jump=1,end=1,backward=1,delete=0";
        let (_, found) = Trial::new(&crdt::automerge::SPEC, backward).run();
        assert_eq!(kinds(&found), ["interleaved run"], "{found:?}");
    }

    /// Types some characters twice, some not at all, and some at the beginning of the text.
    struct Broken;

    impl Model for Broken {
        type Op = TextOp;

        fn plan(&self, view: &dyn View, TextOp::Edit(splices): &TextOp) -> Result<Plan, Rejected> {
            let mut splices = splices.clone();
            for Splice { pos, insert, .. } in &mut splices {
                match insert.chars().next().map(|char| char as u32 % 16) {
                    Some(0) => *insert = insert.repeat(2),
                    Some(1) => insert.clear(),
                    Some(2) => *pos = 0,
                    Some(3) => *insert = "?".into(),
                    _ => {}
                }
            }
            TextModel {}.plan(view, &TextOp::Edit(splices))
        }
    }

    #[test]
    fn planted_bugs_are_found() {
        let trial = Trial {
            model: Some(erase(Broken)),
            clients: 1,
            delay_ms: 0,
            ..Trial::new(&lww::document::SPEC, "text:delete=0")
        };
        let expected = ["character from nowhere", "duplicated character", "lost character", "misplaced character"];
        assert_eq!(kinds(&trial.run().1), expected);
    }
}
