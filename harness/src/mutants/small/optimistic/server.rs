//! The server: one order of all operations.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use syncbench_strategies::document::{Document, Edit};
use syncbench_strategies::model::{ModelRef, Operation, Outcome, Rejected};
use syncbench_strategies::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup};
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::view::View;

use super::{Action, Flaw, NUMBER, Place, ToClient, ToServer};
use crate::mutants::small::{decode, encode};

pub(super) struct Server {
    flaw: Option<Flaw>,
    model: ModelRef,
    data: Document,
    log: Vec<Place>,
    /// What undoes each operation, and the state before it.
    inverses: BTreeMap<OpId, (Vec<Edit>, Document)>,
    /// By client and number: what has its place.
    placed: BTreeSet<(NodeId, u64)>,
    joined: BTreeSet<NodeId>,
    /// Places that wait to be sent; with [`Flaw::TwoOrders`].
    unsent: Vec<Place>,
}

impl Server {
    pub(super) fn new(setup: &Setup, data: Document, flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            model: setup.model.clone(),
            data,
            log: Vec::new(),
            inverses: BTreeMap::new(),
            placed: BTreeSet::new(),
            joined: BTreeSet::new(),
            unsent: Vec::new(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Carries an action out; gives what changed.
    fn carry_out(&mut self, id: OpId, action: &Action) -> (Vec<Edit>, Result<Outcome, Rejected>) {
        let planned = match action {
            Action::Operate(operation) => self.model.plan(&self.data, operation).map(|plan| (plan.edits, plan.outcome)),
            Action::Undo(target) => match self.inverses.remove(&OpId { client: id.client, n: *target }) {
                Some((_, before)) if self.has(Flaw::UndoesAll) => {
                    Ok((vec![Edit::Put { path: syncbench_strategies::path![], value: before }], Outcome::Null))
                }
                Some((inverse, _)) => Ok((inverse, Outcome::Null)),
                None => Err(Rejected::new("gone", "there is nothing to undo")),
            },
        };
        let (edits, outcome) = match planned {
            Ok(planned) => planned,
            Err(reason) => return (Vec::new(), Err(reason)),
        };
        let before = self.data.clone();
        match self.data.apply_all(&edits) {
            Ok(inverse) => {
                self.inverses.insert(id, (inverse, before));
                (edits, Ok(outcome))
            }
            Err(error) => (Vec::new(), Err(error.into())),
        }
    }

    fn place(&mut self, client: NodeId, n: u64, action: &Action, cx: &mut Context<'_>) {
        let (edits, verdict) = self.carry_out(OpId { client, n: n & NUMBER }, action);
        let place = Place { seq: self.log.len() as u64 + 1, client, n, edits, verdict };
        cx.reflected(place.id());
        self.log.push(place.clone());
        if self.has(Flaw::TwoOrders) {
            if self.unsent.is_empty() {
                cx.set_timer(Duration::from_millis(20), 0);
            }
            self.unsent.push(place);
        } else {
            self.send(&[place], cx);
        }
    }

    fn send(&self, places: &[Place], cx: &mut Context<'_>) {
        for client in &self.joined {
            let mut places = places.to_vec();
            if self.has(Flaw::TwoOrders) && *client == NodeId(2) {
                let numbers: Vec<u64> = places.iter().map(|place| place.seq).collect();
                places.reverse();
                places.iter_mut().zip(numbers).for_each(|(place, seq)| place.seq = seq);
            }
            for place in &mut places {
                if self.has(Flaw::SpreadsRejected) && place.verdict.is_err() && place.client != *client {
                    let seq = i64::try_from(place.seq).unwrap_or(i64::MAX);
                    place.edits = vec![Edit::Put { path: syncbench_strategies::path!["rejected"], value: seq.into() }];
                }
            }
            let sidecar = Sidecar::ops(places.iter().map(Place::id));
            cx.send(*client, encode(&ToClient::Places(places)), sidecar);
        }
    }

    fn join(&mut self, client: NodeId, from: Option<u64>, cx: &mut Context<'_>) {
        self.joined.insert(client);
        let Some(from) = from else { return };
        let end = self.log.len() as u64;
        let mut places: Vec<Place> = self.log.iter().skip(from as usize).cloned().collect();
        if self.has(Flaw::TornSnapshot) {
            places.truncate(places.len().saturating_sub(2));
        }
        if self.has(Flaw::OmitsOwn) {
            places.retain(|place| place.client != client);
        }
        let sidecar = Sidecar::ops(places.iter().map(Place::id));
        cx.send(client, encode(&ToClient::Joined { places, end }), sidecar);
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("server", "the server has no user"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Join(place) => self.join(from, place, cx),
            ToServer::Push { n, action } => {
                if self.placed.insert((from, n)) || self.has(Flaw::AppliesAgain) {
                    self.place(from, n, &action, cx);
                }
            }
        }
        Ok(())
    }

    fn timer(&mut self, _: u64, cx: &mut Context<'_>) {
        let places = std::mem::take(&mut self.unsent);
        self.send(&places, cx);
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.data
    }

    fn durable(&self) -> Vec<u8> {
        Vec::new()
    }
}
