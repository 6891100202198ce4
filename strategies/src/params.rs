//! Parameters of a strategy: what a spec declares, and the checked values of a selector.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::selector::{Selector, SelectorError, format_span, parse_span};

/// Which values a parameter takes.
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
    /// Which values it takes.
    pub kind: ParamKind,
    /// Its value when none is given.
    pub default: &'static str,
    /// What it does, and where the default comes from.
    pub help: &'static str,
}

/// The parameter of every strategy that sends from its clients.
pub const WINDOW: Param = Param {
    name: "window",
    kind: ParamKind::Span,
    default: "0",
    help: "send window: the first change goes at once, those made within this span after it go together at its end, and each \
           send begins the next window. 0 sends each at once, so that models are compared and not products' windows; \
           the scenario `product` has those",
};

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
