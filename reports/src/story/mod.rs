//! A story as text, and as pictures: one space-time diagram for each strategy.

mod look;
mod summary;
mod text;

use syncbench_harness::stories::{Answer, Message, Run, Step, Told, brief};
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, OpId};

use crate::charts::spacetime::{Diagram, DiagramEvent, DiagramMessage, EventKind, Lane};
use crate::draw::scene::{Color, Scene};
use crate::format::{self, plural};
use look::{Look, WIDTH};
use text::Text;

/// Stories of schedules, in which steps have numbers and no times.
const EXPLORED: &str = "explore";

/// Replicas named after a colour are drawn in it; dark enough for white letters.
const NAMED: [(&str, Color); 2] = [("green", Color(0x00, 0x7E, 0x5C)), ("yellow", Color(0x94, 0x6C, 0x00))];

/// The story in parts, with lines of at most 80 columns: the heading, how it ends under each strategy, then every step of one
/// run of each end; with `full`, of every run. Then the tally and what was skipped.
pub fn parts(told: &Told, full: bool, colored: bool) -> Vec<String> {
    let text = Text { told, look: Look::new(colored) };
    let groups = summary::groups(told);
    let mut parts = vec![text.heading()];
    if told.runs.len() > 1 {
        parts.push(text.summary(&groups));
    }
    for run in chosen(told, full) {
        parts.extend(text.run(run));
    }
    if !full && groups.len() < told.runs.len() {
        parts.push("\nOne run of each end was told; --strategy NAME tells another.\n".to_owned());
    }
    parts.extend(told.tally.iter().map(|tally| text.orders(tally)));
    for skipped in &told.skipped {
        parts.push(format::wrap(&format!("skipped {}: {}\n", skipped.strategy, skipped.reason), WIDTH, "  "));
    }
    parts
}

/// The runs that are told: all, or one of each end.
fn chosen(told: &Told, full: bool) -> Vec<&Run> {
    if full { told.runs.iter().collect() } else { summary::groups(told).iter().map(|runs| runs[0]).collect() }
}

/// Every step of the first run and its end, without headings.
pub fn body(told: &Told, colored: bool) -> Vec<String> {
    let text = Text { told, look: Look::new(colored) };
    told.runs.first().map_or_else(Vec::new, |run| text.body(run))
}

/// Every run as lines without colours.
pub fn lines(told: &Told) -> Vec<String> {
    parts(told, true, false).concat().lines().map(str::to_owned).collect()
}

/// Most diagrams of a story that is not told in full: as many as two screens hold.
const DIAGRAMS: usize = 2;

/// The diagrams of a story, one below the other: of one run of each end, the first two; with `full`, of every run.
pub fn scene(told: &Told, full: bool) -> Scene {
    let runs = chosen(told, full);
    let most = if full { runs.len() } else { DIAGRAMS };
    let mut scenes = runs.iter().take(most).map(|run| diagram(told, run).scene());
    let mut all = scenes.next().unwrap_or_else(|| Scene::new(&*told.title, 1000.0, 60.0));
    scenes.for_each(|scene| all.append(scene));
    all.title = format!("{}: {}", told.title, plural(told.runs.len(), "strategy"));
    all
}

/// The story under one strategy.
pub fn diagram(told: &Told, run: &Run) -> Diagram {
    let lane = |node: &NodeId| {
        let name = told.name(*node);
        let color = NAMED.iter().find(|(named, _)| *named == name).map(|(_, color)| *color);
        Lane { label: name.into(), color }
    };
    let lanes = lanes(&run.nodes);
    let at = |node: NodeId| lanes.iter().position(|other| *other == node);
    let mut events = Vec::new();
    for step in &run.steps {
        let Some(lane) = at(step.node) else { continue };
        let labels = labels(run, step).into_iter();
        events.extend(labels.map(|(kind, label)| DiagramEvent { at_ms: step.at_ms, lane, label, kind }));
    }
    let message = |message: &Message| {
        Some(DiagramMessage {
            from_lane: at(message.from)?,
            to_lane: at(message.to)?,
            sent_ms: message.sent_ms,
            arrived_ms: message.arrived_ms,
            label: carried(run, message),
        })
    };
    Diagram {
        title: format!("{}: {}", told.title, run.strategy),
        lanes: lanes.iter().map(lane).collect(),
        events,
        messages: run.messages.iter().filter_map(message).collect(),
        findings: run.findings.iter().map(|finding| format!("{}: {}", finding.kind, finding.example)).collect(),
        by_step: told.story == EXPLORED,
    }
}

/// Left to right: the server between its clients, so that no message crosses the lane of a third replica.
fn lanes(nodes: &[NodeId]) -> Vec<NodeId> {
    let (server, mut lanes): (Vec<NodeId>, Vec<NodeId>) = nodes.iter().partition(|node| **node == NodeId::SERVER);
    let middle = lanes.len() / 2;
    lanes.splice(middle..middle, server);
    lanes
}

/// The labels of a step, in the order in which they are drawn.
fn labels(run: &Run, step: &Step) -> Vec<(EventKind, String)> {
    let words = |op: &OpId| run.call(*op).map_or("?", |made| made.words.as_str());
    let mut labels = Vec::new();
    labels.extend(step.issued.iter().map(|op| (EventKind::Action, words(op).to_owned())));
    labels.extend(step.change.map(|change| (EventKind::Note, change.words().to_owned())));
    labels.extend(step.rolled_back.iter().map(|op| (EventKind::Note, format!("{} rolled back", words(op)))));
    for op in &step.refused {
        let reason = match run.call(*op).map(|made| &made.answer) {
            Some(Answer::Refused { detail, .. }) => detail.as_str(),
            _ => "no reason given",
        };
        labels.push((EventKind::Rejected, format!("{} rejected: {reason}", words(op))));
    }
    let got = step.confirmed.iter().filter_map(|op| match run.call(*op).map(|made| &made.answer) {
        Some(Answer::Stands(Document::Null)) => None,
        Some(Answer::Stands(outcome)) => Some(format!("gets {}", brief(outcome))),
        _ => None,
    });
    let mut shown: Vec<String> = got.collect();
    if step.changed {
        shown.push(state(run, &step.state));
    } else if shown.is_empty() && !step.took.is_empty() && step.refused.is_empty() && step.issued.is_none() {
        labels.push((EventKind::Note, format!("still {}", state(run, &step.state))));
    }
    if !shown.is_empty() {
        labels.push((EventKind::State, shown.join(", ")));
    }
    labels
}

/// A whole document is shown in brief; a part of one as it is.
fn state(run: &Run, state: &Document) -> String {
    if run.part.is_some() { state.to_string() } else { brief(state) }
}

fn carried(run: &Run, message: &Message) -> String {
    if message.whole {
        return "whole state".into();
    }
    let words: Vec<&str> = message.carries.iter().filter_map(|op| Some(run.call(*op)?.words.as_str())).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use syncbench_harness::run::find_in;
    use syncbench_harness::scenario::{Plan, Scenario};
    use syncbench_harness::shrink::{Budget, Ending, Target, shrink};
    use syncbench_harness::stories;
    use syncbench_harness::stories::cell::first_loss;
    use syncbench_strategies::registry::STRATEGIES;

    use super::*;

    fn told(name: &str, strategies: &[&str]) -> Told {
        let names: Vec<String> = strategies.iter().map(|name| (*name).to_owned()).collect();
        (stories::find(name).unwrap().tell)(&names, STRATEGIES).unwrap()
    }

    /// Without colours, and within 80 columns.
    fn plain(told: &Told) -> String {
        let lines = lines(told);
        for line in &lines {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
        }
        lines.join("\n")
    }

    #[test]
    fn stack() {
        insta::assert_snapshot!(plain(&told("stack", &["serial"])));
    }

    #[test]
    fn race() {
        insta::assert_snapshot!(plain(&told("race", &["serial", "lww-document"])));
    }

    #[test]
    fn offline() {
        insta::assert_snapshot!(plain(&told("offline", &["serial-optimistic", "lww-document"])));
    }

    /// The smallest run with a finding of this kind.
    fn smallest(strategy: &str, workload: &str, size: u64, kind: &str) -> String {
        let scenario = Scenario {
            strategies: vec![strategy.into()],
            workloads: vec![workload.into()],
            sizes: vec![size],
            seeds: vec!["1".into()],
            ops: 100,
            ..Scenario::default()
        };
        let planned = Plan::new(vec![scenario]).unwrap().cells.remove(0);
        let target = Target::of(&find_in(&planned), kind).unwrap();
        let shrunk = shrink(&planned, &target, Budget::default(), &|_| true).unwrap();
        assert_eq!(shrunk.end, Ending::Complete);
        plain(&first_loss(&shrunk.planned, Some(kind)).unwrap())
    }

    #[test]
    #[cfg(feature = "automerge")]
    fn a_pop_that_two_users_got_is_two_operations_or_three_from_an_empty_stack() {
        let [one, none] = [3, 0].map(|size| smallest("crdt-automerge", "stack", size, "item delivered twice"));
        assert!(one.contains("2 clients, 2 operations") && none.contains("2 clients, 3 operations"), "{one}{none}");
        insta::assert_snapshot!([one, none].join("\n\n"));
    }

    #[test]
    fn a_lost_booking() {
        insta::assert_snapshot!(smallest("lww-document", "booking", 8, "lost booking"));
    }

    #[test]
    fn runs_that_end_alike_are_told_once() {
        let told = told("race", &["serial", "serial-cas", "lww-document", "serial-optimistic"]);
        let short = parts(&told, false, false).concat();
        assert!(short.contains("2 strategies end like this: serial, serial-cas\n"), "{short}");
        let told_in_full = |text: &str, name: &str| text.contains(&format!("\n\n{name}\n"));
        assert!(told_in_full(&short, "serial") && !told_in_full(&short, "serial-cas"), "{short}");
        assert!(told_in_full(&parts(&told, true, false).concat(), "serial-cas"));
        assert!(scene(&told, false).height < scene(&told, true).height);
    }

    #[test]
    fn patches() {
        insta::assert_snapshot!(plain(&told("patches", &["serial-patches", "serial"])));
    }

    #[test]
    fn every_compiled_in_strategy_fits_its_lines() {
        for story in stories::STORIES {
            plain(&(story.tell)(&story.cast(STRATEGIES).0, STRATEGIES).unwrap());
        }
    }

    #[test]
    fn replicas_that_differ_are_not_called_equal() {
        let mut told = told("race", &["serial"]);
        told.runs[0].equal = false;
        assert!(plain(&told).contains("not equal"));
        let mut told = self::told("stack", &["serial"]);
        told.tally.as_mut().unwrap().cases[3].equal = false;
        assert!(plain(&told).contains("in 14 of 15 orders not all replicas end equal"));
    }
}
