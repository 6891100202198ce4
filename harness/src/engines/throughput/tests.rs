use std::sync::Arc;
use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{ErasedModel, ModelRef, Operation, Plan, Rejected};
use syncbench_strategies::registry;
use syncbench_strategies::replica::OpId;
use syncbench_strategies::spec::Configured;
use syncbench_strategies::view::View;

use super::{Carried, Order, run};
use crate::ledger::Action;
use crate::network::Transport;
use crate::pace::Pace;
use crate::settings::{Engine, Settings};
use crate::task::Task;
use crate::workload::Workload;
use crate::workloads;

const CLIENTS: u32 = 5;
const OPS: u64 = 403;

fn settings(pace: &str, size: u64) -> Settings {
    Settings {
        network: "instant".into(),
        faults: Vec::new(),
        transport: Transport::Stream,
        engine: Engine::Throughput,
        clients: CLIENTS,
        ops: OPS,
        rate_per_s: 1.0,
        pace: pace.parse::<Pace>().unwrap(),
        undo: 0.0,
        size,
        seed: 1,
        sample_every: None,
        budget: Duration::from_secs(60),
    }
}

fn strategy(written: &str) -> Configured {
    registry::configure(&written.parse().unwrap()).unwrap()
}

fn stack() -> (u64, Box<dyn Workload>) {
    let (spec, workload) = workloads::configure(&"stack".parse().unwrap()).unwrap();
    (spec.default_size, workload)
}

fn carry(written: &str, pace: &str, change: impl FnOnce(&mut Task<'_>)) -> Carried {
    let (strategy, (size, workload)) = (strategy(written), stack());
    let mut task = Task::new(&strategy, &*workload, settings(pace, size)).unwrap();
    change(&mut task);
    run(&task, true)
}

/// What a failed assertion shows of a run.
fn told(carried: &Carried) -> String {
    let Carried { issued, confirmed, left, waiting_users, protocol_errors, .. } = carried;
    format!("{issued} {confirmed} {left} {waiting_users} {protocol_errors} {}", carried.converged())
}

/// What the reducer alone makes of the genesis in this order.
fn reduced(Order { order, actions }: &Order) -> Document {
    let (size, workload) = stack();
    let (mut document, model) = (workload.genesis(size), workload.model());
    for OpId { client, n } in order {
        let Action::Operate { operation, .. } = &actions[client.0 as usize][*n as usize - 1] else { continue };
        if let Ok(plan) = model.plan(&document, operation) {
            document.apply_all(&plan.edits).unwrap();
        }
    }
    document
}

/// Whether the group ended where the reducer alone ends.
fn ended_as_reduced(carried: &Carried) -> bool {
    let reduced = reduced(carried.order.as_ref().unwrap());
    carried.finals.iter().all(|(_, document)| document.digest() == reduced.digest())
}

#[test]
fn every_replica_ends_where_the_reducer_alone_ends() {
    for (written, pace) in [
        ("serial", "eager"),
        ("serial", "eager:inflight=1"),
        ("serial:window=1ms", "eager:inflight=1k"),
        ("serial-optimistic", "eager:inflight=7"),
    ] {
        let carried = carry(written, pace, |_| ());
        assert!(carried.quiescent() && carried.converged(), "{written} {pace}: {}", told(&carried));
        let rejected: u64 = carried.rejections.values().sum();
        assert_eq!((carried.issued, carried.confirmed + rejected), (OPS, OPS), "{written} {pace}");
        assert_eq!((carried.deliveries, carried.protocol_errors), (OPS * u64::from(CLIENTS), 0));
        assert_eq!(carried.finals.len() as u32, CLIENTS + 1);
        // A server that rejects an operation need not reflect it.
        let order = carried.order.as_ref().unwrap().order.len() as u64;
        assert!((OPS - rejected..=OPS).contains(&order), "{written} {pace}: {order}");
        assert!(ended_as_reduced(&carried), "{written} {pace}");
    }
}

/// Every push of a multiple of ten is lost, in the same way everywhere.
struct Forgetful(ModelRef);

impl ErasedModel for Forgetful {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        let plan = self.0.plan(view, operation)?;
        let lost = format!("{:?}", plan.edits).contains("0)");
        Ok(if lost { Plan { edits: Vec::new(), ..plan } } else { plan })
    }

    fn describe(&self, operation: &Operation) -> String {
        self.0.describe(operation)
    }
}

#[test]
fn no_message_is_left_in_an_inbox_in_any_order_of_turns() {
    // Few clients with many operations on their way: inboxes fill while their replicas work off what they have taken in.
    for round in 0..20 {
        let carried = carry("serial", "eager:inflight=1k", |task| task.settings.seed = round);
        assert!(carried.quiescent() && carried.converged(), "{round}: {}", told(&carried));
    }
}

#[test]
fn a_group_that_agrees_on_a_wrong_state_is_caught() {
    let wrong = carry("serial", "eager", |task| task.model = Arc::new(Forgetful(task.workload.model())));
    assert!(wrong.quiescent() && wrong.converged());
    assert!(!ended_as_reduced(&wrong));
}

#[test]
fn another_order_than_the_servers_is_caught() {
    let mut carried = carry("serial", "eager", |_| ());
    let order = &mut carried.order.as_mut().unwrap().order;
    order.reverse();
    assert!(!ended_as_reduced(&carried));
}

#[test]
fn every_strategy_that_falls_silent_is_carried() {
    for spec in registry::STRATEGIES {
        let strategy = strategy(spec.name);
        if !strategy.strategy.settling().is_zero() {
            continue;
        }
        let chosen = ["stack", "text", "booking", "record"].into_iter().find_map(|name| {
            let (spec, workload) = workloads::configure(&name.parse().unwrap()).unwrap();
            crate::run::lacks(&strategy, spec).is_none().then_some((name, spec.default_size, workload))
        });
        let (name, size, workload) = chosen.unwrap_or_else(|| panic!("a workload for {}", spec.name));
        let task = Task::new(&strategy, &*workload, settings("eager:inflight=8", size)).unwrap();
        let carried = run(&task, false);
        let told = format!("{} {name}: {}", spec.name, told(&carried));
        assert!(carried.quiescent() && carried.protocol_errors == 0, "{told}");
        assert!(carried.converged() || !strategy.guarantees().converges, "{told}");
        assert!(carried.order.is_none() && carried.issued > OPS / 2, "{told}");
    }
}

#[test]
fn a_window_puts_several_operations_into_a_message() {
    let each = carry("serial", "eager", |_| ());
    let batched = carry("serial:window=5ms", "eager:inflight=1k", |_| ());
    // Each client joins with a message of its own.
    assert!(each.messages >= OPS, "{}", each.messages);
    assert!(batched.messages < OPS / 4, "{}", batched.messages);
}

#[test]
fn latencies_are_of_operations_that_everybody_reflects() {
    let carried = carry("serial", "eager", |_| ());
    let rejected: u64 = carried.rejections.values().sum();
    let counts = [&carried.latencies.echo, &carried.latencies.confirmed, &carried.latencies.visible];
    assert_eq!(counts.map(|spans| spans.count()), [OPS - rejected; 3]);
}

#[test]
#[should_panic(expected = "server: a planted panic")]
fn a_panic_of_a_replica_ends_the_run_with_its_name() {
    struct Panics(ModelRef);
    impl ErasedModel for Panics {
        fn plan(&self, _: &dyn View, _: &Operation) -> Result<Plan, Rejected> {
            panic!("a planted panic");
        }

        fn describe(&self, operation: &Operation) -> String {
            self.0.describe(operation)
        }
    }
    carry("serial", "eager", |task| task.model = Arc::new(Panics(task.workload.model())));
}
