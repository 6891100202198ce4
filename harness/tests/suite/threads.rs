//! The threads engine ends whatever happens, loses no message, and names what broke.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::common::{Case, Done, strategies};
use rayon::prelude::*;
use syncbench_harness::network::Transport;
use syncbench_harness::pace::Pace;
use syncbench_harness::settings::Engine;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::model::Operation;
use syncbench_strategies::replica::{
    Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::{Configured, Support};
use syncbench_strategies::view::View;

/// Cells at a time: many more than processors, since their threads sleep most of the time.
const SIDE_BY_SIDE: usize = 16;

/// Calls `check` for every strategy together with each of `others`, several side by side.
fn each<T: Sync>(others: &[T], check: impl Fn(&str, &T) + Sync) {
    let cells: Vec<(&str, &T)> = strategies().flat_map(|strategy| others.iter().map(move |o| (strategy, o))).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(SIDE_BY_SIDE).build().unwrap();
    // One at a time, so that long cells do not queue behind each other.
    pool.install(|| cells.par_iter().with_max_len(1).for_each(|(strategy, other)| check(strategy, other)));
}

/// The same for every strategy alone.
fn each_strategy(check: impl Fn(&str) + Sync) {
    each(&[()], |strategy, ()| check(strategy));
}

/// A tenth of a second, for three users.
fn case(strategy: &str) -> Case {
    Case {
        engine: Engine::Threads,
        network: "lan".into(),
        ops: 30,
        rate_per_s: 300.0,
        budget: Duration::from_secs(30),
        ..Case::at_home(strategy, "stack")
    }
}

fn assert_conserved(done: &Done, name: &str) {
    let traffic = |key| done.numbers("traffic", key);
    let in_flight = done.ran.messages_in_flight as f64;
    let (made, ended) = (traffic("sent") + traffic("duplicated"), traffic("delivered") + traffic("dropped"));
    assert_eq!(made, ended + in_flight, "{name}: {in_flight} in flight");
}

/// Broken and blocked links, a wrong clock and a late client, with and without an end.
fn fault_sets() -> [Vec<String>; 2] {
    let ending = ["partition:halves@20ms..60ms", "partition:one-way,client=1@40ms..90ms", "late:2@50ms", "skew:1s"];
    let lasting = ["partition:isolate,client=2@30ms", "partition:one-way,client=3@30ms", "late:1@45ms"];
    [ending.map(String::from).to_vec(), lasting.map(String::from).to_vec()]
}

#[test]
fn groups_converge_after_faults_at_every_pace() {
    let paces = [Pace::Poisson, Pace::Periodic, Pace::Closed, Pace::Turns];
    let cells: Vec<_> = paces.into_iter().flat_map(|pace| fault_sets().map(|faults| (pace, faults))).collect();
    each(&cells, |strategy, (pace, faults)| {
        let done = Case { pace: *pace, faults: faults.clone(), ..case(strategy) }.run();
        let name = format!("{strategy} {pace:?} {faults:?}");
        assert!(done.ran.converged(), "{name}");
        assert_eq!(done.ran.finals.len(), if done.ran.finals[0].0 == NodeId::SERVER { 4 } else { 3 }, "{name}");
        assert_eq!(done.ran.messages_in_flight, 0, "{name}");
        assert_conserved(&done, &name);
        let censored = (done.numbers("censored", "confirmed"), done.numbers("censored", "visible"));
        assert_eq!(censored, (0.0, 0.0), "{name}");
    });
}

#[test]
fn messages_in_flight_at_the_end_of_the_budget_are_counted() {
    each(&fault_sets(), |strategy, faults| {
        let case = Case { faults: faults.clone(), budget: Duration::ZERO, network: "4g".into(), ..case(strategy) };
        assert_conserved(&case.run(), strategy);
    });
}

#[test]
fn datagrams_are_conserved() {
    // Who loses its first message may never send another one, so not every strategy meets both.
    let met = [AtomicU64::new(0), AtomicU64::new(0)];
    each_strategy(|strategy| {
        let transport = Transport::Datagram { loss: 0.1, duplicate: 0.2 };
        let done = Case { ops: 60, transport, budget: Duration::from_secs(1), ..case(strategy) }.run();
        assert_conserved(&done, strategy);
        for (sum, key) in met.iter().zip(["duplicated", "dropped"]) {
            sum.fetch_add(done.numbers("traffic", key) as u64, Ordering::Relaxed);
        }
    });
    assert!(met.iter().all(|sum| sum.load(Ordering::Relaxed) > 0), "{met:?}");
}

#[test]
fn states_are_sampled_at_one_consistent_cut() {
    each_strategy(|strategy| {
        let every = Some(Duration::from_millis(1));
        let done = Case { rate_per_s: 1_500.0, ops: 300, sample_every: every, ..case(strategy) }.run();
        // Replicas with the same operations and different states: either the strategy is broken, or the cut is.
        // What is ephemeral expires at one replica sooner than at another.
        if !case(strategy).configured().guarantees().ephemeral {
            assert_eq!(done.number("sec_violations"), 0.0, "{strategy}");
        }
        assert!(done.numbers("resident_bytes", "steady") > 0.0, "{strategy}");
        assert!(done.numbers("divergence", "peak") <= 1.0, "{strategy}");
    });
}

/// How a replica misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Mischief {
    /// Panics when it is made.
    PanicsAtBirth,
    /// Panics on its first message.
    Panics,
    /// Panics when asked for what it saves.
    PanicsAtTheEnd,
    /// Sets a timer again and again.
    Ticks,
    /// The same, and its strategy says that it never falls silent.
    TicksAndSaysSo,
    /// Answers every message with one.
    Chatters,
}

struct Mischievous(Configured, Mischief);

struct Imp {
    inner: Box<dyn Replica>,
    /// `None` where it behaves.
    mischief: Option<Mischief>,
}

impl Strategy for Mischievous {
    fn genesis(&self, document: &syncbench_strategies::document::Document) -> Vec<u8> {
        self.0.strategy.genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let all = matches!(self.1, Mischief::Ticks | Mischief::TicksAndSaysSo | Mischief::Chatters);
        let mischief = (all || setup.node == NodeId(2)).then_some(self.1);
        assert!(mischief != Some(Mischief::PanicsAtBirth), "planted");
        Box::new(Imp { inner: self.0.strategy.replica(setup), mischief })
    }

    fn support(&self, kind: EditKind, default: Support) -> Support {
        self.0.strategy.support(kind, default)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.0.strategy.topology(default)
    }

    fn settling(&self) -> Duration {
        if self.1 == Mischief::TicksAndSaysSo { TICK * 200 } else { self.0.strategy.settling() }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        self.0.strategy.restore(setup, durable)
    }
}

const TICK: Duration = Duration::from_millis(5);

const NOISE: &[u8] = &[0xff; 40];

impl Replica for Imp {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.inner.submit(id, operation, cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        assert!(self.mischief != Some(Mischief::Panics), "planted");
        if bytes == NOISE {
            cx.send(from, NOISE, Sidecar::none());
            return Ok(());
        }
        self.inner.receive(from, bytes, sidecar, cx)
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if tag == u64::MAX {
            cx.set_timer(TICK, tag);
        } else {
            self.inner.timer(tag, cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.inner.link(peer, state, cx);
        match self.mischief {
            Some(Mischief::Ticks | Mischief::TicksAndSaysSo) => cx.set_timer(TICK, u64::MAX),
            Some(Mischief::Chatters) => cx.send(peer, NOISE, Sidecar::none()),
            _ => {}
        }
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn durable(&self) -> Vec<u8> {
        assert!(self.mischief != Some(Mischief::PanicsAtTheEnd), "planted");
        self.inner.durable()
    }

    fn saved_sidecar(&self) -> Sidecar {
        self.inner.saved_sidecar()
    }

    fn recall(&mut self, saved: &Sidecar) {
        self.inner.recall(saved);
    }
}

fn run(case: &Case, mischief: Mischief) -> Done {
    let plain = case.configured();
    let (label, spec, params) = (plain.label.clone(), plain.spec, plain.params.clone());
    case.run_with(&Configured { label, spec, params, strategy: Box::new(Mischievous(plain, mischief)) })
}

#[test]
fn a_panic_ends_the_run_and_names_its_replica() {
    let mischiefs = [Mischief::PanicsAtBirth, Mischief::Panics, Mischief::PanicsAtTheEnd];
    let faults = [vec![], vec!["late:2@50ms".to_owned()]];
    let cells: Vec<_> = mischiefs.into_iter().flat_map(|mischief| faults.iter().map(move |f| (mischief, f))).collect();
    each(&cells, |strategy, (mischief, faults)| {
        let case = Case { faults: faults.to_vec(), ..case(strategy) };
        let panic = catch_unwind(AssertUnwindSafe(|| run(&case, *mischief))).err().unwrap();
        let text = panic.downcast_ref::<String>().map(String::as_str).unwrap_or_default();
        assert_eq!(text, "c2: planted", "{strategy}");
    });
}

#[test]
fn endless_timers_end_when_the_group_has_settled() {
    each_strategy(|strategy| {
        let case = Case { budget: Duration::from_secs(600), ..case(strategy) };
        let done = run(&case, Mischief::TicksAndSaysSo);
        assert!(done.ran.converged() && done.ran.quiescent(), "{strategy}");
        assert_conserved(&done, strategy);
    });
}

#[test]
fn endless_timers_that_no_strategy_announces_end_with_the_budget() {
    each_strategy(|strategy| {
        let case = Case { budget: Duration::from_millis(100), ..case(strategy) };
        // What never falls silent anyway has announced it.
        if !case.configured().strategy.settling().is_zero() {
            return;
        }
        let done = run(&case, Mischief::Ticks);
        assert!(done.ran.timers_due > 0, "{strategy}");
        assert_conserved(&done, strategy);
    });
}

#[test]
fn endless_messages_end_with_the_budget() {
    each_strategy(|strategy| {
        let case = Case { budget: Duration::from_millis(100), ..case(strategy) };
        let done = run(&case, Mischief::Chatters);
        assert!(done.ran.messages_in_flight > 0, "{strategy}");
        assert_conserved(&done, strategy);
    });
}
