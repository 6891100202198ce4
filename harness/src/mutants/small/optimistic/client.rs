//! The client: the server's state, and its own operations replayed on it.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{ModelRef, Operation, reduce};
use syncbench_strategies::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::view::View;

use super::{Action, Flaw, NUMBER, Place, ToClient, ToServer};
use crate::mutants::small::{decode, encode};

pub(super) struct Client {
    flaw: Option<Flaw>,
    model: ModelRef,
    node: NodeId,
    seq: u64,
    base: Document,
    view: Document,
    /// By number: what has no place yet.
    pending: BTreeMap<u64, Action>,
    /// Pending operations that have no effect on the view.
    hidden: BTreeSet<u64>,
    connected: bool,
    ever_connected: bool,
}

impl Client {
    pub(super) fn new(setup: &Setup, data: Document, flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            model: setup.model.clone(),
            node: setup.node,
            seq: 0,
            view: data.clone(),
            base: data,
            pending: BTreeMap::new(),
            hidden: BTreeSet::new(),
            connected: false,
            ever_connected: false,
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n: n & NUMBER }
    }

    fn push(&self, n: u64, cx: &mut Context<'_>) {
        if let Some(action) = self.pending.get(&n).filter(|_| self.connected) {
            let message = ToServer::Push { n, action: action.clone() };
            cx.send(NodeId::SERVER, encode(&message), Sidecar::op(self.id(n)));
        }
    }

    /// Shows the base with the pending operations replayed on it.
    fn replay(&mut self, cx: &mut Context<'_>) {
        self.view = self.base.clone();
        for (n, action) in &self.pending {
            let Action::Operate(operation) = action else { continue };
            if reduce(&*self.model, &mut self.view, operation).is_ok() {
                self.hidden.remove(n);
            } else if self.hidden.insert(*n) {
                cx.rolled_back(OpId { client: self.node, n: n & NUMBER });
            }
        }
    }

    /// Takes places that follow what is here.
    fn take(&mut self, places: &[Place], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        for place in places {
            if place.seq <= self.seq {
                continue;
            }
            let gap = place.seq > self.seq + 1;
            if gap && !self.has(Flaw::IgnoresEpoch) && !self.has(Flaw::OneTooFar) && !self.has(Flaw::OmitsOwn) {
                return Err(ProtocolError::Unexpected(format!("place {} after {}", place.seq, self.seq)));
            }
            match self.base.apply_all(&place.edits) {
                Err(error) if self.flaw.is_none() => return Err(ProtocolError::malformed(error)),
                _ => self.seq = place.seq,
            }
            if place.client == self.node && self.pending.remove(&place.n).is_some() {
                let hidden = self.hidden.remove(&place.n);
                match &place.verdict {
                    Ok(outcome) => cx.confirmed(place.id(), outcome.clone()),
                    Err(reason) => {
                        if !hidden {
                            cx.rolled_back(place.id());
                        }
                        cx.rejected(place.id(), reason.clone());
                    }
                }
            }
            cx.reflected(place.id());
        }
        if self.has(Flaw::DropsOne) && self.pending.len() > 1 && !places.is_empty() {
            self.pending.pop_last();
        }
        self.replay(cx);
        Ok(())
    }

    fn act(&mut self, id: OpId, action: Action, cx: &mut Context<'_>) {
        self.pending.insert(id.n, action);
        self.push(id.n, cx);
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if let Err(reason) = reduce(&*self.model, &mut self.view, operation) {
            return cx.rejected(id, reason);
        }
        cx.shown(id);
        cx.reflected(id);
        self.act(id, Action::Operate(operation.clone()), cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        self.act(id, Action::Undo(target.n), cx);
    }

    fn receive(&mut self, _: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToClient::Places(places) => self.take(&places, cx),
            ToClient::Joined { places, end } => {
                self.take(&places, cx)?;
                self.seq = self.seq.max(end);
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.connected = state == LinkState::Up;
        if state == LinkState::Down {
            if self.has(Flaw::StoresAgain) {
                let again = |(n, action): (&u64, &Action)| (n | (NUMBER + 1), action.clone());
                let stored: Vec<_> = self.pending.iter().map(again).collect();
                self.pending.extend(stored);
            }
            return;
        }
        let again = std::mem::replace(&mut self.ever_connected, true);
        if self.has(Flaw::ForgetsOffline) && again {
            self.pending.clear();
            self.replay(cx);
        }
        let place = match self.flaw {
            Some(Flaw::IgnoresEpoch) if again => None,
            Some(Flaw::OneTooFar) if again => Some(self.seq + 1),
            _ => Some(self.seq),
        };
        cx.send(peer, encode(&ToServer::Join(place)), Sidecar::none());
        let pending: Vec<u64> = self.pending.keys().copied().collect();
        pending.into_iter().for_each(|n| self.push(n, cx));
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.base)
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
