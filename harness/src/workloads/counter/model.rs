//! What operations on counters and likes mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::{Document, Edit, Kind, Path};
use syncbench_strategies::model::{Model, Plan, Rejected};
use syncbench_strategies::path;
use syncbench_strategies::view::View;

/// What users do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterOp {
    /// Add to a counter.
    Add {
        /// The counter's name.
        counter: String,
        /// How much; may be negative.
        by: i64,
    },
    /// Like a post.
    Like {
        /// Who likes it, on either device.
        user: u32,
        /// The post.
        post: u32,
    },
}

/// Counters add up; a like is counted once per user and post.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterModel;

pub(super) const SHARED: &str = "count";
pub(super) const LIKES: &str = "likes";
pub(super) const LIKE_COUNT: &str = "like_count";

/// The name of a like among the likes.
pub(super) fn like_key(user: u32, post: u32) -> String {
    format!("post{post}/user{user}")
}

pub(super) fn like_path(user: u32, post: u32) -> Path {
    path![LIKES, &like_key(user, post)]
}

impl Model for CounterModel {
    type Op = CounterOp;

    fn plan(&self, view: &dyn View, op: &CounterOp) -> Result<Plan, Rejected> {
        match op {
            CounterOp::Add { counter, by } => {
                let path = path![counter];
                match view.kind(&path) {
                    Some(Kind::Counter) => Ok(Plan::new(vec![Edit::Increment { path, by: *by }])),
                    _ => Err(Rejected::new("gone", format!("there is no counter {counter}"))),
                }
            }
            CounterOp::Like { user, post } => {
                let path = like_path(*user, *post);
                if view.kind(&path).is_some() {
                    return Err(Rejected::new("already_liked", format!("user {user} has liked post {post} before")));
                }
                let like = Edit::Put { path, value: Document::Bool(true) };
                Ok(Plan::new(vec![like, Edit::Increment { path: path![LIKE_COUNT], by: 1 }]))
            }
        }
    }
}

/// No likes, and `size` counters besides the shared one, all at zero.
pub fn genesis(size: u64) -> Document {
    let mut entries: BTreeMap<String, Document> = (0..size).map(|i| (format!("c{i}"), Document::Counter(0))).collect();
    entries.insert(SHARED.into(), Document::Counter(0));
    entries.insert(LIKE_COUNT.into(), Document::Counter(0));
    entries.insert(LIKES.into(), Document::Map(Default::default()));
    Document::map(entries)
}

/// The names of the counters that users add to.
pub(super) fn counters(document: &Document) -> impl Iterator<Item = String> {
    let names = View::keys(document, &[]).unwrap_or_default();
    names.into_iter().map(|name| name.to_string()).filter(|name| name != LIKES && name != LIKE_COUNT)
}

/// What a counter says.
pub(super) fn value(document: &Document, counter: &str) -> i64 {
    document.at(&path![counter]).and_then(Document::as_int).unwrap_or(0)
}

/// The names of the likes that are there.
pub(super) fn likes(document: &Document) -> Vec<String> {
    let names = View::keys(document, &path![LIKES]).unwrap_or_default();
    names.into_iter().map(|name| name.to_string()).collect()
}
