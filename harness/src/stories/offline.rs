//! `offline`: two people, one without a connection for a while.
//!
//! Both work on, and both screens say that their work is there. What they did does not fit together: one place is written
//! twice, and something is edited that the other deletes. What each screen says when the connection is back is the difference
//! between the models.

use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::path;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::script::{Call, Script};
use super::{Cast, GREEN, JOINED, Story, TURN, Told, YELLOW};
use crate::network::Profile;
use crate::workloads::record::{Field, RecordOp};

/// The story's spec.
pub const STORY: Story = Story {
    name: "offline",
    title: "Two tasks, and one person without a connection",
    shows: "Yellow loses its connection. It renames both tasks. Meanwhile green renames the first one, later than yellow, and \
            deletes the second. Then yellow's connection is back. What does each screen say, and whose work is left?",
    cast: Cast::All("serial-optimistic"),
    tell,
};

/// Turns between two actions: 100 ms, longer than a round trip, so that every answer comes before the next action.
const APART: u64 = 20;

fn script() -> Script {
    let set =
        |record: &str, value: &str| RecordOp::Set { record: record.into(), field: Field::Title, value: value.into() };
    let task = |title: &str| Document::map([("title", title)]);
    Script {
        workload: "record",
        genesis: Document::map([("records", Document::map([("a", task("plan")), ("b", task("list"))]))]),
        clients: 2,
        turn: TURN,
        calls: vec![
            Call::new(YELLOW, &set("a", "yellow")).after(2 * JOINED),
            Call::new(YELLOW, &set("b", "yellow")).after(APART),
            Call::new(GREEN, &set("a", "green")).after(APART),
            Call::new(GREEN, &RecordOp::Delete { record: "b".into() }).after(APART),
        ],
        // Half of a round trip between neighbouring regions of a cloud, as in the profile `constant`.
        network: Profile::constant(Duration::from_millis(40)),
        faults: vec!["partition:isolate,client=2@150ms..1s".into()],
        part: path!["records"],
        seed: 1,
    }
}

fn tell(strategies: &[String], specs: &[&'static Spec]) -> Result<Told, SelectorError> {
    STORY.perform(&script(), strategies, specs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stories::{Answer, Change, Run};
    use syncbench_strategies::registry::STRATEGIES;

    fn run(strategy: &str) -> Run {
        tell(&[strategy.into()], STRATEGIES).unwrap().runs.remove(0)
    }

    #[test]
    fn yellow_loses_its_connection_and_gets_it_back() {
        let run = run("serial-optimistic");
        let links: Vec<_> = run.steps.iter().filter_map(|step| Some((step.node.0, step.change?))).collect();
        assert_eq!(links, [(YELLOW, Change::Disconnects), (YELLOW, Change::Connects)]);
        let acted: Vec<f64> = run.calls.iter().map(|made| made.at_ms).collect();
        assert!(acted.iter().all(|at_ms| (150.0..1_000.0).contains(at_ms)), "{acted:?}");
    }

    #[test]
    fn a_server_refuses_what_the_last_writer_brings_back() {
        let server = run("serial-optimistic");
        assert!(server.equal && matches!(server.calls[1].answer, Answer::Refused { .. }), "{:?}", server.calls);
        assert!(server.steps.iter().any(|step| !step.rolled_back.is_empty()));
        let last = run("lww-document");
        assert!(last.calls.iter().all(|made| matches!(made.answer, Answer::Stands(_))));
        assert!(last.equal && last.findings.iter().any(|finding| finding.lost), "{:?}", last.findings);
        assert_eq!(last.finals[0].state.to_string(), "{a:{title:\"green\"}}");
        assert!(last.findings.iter().all(|finding| finding.lost), "{:?}", last.findings);
    }
}
