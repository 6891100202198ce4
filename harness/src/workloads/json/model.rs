//! The tree, and what operations mean on it.

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Kind, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::view::View;

/// What users do. Containers that are missing on the way are created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonOp {
    /// Set a value.
    Set {
        /// Where.
        path: Vec<String>,
        /// The new value.
        value: String,
    },
    /// Add to the end of a list.
    Append {
        /// The list.
        path: Vec<String>,
        /// The new item.
        item: String,
    },
    /// Take an item out of a list.
    Take {
        /// The list.
        path: Vec<String>,
        /// The item.
        item: String,
    },
    /// Delete a value or a container with all that is in it.
    Delete {
        /// Which.
        path: Vec<String>,
    },
}

impl JsonOp {
    pub(super) fn path(&self) -> &[String] {
        match self {
            JsonOp::Set { path, .. }
            | JsonOp::Append { path, .. }
            | JsonOp::Take { path, .. }
            | JsonOp::Delete { path } => path,
        }
    }
}

/// Creates the containers in which something is set, and rejects what finds a container of another kind in its way.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonModel;

/// The deepest nesting that a run may ask for; documents end at twice as much.
pub(super) const DEEPEST: u64 = 32;
/// Users take from lists that are longer.
pub(super) const LONG: usize = 20;
/// The map in a map.
pub(super) const INNER: &str = "in";
pub(super) const TAGS: &str = "tags";
pub(super) const VALUES: [&str; 2] = ["a", "b"];

pub(super) fn place(path: &[String]) -> Path {
    Path::from(path.iter().map(Into::into).collect::<Vec<_>>())
}

/// How many of the containers on the way to `path` exist.
pub(super) fn made(view: &dyn View, path: &[String]) -> usize {
    (1..path.len()).take_while(|len| view.kind(&place(&path[..*len])).is_some()).count()
}

/// The edits that create the missing maps on the way to `path`.
fn open(view: &dyn View, path: &[String]) -> Result<Vec<Edit>, Rejected> {
    if path.is_empty() {
        return Err(Rejected::new("no_path", "the root is not for setting or deleting"));
    }
    let made = made(view, path);
    if let Some(len) = (1..=made).find(|len| view.kind(&place(&path[..*len])) != Some(Kind::Map)) {
        return Err(Rejected::new("not_a_map", format!("{} is no map", place(&path[..len]))));
    }
    let map = |len: usize| Edit::Put { path: place(&path[..len]), value: Document::Map(Default::default()) };
    Ok((made + 1..path.len()).map(map).collect())
}

impl Model for JsonModel {
    type Op = JsonOp;

    fn plan(&self, view: &dyn View, op: &JsonOp) -> Result<Plan, Rejected> {
        let path = place(op.path());
        let kind = view.kind(&path);
        let gone = |what: &str| Rejected::new("gone", format!("there is no {what} at {path}"));
        let no_list = || Rejected::new("not_a_list", format!("{path} is no list"));
        let mut edits = open(view, op.path())?;
        match (op, kind) {
            (JsonOp::Set { value, .. }, _) => edits.push(Edit::Put { path, value: value.as_str().into() }),
            (JsonOp::Append { item, .. }, None | Some(Kind::List)) => {
                let index = view.len(&path).unwrap_or(0);
                if kind.is_none() {
                    edits.push(Edit::Put { path: path.clone(), value: Document::List(Default::default()) });
                }
                edits.push(Edit::ListInsert { path, index, values: vec![item.as_str().into()] });
            }
            (JsonOp::Take { item, .. }, Some(Kind::List)) => {
                let items = view.items(&path).unwrap_or_default();
                let index = items.iter().position(|other| other.as_str() == Some(item)).ok_or_else(|| gone(item))?;
                edits = vec![Edit::ListRemove { path, index, count: 1 }];
            }
            (JsonOp::Append { .. } | JsonOp::Take { .. }, Some(_)) => return Err(no_list()),
            (JsonOp::Delete { .. }, Some(_)) => edits = vec![Edit::Remove { path }],
            (JsonOp::Delete { .. } | JsonOp::Take { .. }, None) => return Err(gone("value")),
        }
        Ok(Plan::new(edits))
    }
}

/// `size` objects with two values each; users create lists and further maps.
pub(super) fn genesis(size: u64) -> Document {
    let object = |i: u64| {
        let values = VALUES.map(|key| (key, Document::from(format!("o{i}.{key}"))));
        (format!("o{i}"), Document::map(values))
    };
    Document::map((0..size).map(object))
}

/// Every value and every item in a tree, with the place of the value or the list.
pub(super) fn words_below(document: &Document) -> Vec<(Vec<String>, String)> {
    let mut words = Vec::new();
    let mut open = vec![(Vec::new(), document)];
    while let Some((path, node)) = open.pop() {
        match node {
            Document::Map(map) => {
                open.extend(map.iter().map(|(key, child)| ([&path[..], &[key.to_string()]].concat(), child)))
            }
            Document::List(items) => open.extend(items.iter().map(|item| (path.clone(), item))),
            _ => words.extend(node.as_str().map(|word| (path, word.to_owned()))),
        }
    }
    words.sort();
    words
}
