//! `escrow`: stock is shared out beforehand, and everybody spends from the own share.
//!
//! Of every counter each client holds rights, and all rights together are what is left. Taking from a counter spends own
//! rights: at once, offline too, and it stands; so no counter ever falls below zero. Adding to a counter makes rights. Who
//! has too few asks the peer that is known to have most, then the next, and the operation waits meanwhile; it is refused when
//! nobody within reach is known to have any, or when its user has waited long enough. A plan is made on a view in which a
//! counter shows what this client may spend, so that the model refuses for the right reason; its user sees the whole stock.
//!
//! Who writes a record holds it, and what it took can be given back by its holder alone, as rights are spent by theirs: else
//! two who cancel one booking at once would both put a unit back. Who wants to cancel another's booking asks for it first.
//!
//! What is no stock is a record, an entry of a map that was there at the beginning: the last writer wins, where a later
//! writer is one who had seen the earlier one's (no clock is asked). Changes are numbered by their author and taken in after
//! all that their author had heard of, so that nobody sees a booking without what it took. Rights handed over are a number in
//! the giver's row that only grows: doubled, late or reordered, they are there once.
//!
//! Source: O'Neil, "The Escrow Transactional Method" (1986), for rights taken before they are needed; Balegas et al.,
//! "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants" (2015), for the bounded counter, its
//! rows and its transfers, as in Antidote.
//!
//! Trade-offs: exact stock with no round trip, as long as the rights are where the demand is; for stock that one cannot sell
//! and another has (`refused with stock left`), and for rights and bookings of a client that is away, which nobody else can spend or
//! cancel. Removed records stay as such. (A little longer than most files: it is one machine with a few states.)

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rights::Split;
use super::stock::{Change, News, Stock, Versions};
use crate::courier::{Courier, TICK};
use crate::document::{Document, EditKind, Path};
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Time, Topology};
use crate::sidecar::{Sidecar, Tags};
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "escrow",
    family: "escrow",
    summary: "stock is shared out as rights to take from it; spend at once, ask the others when out of rights",
    source: "O'Neil 1986; the bounded counter of Balegas et al. 2015, Antidote",
    library: None,
    topology: Topology::Mesh,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        tolerates_reordering: true,
        tolerates_loss: true,
        works_offline: true,
        can_refuse: true,
        grows: Growth::removals("what is left of removed records"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "patience",
            kind: ParamKind::Span,
            default: "1s",
            help: "how long an operation waits for rights before it is refused; after a second people lose their train of \
                   thought (Nielsen 1993)",
        },
        Param {
            name: "split",
            kind: ParamKind::Choice(&["equal", "first"]),
            default: "equal",
            help: "how the stock of the beginning is shared out: `equal` among all clients, or all to the `first`, as from \
                   a warehouse. Equal is what to do when nothing is known about demand",
        },
        Param {
            name: "ask",
            kind: ParamKind::Choice(&["need", "half"]),
            default: "need",
            help: "what a client hands over that is asked: what the other `need`s, or `half` of all it has if that is more, \
                   so that it is asked less often. Need leaves rights where they were shared out",
        },
    ],
    support: |kind| match kind {
        EditKind::Put | EditKind::Remove | EditKind::Increment => Support::Native,
        _ => Support::Unsupported("it carries stock and records, no lists and texts"),
    },
    content: |content| match content {
        Content::Stock => Support::Native,
        _ => Support::Unsupported("its counters are stock, which must not fall below zero"),
    },
    undo: Support::Unsupported("a cancelled booking is an operation of its own"),
    build: |params| {
        let split = if params.choice("split") == "first" { Split::First } else { Split::Equal };
        Box::new(Escrow { split, half: params.choice("ask") == "half", patience: params.span("patience") })
    },
};

/// How long a change waits for those before it until its author is asked for them: they come by themselves, unless the two
/// are connected by way of a third only.
const MISSING_WAIT: Duration = Duration::from_millis(500);

const MISSING: u64 = TICK + 1;
const PATIENCE: u64 = TICK + 2;

#[derive(Clone, Copy)]
struct Escrow {
    split: Split,
    half: bool,
    patience: Duration,
}

#[derive(Serialize, Deserialize)]
enum Message {
    /// "This is what I have heard of."
    Hello(Versions),
    News(News),
    Change(Change),
    /// "Hand me so many rights, or the record."
    Ask {
        good: Good,
        amount: u64,
    },
    /// What came of it: the change that handed it over, or the last one that may have, or 0.
    Answer {
        good: Good,
        change: u64,
    },
}

/// What one replica can hand to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Good {
    Rights(u32),
    Record(Path),
}

/// What a crash leaves behind.
#[derive(Serialize, Deserialize)]
struct Saved {
    stock: News,
    pending: Vec<(OpId, Operation)>,
}

impl Strategy for Escrow {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        Box::new(Peer::new(*self, setup))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let saved: Saved = decode(durable)?;
        let mut peer = Peer::new(*self, setup);
        peer.stock.check_news(&saved.stock)?;
        peer.stock.take_news(&saved.stock);
        peer.pending = saved.pending.into_iter().map(|(id, operation)| Pending::new(id, operation)).collect();
        Ok(Box::new(peer))
    }
}

/// An operation that waits for rights.
struct Pending {
    id: OpId,
    operation: Operation,
    /// When it is given up; set as soon as it waits in this life.
    until: Option<Time>,
    asked: BTreeSet<(Good, NodeId)>,
    waits_for: Option<Request>,
}

/// What a peer was asked for, and the change with it once it has answered.
struct Request {
    peer: NodeId,
    good: Good,
    change: Option<u64>,
}

impl Pending {
    fn new(id: OpId, operation: Operation) -> Self {
        Self { id, operation, until: None, asked: BTreeSet::new(), waits_for: None }
    }
}

/// What an operation comes to at this moment.
enum Attempt {
    Fits(Plan),
    Refused(Rejected),
    /// It needs so much more of something; without that it is refused for this reason.
    Needs(Good, u64, Rejected),
}

struct Peer {
    config: Escrow,
    model: ModelRef,
    me: NodeId,
    stock: Stock,
    courier: Courier,
    /// Peers that were told on this connection what is known here.
    greeted: BTreeSet<NodeId>,
    /// Changes that came before others that they come after.
    held: BTreeMap<(NodeId, u64), Change>,
    /// Whether the timer runs that looks after them.
    looking: bool,
    pending: Vec<Pending>,
    /// When the next timer is due that was set for the patience of users.
    alarm: Option<Time>,
}

impl Peer {
    fn new(config: Escrow, setup: &Setup) -> Self {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        let nodes = setup.peers.iter().copied().chain([setup.node]).collect();
        Self {
            config,
            model: setup.model.clone(),
            me: setup.node,
            stock: Stock::new(setup.node, nodes, genesis, config.split),
            courier: Courier::new(setup.node),
            greeted: BTreeSet::new(),
            held: BTreeMap::new(),
            looking: false,
            pending: Vec::new(),
            alarm: None,
        }
    }

    fn attempt(&self, operation: &Operation) -> Attempt {
        let lacking = |plan: &Plan| {
            let rights = self.stock.lacking(&plan.edits).map(|(counter, amount)| (Good::Rights(counter), amount));
            rights.or_else(|| self.stock.foreign(&plan.edits).map(|record| (Good::Record(record), 1)))
        };
        match self.model.plan(&self.stock.spendable(), operation) {
            Ok(plan) => match lacking(&plan) {
                None => Attempt::Fits(plan),
                Some((good, amount)) => {
                    let reason = Rejected::new("no_rights", "nobody within reach can spare enough");
                    Attempt::Needs(good, amount, reason)
                }
            },
            // It may make sense with the rights of others.
            Err(reason) => match self.model.plan(self.stock.shown(), operation) {
                Err(whole) => Attempt::Refused(whole),
                Ok(plan) => match lacking(&plan) {
                    None => Attempt::Refused(reason),
                    Some((good, amount)) => Attempt::Needs(good, amount, reason),
                },
            },
        }
    }

    fn perform(&mut self, id: OpId, plan: &Plan, cx: &mut Context<'_>) {
        if plan.edits.is_empty() {
            cx.void(id);
            return accepted(id, plan.outcome.clone(), cx);
        }
        match self.stock.perform(&plan.edits) {
            Ok(change) => {
                cx.tagged(id, tag(self.me, change.number));
                self.publish(change, cx);
                accepted(id, plan.outcome.clone(), cx);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn publish(&mut self, change: Change, cx: &mut Context<'_>) {
        let to: Vec<NodeId> = self.courier.connected().collect();
        self.courier.send(to, encode(&Message::Change(change)), Sidecar::none(), cx);
    }

    fn say(&mut self, to: NodeId, message: &Message, cx: &mut Context<'_>) {
        self.courier.send([to], encode(message), Sidecar::none(), cx);
    }

    /// Looks after the operations that wait: each is made, refused, or waits for somebody's answer.
    fn work(&mut self, cx: &mut Context<'_>) {
        loop {
            let mut made = false;
            for mut pending in take(&mut self.pending) {
                match self.attempt(&pending.operation) {
                    Attempt::Fits(plan) => {
                        self.perform(pending.id, &plan, cx);
                        made = true;
                    }
                    Attempt::Refused(reason) => cx.rejected(pending.id, reason),
                    Attempt::Needs(good, amount, reason) => {
                        if self.ask(&mut pending, &good, amount, cx) {
                            self.pending.push(pending);
                        } else {
                            cx.rejected(pending.id, reason);
                        }
                    }
                }
            }
            if !made {
                break;
            }
        }
        self.arm(cx);
    }

    /// Asks the next peer for what is needed, unless one has still to answer; `false` when nobody is left or it took too long.
    fn ask(&mut self, pending: &mut Pending, good: &Good, amount: u64, cx: &mut Context<'_>) -> bool {
        let until = *pending.until.get_or_insert(cx.now() + self.config.patience);
        if until <= cx.now() {
            return false;
        }
        if let Some(request) = &pending.waits_for {
            let arrived = request.change.is_some_and(|change| self.stock.heard(request.peer) >= change);
            if self.courier.is_connected(request.peer) && !arrived {
                return true;
            }
        }
        let held = |peer: &NodeId| match good {
            Good::Rights(counter) => self.stock.rights(*counter, *peer),
            Good::Record(path) => i64::from(self.stock.holder(path) == *peer),
        };
        let fresh = |peer: &NodeId| held(peer) > 0 && !pending.asked.contains(&(good.clone(), *peer));
        let richest = self.courier.connected().filter(fresh).max_by_key(|peer| (held(peer), std::cmp::Reverse(*peer)));
        let Some(peer) = richest else { return false };
        pending.asked.insert((good.clone(), peer));
        pending.waits_for = Some(Request { peer, good: good.clone(), change: None });
        cx.count("rights_asked", 1);
        self.say(peer, &Message::Ask { good: good.clone(), amount }, cx);
        true
    }

    /// Sets a timer for the first operation that has waited long enough.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let Some(until) = self.pending.iter().filter_map(|pending| pending.until).min() else { return };
        if self.alarm.is_none_or(|at| until < at) {
            self.alarm = Some(until);
            cx.set_timer(until.since(cx.now()), PATIENCE);
        }
    }

    fn hand_over(&mut self, to: NodeId, good: Good, amount: u64, cx: &mut Context<'_>) {
        let change = match &good {
            Good::Rights(counter) => self.hand_rights(to, *counter, amount, cx),
            Good::Record(path) => {
                if let Some(handed) = self.stock.hand(path, to) {
                    cx.count("records_given", 1);
                    self.publish(handed, cx);
                }
                // With the last change here comes the news of who holds it instead, or that it is gone.
                self.stock.heard(self.me)
            }
        };
        self.say(to, &Message::Answer { good, change }, cx);
    }

    fn hand_rights(&mut self, to: NodeId, counter: u32, amount: u64, cx: &mut Context<'_>) -> u64 {
        let held = u64::try_from(self.stock.rights(counter, self.me)).unwrap_or(0);
        let wanted = if self.config.half { amount.max(held.div_ceil(2)) } else { amount };
        let mut change = 0;
        if held > 0 && amount > 0 {
            let given = self.stock.give(counter, to, wanted.min(held));
            change = given.number;
            cx.count("rights_given", wanted.min(held));
            self.publish(given, cx);
        }
        change
    }

    /// Takes in the changes that were held and are ready.
    fn release(&mut self, cx: &mut Context<'_>) {
        loop {
            let ready = self.held.iter().find(|((from, _), change)| self.stock.is_ready(*from, change));
            let Some((key, _)) = ready else { break };
            let key = *key;
            let Some(change) = self.held.remove(&key) else { break };
            if self.stock.take(key.0, &change) {
                cx.reflected_tag(tag(key.0, change.number));
            }
        }
        if !self.held.is_empty() && !self.looking {
            self.looking = true;
            cx.set_timer(MISSING_WAIT, MISSING);
        }
    }

    /// Asks the authors of what is still held for what comes before.
    fn look_after_held(&mut self, cx: &mut Context<'_>) {
        self.looking = false;
        let authors: BTreeSet<NodeId> = self.held.keys().map(|(from, _)| *from).collect();
        for author in authors {
            if self.courier.is_connected(author) {
                self.looking = true;
                self.say(author, &Message::Hello(self.stock.versions().clone()), cx);
            }
        }
        if self.looking {
            cx.set_timer(MISSING_WAIT, MISSING);
        }
    }

    fn greet(&mut self, peer: NodeId, cx: &mut Context<'_>) {
        if self.greeted.insert(peer) {
            self.say(peer, &Message::Hello(self.stock.versions().clone()), cx);
        }
    }

    /// A peer says what it has heard of: it gets what it lacks, and is asked for what it has that is not here.
    fn answer(&mut self, from: NodeId, theirs: &Versions, cx: &mut Context<'_>) {
        let lacks =
            |has: &Versions, other: &Versions| other.iter().any(|(node, n)| has.get(node).copied().unwrap_or(0) < *n);
        if lacks(theirs, self.stock.versions()) {
            let news = encode(&Message::News(self.stock.since(theirs)));
            let sidecar = Sidecar::tags(tags_between(theirs, self.stock.versions()));
            self.courier.send([from], news, sidecar, cx);
        }
        if lacks(self.stock.versions(), theirs) {
            self.greet(from, cx);
        }
    }

    fn check(&self, from: NodeId, message: &Message) -> Result<(), ProtocolError> {
        match message {
            Message::Change(change) => self.stock.check(from, change),
            Message::News(news) => self.stock.check_news(news),
            Message::Hello(_) | Message::Ask { .. } | Message::Answer { .. } => Ok(()),
        }
    }

    fn handle(&mut self, from: NodeId, message: Message, sidecar: &Sidecar, cx: &mut Context<'_>) {
        match message {
            Message::Hello(theirs) => return self.answer(from, &theirs, cx),
            Message::Ask { good, amount } => return self.hand_over(from, good, amount, cx),
            Message::Change(change) => {
                self.held.insert((from, change.number), change);
            }
            Message::News(news) => {
                self.stock.take_news(&news);
                cx.reflected_all(sidecar);
            }
            Message::Answer { good, change } => {
                let requests = self.pending.iter_mut().filter_map(|pending| pending.waits_for.as_mut());
                for request in requests.filter(|request| request.peer == from && request.good == good) {
                    request.change = Some(change);
                }
            }
        }
        self.release(cx);
        self.work(cx);
    }
}

impl Replica for Peer {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        self.pending.push(Pending::new(id, operation.clone()));
        self.work(cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let opened = self.courier.open(from, bytes)?;
        let message: Option<Message> = opened.body.map(decode).transpose()?;
        message.iter().try_for_each(|message| self.check(from, message))?;
        self.courier.accept(from, &opened, cx);
        if let Some(message) = message {
            self.handle(from, message, sidecar, cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match tag {
            TICK => self.courier.tick(cx),
            MISSING => self.look_after_held(cx),
            _ => {
                self.alarm = self.alarm.filter(|at| *at > cx.now());
                self.work(cx);
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.greeted.remove(&peer);
        if state == LinkState::Down {
            self.courier.down(peer);
        } else {
            self.courier.up(peer);
            // Two that have never changed anything have nothing to tell each other.
            if !self.stock.versions().is_empty() {
                self.greet(peer, cx);
            }
            self.release(cx);
        }
        self.work(cx);
    }

    fn view(&self) -> &dyn View {
        self.stock.shown()
    }

    fn durable(&self) -> Vec<u8> {
        let pending = self.pending.iter().map(|pending| (pending.id, pending.operation.clone())).collect();
        encode(&Saved { stock: self.stock.saved(), pending })
    }
}

fn accepted(id: OpId, outcome: Outcome, cx: &mut Context<'_>) {
    cx.shown(id);
    cx.reflected(id);
    cx.confirmed(id, outcome);
}

/// A change's name for probes.
fn tag(author: NodeId, number: u64) -> u128 {
    u128::from(author.0) << 64 | u128::from(number)
}

/// The changes that are heard of with `to` and not yet with `from`, for probes.
fn tags_between(from: &Versions, to: &Versions) -> Tags {
    let of = |(node, last): (&NodeId, &u64)| {
        let first = from.get(node).copied().unwrap_or(0);
        (first + 1..=*last).map(|number| tag(*node, number)).collect::<Vec<_>>()
    };
    to.iter().flat_map(of).collect()
}
