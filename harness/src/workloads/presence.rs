//! `presence`: who is in the editor, and where. People come, move their cursors about, and leave.
//!
//! Everybody writes the own entry and nobody else's, so nothing can be overwritten. What can go wrong is who is shown: a
//! cursor that stays behind when its owner is gone, one that is missing, and one that stands where it was before.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Findings, kinds};
use crate::ledger::Fate;
use crate::rng::{below, unit};
use crate::workload::{History, Intent, Issued, User, Workload, WorkloadSpec};

kinds! {
    GHOST_CURSOR = lost("ghost cursor", "A cursor is shown whose user has left, or has crashed for good.");
    LOST_CURSOR = lost("lost cursor", "A user is there, and its cursor is not shown.");
    STALE_CURSOR = lost("stale cursor", "A cursor is shown where its user had it before.");
    CURSOR_FROM_NOWHERE = lost(
        "cursor from nowhere",
        "A cursor is shown where its user never had it, or of a user who never came."
    );
}

/// The workload's card.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "presence",
    summary: "come in, move the own cursor, leave and come back",
    product: "cursors and avatars in a shared editor: who is here, and where each of them is at",
    params: &[Param {
        name: "leave",
        kind: ParamKind::Share,
        default: "0.05",
        help: "share of leaves: one in twenty, so that in a run of the default length everybody leaves a few times; whoever \
               has left comes back with the next intent",
    }],
    edits: &[EditKind::Put, EditKind::Remove],
    kinds: &[&GHOST_CURSOR, &LOST_CURSOR, &STALE_CURSOR, &CURSOR_FROM_NOWHERE],
    content: Content::Presence,
    // Nobody takes back where the own cursor was.
    undo: false,
    size_unit: "characters of the text that cursors stand in",
    // A page.
    default_size: 2_000,
    build: |params| Box::new(Presence { leave: params.share("leave") }),
};

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PresenceOp {
    /// Be there, from now on or still.
    Join {
        /// Whose entry.
        who: String,
        /// What the others call it.
        name: String,
        /// Where the cursor stands.
        cursor: u32,
    },
    /// Move the own cursor.
    Move {
        /// Whose entry.
        who: String,
        /// Where the cursor stands now.
        cursor: u32,
    },
    /// Leave.
    Leave {
        /// Whose entry.
        who: String,
    },
}

impl PresenceOp {
    /// Where it leaves its author's cursor.
    fn cursor(&self) -> Option<u32> {
        match self {
            PresenceOp::Join { cursor, .. } | PresenceOp::Move { cursor, .. } => Some(*cursor),
            PresenceOp::Leave { .. } => None,
        }
    }
}

/// Who is not there has no cursor to move.
#[derive(Clone, Copy, Debug, Default)]
pub struct PresenceModel;

const PRESENCE: &str = "presence";
const LENGTH: &str = "length";
const CURSOR: &str = "cursor";
const NAME: &str = "name";

fn place(who: &str) -> Path {
    path![PRESENCE, who]
}

impl Model for PresenceModel {
    type Op = PresenceOp;

    fn plan(&self, view: &dyn View, op: &PresenceOp) -> Result<Plan, Rejected> {
        let there = |who: &String| match view.kind(&place(who)) {
            Some(_) => Ok(place(who)),
            None => Err(Rejected::new("gone", format!("{who} is not here"))),
        };
        let edit = match op {
            PresenceOp::Join { who, name, cursor } => Edit::Put { path: place(who), value: entry(name, *cursor) },
            PresenceOp::Move { who, cursor } => {
                Edit::Put { path: there(who)?.child(CURSOR), value: i64::from(*cursor).into() }
            }
            PresenceOp::Leave { who } => Edit::Remove { path: there(who)? },
        };
        Ok(Plan::new(vec![edit]))
    }
}

fn entry(name: &str, cursor: u32) -> Document {
    let fields: [(&str, Document); 2] = [(CURSOR, i64::from(cursor).into()), (NAME, name.into())];
    Document::map(fields)
}

/// Nobody is there, beside a text of `size` characters.
pub fn genesis(size: u64) -> Document {
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    Document::map([(LENGTH, Document::Int(length)), (PRESENCE, Document::map::<&str, Document>([]))])
}

struct Presence {
    leave: f64,
}

impl Workload for Presence {
    fn model(&self) -> ModelRef {
        erase(PresenceModel)
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(PresenceUser { who: client.to_string(), leave: self.leave, here: false })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        let entries = document.at(&path![PRESENCE]);
        let Some(Document::Map(entries)) = entries else { return Err("there is no place for anybody".into()) };
        let whole = |entry: &Document| {
            let (name, cursor) = (entry.at(&path![NAME]), entry.at(&path![CURSOR]));
            entry.size() == Some(2)
                && name.and_then(Document::as_str).is_some()
                && cursor.and_then(Document::as_int).is_some()
        };
        match entries.iter().find(|(_, entry)| !whole(entry)) {
            Some((who, entry)) => Err(format!("half an entry: {who} is shown as {entry}")),
            None => Ok(()),
        }
    }
}

struct PresenceUser {
    who: String,
    leave: f64,
    /// Whether it means to be there.
    here: bool,
}

impl User for PresenceUser {
    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let leaves = unit(rng) < self.leave;
        let length = view.get(&path![LENGTH]).and_then(|length| length.as_int()).unwrap_or(0);
        // Before the first character, behind the last, or in between.
        let cursor = below(rng, usize::try_from(length).unwrap_or(0) + 1) as u32;
        let who = self.who.clone();
        // Whoever does not see itself joins, again if need be: its first word may still be on its way, or be lost.
        let seen = view.kind(&place(&who)).is_some();
        let op = if !self.here || !seen {
            self.here = true;
            PresenceOp::Join { name: format!("person {who}"), who, cursor }
        } else if leaves {
            self.here = false;
            PresenceOp::Leave { who }
        } else {
            PresenceOp::Move { who, cursor }
        };
        Some(Intent::blind(&op))
    }
}

/// The oracle, at the end of the run. Of everybody the last acknowledged operation says where the cursor has to be.
///
/// * `ghost cursor`: shown, and its owner has left or has crashed for good.
/// * `lost cursor`: not shown, and its owner is there.
/// * `stale cursor`: shown where its owner had it before.
/// * `cursor from nowhere`: shown where its owner never had it, or of somebody who was never there.
///
/// Whoever came back from a crash and has done nothing since may be shown as before or not at all: both are true.
pub fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let acts = history.operations::<PresenceOp>();
    let mut known = BTreeSet::new();
    for client in history.ledger.clients() {
        let who = client.to_string();
        let own: Vec<&Issued<'_, PresenceOp>> = acts.iter().filter(|act| act.id().client == client).collect();
        judge_one(history, client, &who, &own, &mut findings);
        known.insert(who);
    }
    let shown = history.last.keys(&path![PRESENCE]).unwrap_or_default();
    for who in shown.iter().filter(|who| !known.contains(&***who)) {
        findings.add(&CURSOR_FROM_NOWHERE, format_args!("there is a cursor of {who}, and nobody of this name"));
    }
    findings.done()
}

fn judge_one(
    history: &History<'_>,
    client: NodeId,
    who: &str,
    own: &[&Issued<'_, PresenceOp>],
    findings: &mut Findings,
) {
    let entry = history.last.at(&place(who));
    let shown = entry.map(|entry| entry.at(&path![CURSOR]).and_then(Document::as_int));
    if history.ledger.crashed_for_good(client) {
        if entry.is_some() {
            findings.add(&GHOST_CURSOR, format_args!("{who} has crashed, and its cursor is shown"));
        }
        return;
    }
    let told = own.iter().rposition(|act| act.outcome().is_some());
    let last = told.map(|index| own[index]);
    let crashed = history.ledger.crashed(client);
    if crashed.is_some_and(|at| last.is_none_or(|act| act.entry.issued < at)) {
        return;
    }
    let position = |act: &Issued<'_, PresenceOp>| act.op.cursor().map(|cursor| Some(i64::from(cursor)));
    let meant = last.and_then(position);
    // What nobody was told of may have happened or not.
    let open = own[told.map_or(0, |index| index + 1)..].iter().filter(|act| act.entry.fate == Fate::Unknown);
    if shown == meant || open.map(|act| position(act)).any(|open| open == shown) {
        return;
    }
    match (meant, shown) {
        (None, Some(_)) if own.is_empty() => {
            findings.add(&CURSOR_FROM_NOWHERE, format_args!("{who} never came, and its cursor is shown"));
        }
        (None, _) => findings.add(&GHOST_CURSOR, format_args!("{who} has left, and its cursor is shown")),
        (Some(_), None) => findings.add(&LOST_CURSOR, format_args!("{who} is there, and its cursor is not shown")),
        (Some(_), Some(shown)) if own.iter().any(|act| position(act) == Some(shown)) => {
            findings.add(&STALE_CURSOR, format_args!("{who} has moved on from {}, where it is shown", number(shown)));
        }
        (Some(_), Some(shown)) => {
            findings.add(&CURSOR_FROM_NOWHERE, format_args!("{who} never was at {}", number(shown)));
        }
    }
}

fn number(cursor: Option<i64>) -> String {
    cursor.map_or("no place".into(), |cursor| cursor.to_string())
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::model::{Operation, reduce};
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::testing::{Book, Trial, intents, workload};

    fn join(client: u32, cursor: u32) -> PresenceOp {
        let who = format!("c{client}");
        PresenceOp::Join { name: format!("person {who}"), who, cursor }
    }

    fn moves(client: u32, cursor: u32) -> PresenceOp {
        PresenceOp::Move { who: format!("c{client}"), cursor }
    }

    fn leave(client: u32) -> PresenceOp {
        PresenceOp::Leave { who: format!("c{client}") }
    }

    fn after(ops: &[PresenceOp]) -> Document {
        let mut document = genesis(100);
        for op in ops {
            reduce(&*erase(PresenceModel), &mut document, &Operation::encode(op)).unwrap();
        }
        document
    }

    fn kinds(book: &Book, last: &Document) -> Vec<(String, u64)> {
        let found = book.judge("presence", &genesis(100), last);
        found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    fn one(kind: &str) -> Vec<(String, u64)> {
        vec![(kind.into(), 1)]
    }

    #[test]
    fn plans_mean_what_they_say() {
        let document = after(&[join(1, 3), join(2, 5), moves(1, 9), leave(2), join(1, 8), moves(1, 4)]);
        assert_eq!(document.to_string(), "{length:100,presence:{c1:{cursor:4,name:\"person c1\"}}}");
        for op in [moves(2, 1), leave(2)] {
            assert_eq!(PresenceModel.plan(&document, &op).unwrap_err().code, "gone");
        }
        let invariant = |document: &Document| workload("presence").invariant(document);
        assert!(invariant(&document).is_ok() && invariant(&genesis(0)).is_ok());
        let half = Edit::Remove { path: place("c1").child(NAME) };
        assert!(invariant(&document.produce(&[half]).unwrap().0).unwrap_err().contains("half an entry"));
        assert!(invariant(&Document::Null).is_err());
    }

    #[test]
    fn users_come_move_and_leave() {
        let ops = |text: &str, view: &Document| -> Vec<PresenceOp> {
            intents(text, view, 200).iter().map(|op| op.decode().unwrap()).collect()
        };
        // Whoever never sees itself joins again and again.
        assert!(ops("presence", &genesis(100)).iter().all(|op| matches!(op, PresenceOp::Join { .. })));
        let seen = after(&[join(1, 0)]);
        let moving = ops("presence:leave=0", &seen);
        assert!(matches!(moving[0], PresenceOp::Join { .. }));
        assert!(moving[1..].iter().all(|op| matches!(op, PresenceOp::Move { cursor: 0..=100, .. })));
        let restless = ops("presence:leave=1", &seen);
        assert!(restless.chunks(2).all(|pair| matches!(pair, [PresenceOp::Join { .. }, PresenceOp::Leave { .. }])));
        let places: BTreeSet<_> = moving.iter().map(PresenceOp::cursor).collect();
        assert!(places.len() > 50, "{places:?}");
        assert!(ops("presence", &genesis(0)).iter().all(|op| op.cursor() == Some(0)));
    }

    #[test]
    fn each_kind_is_found_and_nothing_else() {
        let mut book = Book::new(2);
        for op in [join(1, 3), moves(1, 7)] {
            book.acted(1, &op);
        }
        assert_eq!(kinds(&book, &after(&[join(1, 7)])), []);
        assert_eq!(kinds(&book, &after(&[join(1, 3)])), one("stale cursor"));
        assert_eq!(kinds(&book, &after(&[join(1, 4)])), one("cursor from nowhere"));
        assert_eq!(kinds(&book, &after(&[])), one("lost cursor"));
        assert_eq!(kinds(&book, &after(&[join(1, 7), join(2, 1)])), one("cursor from nowhere"));
        assert_eq!(kinds(&book, &after(&[join(1, 7), join(3, 1)])), one("cursor from nowhere"));
        book.acted(1, &leave(1));
        assert_eq!(kinds(&book, &after(&[join(1, 7)])), one("ghost cursor"));
        assert_eq!(kinds(&book, &after(&[])), []);
        // Nobody was told of the second: it may be there or not.
        let mut book = Book::new(1);
        book.acted(1, &join(1, 3));
        book.issued(1, &moves(1, 5), Document::Null);
        for at in [3, 5] {
            assert_eq!(kinds(&book, &after(&[join(1, at)])), []);
        }
        assert_eq!(kinds(&book, &after(&[])), one("lost cursor"));
    }

    #[test]
    fn the_dead_are_not_shown_and_the_returned_may_be() {
        let there = after(&[join(1, 3), join(2, 5)]);
        let crashed = |for_good| {
            let mut book = Book::new(2);
            book.acted(1, &join(1, 3));
            book.acted(2, &join(2, 5));
            book.crashed(2, for_good);
            book
        };
        assert_eq!(kinds(&crashed(true), &there), one("ghost cursor"));
        assert_eq!(kinds(&crashed(true), &after(&[join(1, 3)])), []);
        for last in [&there, &after(&[join(1, 3)])] {
            assert_eq!(kinds(&crashed(false), last), []);
        }
    }

    #[test]
    fn where_everybody_hears_of_everybody_nobody_is_lost() {
        let (_, found) = Trial::new(&serial::reducer::SPEC, "presence").run();
        assert_eq!(found.kinds(), []);
        // A whole document is everybody's: whoever writes last puts the others where it saw them.
        let kinds = (1..=10).flat_map(|seed| {
            let trial = Trial { seed, ops: 40, ..Trial::new(&lww::document::SPEC, "presence") };
            trial.run().1.kinds().into_iter().map(|(kind, _)| kind.to_owned()).collect::<Vec<_>>()
        });
        assert!(kinds.collect::<BTreeSet<_>>().contains("stale cursor"));
    }
}
