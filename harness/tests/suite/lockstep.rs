//! A planted nondeterminism is found, and its first event is named.

#![allow(clippy::disallowed_types, reason = "a planted bug takes the order of a hash set")]

use std::collections::HashSet;
use std::io::{self, BufReader};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use syncbench_harness::lockstep::{CONTEXT, Compared, Comparer, Printer};
use syncbench_harness::probe::Probe;
use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::registry;
use syncbench_strategies::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology,
};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::Configured;
use syncbench_strategies::view::View;

use crate::common::Case;

/// Where the last byte of a message comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leak {
    /// It is always the same.
    None,
    /// A counter of the whole program, from the tenth message on.
    Counter,
    /// The order of a hash map, from the tenth message on.
    HashOrder,
    /// Where something lies in memory, from the tenth message on.
    Address,
}

impl Leak {
    fn byte(self) -> u8 {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        match self {
            Leak::None => 0,
            Leak::Counter => CALLS.fetch_add(1, Ordering::Relaxed) as u8,
            Leak::HashOrder => (0..200u8).collect::<HashSet<_>>().into_iter().next().unwrap(),
            // Never freed, so nothing else comes to lie there.
            Leak::Address => (std::ptr::from_ref::<[u8; 256]>(Box::leak(Box::new([0; 256]))).addr() >> 8) as u8,
        }
    }
}

struct Leaking(Arc<Configured>, Leak);

fn leaking(leak: Leak) -> Configured {
    let inner = registry::configure(&"serial".parse().unwrap()).unwrap();
    let (label, spec, params) = (format!("serial ({leak:?})"), inner.spec, inner.params.clone());
    Configured { label, spec, params, strategy: Box::new(Leaking(Arc::new(inner), leak)) }
}

impl Strategy for Leaking {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        self.0.strategy.genesis(document)
    }

    fn topology(&self, default: Topology) -> Topology {
        self.0.strategy.topology(default)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Box::new(Leaky { inner: self.0.strategy.replica(setup), leak: self.1, sent: 0 })
    }

    fn restore(&self, _: &Setup, _: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Err(ProtocolError::malformed("no run here crashes"))
    }
}

struct Leaky {
    inner: Box<dyn Replica>,
    leak: Leak,
    sent: u64,
}

impl Leaky {
    fn call<R>(&mut self, cx: &mut Context<'_>, call: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R) -> R {
        let mut effects = Vec::new();
        let (node, now, wall) = (cx.node(), cx.now(), cx.wall_clock());
        let result = call(&mut *self.inner, &mut Context::new(node, now, wall, cx.rng(), &mut effects));
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } => {
                    self.sent += 1;
                    let last = if self.sent > 10 { self.leak.byte() } else { 0 };
                    cx.send(to, [&bytes[..], &[last]].concat(), sidecar);
                }
                Effect::SetTimer { after, tag } => cx.set_timer(after, tag),
                Effect::Report(report) => cx.report(report),
            }
        }
        result
    }
}

impl Replica for Leaky {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.call(cx, |inner, cx| inner.submit(id, operation, cx));
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        self.call(cx, |inner, cx| inner.receive(from, &bytes[..bytes.len() - 1], sidecar, cx))
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        self.call(cx, |inner, cx| inner.timer(tag, cx));
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.call(cx, |inner, cx| inner.link(peer, state, cx));
    }

    fn view(&self) -> &dyn View {
        self.inner.view()
    }

    fn durable(&self) -> Vec<u8> {
        self.inner.durable()
    }
}

/// What one run prints.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the same case twice and compares.
fn twice(leak: Leak) -> Compared {
    let run = |probe: Box<dyn Probe>| _ = Case::new("serial", "stack").run_probed(&leaking(leak), vec![probe]);
    let (lines, result) = (Lines::default(), Arc::default());
    run(Box::new(Printer::new(lines.clone())));
    let printed = lines.0.lock().unwrap().clone();
    run(Box::new(Comparer::new(BufReader::new(io::Cursor::new(printed)), Arc::clone(&result))));
    result.lock().unwrap().clone()
}

#[test]
fn a_planted_nondeterminism_is_named_by_its_first_event() {
    let control = twice(Leak::None);
    assert!(control.same > 500 && control.difference.is_none(), "{control:?}");
    for leak in [Leak::Counter, Leak::HashOrder, Leak::Address] {
        // Chance may give the same byte a few times.
        let found = (0..5).find_map(|_| twice(leak).difference).unwrap_or_else(|| panic!("{leak:?} is not found"));
        let (here, there) = (found.here.unwrap(), found.there.unwrap());
        assert!(here.what.starts_with("sends") && there.what.starts_with("sends"), "{leak:?}: {here:?} {there:?}");
        assert_eq!((here.at_ns, &here.node), (there.at_ns, &there.node), "{leak:?}");
        assert_eq!(found.before.len(), CONTEXT);
        assert!(found.number > 20 && found.number < control.same / 2, "{leak:?}: {}", found.number);
    }
}
