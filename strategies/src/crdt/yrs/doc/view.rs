//! Reading the library's document.

use std::ops::Range;

use yrs::{Array, GetString, Map, Out, ReadTxn, Text, TextRef, Transact};

use super::Doc;
use crate::crdt::yrs::counter::is_counter;
use crate::crdt::yrs::library::{find, find_map, kind, materialise};
use crate::document::{Document, Key, Kind, Step};
use crate::view::View;

impl Doc {
    fn length(&self, txn: &impl ReadTxn, text: &TextRef) -> usize {
        if self.wide { text.get_string(txn).chars().count() } else { text.len(txn) as usize }
    }
}

impl View for Doc {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        let txn = self.library.doc.transact();
        find(&txn, &self.library.root, path).map(|out| kind(&txn, &out))
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        let txn = self.library.doc.transact();
        find(&txn, &self.library.root, path).map(|out| materialise(&txn, &out))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        let txn = self.library.doc.transact();
        match find(&txn, &self.library.root, path)? {
            Out::YText(text) => Some(self.length(&txn, &text)),
            Out::YArray(list) => Some(list.len(&txn) as usize),
            Out::YMap(map) if !is_counter(&txn, &map) => Some(map.len(&txn) as usize),
            _ => None,
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        let txn = self.library.doc.transact();
        let map = find_map(&txn, &self.library.root, path)?;
        let mut keys: Vec<Key> = map.keys(&txn).map(Key::from).collect();
        keys.sort();
        Some(keys)
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        let txn = self.library.doc.transact();
        let Out::YArray(list) = find(&txn, &self.library.root, path)? else { return None };
        Some(list.iter(&txn).map(|item| materialise(&txn, &item)).collect())
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        let txn = self.library.doc.transact();
        let Out::YText(text) = find(&txn, &self.library.root, path)? else { return None };
        if range.start > range.end || range.end > self.length(&txn, &text) {
            return None;
        }
        Some(text.get_string(&txn).chars().skip(range.start).take(range.len()).collect())
    }

    fn document(&self) -> Document {
        materialise(&self.library.doc.transact(), &Out::YMap(self.library.root.clone()))
    }
}
