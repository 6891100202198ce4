//! What became of the cards, and of what users did with them. A card is there when a column lists it and it has content.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Key};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

use super::model::{CARDS, COLUMNS, KanbanOp, TITLE, columns, limit, title};
use crate::finding::{self, Finding, kinds};
use crate::findings::Findings;
use crate::history::{History, Issued};
use crate::oracles::members::{Member, Wrong};
use crate::oracles::places::{self, MOVE_OVERWRITTEN, Spot};
use crate::oracles::undo::{LOST_TO_UNDO, UNDO_WITHOUT_EFFECT};
use crate::oracles::writes::{EDIT_LOST, EDIT_LOST_TO_DELETE, Effect, Loss, OVERWRITTEN, Place, Writes, Writing};
use crate::workload::phrase;

kinds! {
    DUPLICATE_ON_MOVE = lost("duplicate on move", "A user moved a card, and it is listed once more than it was.");
    DUPLICATED_CARD = lost(
        "duplicated card",
        "A user added a card, or undid its move or its delete, and it is listed more than once."
    );
    LOST_CARD = lost("lost card", "A user added a card that nobody deleted, and it is in no column, or has no content.");
    GHOST_CARD = lost("ghost card", "A user deleted a card, and a column lists it, without content.");
    RESURRECTED_CARD = lost("resurrected card", "A user deleted a card, and it is on the board.");
    CARD_GONE = noted(
        "card gone",
        "A card of the initial board that nobody deleted is in no column, or has no content; the operation that removed it \
         cannot be named."
    );
    CARD_FROM_NOWHERE = noted(
        "card from nowhere",
        "A card is on the board that nobody added, whose add was rejected, or once more than any operation explains."
    );
    MOVE_LOST = lost(
        "move lost",
        "A user moved a card, and it is elsewhere although nobody who had seen the move moved or deleted it, and no \
         concurrent operation explains it."
    );
    MISPLACED_CARD = lost(
        "misplaced card",
        "A user dropped a card at the top of a column or under another card, or added it at the end, and it is elsewhere in \
         the column although nobody has moved it, or those around it, since."
    );
    LIMIT_BREACH = lost(
        "limit breach",
        "A user put a card into a column that was full: of each column that holds more than its limit allows, the last so \
         many."
    );
}

/// What is written as a whole, in one card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    Card,
    Title,
    Column,
}

impl Place for Aspect {
    fn within(&self, outer: &Self) -> bool {
        self == outer || *outer == Aspect::Card
    }
}

/// What a card shows. Titles are unique, columns are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    Title(String),
    Column(String),
}

impl Writing for KanbanOp {
    type Place = Aspect;
    type Value = Shown;

    fn effect(&self) -> Effect<Aspect, Shown> {
        match self {
            KanbanOp::Add { .. } => Effect::Create(Aspect::Card),
            KanbanOp::Retitle { title, .. } => Effect::Put(Aspect::Title, Shown::Title(title.clone())),
            KanbanOp::Move { column, .. } => Effect::Put(Aspect::Column, Shown::Column(column.clone())),
            KanbanOp::Delete { .. } => Effect::Remove(Aspect::Card),
        }
    }

    fn replaced(&self, seen: &Document) -> BTreeSet<Shown> {
        let title = seen.at(&path![TITLE]).and_then(Document::as_str).map(|title| Shown::Title(title.into()));
        let columns = View::items(seen, &path![COLUMNS]).unwrap_or_default();
        let columns = columns.iter().filter_map(Document::as_str).map(|column| Shown::Column(column.into()));
        match self {
            KanbanOp::Add { .. } => BTreeSet::new(),
            KanbanOp::Retitle { .. } => title.into_iter().collect(),
            KanbanOp::Move { .. } => columns.collect(),
            KanbanOp::Delete { .. } => title.into_iter().chain(columns).collect(),
        }
    }
}

/// The board at the end.
struct Last {
    columns: Vec<(String, Vec<String>)>,
    /// Every column and index where a card is listed.
    places: BTreeMap<String, Vec<(String, usize)>>,
    limits: BTreeMap<String, usize>,
    titles: BTreeMap<String, String>,
}

impl Last {
    fn of(document: &Document) -> Self {
        let names = View::keys(document, &path![CARDS]).unwrap_or_default();
        let columns = columns(document);
        let limits = columns.iter().filter_map(|(name, _)| Some((name.clone(), limit(document, name)?))).collect();
        let titles = names.iter().filter_map(|card| Some((card.to_string(), title(document, card)?))).collect();
        let mut places: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
        for (column, cards) in &columns {
            for (index, card) in cards.iter().enumerate() {
                places.entry(card.clone()).or_default().push((column.clone(), index));
            }
        }
        Self { columns, places, limits, titles }
    }

    fn places(&self, card: &str) -> &[(String, usize)] {
        self.places.get(card).map_or(&[], Vec::as_slice)
    }

    /// Where a card is that is in one place only.
    fn place(&self, card: &str) -> Option<(&str, usize)> {
        match self.places(card) {
            [(column, index)] => Some((column, *index)),
            _ => None,
        }
    }

    /// What a card shows, if it is there.
    fn shown(&self, card: &str) -> BTreeSet<Shown> {
        let (Some(title), places) = (self.titles.get(card), self.places(card)) else { return BTreeSet::new() };
        if places.is_empty() {
            return BTreeSet::new();
        }
        let columns = places.iter().map(|(column, _)| Shown::Column(column.clone()));
        columns.chain([Shown::Title(title.clone())]).collect()
    }

    /// The state of a card in words.
    fn describe(&self, card: &str) -> String {
        let places: Vec<_> = self.places(card).iter().map(|(column, _)| column.as_str()).collect();
        match (self.titles.get(card), places.as_slice()) {
            (None, []) => format!("{card} is gone"),
            (None, _) => format!("{card} is in {} and has no content", places.join(" and ")),
            (Some(title), []) => format!("{card}, \"{title}\", is in no column"),
            (Some(title), _) => format!("{card}, \"{title}\", is in {}", places.join(" and ")),
        }
    }
}

/// One card: what users did to it, and what it shows at the end.
struct Card<'a> {
    name: &'a str,
    writes: Writes<'a, KanbanOp>,
    member: Member<'a>,
}

impl<'a> Card<'a> {
    fn of(name: &'a str, operations: &[&'a Issued<'a, KanbanOp>], original: bool, last: &Last) -> Self {
        let shown = last.shown(name);
        let copies = if shown.is_empty() { 0 } else { last.places(name).len() as u64 };
        let mut member = Member::new(original, copies);
        for issued in operations {
            match issued.op {
                KanbanOp::Add { .. } => member.add(issued.entry),
                KanbanOp::Delete { .. } => member.remove(issued.entry),
                KanbanOp::Retitle { .. } | KanbanOp::Move { .. } => member.change(issued.entry),
            }
        }
        Self { name, writes: Writes::new(operations.iter().copied(), shown), member }
    }

    /// The operations that were not rejected, the last one first.
    fn latest(&self) -> Vec<&'a Issued<'a, KanbanOp>> {
        let mut latest: Vec<_> = self.writes.steps().iter().map(|step| step.issued).collect();
        latest.sort_by_key(|issued| std::cmp::Reverse((issued.entry.issued, issued.id())));
        latest
    }

    /// Who put the card there: the moves and the add that are in effect.
    fn placed(&self) -> impl Iterator<Item = &'a Issued<'a, KanbanOp>> {
        let placed = self.latest().into_iter().filter(|issued| issued.outcome().is_some());
        let rank = |issued: &&Issued<'_, KanbanOp>| matches!(issued.op, KanbanOp::Move { .. } | KanbanOp::Add { .. });
        placed.filter(rank)
    }

    /// Copies are the fault of moves, then of the add, then of undos.
    fn judge_copies(&self, copies: u64, shows: &str, findings: &mut Findings) {
        let mut surplus = copies.saturating_sub(1);
        let undone = self.latest().into_iter().filter(|issued| issued.undone());
        for issued in self.placed().chain(undone).take_while(|_| surplus > 0).collect::<Vec<_>>() {
            let moved = matches!(issued.op, KanbanOp::Move { .. }) && !issued.undone();
            let kind = if moved { &DUPLICATE_ON_MOVE } else { &DUPLICATED_CARD };
            surplus -= u64::from(surplus > 0 && findings.lost(issued.id(), kind, words(issued, shows)));
        }
        findings.note(&CARD_FROM_NOWHERE, surplus, shows);
    }

    fn judge(&self, last: &Last, cards: &BTreeMap<&str, Card<'_>>, findings: &mut Findings) {
        let shows = last.describe(self.name);
        let copies = last.places(self.name).len() as u64;
        self.judge_copies(copies, &shows, findings);
        let ghost = copies > 0 && self.member.copies() == 0;
        let wrong = self.member.wrong();
        let disturbed = self.writes.disturbed(&Aspect::Card);
        match (wrong, self.member.last_add()) {
            (Some(Wrong::Lost), Some(add)) => {
                let kind = if disturbed { &LOST_TO_UNDO } else { &LOST_CARD };
                findings.lost(add.id, kind, format_args!("{}: {shows}", add.id));
            }
            (Some(Wrong::Lost), None) => findings.note(&CARD_GONE, 1, &shows),
            (Some(Wrong::FromNowhere), _) => findings.note(&CARD_FROM_NOWHERE, 1, &shows),
            _ => {}
        }
        if ghost {
            let deleted = |issued: &&Issued<'_, KanbanOp>| {
                matches!(issued.op, KanbanOp::Delete { .. }) && issued.outcome().is_some()
            };
            match self.latest().into_iter().find(deleted) {
                Some(issued) => {
                    findings.lost(issued.id(), &GHOST_CARD, words(issued, &shows));
                }
                None if wrong.is_none() => {
                    for add in self.member.undone_adds() {
                        findings.lost(add.id, &UNDO_WITHOUT_EFFECT, format_args!("{}: {shows}", add.id));
                    }
                    if self.member.undone_adds().next().is_none() {
                        findings.note(&CARD_FROM_NOWHERE, copies, &shows);
                    }
                }
                None => {}
            }
        }
        for (index, step) in self.writes.steps().iter().enumerate() {
            let issued = step.issued;
            let kind = match &issued.op {
                KanbanOp::Add { .. } if issued.undone() => {
                    (wrong == Some(Wrong::NotWithdrawn)).then_some(&UNDO_WITHOUT_EFFECT)
                }
                KanbanOp::Delete { .. } if issued.undone() => {
                    (wrong == Some(Wrong::NotBack)).then_some(&UNDO_WITHOUT_EFFECT)
                }
                KanbanOp::Delete { .. } => {
                    let resurrected = self.member.copies() > 0
                        && self.member.last_removals().any(|removal| removal.id == issued.id());
                    resurrected.then_some(if disturbed { &LOST_TO_UNDO } else { &RESURRECTED_CARD })
                }
                KanbanOp::Retitle { .. } if issued.undone() => {
                    self.writes.undo_failed(index).then_some(&UNDO_WITHOUT_EFFECT)
                }
                KanbanOp::Move { .. } if issued.undone() => {
                    // Another user who placed the card may have placed it there too.
                    let others = |op: &KanbanOp| !matches!(op, KanbanOp::Retitle { .. });
                    let mut others =
                        self.writes.steps().iter().map(|other| other.issued).filter(|other| others(&other.op));
                    let alone = others.all(|other| other.id() == issued.id());
                    (alone && self.writes.undo_failed(index)).then_some(&UNDO_WITHOUT_EFFECT)
                }
                op => match (self.writes.loss(index), op) {
                    (Some(Loss::Removed), _) => Some(&EDIT_LOST_TO_DELETE),
                    (Some(Loss::Undone), _) => Some(&LOST_TO_UNDO),
                    (Some(Loss::Overwritten), KanbanOp::Move { .. }) => Some(&MOVE_OVERWRITTEN),
                    (Some(Loss::Unexplained), KanbanOp::Move { .. }) => Some(&MOVE_LOST),
                    (Some(Loss::Overwritten), _) => Some(&OVERWRITTEN),
                    (Some(Loss::Unexplained), _) => Some(&EDIT_LOST),
                    (None, _) => misplaced(issued, cards, last),
                },
            };
            if let Some(kind) = kind {
                findings.lost(issued.id(), kind, words(issued, &shows));
            }
        }
    }

    /// Whether nobody but the user of `issued` has touched the place of this card since, or at the same time; moves that
    /// are concurrent with it may be left out.
    fn untouched(&self, issued: &Issued<'_, KanbanOp>, rivals: bool) -> bool {
        self.writes.steps().iter().map(|step| step.issued).all(|other| {
            matches!(other.op, KanbanOp::Retitle { .. })
                || other.id() == issued.id()
                || (!other.undone() && issued.follows(other))
                || (rivals && rival(issued, other))
        })
    }
}

/// Whether another user moved the same card at the same time.
fn rival(issued: &Issued<'_, KanbanOp>, other: &Issued<'_, KanbanOp>) -> bool {
    matches!(other.op, KanbanOp::Move { .. }) && !other.undone() && issued.concurrent_with(other)
}

/// Whether a confirmed move or add put a card into a column where it is now at another spot, and why: somebody moved it in
/// the column at the same time, or nobody has touched it.
fn misplaced(
    issued: &Issued<'_, KanbanOp>,
    cards: &BTreeMap<&str, Card<'_>>,
    last: &Last,
) -> Option<&'static finding::Kind> {
    let (card, column, spot) = match &issued.op {
        KanbanOp::Move { card, column, after } => (card, column, Spot::after(after.as_ref())),
        KanbanOp::Add { card, column, .. } => (card, column, Spot::End),
        _ => return None,
    };
    let (_, at) = last.place(card).filter(|(place, _)| place == column && issued.outcome().is_some())?;
    let judged = &cards.get(card.as_str())?;
    let untouched = |name: &str| {
        let once = last.place(name).is_some();
        once && cards.get(name).is_some_and(|card| card.untouched(issued, false))
    };
    let (_, list) = last.columns.iter().find(|(name, _)| name == column)?;
    if !judged.untouched(issued, true) || !places::misplaced(list, at, spot, untouched) {
        return None;
    }
    Some(if judged.untouched(issued, false) { &MISPLACED_CARD } else { &MOVE_OVERWRITTEN })
}

fn words(issued: &Issued<'_, KanbanOp>, shows: &str) -> String {
    format!("{}, {}: {shows}", issued.id(), phrase(&issued.op))
}

/// Asks of each card whether it is where it must be, see [`Member`], of each title and move whether it was lost, see
/// [`Writes`], and of each column whether it keeps its limit.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let operations = history.operations::<KanbanOp>();
    let last = Last::of(history.last);
    let first: BTreeSet<Key> = View::keys(history.genesis, &path![CARDS]).unwrap_or_default().into_iter().collect();
    let names = first.iter().map(|card| &**card).chain(last.titles.keys().map(String::as_str));
    let mut by_card: BTreeMap<&str, Vec<&Issued<'_, KanbanOp>>> = names.map(|name| (name, Vec::new())).collect();
    for issued in &operations {
        by_card.entry(issued.op.card()).or_default().push(issued);
    }
    let card = |(name, operations): (_, Vec<_>)| (name, Card::of(name, &operations, first.contains(name), &last));
    let cards: BTreeMap<&str, Card<'_>> = by_card.into_iter().map(card).collect();
    let mut findings = Findings::of(history);
    for card in cards.values() {
        card.judge(&last, &cards, &mut findings);
    }
    for (column, listed) in &last.columns {
        let distinct: BTreeSet<&String> = listed.iter().collect();
        let mut over = last.limits.get(column).map_or(0, |limit| distinct.len().saturating_sub(*limit));
        let example = format!("{column} holds {} cards", distinct.len());
        let here = |op: &KanbanOp| matches!(op, KanbanOp::Move { column: to, .. } | KanbanOp::Add { column: to, .. } if to == column);
        let placed =
            distinct.iter().filter_map(|card| cards.get(card.as_str())?.placed().find(|issued| here(&issued.op)));
        let mut placed: Vec<_> = placed.collect();
        placed.sort_by_key(|issued| std::cmp::Reverse((issued.entry.resolved, issued.id())));
        for issued in placed {
            over -= usize::from(over > 0 && findings.lost(issued.id(), &LIMIT_BREACH, &example));
        }
    }
    findings.done()
}
