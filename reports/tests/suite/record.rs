//! The record of a decision in all its forms: golden, and against hostile data.

use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::choose::decision::Vetoed;
use syncbench_reports::choose::labels::explained;
use syncbench_reports::choose::{Decision, read, record};
use syncbench_strategies::registry::STRATEGIES;

use crate::support::decisions::{empty, forms, hostile, unsafe_answers};

#[test]
fn text_of_80_columns() {
    insta::assert_snapshot!(record::text(&forms(), 80, false));
}

#[test]
fn text_of_120_columns() {
    insta::assert_snapshot!(record::text(&forms(), 120, false));
}

#[test]
fn text_where_nothing_is_safe() {
    insta::assert_snapshot!(record::text(&unsafe_answers(), 80, false));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(record::markdown(&forms()));
}

#[test]
fn page_without_pictures_and_style() {
    let page = crate::golden::without(
        &crate::golden::without(&record::html(&forms()), "<style>", "</style>"),
        "<svg",
        "</svg>",
    );
    insta::assert_snapshot!(page.replace("<tr", "\n<tr").replace("<section", "\n\n<section").replace("<li", "\n<li"));
}

#[test]
fn the_answer_and_what_is_ruled_out_stand_on_the_first_screen() {
    for decision in [forms(), unsafe_answers()] {
        let text = record::text(&decision, 80, false);
        let screen: Vec<&str> = text.lines().take(24).collect();
        assert!(screen[0].contains("serial-optimistic") || screen[0].contains("nothing is safe"));
        for vetoed in &decision.vetoed {
            assert!(screen.iter().any(|line| line.contains(&vetoed.strategy)), "{}:\n{text}", vetoed.strategy);
        }
        let possible = text.lines().skip_while(|line| !line.starts_with("Can it happen at all?"));
        let possible = possible.take_while(|line| !line.is_empty()).count();
        assert!(possible <= 7 && text.lines().count() - possible <= 61, "{} lines", text.lines().count());
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [60, 80, 120, 200] {
        for line in record::text(&forms(), width, false).lines() {
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
        }
    }
}

#[test]
fn every_veto_has_its_replay_line_in_every_record() {
    let decision = forms();
    let (markdown, page) = (record::markdown(&decision), record::html(&decision));
    let mut seen = 0;
    for evidence in decision.vetoed.iter().flat_map(|one| &one.reasons).filter_map(|veto| veto.evidence.as_ref()) {
        assert!(markdown.contains(&evidence.replay) && page.contains(&evidence.replay), "{}", evidence.replay);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn json_reads_back_and_is_a_file_of_answers() {
    let decision = forms();
    let json = record::json(&decision).to_string();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["schema"], 1);
    assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    assert_eq!(read::read(json.as_bytes(), "decision.json", WORKLOADS).unwrap(), decision.answers);
}

#[test]
fn an_empty_decision_has_a_record() {
    for decision in [empty(), unsafe_answers()] {
        assert!(record::text(&decision, 80, true).contains("nothing is safe"));
        assert!(record::files(&decision).iter().any(|file| file.path == "decision.html"));
    }
}

#[test]
fn only_an_answer_has_the_tone_of_success() {
    let (text, page) = (record::text(&unsafe_answers(), 80, true), record::html(&unsafe_answers()));
    assert!(text.contains("\u{1b}[1;31mnothing is safe") && !text.contains("[1;32m"), "{text}");
    assert!(page.contains("<span class=\"unsafe\">nothing is safe") && !page.contains("class=\"answer\""));
    assert!(record::html(&forms()).contains("class=\"answer\""));
}

#[test]
fn one_candidate_remains_in_the_singular() {
    let mut decision = forms();
    decision.candidates.truncate(1);
    assert!(record::text(&decision, 80, false).contains("6 ruled out, 1 remains, 1 on the Pareto front."));
}

#[test]
fn a_story_of_fewer_than_three_events_is_left_out_on_a_terminal() {
    let mut decision = forms();
    decision.candidates.iter_mut().filter_map(|one| one.worst.as_mut()).for_each(|worst| worst.story.truncate(2));
    let text = record::text(&decision, 80, false);
    assert!(!text.contains("Ada renames") && text.contains("rename lost, 3 of 4,000"), "{text}");
}

#[test]
fn a_story_begins_with_its_first_event_on_a_terminal() {
    let mut decision = forms();
    let worst = decision.candidates.iter_mut().find_map(|one| one.worst.as_mut()).unwrap();
    worst.story.insert(0, "The first operation that was lost:".into());
    let text = record::text(&decision, 80, false);
    assert!(!text.contains("The first operation") && text.contains("Ada renames"), "{text}");
}

#[test]
fn ticks_are_code_on_the_page_and_private_characters_are_numbers() {
    let mut decision = forms();
    decision.flips[0].says = "`order` changes \u{e297}: a ` stays".into();
    let (text, page) = (record::text(&decision, 80, false), record::html(&decision));
    assert!(page.contains("<code>order</code> changes U+E297: a ` stays"));
    assert!(text.contains("changes U+E297") && record::markdown(&decision).contains("changes U+E297"));
}

#[test]
fn candidates_and_what_would_change_the_answer_stand_before_the_answers() {
    let decision = forms();
    for record in [record::markdown(&decision), record::html(&decision)] {
        let place = |text: &str| record.find(text).unwrap_or_else(|| panic!("{text} in {record}"));
        assert!(place("client memory") < place("people in one document"));
        assert!(place("From 2 to 24 people the proposal stays") < place("people in one document"));
    }
}

#[test]
fn strategies_with_the_same_reasons_share_a_row() {
    let decision = unsafe_answers();
    let (markdown, page) = (record::markdown(&decision), record::html(&decision));
    assert_eq!(markdown.matches("It needs a server").count(), 1);
    assert_eq!(page.matches("It needs a server").count(), 1);
    assert!(page.contains("serial, serial-optimistic, serial-patches"));
}

#[test]
fn data_controls_neither_terminal_nor_page() {
    let decision = hostile("\u{1b}[2J\n# x | <script>alert(1)</script> ``` `a` \\ é🦀");
    let text = record::text(&decision, 80, false);
    assert!(!text.contains('\u{1b}') && text.contains("🦀"));
    let page = record::html(&decision);
    assert!(!page.contains("<script>"));
    let (calm, spoilt) = (record::markdown(&forms()), record::markdown(&decision));
    assert_eq!(markup(&spoilt), markup(&calm));
    let named = record::files(&decision);
    assert!(named.iter().all(|file| !file.path.contains("..") && file.path.is_ascii()), "names of files are plain");
}

#[test]
fn the_same_decision_gives_the_same_bytes() {
    assert_eq!(record::files(&forms()), record::files(&forms()));
}

/// What Markdown makes of a text, without the text itself.
fn markup(text: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser};
    let told = |event| match event {
        Event::Start(tag) => Some(format!("{tag:?}").chars().take_while(|c| c.is_alphabetic()).collect()),
        Event::Html(html) | Event::InlineHtml(html) => Some(format!("HTML: {html}")),
        _ => None,
    };
    Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).filter_map(told).collect()
}

#[test]
fn parameters_in_labels_are_explained_once_where_they_first_stand() {
    let vetoed = |label: &str| Vetoed { strategy: label.into(), family: String::new(), reasons: Vec::new() };
    let labels = [
        "serial",
        "serial-optimistic:text=embedded",
        "hybrid:text=ot,rest=serial",
        "hybrid:text=text-ids,rest=serial",
        "ot + presence",
    ];
    let mut decision = Decision { vetoed: labels.map(vetoed).to_vec(), ..empty() };
    decision.labels = explained(&decision, STRATEGIES);
    let said: Vec<String> = decision.labels.iter().map(|one| one.terms.join(" ")).collect();
    assert_eq!(said, ["text=embedded", "text=ot text=text-ids", "rest=serial", "+ presence"]);
    assert!(decision.labels.iter().all(|one| has_one_line(&one.says)), "{:?}", decision.labels);
    for page in [record::markdown(&decision), record::html(&decision), record::text(&decision, 80, false)] {
        let page = page.replace("\\", "");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for once in ["text=embedded (serial-optimistic): ", "text=ot, text=text-ids (hybrid): the strategy for texts"] {
            assert_eq!(words.matches(once).count(), 1, "{once}: {page}");
        }
    }
}

fn has_one_line(text: &str) -> bool {
    !text.is_empty() && !text.contains('\n') && !text.contains("  ")
}
