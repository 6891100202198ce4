//! What a strategy says about itself: claims, support, parameters, source.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::document::EditKind;
use crate::replica::{Strategy, Topology};
use crate::selector::{Selector, SelectorError, format_span, parse_span};

/// How a strategy carries a kind of edit. Printed beside every number: an anomaly of an emulation belongs to the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// The way the strategy means it.
    Native,
    /// By other means, named here.
    Emulated(&'static str),
    /// Not at all, and why.
    Unsupported(&'static str),
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Support::Native => f.write_str("native"),
            Support::Emulated(how) => write!(f, "emulated: {how}"),
            Support::Unsupported(why) => write!(f, "unsupported: {why}"),
        }
    }
}

/// What a replica keeps more and more of, client or server, while the document keeps its size. What is not named here is
/// bounded. A user's own work that could not be sent yet is kept by everybody who works offline, and is not named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Growth {
    /// With every operation: what is kept.
    pub operations: Option<&'static str>,
    /// With everything that is removed: what is kept.
    pub removals: Option<&'static str>,
    /// With every operation of the others as long as some client is away, if it is never heard of again for good: what is
    /// kept for it.
    pub absence: Option<&'static str>,
}

impl Growth {
    /// Bounded whatever happens.
    pub const NONE: Growth = Growth { operations: None, removals: None, absence: None };

    /// With every operation, this is kept.
    pub const fn operations(what: &'static str) -> Self {
        Self { operations: Some(what), ..Self::NONE }
    }

    /// With everything that is removed, this is kept.
    pub const fn removals(what: &'static str) -> Self {
        Self { removals: Some(what), ..Self::NONE }
    }

    /// As long as a client is away, this is kept for it.
    pub const fn absence(what: &'static str) -> Self {
        Self { absence: Some(what), ..Self::NONE }
    }

    /// What either of two keeps that a replica consists of.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            operations: self.operations.or(other.operations),
            removals: self.removals.or(other.removals),
            absence: self.absence.or(other.absence),
        }
    }

    /// What memory grows with, and what is kept, in the order of tables.
    pub fn named(&self) -> [(&'static str, Option<&'static str>); 3] {
        [
            ("with operations", self.operations),
            ("with removals", self.removals),
            ("while a client is away", self.absence),
        ]
    }
}

/// What a strategy claims. The contract suite holds it to every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Guarantees {
    /// When everything has arrived, every replica shows the same state.
    pub converges: bool,
    /// A message that arrives twice changes nothing.
    pub tolerates_duplicates: bool,
    /// Messages may overtake each other.
    pub tolerates_reordering: bool,
    /// Messages may be lost without the connection breaking.
    pub tolerates_loss: bool,
    /// Its user sees own changes without a connection.
    pub works_offline: bool,
    /// Its user sees some of the own changes without a connection, by what they are about.
    pub works_offline_in_part: bool,
    /// It can tell a user that an operation was refused because of what others did.
    pub can_refuse: bool,
    /// The final state and all outcomes are those of some serial order.
    pub serializable: bool,
    /// It needs a server.
    pub needs_server: bool,
    /// Which operations survive depends on how well clocks agree.
    pub depends_on_clocks: bool,
    /// What its memory grows with, also when the document does not grow.
    pub grows: Growth,
    /// What a client did is there only as long as the client is: it goes when the client falls silent, and with a crash.
    pub ephemeral: bool,
}

impl Guarantees {
    /// Nothing at all; a spec lists what it adds.
    pub const NONE: Guarantees = Guarantees {
        converges: false,
        tolerates_duplicates: false,
        tolerates_reordering: false,
        tolerates_loss: false,
        works_offline: false,
        works_offline_in_part: false,
        can_refuse: false,
        serializable: false,
        needs_server: false,
        depends_on_clocks: false,
        grows: Growth::NONE,
        ephemeral: false,
    };

    /// The claims by name, in the order of tables.
    pub fn named(&self) -> [(&'static str, bool); 14] {
        [
            ("converges", self.converges),
            ("tolerates duplicates", self.tolerates_duplicates),
            ("tolerates reordering", self.tolerates_reordering),
            ("tolerates loss", self.tolerates_loss),
            ("works offline", self.works_offline),
            ("works offline in part", self.works_offline_in_part),
            ("can refuse", self.can_refuse),
            ("serializable", self.serializable),
            ("needs a server", self.needs_server),
            ("depends on clocks", self.depends_on_clocks),
            ("grows with operations", self.grows.operations.is_some()),
            ("grows with removals", self.grows.removals.is_some()),
            ("grows while a client is away", self.grows.absence.is_some()),
            ("ephemeral", self.ephemeral),
        ]
    }
}

/// What a workload's document is, beyond the kinds of edits on it. Some strategies are made for one of these only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Anything that has to last: records, lists, counters, texts.
    Data,
    /// One text, and nothing else.
    Text,
    /// Numbers that must never fall below zero, and what was handed out of them.
    Stock,
    /// What is worth knowing only while its author is there: one entry for each client, written by nobody else.
    Presence,
}

impl Content {
    /// All of them.
    pub const ALL: [Content; 4] = [Content::Data, Content::Text, Content::Stock, Content::Presence];

    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Content::Data => "data",
            Content::Text => "text",
            Content::Stock => "stock",
            Content::Presence => "presence",
        }
    }

    /// For the card of a strategy that carries whatever it gets.
    pub fn any(self) -> Support {
        Support::Native
    }
}

/// What a parameter's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// A span such as `50ms`.
    Span,
    /// A whole number.
    Count,
    /// A fraction from 0 to 1.
    Share,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Paths through maps: keys between slashes, `*` for any one, `**` for any number of them.
    Paths,
}

/// A parameter: `name=value` after the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: ParamKind,
    /// What it is when not given.
    pub default: &'static str,
    /// What it does, and where the default comes from.
    pub help: &'static str,
}

/// Checked parameters: every one that the spec names has a valid value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Params(BTreeMap<&'static str, Value>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Span(Duration),
    Count(u64),
    Share(f64),
    Choice(&'static str),
    Paths(String),
}

impl Eq for Value {}

impl Params {
    /// Checks a selector's parameters against `spec`. A value without a key belongs to the first parameter.
    pub fn check(selector: &Selector, spec: &[Param]) -> Result<Self, SelectorError> {
        let written = selector.to_string();
        let fail = |expected: String| SelectorError::new(written.clone(), expected);
        let names = || {
            let names: Vec<_> = spec.iter().map(|param| param.name).collect();
            if names.is_empty() { "takes no parameters".into() } else { format!("takes {}", names.join(", ")) }
        };
        let mut given = selector.named.clone();
        match (selector.values.as_slice(), spec.first()) {
            ([], _) => {}
            ([value], Some(first)) if !given.contains_key(first.name) => {
                given.insert(first.name.to_owned(), value.clone());
            }
            _ => return Err(fail(format!("`{}` {}", selector.name, names()))),
        }
        let mut values = BTreeMap::new();
        for param in spec {
            let text = given.remove(param.name).unwrap_or_else(|| param.default.to_owned());
            values.insert(param.name, Value::parse(param, &text).map_err(fail)?);
        }
        match given.keys().next() {
            Some(key) => Err(fail(format!("no parameter `{key}`: `{}` {}", selector.name, names()))),
            None => Ok(Self(values)),
        }
    }

    /// A span. Panics if the spec has no such parameter.
    pub fn span(&self, name: &str) -> Duration {
        match self.0.get(name) {
            Some(Value::Span(value)) => *value,
            other => panic!("no span parameter {name}: {other:?}"),
        }
    }

    /// A whole number. Panics if the spec has no such parameter.
    pub fn count(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(Value::Count(value)) => *value,
            other => panic!("no count parameter {name}: {other:?}"),
        }
    }

    /// A fraction. Panics if the spec has no such parameter.
    pub fn share(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Value::Share(value)) => *value,
            other => panic!("no share parameter {name}: {other:?}"),
        }
    }

    /// A word. Panics if the spec has no such parameter.
    pub fn choice(&self, name: &str) -> &'static str {
        match self.0.get(name) {
            Some(Value::Choice(value)) => value,
            other => panic!("no choice parameter {name}: {other:?}"),
        }
    }

    /// A pattern of paths. Panics if the spec has no such parameter.
    pub fn paths(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Value::Paths(value)) => value,
            other => panic!("no paths parameter {name}: {other:?}"),
        }
    }

    /// All values as text, by name, for results.
    pub fn shown(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect()
    }
}

impl Value {
    fn parse(param: &Param, text: &str) -> Result<Self, String> {
        let fail = |what: &str| format!("`{}` must be {what}, not `{text}`", param.name);
        match param.kind {
            ParamKind::Span => parse_span(text).map(Value::Span).map_err(|_| fail("a span such as 50ms")),
            ParamKind::Count => text.parse().map(Value::Count).map_err(|_| fail("a whole number")),
            ParamKind::Share => match text.parse::<f64>() {
                Ok(value) if (0.0..=1.0).contains(&value) => Ok(Value::Share(value)),
                _ => Err(fail("a fraction from 0 to 1")),
            },
            ParamKind::Choice(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(Value::Choice(word)),
                None => Err(fail(&format!("one of {}", words.join(", ")))),
            },
            ParamKind::Paths if text.split('/').all(|key| !key.is_empty()) => Ok(Value::Paths(text.to_owned())),
            ParamKind::Paths => Err(fail("keys between slashes, such as cells/*/source")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Span(value) => f.write_str(&format_span(*value)),
            Value::Count(value) => write!(f, "{value}"),
            Value::Share(value) => write!(f, "{value}"),
            Value::Choice(value) => f.write_str(value),
            Value::Paths(value) => f.write_str(value),
        }
    }
}

/// A strategy's card: everything that `list strategies` prints and that tables carry beside its numbers.
pub struct Spec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// The folder it lives in.
    pub family: &'static str,
    /// One line: what it is.
    pub summary: &'static str,
    /// The systems and papers it follows.
    pub source: &'static str,
    /// The library under test and its version, where there is one.
    pub library: Option<(&'static str, &'static str)>,
    /// Who talks to whom.
    pub topology: Topology,
    /// What it claims with the defaults of its parameters; see [`Strategy::guarantees`].
    pub guarantees: Guarantees,
    /// What it can be told.
    pub params: &'static [Param],
    /// How it carries each kind of edit.
    pub support: fn(EditKind) -> Support,
    /// Which contents it carries.
    pub content: fn(Content) -> Support,
    /// How its user takes back an own operation.
    pub undo: Support,
    /// Makes the strategy.
    pub build: fn(&Params) -> Box<dyn Strategy>,
}

impl Spec {
    /// The card of a strategy that somebody brings: of the family `own`, without parameters and undo, for any document.
    pub const fn own(
        name: &'static str,
        summary: &'static str,
        topology: Topology,
        guarantees: Guarantees,
        build: fn(&Params) -> Box<dyn Strategy>,
    ) -> Self {
        Self {
            name,
            family: "own",
            summary,
            source: "its author",
            library: None,
            topology,
            guarantees,
            params: &[],
            support: |_| Support::Native,
            content: Content::any,
            undo: Support::Unsupported("it has none"),
            build,
        }
    }
}
