//! `text`: several people type in one text, with typing runs, backspaces, and a cursor that moves along with the text.
//!
//! Who types is in `typing`, and what became of each character in `oracles::characters`.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Operation, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::{Content, Param, ParamKind, Params};
use syncbench_strategies::view::View;

use crate::finding::{Finding, Findings};
use crate::oracles::characters;
use crate::typing::{self, Keys, Splice, Typist};
use crate::workload::{History, Intent, Issued, Standing, User, Workload, WorkloadSpec};

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
    kinds: characters::KINDS,
    content: Content::Text,
    undo: true,
    size_unit: "characters",
    // A paragraph or two: the friendsforever text has ten times as many at its end, most of which its authors typed.
    default_size: 300,
    build: |params| Box::new(keys(params)),
};

fn keys(params: &Params) -> Keys {
    Keys {
        run: params.count("run") as f64,
        delete: params.share("delete"),
        backward: params.share("backward"),
        jump: params.share("jump"),
        end: params.share("end"),
    }
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
        Ok(Plan::new(typing::plan(view, &text(), splices)?))
    }
}

/// A text of `size` characters, no two the same; it stops at 268,544.
pub fn genesis(size: u64) -> Document {
    Document::map([("text", Document::text(&typing::original(0, size)))])
}

impl Workload for Keys {
    fn model(&self) -> ModelRef {
        erase(TextModel {})
    }

    fn genesis(&self, size: u64) -> Document {
        genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        Box::new(Writer(Typist::new(*self, client, clients, text())))
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        judge(history)
    }
}

struct Writer(Typist);

impl User for Writer {
    fn standing(&mut self, standing: Standing) {
        self.0.standing(standing);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let (splice, seen) = self.0.press(view, rng)?;
        Some(Intent { operation: Operation::encode(&TextOp::Edit(vec![splice])), seen: seen.document() })
    }
}

fn judge(history: &History<'_>) -> Vec<Finding> {
    let inserted = |act: Issued<'_, TextOp>| {
        let TextOp::Edit(splices) = act.op;
        splices.into_iter().map(|splice| splice.insert).collect()
    };
    let acts = history.operations::<TextOp>();
    let acts: Vec<_> = acts.into_iter().map(|act| Issued { entry: act.entry, op: inserted(act) }).collect();
    let mut findings = Findings::default();
    characters::judge(
        &acts,
        &typing::characters(history.genesis, &text()),
        &typing::characters(history.last, &text()),
        &mut findings,
    );
    findings.done()
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "automerge")]
    use syncbench_strategies::crdt;
    use syncbench_strategies::model::reduce;
    use syncbench_strategies::replica::OpId;
    use syncbench_strategies::{lww, serial};

    use super::*;
    use crate::ledger::Fate;
    use crate::oracles::characters::WRONG_CHARACTER_DELETED;
    use crate::pace::Pace;
    use crate::testing::{Book, Found, Trial, intent_stream, workload};
    use crate::typing::Seen;

    #[test]
    fn other_workloads_type_as_this_one_does() {
        let defaults = Params::check(&"text".parse().unwrap(), SPEC.params).unwrap();
        assert_eq!(keys(&defaults), Keys::TYPICAL);
    }

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

    /// What client 1 of 2 does alone, each keystroke on its screen before the next.
    fn keystrokes(text: &str, size: u64, count: u64) -> Vec<(Splice, Seen)> {
        strokes_and_lengths(text, size, count).into_iter().map(|(splice, seen, _)| (splice, seen)).collect()
    }

    /// The same with the length of the text before each keystroke.
    fn strokes_and_lengths(text: &str, size: u64, count: u64) -> Vec<(Splice, Seen, usize)> {
        let (mut author, mut view) = (workload(text).user(NodeId(1), 2), genesis(size));
        let mut stroke = |n| {
            let len = View::len(&view, &super::text()).unwrap();
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
            let ahead = |entry: &&crate::ledger::Entry| entry.id.n > entry.reflected.through(entry.id.client) + 5;
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
        assert!(found.count(&WRONG_CHARACTER_DELETED) > 0, "{found:?}");
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
