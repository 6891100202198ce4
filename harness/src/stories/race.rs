//! `race`: one item, two people who take it.
//!
//! A server that orders operations does not prevent the race; it decides it, and rejects the pop that comes second. The
//! same race under every other strategy shows which pops are confirmed, and the oracle says whether that was right.

use std::time::Duration;

use syncbench_strategies::document::Path;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::script::{Call, Script};
use super::{Cast, GREEN, JOINED, Story, TURN, Told, YELLOW};
use crate::network::Profile;
use crate::workloads::stack::{StackOp, genesis};

/// The story's spec.
pub const STORY: Story = Story {
    name: "race",
    title: "One item, taken by two people",
    shows: "Green pushes the only item. Once both see it, green and yellow pop 5 ms apart. A message takes 40 ms, so \
            neither has seen the other's pop. What is each user told, and is it true?",
    cast: Cast::All("serial"),
    tell,
};

/// Turns until everybody has the push, by way of a server and back: 200 ms, in a strategy that collects changes first too.
const SEEN_BY_ALL: u64 = 40;

fn script() -> Script {
    Script {
        workload: "stack",
        genesis: genesis(0),
        clients: 2,
        turn: TURN,
        calls: vec![
            Call::new(GREEN, &StackOp::Push(1)).after(JOINED),
            Call::new(GREEN, &StackOp::Pop).after(SEEN_BY_ALL),
            Call::new(YELLOW, &StackOp::Pop),
        ],
        // Half of a round trip between neighbouring regions of a cloud, as in the profile `constant`.
        network: Profile::constant(Duration::from_millis(40)),
        faults: Vec::new(),
        part: Path::root(),
        seed: 1,
    }
}

fn tell(strategies: &[String], specs: &[&'static Spec]) -> Result<Told, SelectorError> {
    STORY.perform(&script(), strategies, specs)
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::document::Document;
    use syncbench_strategies::registry::STRATEGIES;
    use syncbench_strategies::replica::{NodeId, OpId};

    use super::*;
    use crate::stories::{Answer, Run};

    fn run(strategy: &str) -> Run {
        tell(&[strategy.into()], STRATEGIES).unwrap().runs.remove(0)
    }

    fn kinds(run: &Run) -> Vec<(&str, u64)> {
        run.findings.iter().map(|finding| (finding.kind.as_str(), finding.count)).collect()
    }

    #[test]
    fn a_server_rejects_exactly_one_pop() {
        let run = run("serial");
        let refused: Vec<_> =
            run.steps.iter().flat_map(|step| step.refused.iter().map(|op| (step.node, *op))).collect();
        assert_eq!(refused, [(NodeId(YELLOW), OpId { client: NodeId(YELLOW), n: 1 })]);
        let answers: Vec<&Answer> = run.calls.iter().map(|made| &made.answer).collect();
        let refusal = Answer::Refused { code: "empty".into(), detail: "the stack is empty".into() };
        assert_eq!(answers, [&Answer::Stands(Document::Null), &Answer::Stands(Document::Int(1)), &refusal]);
        assert_eq!(kinds(&run), []);
        assert!(run.equal);
    }

    #[test]
    fn the_last_writer_hands_the_item_to_both() {
        let run = run("lww-document");
        assert_eq!(kinds(&run), [("item delivered twice", 1), ("no serial order", 1)]);
        let told = |made: &&crate::stories::Made| made.answer == Answer::Stands(Document::Int(1));
        assert_eq!(run.calls.iter().filter(told).count(), 2);
    }

    #[cfg(feature = "automerge")]
    #[test]
    fn automerge_hands_the_item_to_both() {
        let run = run("crdt-automerge");
        assert_eq!(kinds(&run), [("item delivered twice", 1), ("no serial order", 1)]);
        assert!(run.messages.iter().any(|message| message.carries == [OpId { client: NodeId(YELLOW), n: 1 }]));
    }

    #[test]
    fn everybody_races_for_the_item_that_all_have_seen() {
        let (names, _) = STORY.cast(STRATEGIES);
        let told = tell(&names, STRATEGIES).unwrap();
        assert_eq!(told.runs.len() + told.skipped.len(), names.len());
        for run in &told.runs {
            let pops = run.calls.iter().filter(|made| made.words == "pop").count();
            assert_eq!((run.calls.len(), pops), (3, 2), "{}", run.strategy);
            let green = run.calls.iter().find(|made| made.words == "push 1").unwrap();
            let pops_ms = run.calls[1].at_ms;
            let before = |step: &&super::super::Step| step.at_ms < pops_ms && step.took.contains(&green.op);
            let saw = run.steps.iter().filter(before).map(|step| step.node).filter(|node| *node != NodeId::SERVER);
            assert_eq!(saw.collect::<std::collections::BTreeSet<_>>().len(), 2, "{}", run.strategy);
            assert!(run.calls.iter().all(|made| made.answer != Answer::None), "{}", run.strategy);
        }
    }

    #[test]
    fn unknown_strategies_are_named() {
        assert!(tell(&["no-such".into()], STRATEGIES).unwrap_err().to_string().contains("no-such"));
    }
}
