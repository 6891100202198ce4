//! A text of diamond-types in our own terms: a [`View`](crate::view::View) with one entry, and splices.

mod agents;
mod inverse;
/// The library's bytes for a document's text, by an agent of this name.
fn written(document: &Document, agent: &str) -> Vec<u8> {
    let text = |(key, value): (&Key, &Document)| match value {
        Document::Text(rope) => Some((key.clone(), rope.to_string())),
        _ => None,
    };
    let found = if let Document::Map(map) = document { map.iter().find_map(text) } else { None };
    let (key, text) = found.unwrap_or_else(|| (Key::from("text"), String::new()));
    let mut oplog = OpLog::new();
    let agent = oplog.get_or_create_agent_id(agent);
    if !text.is_empty() {
        oplog.add_insert(agent, 0, &text);
    }
    wire::encode(&(&*key, oplog.encode(ENCODE_FULL)))
}

#[cfg(test)]
mod tests;
mod view;

use diamond_types::list::encoding::encode_tools::ParseError;
use diamond_types::list::encoding::{ENCODE_FULL, ENCODE_PATCH};
use diamond_types::list::operation::Operation;
use diamond_types::list::remote_ids::RemoteId;
use diamond_types::list::{ListCRDT, OpLog};
use diamond_types::{AgentId, LocalVersion};

use self::agents::{Counts, counts, name, number, spans};
use crate::crdt::peer::{Committed, Difference, Library, Merged, Missing, Sealed, Span, beyond, new_author};
use crate::crdt::splices;
use crate::document::{Document, Edit, Key};
use crate::model::Rejected;
use crate::replica::{OpId, ProtocolError};
use crate::undo::UndoMemory;
use crate::wire;

/// Updates that wait for their dependencies. Beyond this many the oldest are dropped, and come again with the next
/// connection.
const MAX_WAITING: usize = 10_000;

/// The library's log and text. All reading goes straight to it.
pub(super) struct Doc {
    /// Where the text is in the map that is shown.
    key: Key,
    crdt: ListCRDT,
    agent: AgentId,
    /// The agent's number for probes, and how many operations it has made.
    author: (u64, u64),
    /// Where users undo: the latest own operations.
    recent: Option<UndoMemory<Option<Span>>>,
    /// The version before the first own edit that is in no patch yet.
    unsent: Option<LocalVersion>,
    /// Own patches that were not handed out yet.
    patches: Vec<Vec<u8>>,
    waiting: Vec<Vec<u8>>,
}

impl Doc {
    fn set_author(&mut self, author: u64) {
        let name = name(author);
        self.agent = self.crdt.get_or_create_agent_id(&name);
        let made = counts(&self.crdt.oplog).into_iter().find(|(agent, _)| *agent == name);
        self.author = (number(&name), made.map_or(0, |(_, made)| made));
    }

    fn tip(&self) -> LocalVersion {
        LocalVersion::from_slice(self.crdt.oplog.local_version_ref())
    }

    /// What was added to the log since it had `before` operations and this version.
    fn added(&mut self, before: usize, version: LocalVersion) -> Option<Span> {
        let added = (self.crdt.oplog.len() - before) as u64;
        if added == 0 {
            return None;
        }
        self.unsent.get_or_insert(version);
        let (author, from) = self.author;
        self.author.1 += added;
        Some(Span { author, from, to: from + added })
    }

    /// Encodes own edits that are in no patch yet as one. This has to come before anything else is added to the log.
    fn patch(&mut self) -> Option<Vec<u8>> {
        self.unsent.take().map(|from| self.crdt.oplog.encode_from(ENCODE_PATCH, &from))
    }

    /// Applies splices, all or none.
    fn splice(&mut self, edits: &[Edit]) -> Result<Option<Span>, String> {
        if edits.is_empty() {
            return Ok(None);
        }
        splices::check(self, edits).unwrap_or_else(|| Err("text only".into()))?;
        let (before, version) = (self.crdt.oplog.len(), self.tip());
        for edit in edits {
            let Edit::TextSplice { pos, delete, insert, .. } = edit else { continue };
            if *delete > 0 {
                self.crdt.delete_without_content(self.agent, *pos..pos + delete);
            }
            if !insert.is_empty() {
                self.crdt.insert(self.agent, *pos, insert);
            }
        }
        Ok(self.added(before, version))
    }

    /// On a copy of the log, the inverse of own operations is made right behind them, as if nothing had followed, and merged
    /// with everything that has. The result is applied here.
    fn invert(&mut self, span: Span) -> Result<Option<Span>, String> {
        let (inverse, last) = self.inverse(span).ok_or("not in the log")?;
        let (before, version) = (self.crdt.oplog.len(), self.tip());
        let mut copy = self.crdt.oplog.clone();
        let agent = copy.get_or_create_agent_id("undo");
        let last = copy.add_operations_at(agent, &[last], &inverse);
        let merged = copy.iter_xf_operations_from(&version, &[last]);
        let operations: Vec<Operation> = merged.filter_map(|(_, operation)| operation).collect();
        if !operations.is_empty() {
            self.crdt.apply_local_operations(self.agent, &operations);
        }
        Ok(self.added(before, version))
    }
}

impl Library for Doc {
    type Format = Sealed;
    type Update = Vec<u8>;
    type Version = Counts;
    type Mark = usize;

    /// Keeps the map's first text, or an empty one.
    fn genesis(document: &Document) -> Vec<u8> {
        written(document, "genesis")
    }

    fn rebuild(document: &Document, seed: u64) -> Vec<u8> {
        written(document, &format!("rebuilt {seed}"))
    }

    fn load(bytes: &[u8]) -> Result<Self, String> {
        let (key, log): (String, Vec<u8>) = wire::decode(bytes).map_err(|error| error.to_string())?;
        let mut crdt = ListCRDT::load_from(&log).map_err(|error| error.to_string())?;
        let agent = crdt.get_or_create_agent_id("genesis");
        Ok(Self {
            key: Key::from(key.as_str()),
            crdt,
            agent,
            author: (0, 0),
            recent: None,
            unsent: None,
            patches: Vec::new(),
            waiting: Vec::new(),
        })
    }

    fn save(&self) -> Vec<u8> {
        wire::encode(&(&*self.key, self.crdt.oplog.encode(ENCODE_FULL)))
    }

    fn sign(&mut self, seed: u64) {
        self.set_author(new_author(seed, self.crdt.oplog.len() as u64));
    }

    fn mark(&mut self) -> usize {
        self.crdt.oplog.len()
    }

    fn commit(&mut self, n: u64, edits: &[Edit], _: bool) -> Result<Committed, String> {
        let made = self.splice(edits)?;
        if let Some(recent) = &mut self.recent {
            recent.push(n, made);
        }
        Ok(made.into())
    }

    fn remember(&mut self) {
        self.recent = Some(UndoMemory::default());
    }

    fn undo(&mut self, target: OpId) -> Result<Committed, Rejected> {
        let recent = self.recent.as_mut().ok_or_else(|| Rejected::too_old(target))?;
        let span = *recent.get(target)?;
        recent.remove(target.n);
        let undone = span.map_or(Ok(None), |span| self.invert(span));
        undone.map(Committed::from).map_err(|reason| Rejected::new("edit_refused", reason))
    }

    fn own(&mut self, updates: &mut Vec<Vec<u8>>) {
        updates.append(&mut self.patches);
        updates.extend(self.patch());
    }

    fn version(&mut self) -> Counts {
        Counts(counts(&self.crdt.oplog))
    }

    fn compare(&mut self, Counts(theirs): &Counts) -> Difference {
        let (oplog, mine) = (&self.crdt.oplog, counts(&self.crdt.oplog));
        let of = |counts: &[(String, u64)], name: &str| {
            counts.iter().find(|(agent, _)| agent == name).map_or(0, |(_, count)| *count)
        };
        let lacking = theirs.iter().any(|(agent, count)| *count > of(&mine, agent));
        let mut common = LocalVersion::new();
        for (agent, count) in &mine {
            let both = of(theirs, agent).min(*count);
            let last = both.checked_sub(1).map(|last| RemoteId { agent: agent.as_str().into(), seq: last as usize });
            if let Some(Ok(time)) = last.map(|last| oplog.try_remote_to_local_time(&last)) {
                common = oplog.version_union(&common, &[time]);
            }
        }
        if common[..] == *oplog.local_version_ref() {
            return Difference { missing: None, lacking };
        }
        let named = mine.iter().map(|(agent, count)| (number(agent), *count));
        let has = |author| theirs.iter().find(|(agent, _)| number(agent) == author).map_or(0, |(_, count)| *count);
        let update = oplog.encode_from(ENCODE_PATCH, &common);
        Difference { missing: Some(Missing::new(update, beyond(named, has))), lacking }
    }

    fn read(&self, update: Vec<u8>) -> Result<Option<Vec<u8>>, ProtocolError> {
        Ok(Some(update))
    }

    fn merge(&mut self, updates: Vec<Vec<u8>>) -> Merged {
        let patch = self.patch();
        self.patches.extend(patch);
        let before = self.crdt.oplog.len();
        let mut refused = 0;
        let mut next = std::mem::take(&mut self.waiting);
        next.extend(updates);
        loop {
            let tried = next.len();
            next.retain(|update| match self.crdt.oplog.decode_and_add(update) {
                Ok(_) => false,
                Err(ParseError::BaseVersionUnknown | ParseError::InvalidRemoteID(_) | ParseError::DataMissing) => true,
                Err(_) => {
                    refused += 1;
                    false
                }
            });
            if next.is_empty() || next.len() == tried {
                break;
            }
        }
        let too_many = next.len().saturating_sub(MAX_WAITING);
        self.waiting = next.split_off(too_many);
        let ListCRDT { branch, oplog } = &mut self.crdt;
        branch.merge(oplog, oplog.local_version_ref());
        Merged::new(spans(oplog, before), refused)
    }

    fn waits(&mut self) -> bool {
        !self.waiting.is_empty()
    }
}
