//! A script: who does what when, as a workload whose users do exactly that.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use syncbench_strategies::document::{Document, Path};
use syncbench_strategies::model::{ModelRef, Operation};
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use crate::network::{Profile, Transport};
use crate::pace::Pace;
use crate::results::Finding;
use crate::settings::{Engine, Settings};
use crate::workload::{History, Intent, User, Workload, WorkloadSpec};
use crate::workloads;

/// Long enough for any retransmission or backoff, in virtual time.
const BUDGET: Duration = Duration::from_secs(60);

/// One action of a script.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who acts.
    pub client: NodeId,
    /// What.
    pub operation: Operation,
    /// How many turns after the call before, at least.
    pub after: u64,
}

impl Call {
    /// The client acts at its next turn.
    pub fn new<O: Serialize>(client: u32, op: &O) -> Self {
        Self { client: NodeId(client), operation: Operation::encode(op), after: 1 }
    }

    /// The same, `turns` later than the call before.
    #[must_use]
    pub fn after(self, turns: u64) -> Self {
        Self { after: turns, ..self }
    }
}

/// Who does what when, and over which network.
#[derive(Clone, Debug)]
pub struct Script {
    /// Whose operations these are, by the workload's name.
    pub workload: &'static str,
    /// What everybody starts from.
    pub genesis: Document,
    /// How many clients.
    pub clients: u32,
    /// Time is cut in turns of this length, and clients have them one after the other: turn 1 is that of client 1.
    pub turn: Duration,
    /// What is done, in this order.
    pub calls: Vec<Call>,
    /// The network.
    pub network: Profile,
    /// What goes wrong, each as on the command line.
    pub faults: Vec<String>,
    /// The part of the document that is told; the root for all of it.
    pub part: Path,
    /// The seed of what the network draws.
    pub seed: u64,
}

impl Script {
    /// The turn of every call: the next one of its client.
    pub(super) fn turns(&self) -> Vec<u64> {
        let clients = u64::from(self.clients);
        let mut turn = 0;
        let next = |call: &Call| {
            turn += call.after.max(1);
            turn += (u64::from(call.client.0) + clients - (turn - 1) % clients - 1) % clients;
            turn
        };
        self.calls.iter().map(next).collect()
    }

    /// Turns of all clients until the last call, whole rounds.
    pub(super) fn length(&self) -> u64 {
        self.turns().last().copied().unwrap_or(0).next_multiple_of(u64::from(self.clients))
    }

    /// The conditions; the network is the script's own.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            network: "instant".into(),
            faults: self.faults.clone(),
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: self.clients,
            ops: self.length(),
            rate_per_s: 1.0 / self.turn.as_secs_f64(),
            pace: Pace::Periodic,
            undo: 0.0,
            size: 0,
            seed: self.seed,
            sample_every: None,
            budget: BUDGET,
        }
    }

    /// The workload whose users follow this script.
    pub(super) fn workload(&self) -> (&'static WorkloadSpec, Scripted) {
        // Stories name workloads of this crate without parameters; every story is told in a test.
        let selector = self.workload.parse().expect("a name");
        let (spec, workload) = workloads::configure(&selector).expect("a workload of this crate");
        let mut lines: BTreeMap<NodeId, BTreeMap<u64, Operation>> = BTreeMap::new();
        for (call, turn) in self.calls.iter().zip(self.turns()) {
            let round = turn.div_ceil(u64::from(self.clients));
            lines.entry(call.client).or_default().insert(round, call.operation.clone());
        }
        (spec, Scripted { workload, genesis: self.genesis.clone(), lines })
    }
}

/// A workload with other users.
pub(super) struct Scripted {
    workload: Box<dyn Workload>,
    genesis: Document,
    lines: BTreeMap<NodeId, BTreeMap<u64, Operation>>,
}

impl Workload for Scripted {
    fn model(&self) -> ModelRef {
        self.workload.model()
    }

    fn genesis(&self, _: u64) -> Document {
        self.genesis.clone()
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Actor { round: 0, lines: self.lines.get(&client).cloned().unwrap_or_default() })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        self.workload.judge(history)
    }

    fn invariant(&self, document: &Document) -> Result<(), String> {
        // A story may tell of a part of the product's document: what its beginning lacks is not asked for.
        self.workload.invariant(&self.genesis).map_or(Ok(()), |()| self.workload.invariant(document))
    }
}

/// A user who is asked every round, and mostly has nothing to do.
struct Actor {
    round: u64,
    lines: BTreeMap<u64, Operation>,
}

impl User for Actor {
    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        self.round += 1;
        let operation = self.lines.remove(&self.round)?;
        Some(Intent { operation, seen: Document::Null })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::stack::{StackOp, genesis};

    #[test]
    fn calls_take_the_next_turn_of_their_client() {
        let turns = |clients: u32, calls: &[(u32, u64)]| {
            let call = |(client, after): &(u32, u64)| Call::new(*client, &StackOp::Pop).after(*after);
            let script = Script {
                workload: "stack",
                genesis: genesis(0),
                clients,
                turn: Duration::from_millis(5),
                calls: calls.iter().map(call).collect(),
                network: Profile::constant(Duration::ZERO),
                faults: Vec::new(),
                part: Path::root(),
                seed: 1,
            };
            (script.turns(), script.length())
        };
        assert_eq!(turns(2, &[(1, 1), (2, 1), (2, 1), (1, 1)]), (vec![1, 2, 4, 5], 6));
        assert_eq!(turns(2, &[(2, 1), (1, 1), (1, 10), (2, 1)]), (vec![2, 3, 13, 14], 14));
        assert_eq!(turns(3, &[(3, 1), (2, 1), (1, 1)]), (vec![3, 5, 7], 9));
        assert_eq!(turns(1, &[(1, 1), (1, 3)]), (vec![1, 4], 4));
    }
}
