//! The properties as a document.

use std::ops::Range;

use super::Node;
use crate::document::{Document, Key, Kind, Step};
use crate::view::View;

impl View for Node {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        Some(match self.at(path)? {
            Node::Leaf(leaf) => leaf.kind(),
            Node::Map(_) => Kind::Map,
            Node::List(_) => Kind::List,
        })
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        self.at(path).map(View::document)
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        match self.at(path)? {
            Node::Leaf(leaf) => leaf.size(),
            Node::Map(map) => Some(map.len()),
            Node::List(items) => Some(items.len()),
        }
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        match self.at(path)? {
            Node::Map(map) => Some(map.keys().cloned().collect()),
            _ => None,
        }
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        match self.at(path)? {
            Node::List(items) => Some(items.iter().map(|item| item.node.document()).collect()),
            _ => None,
        }
    }

    fn text_slice(&self, path: &[Step], range: Range<usize>) -> Option<String> {
        match self.at(path)? {
            Node::Leaf(leaf) => View::text_slice(leaf, &[], range),
            _ => None,
        }
    }

    fn document(&self) -> Document {
        match self {
            Node::Leaf(leaf) => leaf.clone(),
            Node::Map(map) => Document::Map(map.iter().map(|(key, node)| (key.clone(), node.document())).collect()),
            Node::List(items) => Document::List(items.iter().map(|item| item.node.document()).collect()),
        }
    }
}
