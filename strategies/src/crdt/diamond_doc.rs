//! A text of diamond-types behind our own words: a [`View`] with one entry, and splices.

use std::ops::Range;

use diamond_types::list::encoding::encode_tools::ParseError;
use diamond_types::list::encoding::{ENCODE_FULL, ENCODE_PATCH};
use diamond_types::list::operation::{OpKind, Operation};
use diamond_types::list::remote_ids::RemoteId;
use diamond_types::list::{ListCRDT, OpLog};
use diamond_types::{AgentId, LocalVersion};

use super::mesh::{Library, Merged, Missing, Span, beyond};
use crate::document::{Document, Edit, Key, Kind, Step};
use crate::view::View;
use crate::wire;

/// Updates that wait for what they depend on; of more than these the oldest go, and come again with the next connection.
const WAITING: usize = 10_000;

/// The library's log and text; all reading goes straight to it.
pub(super) struct Doc {
    /// Where the text stands in the map that is shown.
    key: Key,
    crdt: ListCRDT,
    agent: AgentId,
    /// The agent's number for probes, and how many operations it has made.
    author: (u64, u64),
    /// The version before the first own edit that is in no patch yet.
    unsent: Option<LocalVersion>,
    /// Own patches that were not handed out yet.
    patches: Vec<Vec<u8>>,
    waiting: Vec<Vec<u8>>,
}

/// Names of agents are eight of these, as the library's own peers draw them.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn name(author: u64) -> String {
    author.to_le_bytes().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect()
}

/// The number of an agent for probes. A stranger's name may have another length.
fn number(name: &str) -> u64 {
    name.bytes().fold(0, |number, byte| number << 8 | u64::from(byte))
}

/// What came into a log after its first `from` operations.
fn spans(oplog: &OpLog, from: usize) -> Vec<Span> {
    if from == oplog.len() {
        // The library cannot go through nothing.
        return Vec::new();
    }
    let named = |agent, from, to| Span { author: number(oplog.get_agent_name(agent)), from, to };
    let mappings = oplog.iter_mappings_range((from..oplog.len()).into());
    mappings.map(|span| named(span.agent, span.seq_range.start as u64, span.seq_range.end as u64)).collect()
}

/// How many operations of each agent are in a log.
fn counts(oplog: &OpLog) -> Vec<(String, u64)> {
    let mut counts: Vec<(AgentId, u64)> = Vec::new();
    for span in oplog.iter_mappings() {
        let end = span.seq_range.end as u64;
        match counts.iter_mut().find(|(agent, _)| *agent == span.agent) {
            Some((_, count)) => *count = end.max(*count),
            None => counts.push((span.agent, end)),
        }
    }
    counts.into_iter().map(|(agent, count)| (oplog.get_agent_name(agent).to_owned(), count)).collect()
}

impl Doc {
    fn is_text(&self, path: &[Step]) -> bool {
        matches!(path, [Step::Key(key)] if *key == self.key)
    }

    fn text(&self) -> Document {
        Document::text(&self.crdt.branch.content().to_string())
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

    /// What takes own edits back at once, in this order, and the last operation of the log with them. The log has all that
    /// it takes, so that nothing is noted while somebody types; only the text that went has to be looked for, in the text as
    /// it was before.
    fn inverse(&self, span: Span) -> Option<(Vec<Operation>, usize)> {
        let oplog = &self.crdt.oplog;
        let agent = oplog.get_agent_name(self.agent);
        let place = |n: u64| oplog.try_remote_to_local_time(&RemoteId { agent: agent.into(), seq: n as usize }).ok();
        let (first, last) = (place(span.from)?, place(span.to - 1)?);
        let before = oplog.iter_history_range((first..first + 1).into()).next()?.parents;
        let made: Vec<Operation> =
            oplog.iter_xf_operations_from(&before, &[last]).filter_map(|(_, operation)| operation).collect();
        let erased = made.iter().any(|operation| operation.kind == OpKind::Del);
        let mut text = erased.then(|| oplog.checkout(&before).into_inner());
        let mut inverse = Vec::with_capacity(made.len());
        for operation in &made {
            let range = operation.start()..operation.end();
            match operation.kind {
                OpKind::Ins => {
                    if let Some(text) = &mut text {
                        text.insert(range.start, operation.content_as_str()?);
                    }
                    inverse.push(Operation::new_delete(range));
                }
                OpKind::Del => {
                    let text = text.as_mut()?;
                    let gone: String = text.slice_chars(range.clone()).collect();
                    inverse.push(Operation::new_insert(range.start, &gone));
                    text.remove(range);
                }
            }
        }
        inverse.reverse();
        Some((inverse, last))
    }

    /// Own edits that are in no patch yet become one, before anything else is added to the log.
    fn patch(&mut self) -> Option<Vec<u8>> {
        self.unsent.take().map(|from| self.crdt.oplog.encode_from(ENCODE_PATCH, &from))
    }
}

impl Library for Doc {
    type Version = Vec<(String, u64)>;

    /// The map's only text; without one, an empty text.
    fn genesis(document: &Document) -> Vec<u8> {
        let text = |(key, value): (&Key, &Document)| match value {
            Document::Text(rope) => Some((key.clone(), rope.to_string())),
            _ => None,
        };
        let found = if let Document::Map(map) = document { map.iter().find_map(text) } else { None };
        let (key, text) = found.unwrap_or_else(|| (Key::from("text"), String::new()));
        let mut oplog = OpLog::new();
        let agent = oplog.get_or_create_agent_id("genesis");
        if !text.is_empty() {
            oplog.add_insert(agent, 0, &text);
        }
        wire::encode(&(&*key, oplog.encode(ENCODE_FULL)))
    }

    fn load(bytes: &[u8]) -> Result<Self, String> {
        let (key, log): (String, Vec<u8>) = wire::decode(bytes).map_err(|error| error.to_string())?;
        let mut crdt = ListCRDT::load_from(&log).map_err(|error| error.to_string())?;
        let agent = crdt.get_or_create_agent_id("genesis");
        let key = Key::from(key.as_str());
        Ok(Self { key, crdt, agent, author: (0, 0), unsent: None, patches: Vec::new(), waiting: Vec::new() })
    }

    fn save(&self) -> Vec<u8> {
        wire::encode(&(&*self.key, self.crdt.oplog.encode(ENCODE_FULL)))
    }

    fn sign(&mut self, author: u64) {
        let name = name(author);
        self.agent = self.crdt.get_or_create_agent_id(&name);
        let made = counts(&self.crdt.oplog).into_iter().find(|(agent, _)| *agent == name);
        self.author = (number(&name), made.map_or(0, |(_, made)| made));
    }

    fn length(&self) -> u64 {
        self.crdt.oplog.len() as u64
    }

    fn commit(&mut self, edits: &[Edit]) -> Result<Option<Span>, String> {
        if edits.is_empty() {
            return Ok(None);
        }
        super::check_splices(self, edits).unwrap_or_else(|| Err("text only".into()))?;
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

    /// On a copy of the log, the inverse is made right behind what it takes back, as if nothing had come since, and merged
    /// with all that has. What it comes to then is what is done here.
    fn undo(&mut self, span: Span) -> Result<Option<Span>, String> {
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

    fn own(&mut self, updates: &mut Vec<Vec<u8>>) {
        updates.append(&mut self.patches);
        updates.extend(self.patch());
    }

    fn version(&self) -> Vec<u8> {
        wire::encode(&counts(&self.crdt.oplog))
    }

    fn parse(version: &[u8]) -> Result<Self::Version, String> {
        wire::decode(version).map_err(|error| error.to_string())
    }

    fn compare(&self, theirs: &Self::Version) -> (Option<Missing>, bool) {
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
            return (None, lacking);
        }
        let named = mine.iter().map(|(agent, count)| (number(agent), *count));
        let has = |author| theirs.iter().find(|(agent, _)| number(agent) == author).map_or(0, |(_, count)| *count);
        let update = oplog.encode_from(ENCODE_PATCH, &common);
        (Some(Missing { update, spans: beyond(named, has).collect() }), lacking)
    }

    fn merge(&mut self, updates: &[Vec<u8>]) -> Merged {
        let patch = self.patch();
        self.patches.extend(patch);
        let before = self.crdt.oplog.len();
        let mut refused = 0;
        let mut next = std::mem::take(&mut self.waiting);
        next.extend_from_slice(updates);
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
        let too_many = next.len().saturating_sub(WAITING);
        self.waiting = next.split_off(too_many);
        let ListCRDT { branch, oplog } = &mut self.crdt;
        branch.merge(oplog, oplog.local_version_ref());
        Merged { spans: spans(oplog, before), refused }
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        match path {
            [] => Some(Kind::Map),
            path => self.is_text(path).then_some(Kind::Text),
        }
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        match path {
            [] => Some(self.document()),
            path => self.is_text(path).then(|| self.text()),
        }
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        match path {
            [] => Some(1),
            path => self.is_text(path).then(|| self.crdt.branch.len()),
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        path.is_empty().then(|| vec![self.key.clone()])
    }

    fn items(&self, _: &[Step]) -> Option<Vec<Document>> {
        None
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let inside = range.start <= range.end && range.end <= self.crdt.branch.len();
        (self.is_text(path) && inside).then(|| self.crdt.branch.content().slice_chars(range).collect())
    }

    fn document(&self) -> Document {
        Document::map([(&*self.key, self.text())])
    }
}

#[cfg(test)]
mod tests {
    use crate::path;

    use super::*;

    fn own(doc: &mut Doc) -> Vec<Vec<u8>> {
        let mut updates = Vec::new();
        doc.own(&mut updates);
        updates
    }

    #[test]
    fn splices_are_applied_all_or_none_and_nothing_else_is() {
        let genesis = Document::map([("note", Document::text("a🦀b"))]);
        let mut doc = Doc::load(&Doc::genesis(&genesis)).unwrap();
        doc.sign(7);
        let splice =
            |pos, delete, insert: &str| Edit::TextSplice { path: path!["note"], pos, delete, insert: insert.into() };
        assert_eq!(doc.commit(&[splice(2, 0, "x"), splice(5, 0, "y")]).unwrap_err(), "/note is shorter than 5");
        let put = Edit::Put { path: path!["note"], value: Document::Null };
        assert_eq!(doc.commit(&[splice(2, 0, "x"), put]).unwrap_err(), "text only");
        assert_eq!(doc.document(), genesis);
        let span = doc.commit(&[splice(1, 1, ""), splice(1, 1, "💡c")]).unwrap().unwrap();
        assert_eq!((span.from, span.to), (0, 4));
        assert_eq!(doc.document(), Document::map([("note", Document::text("a💡c"))]));
        assert_eq!(doc.text_slice(&path!["note"], 1..3), Some("💡c".into()));
        assert_eq!(doc.commit(&[splice(1, 0, "")]), Ok(None));
    }

    /// Two who edit and take back, with patches on the way: what was typed and taken back is gone, what was erased and put
    /// back is there, and nothing of the other's is touched.
    #[test]
    fn what_is_taken_back_is_gone_and_what_the_other_did_stays() {
        use rand::{RngExt, SeedableRng};
        let genesis = Doc::genesis(&Document::map([("text", Document::text("abcdefgh"))]));
        for seed in 0..300 {
            let mut rng = crate::replica::Rng::seed_from_u64(seed);
            let mut below = |n: usize| rng.random_range(0..n);
            let [mut one, mut other] = [7, 8].map(|author| {
                let mut doc = Doc::load(&genesis).unwrap();
                doc.sign(author);
                doc
            });
            let splice = |doc: &Doc, pos: usize, delete: usize, insert: &str| {
                let delete = delete.min(doc.crdt.branch.len() - pos);
                Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() }
            };
            let pos = below(9);
            let mine = splice(&one, pos, below(3), ["", "X", "XX🦀"][below(3)]);
            let Some(mine) = one.commit(&[mine]).unwrap() else { continue };
            other.merge(&own(&mut one));
            let (mut theirs, mut erased) = (0, 0);
            for _ in 0..4 {
                let pos = below(other.crdt.branch.len() + 1);
                let insert = ["", "y", "yyy"][below(3)];
                let edit = splice(&other, pos, 0, insert);
                other.commit(&[edit]).unwrap();
                theirs += insert.len();
                let text = other.crdt.branch.content().to_string();
                if let Some(at) = text.chars().position(|char| "abcdefgh".contains(char)).filter(|_| below(2) == 0) {
                    other.commit(&[splice(&other, at, 1, "")]).unwrap();
                    erased += 1;
                }
            }
            one.merge(&own(&mut other));
            one.undo(mine).unwrap();
            other.merge(&own(&mut one));
            assert_eq!(one.document(), other.document(), "seed {seed}");
            let text = one.crdt.branch.content().to_string();
            assert!(!text.contains('X') && !text.contains('🦀'), "seed {seed}: {text}");
            assert_eq!(text.matches('y').count(), theirs, "seed {seed}: {text}");
            let there = text.chars().filter(|char| "abcdefgh".contains(*char)).count();
            assert_eq!(there, 8 - erased, "seed {seed}: {text}");
            let order: Vec<char> = text.chars().filter(|char| "abcdefgh".contains(*char)).collect();
            assert!(order.is_sorted(), "seed {seed}: {text}");
        }
    }

    /// Of several splices at once the log keeps fewer operations, and an empty log has nothing before the first of them.
    #[test]
    fn splices_made_at_once_are_taken_back_at_once() {
        use rand::{RngExt, SeedableRng};
        for seed in 0..300 {
            let mut rng = crate::replica::Rng::seed_from_u64(seed);
            let mut below = |n: usize| rng.random_range(0..n);
            let beginning = ["", "abcdefgh🦀"][below(2)];
            let genesis = Doc::genesis(&Document::map([("text", Document::text(beginning))]));
            let [mut one, mut other] = [7, 8].map(|author| {
                let mut doc = Doc::load(&genesis).unwrap();
                doc.sign(author);
                doc
            });
            let mut len = beginning.chars().count();
            let splices: Vec<Edit> = (0..=below(6))
                .map(|_| {
                    let pos = below(len + 1);
                    let delete = below((len - pos).min(3) + 1);
                    let insert = ["", "X", "XX💡"][below(3)];
                    len = len - delete + insert.chars().count();
                    Edit::TextSplice { path: path!["text"], pos, delete, insert: insert.into() }
                })
                .collect();
            let y = Edit::TextSplice {
                path: path!["text"],
                pos: below(2) * beginning.len().min(3),
                delete: 0,
                insert: "y".into(),
            };
            let made = one.commit(&splices).unwrap();
            let Some(made) = made else { continue };
            let first = own(&mut one);
            other.commit(&[y]).unwrap();
            let concurrent = below(2) == 0;
            if concurrent {
                one.merge(&own(&mut other));
            }
            one.undo(made).unwrap();
            let text = one.crdt.branch.content().to_string();
            assert_eq!(text.matches('y').count(), usize::from(concurrent), "seed {seed}: {text}");
            assert_eq!(text.replace('y', ""), beginning, "seed {seed}");
            other.merge(&own(&mut one));
            other.merge(&first);
            one.merge(&own(&mut other));
            assert_eq!(one.document(), other.document(), "seed {seed}");
        }
        let mut doc = Doc::load(&Doc::genesis(&Document::map([("text", Document::text(""))]))).unwrap();
        doc.sign(7);
        assert!(doc.undo(Span { author: doc.author.0, from: 0, to: 1 }).is_err());
    }

    /// Whatever order patches arrive in, and however often: the same text everywhere, with every operation known.
    #[test]
    fn patches_in_any_order_and_any_number_give_one_text() {
        use rand::{RngExt, SeedableRng};
        let genesis = Doc::genesis(&Document::map([("text", Document::text("abcdef"))]));
        for seed in 0..200 {
            let mut rng = crate::replica::Rng::seed_from_u64(seed);
            let mut below = |n: usize| rng.random_range(0..n);
            let mut docs: Vec<Doc> = (0..3).map(|_| Doc::load(&genesis).unwrap()).collect();
            docs.iter_mut().zip(7..).for_each(|(doc, author)| doc.sign(author * 1_000_003));
            let mut sent: Vec<Vec<u8>> = Vec::new();
            for _ in 0..40 {
                let doc = &mut docs[below(3)];
                if below(2) == 0 {
                    let len = doc.crdt.branch.len();
                    let pos = below(len + 1);
                    let delete = below((len - pos).min(2) + 1);
                    let insert: String = (0..below(3)).map(|n| char::from(b'a' + n as u8)).collect();
                    doc.commit(&[Edit::TextSplice { path: path!["text"], pos, delete, insert }]).unwrap();
                    sent.extend(own(doc));
                } else if !sent.is_empty() {
                    let some: Vec<_> = (0..=below(3)).map(|_| sent[below(sent.len())].clone()).collect();
                    assert_eq!(doc.merge(&some).refused, 0, "seed {seed}");
                    sent.extend(own(doc));
                }
            }
            for doc in &mut docs {
                assert_eq!(doc.merge(&sent).refused, 0, "seed {seed}");
                assert!(doc.waiting.is_empty(), "seed {seed}");
            }
            assert_eq!(docs[0].document(), docs[1].document(), "seed {seed}");
            assert_eq!(docs[0].document(), docs[2].document(), "seed {seed}");
        }
    }
}
