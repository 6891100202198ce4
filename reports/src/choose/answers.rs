//! What a team answers about its product.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::selector::parse_span;

/// Most people in one document: more than any product that is known to us keeps connected to one.
pub const MOST_PEOPLE: u32 = 100_000;

/// The longest round trip: a minute. Geostationary satellites take 0.6 s, store-and-forward links some seconds; beyond a
/// minute a user is offline.
pub const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(60);

/// The longest time offline: five years, half of the longest span that a plan takes, which leaves room for the time before
/// and after.
pub const LONGEST_OFFLINE: Duration = Duration::from_secs(1_825 * 86_400);

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
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
    /// What a workload does that the product brings itself, by its name.
    Workload(String),
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
    /// A small team around shared records, always connected. One field goes to its last writer, as in Figma, Linear and
    /// Notion: every model here decides so where two users write one field at once, and none keeps both.
    fn default() -> Self {
        Self {
            product: String::new(),
            data: vec![Data::Records],
            offline: "0s".into(),
            refuse: false,
            invariant: Invariant::None,
            overwrite: true,
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

impl Answers {
    /// Whether the answers go together: an invariant is measured on data that can break it. A workload that is named itself
    /// may: its oracle says so.
    ///
    /// # Errors
    ///
    /// What is missing.
    pub fn check(&self) -> Result<(), String> {
        let needed: &[Data] = match self.invariant {
            Invariant::NoOversell => &[Data::Stock],
            Invariant::EachItemOnce => &[Data::Queue, Data::Stock],
            Invariant::None | Invariant::AllOrNothing => return Ok(()),
        };
        let may_break = |data: &Data| needed.contains(data) || matches!(data, Data::Workload(_));
        if self.data.iter().any(may_break) {
            return Ok(());
        }
        let words: Vec<_> = needed.iter().map(|data| data.word()).collect();
        Err(format!("invariant {}: add {} to data, or answer none", self.invariant.word(), words.join(" or ")))
    }

    /// The longest time offline; zero where the text is no span, which [`super::read`] never lets through.
    pub fn time_offline(&self) -> Duration {
        parse_span(&self.offline).unwrap_or_default()
    }

    /// The round trip; zero where the text is no span, which [`super::read`] never lets through.
    pub fn time_round_trip(&self) -> Duration {
        parse_span(&self.round_trip).unwrap_or_default()
    }
}

impl Data {
    /// Every kind that is built in, in the order in which they are offered.
    pub const ALL: [Data; 9] = [
        Data::Records,
        Data::Lists,
        Data::Text,
        Data::Blocks,
        Data::Counters,
        Data::Stock,
        Data::Queue,
        Data::Tree,
        Data::Presence,
    ];

    /// The word in a file of answers.
    pub fn word(&self) -> &str {
        match self {
            Data::Records => "records",
            Data::Lists => "lists",
            Data::Text => "text",
            Data::Blocks => "blocks",
            Data::Counters => "counters",
            Data::Stock => "stock",
            Data::Queue => "queue",
            Data::Tree => "tree",
            Data::Presence => "presence",
            Data::Workload(name) => name,
        }
    }

    /// What it is, in a line.
    pub fn meaning(&self) -> &str {
        match self {
            Data::Records => "records with fields: contacts, tasks, settings",
            Data::Lists => "lists that users order, boards, shapes on a canvas",
            Data::Text => "running text: notes, documents, source code",
            Data::Blocks => "cells or blocks, each with a text of its own",
            Data::Counters => "counters: likes, votes, views",
            Data::Stock => "something of which there is only so much: seats, hours, money",
            Data::Queue => "work that is handed out, each item once",
            Data::Tree => "nested data: settings in groups, a tree of properties",
            Data::Presence => "who is here, and where their cursors are",
            Data::Workload(_) => "what the product's own workload does",
        }
    }
}

impl From<String> for Data {
    fn from(word: String) -> Self {
        Data::ALL.into_iter().find(|data| data.word() == word).unwrap_or(Data::Workload(word))
    }
}

impl From<Data> for String {
    fn from(data: Data) -> Self {
        data.word().to_owned()
    }
}

impl Invariant {
    /// Every invariant, in the order in which they are offered.
    pub const ALL: [Invariant; 4] =
        [Invariant::None, Invariant::NoOversell, Invariant::EachItemOnce, Invariant::AllOrNothing];

    /// The word in a file of answers.
    pub fn word(self) -> &'static str {
        match self {
            Invariant::None => "none",
            Invariant::NoOversell => "no-oversell",
            Invariant::EachItemOnce => "each-item-once",
            Invariant::AllOrNothing => "all-or-nothing",
        }
    }

    /// What may never happen, in a line.
    pub fn meaning(self) -> &'static str {
        match self {
            Invariant::None => "nothing of the kind",
            Invariant::NoOversell => "nothing is sold or booked beyond the stock",
            Invariant::EachItemOnce => "nobody gets what somebody else got",
            Invariant::AllOrNothing => "what one operation changes is seen together or not at all",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_file() {
        for data in Data::ALL {
            assert_eq!(serde_json::to_value(&data).unwrap(), data.word());
            assert_eq!(serde_json::from_value::<Data>(data.word().into()).unwrap(), data);
        }
        for invariant in Invariant::ALL {
            assert_eq!(serde_json::to_value(invariant).unwrap(), invariant.word());
        }
    }

    #[test]
    fn an_invariant_needs_data_that_can_break_it() {
        let answers = Answers { invariant: Invariant::NoOversell, ..Answers::default() };
        assert_eq!(answers.check().unwrap_err(), "invariant no-oversell: add stock to data, or answer none");
        for breaks in [Data::Stock, Data::Workload("rota".into())] {
            assert_eq!(Answers { data: vec![Data::Text, breaks], ..answers.clone() }.check(), Ok(()));
        }
    }
}
