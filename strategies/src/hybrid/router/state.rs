//! What a participant keeps beside the states of its parts; it survives a crash.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::document::{Digest, Key};
use crate::hybrid::book::Book;
use crate::model::Operation;

/// What a client adds to its parts.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct ClientState {
    pub(super) book: Book,
    /// Own typing in texts that the text strategy does not have yet.
    pub(super) waiting: VecDeque<(u64, Operation)>,
}

/// What the server adds to its parts.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct ServerState {
    /// What the texts that were begun looked like then.
    pub(super) begun: BTreeMap<Key, Digest>,
    /// Operations of the resident.
    pub(super) issued: u64,
}
