//! `stack`: two people, one stack, and a server that puts what they do into one order.
//!
//! The operations are those of Livebook's notebook on synchronised state. What it leaves to chance, which order the server
//! receives them in, is then tried in full: all fifteen orders that keep what each client did.

use std::time::Duration;

use syncbench_strategies::document::Path;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::orders;
use super::script::{Call, Script};
use super::{Cast, GREEN, JOINED, Story, TURN, Told, YELLOW};
use crate::network::{Leg, Profile};
use crate::workloads::stack::{StackOp, genesis};

/// The story's spec.
pub const STORY: Story = Story {
    name: "stack",
    title: "One stack, two people, one order",
    shows: "Green and yellow share a stack. Neither changes a local copy: operations go to a server, which puts them \
            into one order and sends them to both. Green's link to the server is slower, so the server's order is not \
            the order in which they acted. All replicas reduce the same stream, so all end equal.",
    cast: Cast::Named(&["serial"]),
    tell,
};

/// The notebook's calls, in its order, over links of different length.
fn script() -> Script {
    Script {
        workload: "stack",
        genesis: genesis(0),
        clients: 2,
        turn: TURN,
        calls: vec![
            Call::new(GREEN, &StackOp::Push(1)).after(JOINED),
            Call::new(YELLOW, &StackOp::Push(2)),
            Call::new(YELLOW, &StackOp::Push(3)),
            Call::new(YELLOW, &StackOp::Reverse),
            Call::new(GREEN, &StackOp::Pop),
            Call::new(YELLOW, &StackOp::Pop),
        ],
        // A wired desk near the server (10 ms) to a phone far from it (50 ms); each client's leg draws its own.
        network: Profile {
            client: Leg { delay: (Duration::from_millis(10), Duration::from_millis(50)), ..Leg::IDEAL },
            ..Profile::constant(Duration::ZERO)
        },
        faults: Vec::new(),
        part: Path::root(),
        seed: SEED,
    }
}

/// A seed under which green's leg takes 40 ms and yellow's 12 ms, to a twentieth of a millisecond, so that times read well.
const SEED: u64 = 39_521;

fn tell(strategies: &[String], specs: &[&'static Spec]) -> Result<Told, SelectorError> {
    let script = script();
    let mut told = STORY.perform(&script, strategies, specs)?;
    // Over equal links operations arrive in the order in which they are issued.
    let even = Script { network: Profile::constant(Duration::from_millis(20)), ..script };
    if let Some(run) = told.runs.first().filter(|run| !run.server_order().is_empty()) {
        told.tally = orders::all(&even, &run.strategy, specs)?.ok();
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use syncbench_strategies::registry::STRATEGIES;

    use super::*;
    use crate::stories::orders::End;
    use crate::stories::{Run, brief};

    fn told() -> Told {
        tell(&["serial".into()], STRATEGIES).unwrap()
    }

    fn order_of(run: &Run) -> Vec<String> {
        run.server_order().iter().map(|op| op.to_string()).collect()
    }

    #[test]
    fn the_server_has_another_order_than_the_calls_and_all_end_equal() {
        let told = told();
        let run = &told.runs[0];
        let called: Vec<String> = run.calls.iter().map(|made| made.op.to_string()).collect();
        assert_eq!(called, ["c1.1", "c2.1", "c2.2", "c2.3", "c1.2", "c2.4"]);
        assert_ne!(order_of(run), called);
        assert!(run.equal && run.finals.len() == 3, "{:?}", run.finals);
    }

    #[test]
    fn fifteen_orders_end_in_three_stacks() {
        let tally = told().tally.unwrap();
        let orders: BTreeSet<_> = tally.cases.iter().map(|case| &case.order).collect();
        assert_eq!((tally.cases.len(), orders.len(), tally.equal()), (15, 15, 15));
        let end = |state: &str, orders| End { state: state.into(), orders };
        assert_eq!(tally.ends, [end("[3]", 11), end("[1]", 3), end("[2]", 1)]);
        assert!(tally.cases.iter().all(|case| case.refused == 0 && case.order.len() == 6));
    }

    #[test]
    fn every_step_has_the_state_after_it() {
        let told = told();
        let run = &told.runs[0];
        for last in &run.finals {
            let step = run.steps.iter().rfind(|step| step.node == last.node).unwrap();
            assert_eq!(brief(&step.state), brief(&last.state));
        }
        assert!(run.messages.iter().all(|message| message.arrived_ms.is_some() && message.carries.len() == 1));
        // Six to the server, and six from there to both.
        assert_eq!(run.messages.len(), 18);
        let [green, yellow] =
            [GREEN, YELLOW].map(|client| run.one_way_ms(syncbench_strategies::replica::NodeId(client)));
        assert!((green.unwrap() - 40.0).abs() < 0.1 && (yellow.unwrap() - 12.0).abs() < 0.1, "{green:?} {yellow:?}");
    }
}
