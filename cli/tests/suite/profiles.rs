//! The profiles of products in `examples/profiles`, through the binary: what their comments argue is what is measured.

use std::fs;
use std::path::{Path, PathBuf};

use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::choose::decision::{Decision, Vetoed};
use syncbench_reports::choose::read;
use syncbench_strategies::registry::{STRATEGIES, left_out};

use crate::common::Place;

/// What a comment expects: `# expect veto lww-*: refuse`, `# expect candidate serial`.
struct Expected {
    veto: bool,
    /// A strategy, or a beginning with a `*`.
    strategy: String,
    /// The answer that rules it out, where the comment says one.
    answer: Option<String>,
}

impl Expected {
    fn read(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("# expect ")?;
        let (what, rest) = rest.split_once(' ')?;
        let (strategy, answer) = rest.split_once(": ").map_or((rest, None), |(name, answer)| (name, Some(answer)));
        assert!(["veto", "candidate"].contains(&what), "{line}");
        Some(Self { veto: what == "veto", strategy: strategy.into(), answer: answer.map(Into::into) })
    }

    /// Whether it speaks of this label.
    fn is_of(&self, label: &str) -> bool {
        match self.strategy.strip_suffix('*') {
            Some(beginning) => label.starts_with(beginning),
            None => label == self.strategy,
        }
    }
}

fn profiles() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles");
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn expected(text: &str) -> Vec<Expected> {
    text.lines().filter_map(Expected::read).collect()
}

#[test]
fn ten_profiles_answer_every_question_and_argue_what_they_expect() {
    let profiles = profiles();
    assert_eq!(profiles.len(), 10);
    for (path, text) in profiles {
        let answers = read::read(text.as_bytes(), &path.display().to_string(), WORKLOADS).unwrap();
        assert!(!answers.product.is_empty(), "{}", path.display());
        for field in syncbench_reports::choose::questions::fields() {
            let given = text.lines().any(|line| line.split(" = ").next() == Some(field.name));
            assert!(given, "{}: {} is not answered", path.display(), field.name);
        }
        let argued = text.lines().filter(|line| line.starts_with("# ") && Expected::read(line).is_none());
        assert!(argued.map(str::len).sum::<usize>() > 300, "{}: the comment is short", path.display());
        let expected = expected(&text);
        assert!(expected.iter().any(|one| one.veto) && expected.iter().any(|one| !one.veto), "{}", path.display());
    }
}

#[test]
fn profiles_expect_strategies_and_answers_that_there_are() {
    let known: Vec<_> = STRATEGIES.iter().map(|spec| spec.name).chain(left_out().map(|one| one.name)).collect();
    for (path, text) in profiles() {
        for one in expected(&text) {
            let file = path.display();
            assert!(known.iter().any(|name| one.is_of(name)), "{file}: {}", one.strategy);
            let answer = one.answer.as_deref();
            assert!(answer.is_none_or(|name| syncbench_reports::choose::questions::find(name).is_some()), "{file}");
        }
    }
}

/// The decision for a profile with few seeds, and the folder of its record.
fn decided(path: &Path) -> (Place, Decision) {
    let place = Place::new();
    let path = path.to_str().unwrap();
    let said = place.run(&["choose", "--answers", path, "--depth", "0", "--json", "--out", "record"]);
    let decision: Decision = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    assert_eq!(said.code, Some(if decision.proposal.is_some() { 0 } else { 3 }), "{}", said.err);
    (place, decision)
}

/// Fails where the decision is not what the comment argues.
fn check(decision: &Decision, expected: &[Expected]) {
    let missing = |name: &str| left_out().any(|optional| optional.name == name);
    for one in expected.iter().filter(|one| !missing(&one.strategy)) {
        let out: Vec<&Vetoed> = decision.vetoed.iter().filter(|vetoed| one.is_of(&vetoed.strategy)).collect();
        let left: Vec<_> = decision.candidates.iter().filter(|candidate| one.is_of(&candidate.strategy)).collect();
        if !one.veto {
            assert!(out.is_empty() && !left.is_empty(), "{} is ruled out: {out:#?}", one.strategy);
            continue;
        }
        assert!(!out.is_empty() && left.is_empty(), "{} remains", one.strategy);
        for vetoed in out {
            let by = |answer: &String| vetoed.reasons.iter().any(|veto| veto.answer == *answer);
            assert!(one.answer.as_ref().is_none_or(by), "{:?} does not rule it out: {vetoed:#?}", one.answer);
        }
    }
}

/// Every veto has its command in the record, and a measured one shows again what it says when its command is run.
fn replays(place: &Place, decision: &Decision) {
    let page = fs::read_to_string(place.path("record/decision.html")).unwrap();
    let vetoes: Vec<_> = decision.vetoed.iter().flat_map(|vetoed| &vetoed.reasons).collect();
    for veto in &vetoes {
        let shown = veto.shown.as_ref().map(|shown| &shown.replay);
        let replay = veto.evidence.as_ref().map(|evidence| &evidence.replay).or(shown);
        let replay = replay.unwrap_or_else(|| panic!("no command beside {veto:?}"));
        assert!(page.contains(&replay.replace('&', "&amp;")), "{replay}");
    }
    let evidence: Vec<_> = vetoes.iter().filter_map(|veto| veto.evidence.as_ref()).collect();
    let Some(first) = evidence.first() else { return };
    let mut args: Vec<&str> = first.replay.split(' ').skip(1).collect();
    args.extend(["--json", "--out", "again"]);
    let said = place.run(&args);
    assert!(said.out.contains(&format!("\"kind\":\"{}\"", first.kind)), "{}: {}", first.replay, said.err);
}

macro_rules! profiles {
    ($($test:ident = $file:literal,)*) => {
        $(#[test]
        fn $test() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(concat!("../examples/profiles/", $file, ".toml"));
            let (place, decision) = decided(&path);
            check(&decision, &expected(&fs::read_to_string(path).unwrap()));
            replays(&place, &decision);
        })*

        #[test]
        fn every_profile_is_tested() {
            let files: Vec<_> = profiles().into_iter().map(|(path, _)| path.file_stem().unwrap().to_owned()).collect();
            assert_eq!(files, [$($file),*]);
        }
    };
}

profiles! {
    booking_needs_somebody_who_refuses = "booking",
    chat_keeps_messages_and_lets_presence_pass = "chat",
    field_work_brings_two_weeks_together = "field-work",
    form_builder_moves_each_question_once = "form-builder",
    game_lobby_hands_out_each_match_once = "game-lobby",
    issue_tracker_refuses_and_works_on_a_train = "issue-tracker",
    notebook_keeps_what_is_typed = "notebook",
    notes_app_merges_weeks_of_text = "notes-app",
    text_editor_keeps_what_is_typed = "text-editor",
    whiteboard_keeps_shapes_of_others = "whiteboard",
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let (_place, decision) =
        decided(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles/game-lobby.toml"));
    for line in ["# expect candidate ot", "# expect veto serial", "# expect veto ot: offline"] {
        let wrong = [Expected::read(line).unwrap()];
        assert!(std::panic::catch_unwind(|| check(&decision, &wrong)).is_err(), "{line}");
    }
}
