//! Each library alone, used as its authors recommend: edits through the handle of the text, one transaction for all edits of
//! a call, and then the bytes for the peers. Each begins with the document of its peers, saved and loaded: the same bytes as
//! the replica's.

use std::hint::black_box;

use crate::trace::Splice;

/// A library alone: a document with an empty text at `text`, from the strategy's genesis, and a transaction.
pub(crate) trait Bare {
    fn load(genesis: &[u8]) -> Self;

    fn transact(&mut self, splices: &[Splice]);

    fn text(&self) -> String;
}

#[cfg(feature = "automerge")]
pub(crate) struct Automerge(automerge::AutoCommit, automerge::ObjId);

#[cfg(feature = "automerge")]
impl Bare for Automerge {
    fn load(genesis: &[u8]) -> Self {
        use automerge::ReadDoc;
        let options = automerge::LoadOptions::new().text_encoding(automerge::TextEncoding::UnicodeCodePoint);
        let doc = automerge::AutoCommit::load_with_options(genesis, options).expect("a saved document");
        let (_, text) = doc.get(automerge::ROOT, "text").expect("a map").expect("a text");
        Self(doc, text)
    }

    fn transact(&mut self, splices: &[Splice]) {
        use automerge::transaction::Transactable;
        for (pos, delete, insert) in splices {
            self.0.splice_text(&self.1, *pos, *delete as isize, insert).expect("inside the text");
        }
        self.0.commit();
        black_box(self.0.get_last_local_change().map(|change| change.raw_bytes().to_vec()));
    }

    fn text(&self) -> String {
        automerge::ReadDoc::text(&self.0, &self.1).expect("a text")
    }
}

#[cfg(feature = "yrs")]
pub(crate) struct Yrs(yrs::Doc, yrs::TextRef);

#[cfg(feature = "yrs")]
impl Bare for Yrs {
    fn load(genesis: &[u8]) -> Self {
        use yrs::updates::decoder::Decode;
        use yrs::{Map, Transact};
        let options = yrs::Options { offset_kind: yrs::OffsetKind::Utf16, ..yrs::Options::default() };
        let doc = yrs::Doc::with_options(options);
        let root = doc.get_or_insert_map("root");
        let update = yrs::Update::decode_v1(genesis).expect("an update");
        doc.transact_mut().apply_update(update).expect("a first update");
        let Some(yrs::Out::YText(text)) = root.get(&doc.transact(), "text") else { panic!("no text") };
        Self(doc, text)
    }

    fn transact(&mut self, splices: &[Splice]) {
        use yrs::{Text, Transact};
        let mut txn = self.0.transact_mut();
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.1.remove_range(&mut txn, *pos as u32, *delete as u32);
            }
            if !insert.is_empty() {
                self.1.insert(&mut txn, *pos as u32, insert);
            }
        }
        black_box(txn.encode_update_v1());
    }

    fn text(&self) -> String {
        use yrs::{GetString, Transact};
        self.1.get_string(&self.0.transact())
    }
}

#[cfg(feature = "loro")]
pub(crate) struct Loro(loro::LoroDoc, loro::LoroText, #[expect(dead_code, reason = "ends with it")] loro::Subscription);

#[cfg(feature = "loro")]
impl Bare for Loro {
    fn load(genesis: &[u8]) -> Self {
        let doc = loro::LoroDoc::new();
        doc.import(genesis).expect("a saved document");
        let text = doc.get_map("root").get("text").map(loro::ValueOrContainer::into_container);
        let Some(Ok(loro::Container::Text(text))) = text else { panic!("no text") };
        let subscription = doc.subscribe_local_update(Box::new(|update| {
            black_box(update.clone());
            true
        }));
        Self(doc, text, subscription)
    }

    fn transact(&mut self, splices: &[Splice]) {
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.1.delete(*pos, *delete).expect("inside the text");
            }
            if !insert.is_empty() {
                self.1.insert(*pos, insert).expect("inside the text");
            }
        }
        self.0.commit();
    }

    fn text(&self) -> String {
        self.1.to_string()
    }
}

#[cfg(feature = "diamond")]
pub(crate) struct Diamond(diamond_types::list::ListCRDT, diamond_types::AgentId);

#[cfg(feature = "diamond")]
impl Bare for Diamond {
    fn load(genesis: &[u8]) -> Self {
        // The strategy puts the name of the text in front of the library's bytes.
        let (_, log): (String, Vec<u8>) = postcard::from_bytes(genesis).expect("a name and a log");
        let mut crdt = diamond_types::list::ListCRDT::load_from(&log).expect("a saved log");
        let agent = crdt.get_or_create_agent_id("somebody");
        Self(crdt, agent)
    }

    fn transact(&mut self, splices: &[Splice]) {
        let before = self.0.oplog.local_version();
        for (pos, delete, insert) in splices {
            if *delete > 0 {
                self.0.delete_without_content(self.1, *pos..pos + delete);
            }
            if !insert.is_empty() {
                self.0.insert(self.1, *pos, insert);
            }
        }
        black_box(self.0.oplog.encode_from(diamond_types::list::encoding::ENCODE_PATCH, &before));
    }

    fn text(&self) -> String {
        self.0.branch.content().to_string()
    }
}
