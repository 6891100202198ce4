//! `serial-cas`: compare and set, with retries.
//!
//! A client plans on its copy and writes the edits together with the place in the log that its copy is at. The server, which
//! knows no model, appends them if nothing came between; else it answers that something did, and the client waits, plans
//! again on what it has by then, and writes again. Waiting is exponential with full jitter. After so many retries the user
//! is told that the operation was refused (`starved`). A client has one write under way; further operations wait.
//!
//! This is the expected sequence number of a JetStream publish, for a whole stream: the unit that a write must be the first
//! to change is the whole document, as with an HTTP `If-Match` on one resource. What is new reaches clients by
//! subscription, so there is no refetch: a client that is told of a mismatch has been sent what came between before.
//!
//! Source: NATS JetStream's `Nats-Expected-Last-Sequence`; RFC 9110, `If-Match`; AWS, "Exponential Backoff And Jitter".
//!
//! Trade-offs: nothing on the server but a log, exact outcomes, and clients that need no rollback; for no local effect
//! before a round trip, nothing while offline, and throughput that falls as more people write anywhere in the document.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::journal::{Entry, Journal, News, Packed};
use crate::document::{Document, EditKind};
use crate::model::{ModelRef, Operation, Outcome, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::sidecar::Sidecar;
use crate::spec::{Content, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "serial-cas",
    family: "serial",
    summary: "a write names the version that it was made on; if that is not the latest, plan again and retry",
    source: "HTTP If-Match, NATS JetStream's expected last sequence",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        can_refuse: true,
        serializable: true,
        needs_server: true,
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "retries",
            kind: ParamKind::Count,
            default: "10",
            help: "how often an operation is tried again before its user is told that it was refused; 10 as in the AWS \
                   SDKs for DynamoDB",
        },
        Param {
            name: "backoff",
            kind: ParamKind::Span,
            default: "50ms",
            help: "longest wait before the first retry; each further one may take twice as long as the one before, up to \
                   20 s. 50 ms as in the AWS SDKs for DynamoDB",
        },
        Param {
            name: "history",
            kind: ParamKind::Count,
            default: "1000",
            help: "writes the server keeps to bring a returning client up to date; who misses older ones needs a \
                   snapshot. 1000 as for `serial`",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Unsupported("it keeps nothing to take back"),
    build: |params: &Params| {
        let history = usize::try_from(params.count("history")).unwrap_or(usize::MAX);
        Box::new(Cas {
            history,
            patience: Patience { retries: params.count("retries"), backoff: params.span("backoff") },
        })
    },
};

/// No wait is longer: the AWS SDKs' limit.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy)]
struct Patience {
    retries: u64,
    backoff: Duration,
}

impl Patience {
    /// The longest wait before the `nth` retry, counted from 1.
    fn longest_wait(self, nth: u64) -> Duration {
        let doublings = u32::try_from(nth.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
        self.backoff.saturating_mul(1 << doublings).min(LONGEST_WAIT)
    }
}

struct Cas {
    history: usize,
    patience: Patience,
}

#[derive(Serialize, Deserialize)]
enum ToServer {
    /// "Send me what follows `seq`, and from then on everything."
    Join { seq: u64 },
    /// The edits of operation `n`, to be made on the state at the place `base` or not at all.
    Write { base: u64, n: u64, edits: Packed },
}

#[derive(Serialize, Deserialize)]
enum ToClient {
    /// This got the place `seq`. Its author gets it too.
    Written { seq: u64, entry: Entry },
    /// Something came between.
    Mismatch { base: u64, n: u64 },
    /// The answer to a join, with the receiver's last operation that has its place.
    Joined { news: News, last: u64 },
}

impl Strategy for Cas {
    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        let data = Document::decode(&setup.genesis).expect("genesis is a document");
        if setup.node == NodeId::SERVER {
            Box::new(Server { joined: BTreeSet::new(), journal: Journal::new(data, self.history) })
        } else {
            let state = ClientState { seq: 0, data, last: 0, queue: BTreeMap::new(), retries: 0, written: None };
            Box::new(Client::new(setup, self.patience, state))
        }
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        if setup.node == NodeId::SERVER {
            Ok(Box::new(Server { joined: BTreeSet::new(), journal: decode::<Journal>(durable)?.check()? }))
        } else {
            Ok(Box::new(Client::new(setup, self.patience, decode(durable)?)))
        }
    }
}

struct Server {
    joined: BTreeSet<NodeId>,
    journal: Journal,
}

impl Server {
    fn write(&mut self, base: u64, entry: Entry, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let (id, seq) = (entry.id(), self.journal.seq);
        if base > seq {
            return Err(ProtocolError::Unexpected(format!("made at {base}, the log ends at {seq}")));
        }
        if base < seq {
            cx.count("mismatches", 1);
            cx.send(id.client, encode(&ToClient::Mismatch { base, n: id.n }), Sidecar::none());
            return Ok(());
        }
        let mut data = self.journal.data.clone();
        data.apply_all(&entry.edits.edits()?).map_err(ProtocolError::malformed)?;
        self.journal.append(entry.clone(), data);
        cx.broadcast(self.joined.iter().copied(), encode(&ToClient::Written { seq: seq + 1, entry }), Sidecar::op(id));
        cx.reflected(id);
        Ok(())
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let last = self.journal.last(from);
        match decode(bytes)? {
            ToServer::Join { seq } => {
                let (news, sidecar) = self.journal.since(seq)?;
                if matches!(news, News::Snapshot { .. }) {
                    cx.count("snapshots", 1);
                }
                cx.send(from, encode(&ToClient::Joined { news, last }), sidecar);
                self.joined.insert(from);
            }
            ToServer::Write { n, .. } if n <= last => cx.count("duplicates_ignored", 1),
            ToServer::Write { base, n, edits } => self.write(base, Entry { client: from, n, edits }, cx)?,
        }
        Ok(())
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.journal.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.journal.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.journal)
    }
}

/// A write that was sent and not answered.
#[derive(Serialize, Deserialize)]
struct Write {
    base: u64,
    edits: Packed,
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
struct ClientState {
    seq: u64,
    data: Document,
    /// The last own operation that has its place.
    last: u64,
    /// Own operations without an answer; the first is the one that is tried.
    queue: BTreeMap<u64, Operation>,
    /// How often the first one met a mismatch.
    retries: u64,
    /// What was sent of it.
    written: Option<Write>,
}

struct Client {
    model: ModelRef,
    node: NodeId,
    patience: Patience,
    /// Whether writes may go out: the server has said where this client stands, or there is nothing that it might have
    /// seen already.
    open: bool,
    /// The first operation waits for the timer with the tag `era`.
    waiting: bool,
    /// Grows with every timer and every connection, so that older timers are told apart.
    era: u64,
    state: ClientState,
}

impl Client {
    fn new(setup: &Setup, patience: Patience, state: ClientState) -> Self {
        let (model, node) = (setup.model.clone(), setup.node);
        Self { model, node, patience, open: false, waiting: false, era: 0, state }
    }

    /// Writes the first operation that makes sense, unless something is under way; refuses those before it.
    fn advance(&mut self, cx: &mut Context<'_>) {
        while self.open && !self.waiting && self.state.written.is_none() {
            let Some((&n, operation)) = self.state.queue.first_key_value() else { return };
            let id = OpId { client: self.node, n };
            let planned = self.model.plan(&self.state.data, operation).and_then(|plan| {
                let fits = self.state.data.produce(&plan.edits);
                fits.map(|_| plan).map_err(|error| Rejected::new("edit_refused", error.to_string()))
            });
            match planned {
                Ok(plan) => {
                    let base = self.state.seq;
                    let edits = Packed::of(&plan.edits);
                    let message = ToServer::Write { base, n, edits: edits.clone() };
                    cx.send(NodeId::SERVER, encode(&message), Sidecar::op(id));
                    self.state.written = Some(Write { base, edits, outcome: plan.outcome });
                }
                Err(reason) => self.answer(n, Err(reason), cx),
            }
        }
    }

    /// Tells the user what became of the operation that was tried.
    fn answer(&mut self, n: u64, verdict: Result<Outcome, Rejected>, cx: &mut Context<'_>) {
        self.state.queue.remove(&n);
        (self.state.retries, self.state.written, self.waiting) = (0, None, false);
        let id = OpId { client: self.node, n };
        match verdict {
            Ok(outcome) => {
                cx.shown(id);
                cx.reflected(id);
                cx.confirmed(id, outcome);
            }
            Err(reason) => cx.rejected(id, reason),
        }
    }

    /// Something came between: waits and tries again, or gives up.
    fn mismatch(&mut self, n: u64, cx: &mut Context<'_>) {
        self.state.written = None;
        self.state.retries += 1;
        if self.state.retries > self.patience.retries {
            cx.count("starved", 1);
            let detail = format!("somebody else was faster {} times", self.state.retries);
            self.answer(n, Err(Rejected::new(Rejected::STARVED, detail)), cx);
            return self.advance(cx);
        }
        cx.count("retries", 1);
        let longest = self.patience.longest_wait(self.state.retries);
        let wait = cx.rng().random_range(0..=u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX));
        self.waiting = true;
        self.era += 1;
        cx.set_timer(Duration::from_nanos(wait), self.era);
    }

    /// Takes entries that follow what is here, known ones left aside: all or none.
    fn take(&mut self, after: u64, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let here = self.state.seq;
        let known =
            here.checked_sub(after).ok_or_else(|| ProtocolError::Unexpected(format!("{after} follows {here}")))?;
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(entries.len());
        let (old, new) = entries.split_at(known);
        let mut data = self.state.data.clone();
        for entry in new {
            data.apply_all(&entry.edits.edits()?).map_err(ProtocolError::malformed)?;
        }
        let end = here.checked_add(new.len() as u64);
        self.state.seq = end.ok_or_else(|| ProtocolError::malformed("beyond the last place"))?;
        self.state.data = data;
        if !old.is_empty() {
            cx.count("duplicates_ignored", old.len() as u64);
        }
        for entry in new {
            if entry.client == self.node {
                self.placed(entry.n, Some(&entry.edits), cx);
            }
            cx.reflected(entry.id());
        }
        Ok(())
    }

    /// The own operations up to `last` have their place. What is known of the last one is what the log has under its
    /// number, which somebody else may have stolen.
    fn placed(&mut self, last: u64, logged: Option<&Packed>, cx: &mut Context<'_>) {
        self.state.last = self.state.last.max(last);
        while let Some((&n, _)) = self.state.queue.first_key_value().filter(|(n, _)| **n <= last) {
            let written = self.state.written.take().filter(|_| n == last);
            let own = written.filter(|written| logged.is_none_or(|edits| *edits == written.edits));
            self.answer(n, own.map(|written| written.outcome).ok_or_else(number_taken), cx);
        }
    }

    fn joined(&mut self, news: News, last: u64, sidecar: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match news {
            News::Entries { after, entries } => self.take(after, &entries, cx)?,
            News::Snapshot { seq, .. } if seq < self.state.seq => cx.count("duplicates_ignored", 1),
            News::Snapshot { seq, data } => {
                (self.state.seq, self.state.data) = (seq, data);
                self.placed(last, None, cx);
                cx.reflected_all(sidecar);
            }
        }
        if !std::mem::replace(&mut self.open, true) {
            // What was written and is not in the log did not arrive.
            self.state.written = None;
        }
        self.advance(cx);
        Ok(())
    }
}

fn number_taken() -> Rejected {
    Rejected::new("number_taken", "somebody else acted under this number")
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if id.n <= self.state.last {
            return cx.rejected(id, number_taken());
        }
        self.state.queue.insert(id.n, operation.clone());
        self.advance(cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        if from != NodeId::SERVER {
            return Err(ProtocolError::Unexpected(format!("from {from}, not from the server")));
        }
        match decode(bytes)? {
            ToClient::Written { seq, entry } => {
                let after = seq.checked_sub(1).ok_or_else(|| ProtocolError::malformed("places begin at 1"))?;
                self.take(after, &[entry], cx)?;
                self.advance(cx);
            }
            ToClient::Mismatch { base, n } => {
                let tried = self.state.queue.first_key_value().map(|(first, _)| *first) == Some(n);
                match &self.state.written {
                    Some(written) if tried && written.base == base => self.mismatch(n, cx),
                    _ => cx.count("duplicates_ignored", 1),
                }
            }
            ToClient::Joined { news, last } => self.joined(news, last, sidecar, cx)?,
        }
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if tag == self.era {
            self.waiting = false;
            self.advance(cx);
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.era += 1;
        self.waiting = false;
        self.open = state == LinkState::Up && self.state.queue.is_empty();
        if state == LinkState::Up {
            cx.send(peer, encode(&ToServer::Join { seq: self.state.seq }), Sidecar::none());
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.data
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.data)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}

#[cfg(test)]
mod tests;
