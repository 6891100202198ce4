//! One client.

use std::collections::{BTreeMap, BTreeSet};

use super::Escrow;
use super::message::{Good, Message, Routed, Saved};
use super::pending::Pending;
use super::stock::{Change, Stock};
use crate::courier::{Courier, TICK};
use crate::document::Document;
use crate::model::{ModelRef, Operation, Outcome, Plan};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Time, Topology};
use crate::sidecar::Sidecar;
use crate::star::reject_at_server;
use crate::view::View;
use crate::wire::{decode, encode};

pub(super) const MISSING: u64 = TICK + 1;
pub(super) const PATIENCE: u64 = TICK + 2;

pub(super) struct Peer {
    pub(super) config: Escrow,
    pub(super) model: ModelRef,
    pub(super) me: NodeId,
    /// All other clients.
    pub(super) others: Vec<NodeId>,
    pub(super) stock: Stock,
    pub(super) courier: Courier,
    /// Peers that were sent, on this connection, which changes are here.
    pub(super) greeted: BTreeSet<NodeId>,
    /// Changes that arrived before their dependencies.
    pub(super) early: BTreeMap<(NodeId, u64), Change>,
    /// Whether the timer runs that asks for those.
    pub(super) looking: bool,
    pub(super) pending: Vec<Pending>,
    /// At a relay, requests without an answer: of whom, by whom, for what.
    pub(super) asked: BTreeSet<(NodeId, NodeId, Good)>,
    /// When the next timer for the patience of users is due.
    pub(super) alarm: Option<Time>,
}

impl Peer {
    pub(super) fn new(config: Escrow, setup: &Setup) -> Self {
        // The genesis is this strategy's own encoding, made by `Strategy::genesis`.
        let genesis = Document::decode(&setup.genesis).expect("genesis is a document");
        let clients = Topology::Mesh.nodes(setup.clients).collect();
        Self {
            config,
            model: setup.model.clone(),
            me: setup.node,
            others: Topology::Mesh.peers(setup.node, setup.clients),
            stock: Stock::new(setup.node, clients, genesis, config.split),
            courier: Courier::new(setup.node),
            greeted: BTreeSet::new(),
            early: BTreeMap::new(),
            looking: false,
            pending: Vec::new(),
            asked: BTreeSet::new(),
            alarm: None,
        }
    }

    /// Continues from what a crash left behind.
    pub(super) fn resume(&mut self, saved: Saved) -> Result<(), ProtocolError> {
        self.stock.check_news(&saved.stock)?;
        self.stock.take_news(&saved.stock);
        self.pending = saved.pending.into_iter().map(|(id, operation)| Pending::new(id, operation)).collect();
        Ok(())
    }

    /// Makes an operation whose rights are there.
    pub(super) fn perform(&mut self, id: OpId, plan: &Plan, cx: &mut Context<'_>) {
        if plan.edits.is_empty() {
            cx.void(id);
            return accepted(id, plan.outcome.clone(), cx);
        }
        match self.stock.perform(&plan.edits) {
            Ok(change) => {
                cx.tagged(id, tag(self.me, change.number));
                self.publish(self.me, change, cx);
                accepted(id, plan.outcome.clone(), cx);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    fn check(&self, neighbour: NodeId, routed: &Routed) -> Result<(), ProtocolError> {
        let Routed { from, to, message } = routed;
        let to_a_client = matches!(message, Message::Ask { .. } | Message::Answer { .. });
        let mine = match to {
            None => !to_a_client,
            Some(to) if *to == self.me => !(to_a_client && self.is_relay()),
            Some(to) => to_a_client && self.is_relay() && self.others.contains(to),
        };
        if self.via(*from) != neighbour || !mine {
            return Err(ProtocolError::Unexpected(format!("{neighbour} has no message from {from} to {to:?}")));
        }
        match message {
            Message::Change(change) => self.stock.check(*from, change),
            Message::News { news, .. } => self.stock.check_news(news),
            Message::Hello(_) | Message::Ask { .. } | Message::Answer { .. } => Ok(()),
        }
    }

    fn handle(&mut self, routed: Routed, sidecar: &Sidecar, cx: &mut Context<'_>) {
        if let Some(to) = routed.to.filter(|to| *to != self.me) {
            return self.forward(to, routed, cx);
        }
        let Routed { from, message, .. } = routed;
        match message {
            Message::Hello(theirs) => return self.answer(from, &theirs, cx),
            Message::Ask { good, amount } => return self.hand_over(from, good, amount, cx),
            Message::Change(change) => {
                self.early.insert((from, change.number), change);
            }
            Message::News { after, news } => self.take_news(from, &after, &news, sidecar, cx),
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
        if self.is_relay() {
            return reject_at_server(id, cx);
        }
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
        let routed: Option<Routed> = opened.body.map(decode).transpose()?;
        routed.iter().try_for_each(|routed| self.check(from, routed))?;
        self.courier.accept(from, &opened, cx);
        if let Some(routed) = routed {
            self.handle(routed, sidecar, cx);
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        match tag {
            TICK => self.courier.tick(cx),
            MISSING => self.ask_for_missing(cx),
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
            self.decline_for(peer, cx);
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
pub(super) fn tag(author: NodeId, number: u64) -> u128 {
    u128::from(author.0) << 64 | u128::from(number)
}
