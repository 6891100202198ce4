//! A product in a crate of its own: a purse as plain data with its own reducer, and a custom sync strategy.
//!
//! ```
//! let cells = syncbench_examples::compare().unwrap();
//! let wrong = |name: &str| cells.iter().filter(|cell| cell.strategy == name).map(|cell| cell.findings.len()).sum::<usize>();
//! assert_eq!((cells.len(), wrong("serial")), (30, 0));
//! // All clients end with the same purse, but some confirmed withdrawals are missing from it.
//! assert!(cells.iter().all(|cell| cell.converged == Some(true)));
//! assert!(wrong("log-replay") > 0 && wrong("lww-document") > 0);
//! ```
use std::collections::BTreeMap;

use syncbench_harness::prelude::*;

/// The product's state.
#[derive(Serialize, Deserialize)]
struct Purse {
    cents: i64,
}

/// Puts money in, or takes it out if the amount is negative; rejects what would overdraw the purse.
struct Rules;
impl Reducer for Rules {
    type State = Purse;
    type Op = i64;
    type Outcome = ();
    fn reduce(&self, purse: &mut Purse, cents: &i64) -> Result<(), Rejected> {
        purse.cents += cents;
        if purse.cents < 0 { Err(Rejected::new("poor", "not that much in the purse")) } else { Ok(()) }
    }
}

/// What users do, and what must be true at the end.
struct Kitty;
impl Workload for Kitty {
    fn model(&self) -> ModelRef {
        erase(Reduced(Rules))
    }
    fn genesis(&self, size: u64) -> Document {
        Document::map([("cents", Document::Int(size as i64))])
    }
    fn user(&self, _: NodeId, _: u32) -> Box<dyn User> {
        Box::new(|_: &dyn View, rng: &mut Rng| Some(Intent::blind(&rng.random_range(-500..=450_i64))))
    }
    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        let cents = |document| from_document::<Purse>(document).map_or(0, |purse| purse.cents);
        let receipts = history.confirmed::<i64>();
        let sum: i64 = receipts.iter().map(|receipt| receipt.op).sum();
        let over = cents(history.last) - cents(history.genesis) - sum;
        // The sum does not tell which receipts are missing: as few as account for it.
        let amounts = receipts.iter().map(|receipt| (receipt.id(), receipt.op.unsigned_abs()));
        let mut findings = Findings::of(history);
        findings.fewest(&WRONG_SUM, over.unsigned_abs(), amounts, format!("{over} cents more than the receipts say"));
        findings.done()
    }
}

static WRONG_SUM: Kind = Kind::lost("wrong sum", "A confirmed operation is missing from the purse.");

static KITTY: WorkloadSpec =
    WorkloadSpec::own("kitty", "put money in, take it out", &[EditKind::Put], &[&WRONG_SUM], 500, |_| Box::new(Kitty));

/// The strategy: every client has every operation, and replays all of them in one fixed order after each new one.
struct LogReplay;
static LOG_REPLAY: Spec = Spec::own(
    "log-replay",
    "every client replays all operations in the order of their numbers",
    Topology::Mesh,
    Guarantees {
        converges: true,
        works_offline: true,
        confirms_alone: true,
        grows: Growth::operations("every one"),
        ..Guarantees::NONE
    },
    |_| Box::new(LogReplay),
);

type Log = BTreeMap<OpId, Operation>;
impl Strategy for LogReplay {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Peer::with(setup, Log::new())
    }
    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(Peer::with(setup, postcard::from_bytes(durable).map_err(ProtocolError::malformed)?))
    }
}

struct Peer {
    setup: Setup,
    up: Vec<NodeId>,
    log: Log,
    view: Document,
}
impl Peer {
    fn with(setup: &Setup, log: Log) -> Box<dyn Replica> {
        let mut peer = Self { setup: setup.clone(), up: Vec::new(), log, view: Document::Null };
        peer.replay();
        Box::new(peer)
    }
    fn replay(&mut self) {
        let mut order: Vec<_> = self.log.iter().collect();
        order.sort_by_key(|(id, _)| (id.n, id.client));
        self.view = Document::decode(&self.setup.genesis).expect("made by `Strategy::genesis`");
        for (_, operation) in order {
            // An operation that is rejected in its place has no effect.
            let _ = reduce(&*self.setup.model, &mut self.view, operation);
        }
    }
    fn take(&mut self, news: Log, cx: &mut Context<'_>) {
        news.keys().for_each(|id| cx.reflected(*id));
        self.log.extend(news);
        self.replay();
    }
    fn send(&self, to: &[NodeId], log: &Log, cx: &mut Context<'_>) {
        let bytes = postcard::to_stdvec(log).expect("plain data");
        cx.broadcast(to.iter().copied(), bytes, Sidecar::ops(log.keys().copied()));
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        match reduce(&*self.setup.model, &mut self.view.clone(), operation) {
            Err(reason) => cx.rejected(id, reason),
            Ok(outcome) => {
                let news = Log::from([(id, operation.clone())]);
                self.send(&self.up, &news, cx);
                self.take(news, cx);
                cx.shown(id);
                cx.confirmed(id, outcome);
            }
        }
    }
    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        self.take(postcard::from_bytes(bytes).map_err(ProtocolError::malformed)?, cx);
        Ok(())
    }
    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.up.retain(|other| *other != peer);
        if state == LinkState::Up {
            self.up.push(peer);
            self.send(&[peer], &self.log, cx);
        }
    }
    fn view(&self) -> &dyn View {
        &self.view
    }
    fn durable(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.log).expect("plain data")
    }
}

/// Runs the product under the custom strategy and under two of the harness, five times each.
pub fn compare() -> Result<Vec<Cell>, ScenarioError> {
    let strategies = ["log-replay", "serial", "lww-document"].map(String::from).to_vec();
    let scenario = Scenario { strategies, workloads: vec!["kitty".into()], ops: 100, ..Scenario::default() };
    collect(vec![scenario], &Catalog::default().strategy(&LOG_REPLAY).workload(&KITTY))
}
