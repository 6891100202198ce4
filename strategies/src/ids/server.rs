//! The server of `text-ids`: puts changes into the order of their arrival, carries them out and tells everybody.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::state::{State, follows};
use super::text_ids::{Entry, News, Packed, ToClient, ToServer, carries, unpacked};
use crate::model::{Operation, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica};
use crate::sidecar::Sidecar;
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
struct ServerState {
    seq: u64,
    state: State,
    /// The latest places.
    entries: VecDeque<Entry>,
}

pub(super) struct Server {
    history: usize,
    joined: BTreeSet<NodeId>,
    state: ServerState,
}

impl Server {
    pub(super) fn new(history: usize, state: State) -> Self {
        let state = ServerState { seq: 0, state, entries: VecDeque::new() };
        Self { history, joined: BTreeSet::new(), state }
    }

    pub(super) fn restore(history: usize, durable: &[u8]) -> Result<Self, ProtocolError> {
        let state: ServerState = decode(durable)?;
        if state.seq < state.entries.len() as u64 {
            return Err(ProtocolError::malformed("more entries than places"));
        }
        Ok(Self { history, joined: BTreeSet::new(), state })
    }

    fn join(&mut self, client: NodeId, seq: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let ServerState { seq: end, state, entries } = &self.state;
        let behind = end
            .checked_sub(seq)
            .ok_or_else(|| ProtocolError::Unexpected(format!("is at {seq}, the order ends at {end}")))?;
        let first = usize::try_from(behind).ok().and_then(|behind| entries.len().checked_sub(behind));
        let (news, sidecar) = match first {
            Some(first) => {
                let entries: Vec<Entry> = entries.range(first..).cloned().collect();
                let sidecar = carries(&unpacked(&entries)?);
                (News::Entries { after: seq, entries }, sidecar)
            }
            None => {
                cx.count("snapshots", 1);
                (News::Snapshot { seq: *end, state: state.clone() }, Sidecar::state(&state.clock()))
            }
        };
        cx.send(client, encode(&ToClient { joined: true, news }), sidecar);
        // Snapshot and subscription are one step: nothing can come between them.
        self.joined.insert(client);
        Ok(())
    }

    fn push(
        &mut self,
        client: NodeId,
        after: u64,
        packed: Vec<Packed>,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let changes = packed.iter().map(Packed::change).collect::<Result<Vec<_>, _>>()?;
        let mut used = self.state.state.author(client);
        let known = changes.iter().take_while(|change| change.n <= used.n).count();
        let before = known.checked_sub(1).and_then(|index| changes.get(index)).map_or(after, |change| change.n);
        if known < changes.len() && before != used.n {
            return Err(ProtocolError::Unexpected(format!("a change of {client} after {before}, not {}", used.n)));
        }
        for change in &changes[known..] {
            if !follows(&used, change) {
                return Err(ProtocolError::Unexpected(format!("change {} of {client} does not follow", change.n)));
            }
            used.took(change);
        }
        if known > 0 {
            cx.count("duplicates_ignored", known as u64);
        }
        if known < changes.len() {
            self.order(client, &changes[known..], packed.into_iter().skip(known), cx);
        }
        Ok(())
    }

    /// Gives changes the next places and carries them out there.
    fn order(
        &mut self,
        author: NodeId,
        changes: &[Change],
        packed: impl Iterator<Item = Packed>,
        cx: &mut Context<'_>,
    ) {
        let ServerState { seq, state, entries: kept } = &mut self.state;
        let after = *seq;
        let (mut misfits, mut entries) = (0, Vec::with_capacity(changes.len()));
        for (change, packed) in changes.iter().zip(packed) {
            misfits += state.carry_out(author, change, None).misfits;
            *seq += 1;
            cx.reflected(OpId { client: author, n: change.n });
            entries.push(Entry { author, change: packed });
        }
        if misfits > 0 {
            cx.count("path_errors", misfits);
        }
        kept.extend(entries.iter().cloned());
        let forget = kept.len().saturating_sub(self.history);
        kept.drain(..forget);
        let carries = changes.iter().map(|change| OpId { client: author, n: change.n }).collect();
        let message = ToClient { joined: false, news: News::Entries { after, entries } };
        cx.broadcast(self.joined.iter().copied(), encode(&message), Sidecar { carries, ..Sidecar::none() });
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Join { seq } => self.join(from, seq, cx),
            ToServer::Push { after, changes } => self.push(from, after, changes, cx),
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
        }
    }

    fn view(&self) -> &dyn View {
        &self.state.state.document
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.state.document)
    }

    fn durable(&self) -> Vec<u8> {
        encode(&self.state)
    }
}
