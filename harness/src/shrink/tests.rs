use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::ModelRef;
use syncbench_strategies::replica::NodeId;

use super::*;
use crate::actions::{Recorder, ScriptedAction};
use crate::engines;
use crate::event::{Event, What};
use crate::finding::Finding;
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};
use crate::run::PlannedWorkload;
use crate::scenario::{Plan, Scenario};
use crate::task::Task;
use crate::workload::{History, User, Workload};

fn planned(strategy: &str, workload: &str, change: impl FnOnce(&mut Scenario)) -> Planned {
    let mut scenario = Scenario {
        strategies: vec![strategy.into()],
        workloads: vec![workload.into()],
        seeds: vec!["1".into()],
        ops: 60,
        ..Scenario::default()
    };
    change(&mut scenario);
    Plan::new(vec![scenario]).unwrap().cells.remove(0)
}

fn shrunk(planned: &Planned, kind: &str) -> Shrunk {
    let target = Target::of(&find_in(planned), kind).unwrap();
    shrink(planned, &target, Budget::default(), &|_| true).unwrap()
}

fn script(planned: &Planned) -> Vec<ScriptedAction> {
    planned.script.as_ref().unwrap().to_vec()
}

/// The number of operations, of clients, the size, and the faults.
fn extent(planned: &Planned) -> (u64, u32, u64, &[String]) {
    let settings = &planned.settings;
    (settings.ops, settings.clients, settings.size, &settings.faults)
}

/// What users do in a run, and everything that happens in it.
fn watched(planned: &Planned) -> (Vec<ScriptedAction>, Vec<String>) {
    struct Kept(Arc<Mutex<Vec<String>>>);

    impl Probe for Kept {
        fn event(&mut self, event: &Event, _: &Ledger) {
            // At an instant at which an absent user would have acted, a run without a script looks at states once more.
            if !matches!(event.what, What::Cost { .. } | What::InstantEnd) {
                self.0.lock().unwrap().push(format!("{event:?}"));
            }
        }

        fn finish(&mut self, _: &End<'_>, _: &mut Figures) {}
    }

    let (recorder, events) = (Recorder::default(), Arc::<Mutex<Vec<String>>>::default());
    let task = Task { recorder: Some(recorder.clone()), ..planned.task(&planned.strategy).unwrap() };
    engines::run(&task, &mut [Box::new(Kept(events.clone()))]);
    let events = std::mem::take(&mut *events.lock().unwrap());
    (recorder.take(), events)
}

#[test]
fn a_script_repeats_its_run() {
    type Change = fn(&mut Scenario);
    let changes: [(&str, Change); 5] = [
        ("wifi", |_| {}),
        ("closed", |scenario| scenario.pace = crate::pace::Pace::Closed),
        ("turns", |scenario| (scenario.pace, scenario.ops) = (crate::pace::Pace::Turns, 20)),
        ("crash", |scenario| scenario.faults = vec!["crash:client=2@1s..2s".into(), "late:3@1s".into()]),
        ("undo", |scenario| scenario.undo = 0.3),
    ];
    for (name, change) in changes {
        for workload in ["text", "booking", "record"] {
            let planned = planned("ot", workload, change);
            let (script, events) = watched(&planned);
            let written = Planned { script: Some(script.clone().into()), ..planned.clone() };
            assert!(watched(&written) == (script, events), "{name} {workload}");
        }
    }
}

#[test]
fn two_pops_of_one_item_are_left_of_a_busy_stack() {
    for strategy in ["lww-document", "ot"] {
        let small = shrunk(&planned(strategy, "stack", |scenario| scenario.ops = 200), "item delivered twice");
        assert_eq!(small.end, Ending::Complete);
        assert_eq!(extent(&small.planned), (2, 2, 1, &[][..]), "{strategy}");
        assert_eq!(small.planned.settings.network, "constant:10ms");
        assert_eq!(script(&small.planned).iter().map(|action| action.client.0).collect::<Vec<_>>(), [1, 2]);
        // Without an item there has to be a push.
        let empty = shrunk(
            &planned(strategy, "stack", |scenario| (scenario.ops, scenario.sizes) = (200, vec![0])),
            "item delivered twice",
        );
        assert_eq!(extent(&empty.planned), (3, 2, 0, &[][..]), "{strategy}");
    }
}

#[test]
fn a_fault_stays_only_where_the_finding_needs_it() {
    let faults = ["partition:isolate,client=2@1s..3s", "crash:client=3@1s..2s"].map(str::to_owned);
    let needless = planned("lww-document", "stack", |scenario| scenario.faults = faults.to_vec());
    assert_eq!(shrunk(&needless, "item delivered twice").planned.settings.faults, [""; 0]);
    // A server that goes back in time forgets what it has confirmed.
    let needed = planned("serial", "record", |scenario| {
        scenario.faults = vec!["backup:age=500ms@2s..3s".into(), "partition:isolate,client=4@1s..2s".into()];
    });
    let small = shrunk(&needed, "acknowledged, then rolled back");
    let [fault] = &small.planned.settings.faults[..] else { panic!("{:?}", small.planned.settings.faults) };
    assert!(fault.starts_with("backup:") && small.planned.settings.ops <= 2, "{fault} {:?}", script(&small.planned));
}

/// The workload, with an oracle that panics once so many operations were made.
struct Fragile(Box<dyn Workload>, usize);

impl Workload for Fragile {
    fn model(&self) -> ModelRef {
        self.0.model()
    }

    fn genesis(&self, size: u64) -> Document {
        self.0.genesis(size)
    }

    fn user(&self, client: NodeId, clients: u32) -> Box<dyn User> {
        self.0.user(client, clients)
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        let made = history.ledger.entries().count();
        assert!(made < self.1, "{made} are too many");
        self.0.judge(history)
    }
}

#[test]
fn a_run_that_fails_is_shrunk_while_it_fails_alike() {
    let mut fragile = planned("serial", "stack", |_| {});
    let spec = fragile.workload.spec;
    let (_, inner) = crate::workloads::configure(&"stack".parse().unwrap()).unwrap();
    fragile.workload = Arc::new(PlannedWorkload::new("stack", spec, Box::new(Fragile(inner, 3))));
    let small = shrunk(&fragile, FAILED);
    assert_eq!((small.planned.settings.ops, small.cell.reason.as_deref()), (3, Some("3 are too many")));
}

#[test]
fn what_cannot_be_shrunk_says_why() {
    let refused = |planned: &Planned, kind: &str| {
        let target = Target { kind: kind.into(), failure: None };
        shrink(planned, &target, Budget::default(), &|_| true).err().unwrap()
    };
    let threads = planned("serial", "stack", |scenario| scenario.engine = Engine::Threads);
    assert!(refused(&threads, "item lost").contains("--engine sim"));
    let calm = planned("serial", "stack", |_| {});
    assert_eq!(refused(&calm, "item lost"), "this run has no finding `item lost`");
    assert_eq!(
        Target::of(&find_in(&calm), "item lost").unwrap_err(),
        "this run has no finding `item lost`; it has: nothing"
    );
}

#[test]
fn a_spent_budget_and_a_stop_leave_the_smallest_run_so_far() {
    let whole = planned("lww-document", "record", |scenario| scenario.ops = 200);
    let target = Target::of(&find_in(&whole), "edit lost").unwrap();
    let spent = Budget { work: 1_700, ..Budget::default() };
    for (budget, most, end) in [(spent, u64::MAX, Ending::Budget), (Budget::default(), 6, Ending::Stopped)] {
        let left = shrink(&whole, &target, budget, &|state| state.runs < most).unwrap();
        assert!(left.end == end && left.planned.settings.ops < 200, "{:?}", left.planned.settings);
        assert!(target.found(&left.cell).is_some());
    }
    // Stopped at once, it is the run as it was.
    let left = shrink(&whole, &target, Budget::default(), &|_| false).unwrap();
    assert_eq!((left.end, left.planned.settings.ops), (Ending::Stopped, 200));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_left_has_the_finding_and_nothing_more(
        strategy in prop::sample::select(&["lww-document", "lww-property", "ot", "serial", "text-ids"][..]),
        workload in prop::sample::select(&["stack", "record", "booking", "kanban", "json", "text", "counter"][..]),
        fault in prop::sample::select(&["", "crash:client=2@1s..2s", "partition:halves@1s..2s", "late:3@1s"][..]),
        seed in 1u64..1_000,
        which in any::<prop::sample::Index>(),
    ) {
        let whole = planned(strategy, workload, |scenario| {
            scenario.seeds = vec![seed.to_string()];
            scenario.faults = Some(fault.to_owned()).filter(|fault| !fault.is_empty()).into_iter().collect();
        });
        let cell = find_in(&whole);
        let kinds = targets(&cell);
        prop_assume!(!kinds.is_empty());
        let target = Target::of(&cell, kinds[which.index(kinds.len())]).unwrap();
        let small = shrink(&whole, &target, Budget::default(), &|_| true).unwrap();
        prop_assert!(small.end == Ending::Complete && target.found(&small.cell).is_some(), "{:?}", target);
        let actions = script(&small.planned);
        for out in 0..actions.len() {
            let rest = [&actions[..out], &actions[out + 1..]].concat();
            let less = actions::scripted(&small.planned, &rest);
            prop_assert!(target.found(&find_in(&less)).is_none(), "{:?} without {}", actions, out + 1);
        }
        let again = shrink(&small.planned, &target, Budget::default(), &|_| true).unwrap();
        prop_assert_eq!(&again.planned.settings, &small.planned.settings);
        prop_assert_eq!(script(&again.planned), actions);
        prop_assert_eq!(&again.planned.workload.label, &small.planned.workload.label);
    }
}
