//! What a strategy says about itself: claims, support, parameters, source.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

pub use crate::claims::{Growth, Guarantees, Sessions, Support, Versions};
use crate::document::EditKind;
pub use crate::params::{Param, ParamKind, Params, WINDOW, format_bandwidth};
use crate::replica::{Strategy, Topology};
use crate::selector::{Selector, SelectorError};

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
    /// What matters only while its user is there: one entry for each client, written by nobody else.
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

    /// For the spec of a strategy that carries any content.
    pub fn any(self) -> Support {
        Support::Native
    }
}

/// Everything that `list strategies` prints about a strategy, and that tables carry beside its numbers.
pub struct Spec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// The folder of its sources.
    pub family: &'static str,
    /// One line: what it is.
    pub summary: &'static str,
    /// The systems and papers it follows.
    pub source: &'static str,
    /// The library under test and its version, where there is one.
    pub library: Option<(&'static str, &'static str)>,
    /// Who talks to whom with the defaults of its parameters; see [`Strategy::topology`].
    pub topology: Topology,
    /// What it claims with the defaults of its parameters; see [`Strategy::guarantees`].
    pub guarantees: Guarantees,
    /// Its parameters.
    pub params: &'static [Param],
    /// How it carries each kind of edit with the defaults of its parameters; see [`Strategy::support`].
    pub support: fn(EditKind) -> Support,
    /// Which contents it carries.
    pub content: fn(Content) -> Support,
    /// How a user undoes one of their operations.
    pub undo: Support,
    /// Makes the strategy.
    pub build: fn(&Params) -> Box<dyn Strategy>,
}

impl Spec {
    /// The spec of a custom strategy: of the family `own`, without parameters and undo, for any document.
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

    /// Makes the strategy with the parameters of `selector`, whose name has led here.
    pub fn configure(&'static self, selector: &Selector) -> Result<Configured, SelectorError> {
        if selector.window.is_some() {
            return Err(SelectorError::new(selector.to_string(), "a strategy has no time window"));
        }
        let params = Params::check(selector, self.params)?;
        Ok(Configured {
            label: selector.to_string(),
            spec: self,
            params: params.shown(),
            strategy: (self.build)(&params),
        })
    }
}

/// A strategy with its parameters, ready to make replicas.
pub struct Configured {
    /// As it was written; the name in tables.
    pub label: String,
    /// Its spec.
    pub spec: &'static Spec,
    /// Every parameter with its value.
    pub params: BTreeMap<String, String>,
    /// Makes replicas.
    pub strategy: Box<dyn Strategy>,
}

impl Configured {
    /// Who talks to whom with these parameters.
    pub fn topology(&self) -> Topology {
        self.strategy.topology(self.spec.topology)
    }

    /// What it claims with these parameters.
    pub fn guarantees(&self) -> Guarantees {
        self.strategy.guarantees(self.spec.guarantees)
    }

    /// How it carries a kind of edit with these parameters.
    pub fn support(&self, kind: EditKind) -> Support {
        self.strategy.support(kind, (self.spec.support)(kind))
    }
}

impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}
