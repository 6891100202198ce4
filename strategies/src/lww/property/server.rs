//! The server: the order of arrival is the order of writes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message::{Entry, Made, News, Packed, ToClient, ToServer};
use super::tree::{Node, Write};
use crate::model::{Operation, Rejected};
use crate::replica::{Context, LinkState, NodeId, OpId, ProtocolError, Replica};
use crate::sidecar::{Clock, Sidecar};
use crate::view::View;
use crate::wire::{decode, encode};

#[derive(Serialize, Deserialize)]
pub(super) struct State {
    /// The number of operations in the order.
    version: u64,
    data: Node,
    /// The latest of them.
    entries: VecDeque<Entry>,
    /// The last one of each client.
    last: Clock,
}

impl State {
    pub(super) fn new(data: Node) -> Self {
        Self { version: 0, data, entries: VecDeque::new(), last: BTreeMap::new() }
    }
}

pub(super) struct Server {
    history: usize,
    joined: BTreeSet<NodeId>,
    state: State,
}

impl Server {
    /// Fails if the state cannot be a server's.
    pub(super) fn new(history: usize, state: State) -> Result<Self, ProtocolError> {
        match state.version.checked_sub(state.entries.len() as u64) {
            Some(_) => Ok(Self { history, joined: BTreeSet::new(), state }),
            None => Err(ProtocolError::malformed("more entries than versions")),
        }
    }

    fn last(&self, client: NodeId) -> u64 {
        self.state.last.get(&client).copied().unwrap_or(0)
    }

    fn join(&mut self, client: NodeId, version: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let State { version: now, data, entries, last } = &self.state;
        let behind = now
            .checked_sub(version)
            .ok_or_else(|| ProtocolError::Unexpected(format!("at version {version}, the server is at {now}")))?;
        let first = usize::try_from(behind).ok().and_then(|behind| entries.len().checked_sub(behind));
        let (news, sidecar) = match first {
            Some(first) => {
                let entries: Vec<Entry> = entries.range(first..).cloned().collect();
                let carries = entries.iter().map(Entry::id).collect();
                (News::Changes { after: version, entries }, Sidecar { carries, ..Sidecar::none() })
            }
            None => {
                cx.count("snapshots", 1);
                (News::Snapshot { version: *now, data: data.clone() }, Sidecar::state(last))
            }
        };
        cx.send(client, encode(&ToClient { news, joined: Some(self.last(client)) }), sidecar);
        // Catching up and subscribing are one step: nothing can come between them.
        self.joined.insert(client);
        Ok(())
    }

    /// The new operations of a push, if they follow what is here.
    fn fresh(
        &self,
        client: NodeId,
        after: u64,
        made: &[Made],
        cx: &mut Context<'_>,
    ) -> Result<Vec<(u64, Packed, Vec<Write>)>, ProtocolError> {
        let last = self.last(client);
        let known = made.iter().take_while(|made| made.n <= last).count();
        let before = made[..known].last().map_or(after, |made| made.n);
        let ascending = made.iter().try_fold(after, |n, made| (made.n > n).then_some(made.n));
        if ascending.is_none() || (before != last && known < made.len()) {
            return Err(ProtocolError::Unexpected(format!("a push of {client} after {before}, not {last}")));
        }
        let new = made[known..].iter().map(|made| Ok((made.n, made.writes.clone(), made.writes.unpack()?)));
        let new: Vec<_> = new.collect::<Result<_, ProtocolError>>()?;
        if known > 0 {
            cx.count("duplicates_ignored", known as u64);
        }
        Ok(new)
    }

    /// Applies new operations and sends them to everybody, including their issuer.
    fn apply(&mut self, client: NodeId, fresh: Vec<(u64, Packed, Vec<Write>)>, cx: &mut Context<'_>) {
        let state = &mut self.state;
        let (after, mut entries, mut dropped) = (state.version, Vec::new(), 0);
        for (n, packed, mut writes) in fresh {
            let count = writes.len();
            writes.retain(|write| state.data.apply(write));
            dropped += count - writes.len();
            // Dropped writes go no further.
            let writes = if writes.len() == count { packed } else { Packed::of(&writes) };
            let entry = Entry { client, n, writes };
            cx.reflected(entry.id());
            entries.push(entry);
            state.last.insert(client, n);
        }
        if dropped > 0 {
            cx.count("writes_dropped", dropped as u64);
        }
        state.version += entries.len() as u64;
        state.entries.extend(entries.iter().cloned());
        state.entries.drain(..state.entries.len().saturating_sub(self.history));
        let carries = entries.iter().map(Entry::id).collect();
        let sidecar = Arc::new(Sidecar { carries, ..Sidecar::none() });
        let message = ToClient { news: News::Changes { after, entries }, joined: None };
        cx.broadcast(self.joined.iter().copied(), encode(&message), sidecar);
    }
}

impl Replica for Server {
    fn submit(&mut self, id: OpId, _: &Operation, cx: &mut Context<'_>) {
        cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
    }

    fn receive(&mut self, from: NodeId, bytes: &[u8], _: &Sidecar, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match decode(bytes)? {
            ToServer::Join { version } => self.join(from, version, cx),
            ToServer::Push { after, made } => {
                let fresh = self.fresh(from, after, &made, cx)?;
                if !fresh.is_empty() {
                    self.apply(from, fresh, cx);
                }
                Ok(())
            }
        }
    }

    fn link(&mut self, peer: NodeId, state: LinkState, _: &mut Context<'_>) {
        if state == LinkState::Down {
            self.joined.remove(&peer);
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
