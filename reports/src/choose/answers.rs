//! What a team answers about its product.

use serde::{Deserialize, Serialize};

/// What a team answers about its product: at most ten questions, as `--answers FILE` has them in TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answers {
    /// The product's name, for the record.
    pub product: String,
    /// The kinds of data, the most important first.
    pub data: Vec<Data>,
    /// The longest time for which a user works without a connection, such as `0s`, `1h`, `21d`.
    pub offline: String,
    /// Whether the product must be able to refuse an operation because of what others did.
    pub refuse: bool,
    /// What may never be broken, not even for a moment.
    pub invariant: Invariant,
    /// Whether one user's value may silently replace another's who did not see it.
    pub overwrite: bool,
    /// Whether users order lists by hand and move items.
    pub order: bool,
    /// Whether several people edit one long text.
    pub long_text: bool,
    /// Whether clients must work without any server of the product.
    pub peers: bool,
    /// The round trip between a user and the server, such as `40ms`.
    pub round_trip: String,
    /// How many people are in one document at the same time.
    pub people: u32,
    /// Whether users undo their own operations.
    pub undo: bool,
    /// Whether earlier versions must be kept and read.
    pub history: bool,
}

/// A kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// Records with fields: contacts, tasks, settings.
    Records,
    /// Lists that users order, boards.
    Lists,
    /// Running text.
    Text,
    /// Cells or blocks, each with a text of its own.
    Blocks,
    /// Counters: likes, votes, views.
    Counters,
    /// Something of which there is only so much: seats, stock, money.
    Stock,
    /// Work that is handed out, each item once.
    Queue,
    /// Nested data: a tree of properties.
    Tree,
    /// Who is here, and where their cursors are.
    Presence,
}

/// Something that may never be broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invariant {
    /// Nothing of the kind.
    #[default]
    None,
    /// Nothing is sold or booked beyond the stock.
    NoOversell,
    /// Nobody gets what somebody else got.
    EachItemOnce,
    /// What one operation changes is seen together or not at all.
    AllOrNothing,
}

impl Default for Answers {
    /// A small team around shared records, always connected.
    fn default() -> Self {
        Self {
            product: String::new(),
            data: vec![Data::Records],
            offline: "0s".into(),
            refuse: false,
            invariant: Invariant::None,
            overwrite: false,
            order: false,
            long_text: false,
            peers: false,
            round_trip: "40ms".into(),
            people: 4,
            undo: false,
            history: false,
        }
    }
}
