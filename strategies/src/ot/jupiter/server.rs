//! The server: transforms changes to fit its document, and keeps what the slowest client may still need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Ot;
use super::message::{Entry, ToClient, ToServer, begins_install, sum};
use crate::document::Document;
use crate::model::Operation;
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::{Clock, Sidecar, merge_clock};
use crate::star::lineage::{self, Begun};
use crate::star::{Joined, Log, count_duplicates, reject_at_server};
use crate::view::View;
use crate::wire::{decode, encode};

/// What the server knows about a client.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Position {
    /// It needs no change up to this one.
    rev: u64,
    /// The number of its last change that was ordered.
    number: u64,
    /// Its last operation in them.
    through: u64,
}

#[derive(Serialize, Deserialize)]
struct State {
    document: Document,
    /// Back to what the slowest client may still need; a place is a revision.
    log: Log<Entry>,
    clients: BTreeMap<NodeId, Position>,
}

pub(super) struct Server {
    /// How far a client without pending work may be behind and still get the changes.
    history: u64,
    joined: Joined,
    /// It may have less than its clients, or another document: it was restored from a backup or made anew. It tells nobody.
    went_back: bool,
    /// Where it tells them.
    epoch: u64,
    state: State,
}

impl Server {
    pub(super) fn new(setup: &Setup, config: Ot, document: Document) -> Self {
        let clients = setup.peers.iter().map(|peer| (*peer, Position::default())).collect();
        Self::with(setup, config, State { document, log: Log::default(), clients })
    }

    fn with(setup: &Setup, config: Ot, state: State) -> Self {
        let epoch = if config.starts_over { lineage::epoch(setup) } else { 0 };
        let went_back = setup.identity().install > 0 && !config.starts_over;
        Self { history: config.history, joined: Joined::default(), went_back, epoch, state }
    }

    pub(super) fn restore(setup: &Setup, config: Ot, durable: &[u8]) -> Result<Self, ProtocolError> {
        let State { document, log, clients } = decode(durable)?;
        let log = log.check()?;
        if log.numbered().any(|(rev, entry)| entry.rev != rev) {
            return Err(ProtocolError::malformed("a log with gaps"));
        }
        Ok(Self::with(setup, config, State { document, log, clients }))
    }

    fn join(&mut self, client: NodeId, rev: u64, working: bool, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        if self.went_back && rev > self.state.log.end() {
            // As in ShareDB, the client is not told, and gets what comes from now on.
            cx.count("clients_ahead", 1);
            cx.send(client, encode(&ToClient::Missed(Vec::new())), Sidecar::none());
            self.joined.insert(client);
            return Ok(());
        }
        let behind = self.state.log.behind(rev)?;
        // A document that was made anew is not the one that a new client begins with.
        let behind = if self.went_back && rev == 0 { u64::MAX } else { behind };
        let missed: Option<Vec<Entry>> = self.state.log.since(rev).map(|entries| entries.cloned().collect());
        match missed {
            Some(entries) if working || behind <= self.history => {
                let mut seen = Clock::new();
                entries.iter().for_each(|entry| merge_clock(&mut seen, &entry.sidecar().seen));
                cx.send(client, encode(&ToClient::Missed(entries)), Sidecar::through(&seen));
            }
            // A late copy of an old message: the log keeps everything for a client with pending work.
            None if working => count_duplicates(1, cx),
            _ => {
                cx.count("snapshots", 1);
                let message = ToClient::Snapshot { rev: self.state.log.end(), document: self.state.document.clone() };
                cx.send(client, encode(&message), Sidecar::state(&self.seen()));
            }
        }
        self.reached(client, rev);
        self.joined.insert(client);
        Ok(())
    }

    /// A client of another epoch gets everything, and joins again with it.
    fn begin(&mut self, client: NodeId, cx: &mut Context<'_>) {
        let State { document, log, clients } = &self.state;
        let last = clients.get(&client).map_or(0, |at| at.number);
        cx.count("snapshots", 1);
        let begun = Begun { epoch: self.epoch, seq: log.end(), state: document.clone(), last };
        cx.send(client, begun.write(), Sidecar::state(&self.seen()));
    }

    /// The last operation of every client in the document.
    fn seen(&self) -> Clock {
        self.state.clients.iter().map(|(client, at)| (*client, at.through)).collect()
    }

    /// A client needs nothing up to `rev` any more: what no client needs is dropped.
    fn reached(&mut self, client: NodeId, rev: u64) {
        let at = self.state.clients.entry(client).or_default();
        at.rev = at.rev.max(rev);
        let slowest = self.state.clients.values().map(|at| at.rev).min();
        self.state.log.forget_through(slowest.unwrap_or(self.state.log.end()));
    }

    /// Gives a change its place. `entry.rev` is the revision that it was made on.
    fn order(&mut self, mut entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (client, rev) = (entry.client, entry.rev);
        let last = self.state.clients.get(&client).map_or(0, |at| at.number);
        if entry.number <= last {
            count_duplicates(1, cx);
            return Ok(());
        }
        // ShareDB refuses it too: ERR_OP_VERSION_NEWER_THAN_CURRENT_SNAPSHOT.
        if self.went_back && rev > self.state.log.end() {
            cx.send(client, encode(&ToClient::Refused { number: entry.number }), Sidecar::none());
            return Ok(());
        }
        // Numbers have gaps where the server lost changes, and where a client was installed anew.
        if entry.number != last.saturating_add(1) && !self.went_back && !begins_install(entry.number, last) {
            return Err(ProtocolError::Unexpected(format!("change {} of {client} after {last}", entry.number)));
        }
        let log = &mut self.state.log;
        let not_kept = || ProtocolError::Unexpected(format!("made on revision {rev}, which is not kept"));
        let since = log.since(rev).ok_or_else(not_kept)?;
        entry.change = since.fold(entry.change, |change, other| change.transform(&other.change, true));
        let mut document = self.state.document.clone();
        entry.change.apply(&mut document).map_err(ProtocolError::malformed)?;
        self.state.document = document;
        entry.rev = log.end() + 1;
        cx.broadcast(self.joined.others(client), encode(&ToClient::Ordered(entry.clone())), entry.sidecar());
        let answer = ToClient::Confirmed { rev: entry.rev, sum: sum(&entry.change) };
        cx.send(client, encode(&answer), Sidecar::none());
        cx.reflected_all(&entry.sidecar());
        let at = self.state.clients.entry(client).or_default();
        (at.number, at.through) = (entry.number, entry.through);
        // `reached` drops what is no longer needed.
        log.push(entry, usize::MAX);
        self.reached(client, rev);
        Ok(())
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        reject_at_server(id, cx);
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (epoch, bytes) = lineage::named(bytes)?;
        match decode(bytes)? {
            ToServer::Join { .. } if epoch != self.epoch => {
                self.begin(from, cx);
                Ok(())
            }
            // It was sent before the client learned that it has to start over.
            ToServer::Submit { .. } | ToServer::Reached { .. } if self.epoch != 0 && !self.joined.contains(from) => {
                Ok(())
            }
            ToServer::Join { rev, working } => self.join(from, rev, working, cx),
            ToServer::Submit { rev, number, through, change } => {
                self.order(Entry { rev, client: from, number, through, change }, cx)
            }
            ToServer::Reached { rev } => {
                self.state.log.behind(rev)?;
                self.reached(from, rev);
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        self.joined.link(peer, state);
    }

    fn view(&self) -> &dyn View {
        &self.state.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.document)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
