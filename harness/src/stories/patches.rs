//! `patches`: the example of the post on Immer, with two people instead of two variables.
//!
//! The post makes a state with +1, takes the patch of a +2 from the original, applies it to the new state, and calls that
//! handling concurrent updates. A patch says what a place holds from now on, so the +1 is gone. One order does not help.

use std::time::Duration;

use syncbench_strategies::document::{Document, Path};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::script::{Call, Script};
use super::{Cast, GREEN, JOINED, Story, TURN, Told, YELLOW};
use crate::network::Profile;
use crate::workloads::counter::CounterOp;

/// The story's spec.
pub const STORY: Story = Story {
    name: "patches",
    title: "One counter at 0, plus 1, plus 2",
    shows: "Green adds 1 and, 5 ms later, yellow adds 2. A message takes 40 ms, so both start from 0. As patches these are \
            \"the counter is 1\" and \"the counter is 2\". A server puts them into one order and every replica applies \
            them in it, so all end equal: at 2, not at 3, and both additions were confirmed. Where operations travel, or \
            are planned again on the newer state, nothing is lost.",
    cast: Cast::Named(&["serial-patches", "serial", "serial-cas"]),
    tell,
};

fn script() -> Script {
    let add = |by| CounterOp::Add { counter: "count".into(), by };
    Script {
        workload: "counter",
        genesis: Document::map([("count", Document::Counter(0))]),
        clients: 2,
        turn: TURN,
        calls: vec![Call::new(GREEN, &add(1)).after(JOINED), Call::new(YELLOW, &add(2))],
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
    use super::*;
    use crate::stories::{Answer, Run, brief};
    use syncbench_strategies::registry::STRATEGIES;

    fn run(strategy: &str) -> Run {
        tell(&[strategy.into()], STRATEGIES).unwrap().runs.remove(0)
    }

    /// The end everywhere, and what the oracles found.
    fn end(run: &Run) -> (Vec<String>, Vec<(&str, u64)>) {
        let states = run.finals.iter().map(|last| brief(&last.state)).collect();
        (states, run.findings.iter().map(|finding| (finding.kind.as_str(), finding.count)).collect())
    }

    #[test]
    fn patches_end_at_two_and_both_are_confirmed() {
        let run = run("serial-patches");
        let ends = vec!["2".to_owned(); 3];
        assert_eq!(end(&run), (ends, vec![("lost increment", 1), ("no serial order", 1)]));
        assert!(run.equal && run.calls.iter().all(|made| made.answer == Answer::Stands(Document::Null)));
        // Both were on their user's screen at once: one saw 1, the other 2.
        let own: Vec<String> =
            run.steps.iter().filter(|step| step.issued.is_some()).map(|step| brief(&step.state)).collect();
        assert_eq!(own, ["1", "2"]);
    }

    #[test]
    fn operations_and_retries_end_at_three() {
        for strategy in ["serial", "serial-optimistic", "serial-cas"] {
            let ends = vec!["3".to_owned(); 3];
            assert_eq!(end(&run(strategy)), (ends, Vec::new()), "{strategy}");
        }
    }
}
