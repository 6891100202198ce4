#[cfg(feature = "automerge")]
use syncbench_strategies::crdt;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Model, Operation, Plan, Rejected, erase, reduce};
use syncbench_strategies::view::View;
use syncbench_strategies::{lww, serial};

use super::{SPEC, TextModel, TextOp};
use crate::ledger::{Entry, Fate};
use crate::oracles::text::WRONG_CHARACTER_ERASED;
use crate::pace::Pace;
use crate::testing::{Found, Trial};
use crate::typing::Splice;

mod oracle;
mod users;

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

fn kinds(found: &Found) -> Vec<&str> {
    found.kinds().into_iter().map(|(kind, _)| kind).collect()
}

#[test]
fn users_alone_or_in_turns_lose_nothing() {
    for seed in 1..=5 {
        // Alone, and every confirmation takes as long as eight keystrokes.
        let alone = Trial { clients: 1, seed, ..Trial::new(&serial::reducer::SPEC, "text") };
        let (ran, found) = alone.run();
        let ahead = |entry: &&Entry| entry.id.n > entry.reflected.through(entry.id.client) + 5;
        assert!(ran.ledger.entries().filter(ahead).count() > 200);
        assert_eq!(found.kinds(), [], "seed {seed}: {found:?}");
        let turns = Trial { pace: Pace::Turns, clients: 3, ops: 150, seed, ..alone };
        assert_eq!(turns.run().1.kinds(), [], "seed {seed}");
        assert_eq!(Trial { strategy: &lww::document::SPEC, ..turns }.run().1.kinds(), [], "seed {seed}");
    }
}

#[test]
fn stale_positions_in_a_serial_order_hit_the_wrong_characters() {
    let (_, found) = Trial { ops: 1000, ..Trial::new(&serial::reducer::SPEC, "text:jump=1,contention=one:1") }.run();
    let expected = ["interleaved run", "lost character", "misplaced character", "resurrected character"];
    assert_eq!(kinds(&found), expected, "{found:?}");
    let (_, found) = Trial { ops: 1000, ..Trial::new(&serial::reducer::SPEC, "text") }.run();
    assert!(found.count(&WRONG_CHARACTER_ERASED) > 0, "{found:?}");
}

#[test]
fn the_last_document_loses_characters_and_misplaces_none() {
    for text in ["text", "text:jump=1,contention=one:1"] {
        let (ran, found) = Trial::new(&lww::document::SPEC, text).run();
        assert_eq!(kinds(&found), ["lost character", "resurrected character"], "{found:?}");
        // Its users see at once what they type, lost or not: they must not type beyond the end.
        assert!(ran.ledger.entries().all(|entry| !matches!(entry.fate, Fate::Rejected(_))));
    }
}

#[cfg(feature = "automerge")]
#[test]
fn merged_text_keeps_every_character_in_its_place() {
    for (size, text) in
        [(300, "text"), (300, "text:jump=1,contention=one:1,backward=0"), (0, "text:delete=0.3,backward=0")]
    {
        let (_, found) = Trial { size, ..Trial::new(&crdt::automerge::SPEC, text) }.run();
        assert_eq!(found.kinds(), [], "{text}: {found:?}");
    }
    // Its one weakness: runs typed backward at one place.
    let backward = "text:jump=1,contention=one:1,backward=1,delete=0";
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
