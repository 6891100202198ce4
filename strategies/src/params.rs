//! Parameters of a strategy: what a spec declares, and the checked values of a selector.

mod contention;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::names::did_you_mean;
use crate::numbers::parse_count;
use crate::selector::{Selector, SelectorError, format_span, parse_span};
pub use contention::{Contention, HOTSPOT, LARGEST_EXPONENT, ZIPF_EXPONENT};

/// Which values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParamKind {
    /// A span such as `50ms`.
    Span,
    /// A whole number.
    Count,
    /// A client's number, or `server`. 0 is the last client.
    Node,
    /// A span, or two with dots between: `60ms..90ms`.
    SpanRange,
    /// A fraction from 0 to 1, or a percentage.
    Share,
    /// Bits per second such as `1Mbps`, or `unlimited`.
    Bandwidth,
    /// A [`Contention`] such as `zipf:0.99`.
    Contention,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Letters, digits, `-`, `_` and `.`.
    Name,
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

/// Former names of parameters, each with today's: still read, shown nowhere.
const FORMER_NAMES: [(&str, &str); 2] = [("batch", WINDOW.name), ("hot", CONTENTION)];

/// The parameter of every workload whose users choose among items.
pub const CONTENTION: &str = "contention";

/// The server, where a parameter names a node.
const SERVER: &str = "server";

/// Checked parameters: every one that the spec names has a valid value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Params(BTreeMap<&'static str, Value>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Span(Duration),
    SpanRange(Duration, Duration),
    Count(u64),
    Node(Option<u64>),
    Share(f64),
    Bandwidth(Option<u64>),
    Contention(Contention),
    Choice(&'static str),
    Name(String),
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
        for (former, name) in FORMER_NAMES {
            let has = |name| spec.iter().any(|param| param.name == name);
            if has(former) || !has(name) {
                continue;
            }
            if let Some(value) = given.remove(former)
                && given.insert(name.to_owned(), value).is_some()
            {
                return Err(fail(format!("only `{name}`: `{former}` is its former name")));
            }
        }
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
            Some(key) => {
                let meant = did_you_mean(key, spec.iter().map(|param| (param.name, "")));
                let meant = meant.map_or(String::new(), |meant| meant + " ");
                Err(fail(format!("no parameter `{key}`: {meant}`{}` {}", selector.name, names())))
            }
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

    /// The least and the greatest span of a range. Panics if the spec has no such parameter.
    pub fn span_range(&self, name: &str) -> (Duration, Duration) {
        match self.0.get(name) {
            Some(Value::SpanRange(least, greatest)) => (*least, *greatest),
            other => panic!("no range parameter {name}: {other:?}"),
        }
    }

    /// Bits per second; `None` for no limit. Panics if the spec has no such parameter.
    pub fn bandwidth(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Value::Bandwidth(value)) => *value,
            other => panic!("no bandwidth parameter {name}: {other:?}"),
        }
    }

    /// A whole number. Panics if the spec has no such parameter.
    pub fn count(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(Value::Count(value)) => *value,
            other => panic!("no count parameter {name}: {other:?}"),
        }
    }

    /// A client's number, 0 for the last one; `None` for the server. Panics if the spec has no such parameter.
    pub fn node(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Value::Node(value)) => *value,
            other => panic!("no node parameter {name}: {other:?}"),
        }
    }

    /// A fraction. Panics if the spec has no such parameter.
    pub fn share(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Value::Share(value)) => *value,
            other => panic!("no share parameter {name}: {other:?}"),
        }
    }

    /// How choices spread over items. Panics if the spec has no such parameter.
    pub fn contention(&self, name: &str) -> Contention {
        match self.0.get(name) {
            Some(Value::Contention(value)) => *value,
            other => panic!("no contention parameter {name}: {other:?}"),
        }
    }

    /// A word. Panics if the spec has no such parameter.
    pub fn choice(&self, name: &str) -> &'static str {
        match self.0.get(name) {
            Some(Value::Choice(value)) => value,
            other => panic!("no choice parameter {name}: {other:?}"),
        }
    }

    /// A name. Panics if the spec has no such parameter.
    pub fn name(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Value::Name(value)) => value,
            other => panic!("no name parameter {name}: {other:?}"),
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
        let not_a_span = |error: &SelectorError| {
            let expected = error.expected.strip_prefix("expected ").unwrap_or(&error.expected);
            fail(expected)
        };
        match param.kind {
            ParamKind::Span => parse_span(text).map(Value::Span).map_err(|error| not_a_span(&error)),
            ParamKind::SpanRange => {
                let (least, greatest) = text.split_once("..").unwrap_or((text, text));
                match (parse_span(least), parse_span(greatest)) {
                    (Ok(least), Ok(greatest)) if least <= greatest => Ok(Value::SpanRange(least, greatest)),
                    (Ok(_), Ok(_)) => Err(fail("a range from the smaller to the larger span")),
                    _ => Err(fail("a span such as 50ms or a range such as 60ms..90ms")),
                }
            }
            ParamKind::Bandwidth => parse_bandwidth(text)
                .map(Value::Bandwidth)
                .ok_or_else(|| fail("bits per second above 0 such as 800kbps, 1.5Mbps or 1Gbps, or unlimited")),
            ParamKind::Contention => text.parse().map(Value::Contention).map_err(|()| {
                fail(&format!(
                    "uniform, zipf or zipf:EXPONENT with an exponent from 0 to {LARGEST_EXPONENT}, hotspot or \
                     hotspot:CHOICES/ITEMS such as hotspot:80%/20%, or one:SHARE such as one:30%"
                ))
            }),
            ParamKind::Count => {
                parse_count(text).map(Value::Count).ok_or_else(|| fail("a whole number such as 400 or 1k"))
            }
            ParamKind::Node if text == SERVER => Ok(Value::Node(None)),
            ParamKind::Node => {
                let client = parse_count(text).map(|client| Value::Node(Some(client)));
                client.ok_or_else(|| fail("a client's number such as 1, 0 for the last client, or server"))
            }
            ParamKind::Share => match parse_share(text) {
                Some(value) if (0.0..=1.0).contains(&value) => Ok(Value::Share(value)),
                _ => Err(fail("a fraction from 0 to 1 or a percentage such as 3%")),
            },
            ParamKind::Choice(words) => match words.iter().find(|word| **word == text) {
                Some(word) => Ok(Value::Choice(word)),
                None => {
                    let wrong = fail(&format!("one of {}", words.join(", ")));
                    let meant = did_you_mean(text, words.iter().map(|word| (*word, "")));
                    Err(meant.map_or(wrong.clone(), |meant| format!("{wrong}: {meant}")))
                }
            },
            ParamKind::Name if text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) => {
                Ok(Value::Name(text.to_owned()))
            }
            ParamKind::Name => Err(fail("letters, digits, `-`, `_` and `.`")),
            ParamKind::Paths if text.split('/').all(|key| !key.is_empty()) => Ok(Value::Paths(text.to_owned())),
            ParamKind::Paths => Err(fail("keys between slashes, such as cells/*/source")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Span(value) => f.write_str(&format_span(*value)),
            Value::SpanRange(least, greatest) if least == greatest => f.write_str(&format_span(*least)),
            Value::SpanRange(least, greatest) => write!(f, "{}..{}", format_span(*least), format_span(*greatest)),
            Value::Bandwidth(None) => f.write_str("unlimited"),
            Value::Bandwidth(Some(bits_per_s)) => f.write_str(&format_bandwidth(*bits_per_s)),
            Value::Count(value) | Value::Node(Some(value)) => write!(f, "{value}"),
            Value::Node(None) => f.write_str(SERVER),
            Value::Share(value) => write!(f, "{value}"),
            Value::Contention(value) => write!(f, "{value}"),
            Value::Choice(value) => f.write_str(value),
            Value::Name(value) | Value::Paths(value) => f.write_str(value),
        }
    }
}

/// Reads a fraction, or a percentage.
pub fn parse_share(text: &str) -> Option<f64> {
    match text.strip_suffix('%') {
        Some(percent) => Some(percent.parse::<f64>().ok()? / 100.0),
        None => text.parse().ok(),
    }
}

/// Units of bandwidth in bits per second, from the largest.
const BANDWIDTHS: [(&str, u64); 4] = [("Gbps", 1_000_000_000), ("Mbps", 1_000_000), ("kbps", 1_000), ("bps", 1)];

/// Reads bits per second: the inner `None` for no limit, the outer one for what cannot be read.
fn parse_bandwidth(text: &str) -> Option<Option<u64>> {
    if text == "unlimited" {
        return Some(None);
    }
    let (number, unit) = BANDWIDTHS.iter().find_map(|(name, unit)| {
        let number = text.strip_suffix(name)?;
        number.ends_with(|c: char| c.is_ascii_digit()).then_some((number, unit))
    })?;
    let bits_per_s = number.parse::<f64>().ok()? * *unit as f64;
    (1.0..=MOST_BITS_PER_S).contains(&bits_per_s).then_some(Some(bits_per_s.round() as u64))
}

/// A petabit per second, far beyond any link.
const MOST_BITS_PER_S: f64 = 1e15;

/// Writes bits per second in the largest unit that keeps them whole.
pub fn format_bandwidth(bits_per_s: u64) -> String {
    // A single bit keeps every number whole.
    let (name, unit) = BANDWIDTHS.iter().find(|(_, unit)| bits_per_s.is_multiple_of(*unit)).unwrap_or(&BANDWIDTHS[3]);
    format!("{}{name}", bits_per_s / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &[Param] = &[
        Param { name: "delay", kind: ParamKind::SpanRange, default: "1ms", help: "" },
        Param { name: "every", kind: ParamKind::Span, default: "0", help: "" },
        Param { name: "loss", kind: ParamKind::Share, default: "0", help: "" },
        Param { name: "up", kind: ParamKind::Bandwidth, default: "unlimited", help: "" },
    ];

    fn check(text: &str) -> Result<Params, SelectorError> {
        Params::check(&text.parse().unwrap(), SPEC)
    }

    #[test]
    fn ranges_percentages_and_bandwidths_are_read_and_shown() {
        let params = check("n:60ms..90ms,loss=3%,up=1.5Mbps").unwrap();
        assert_eq!(params.span_range("delay"), (Duration::from_millis(60), Duration::from_millis(90)));
        assert_eq!((params.share("loss"), params.bandwidth("up")), (0.03, Some(1_500_000)));
        let shown: Vec<_> = params.shown().into_values().collect();
        assert_eq!(shown, ["60ms..90ms", "0", "0.03", "1500kbps"]);
        let defaults = check("n").unwrap();
        assert_eq!(defaults.span_range("delay"), (Duration::from_millis(1), Duration::from_millis(1)));
        assert_eq!((defaults.bandwidth("up"), defaults.shown()["delay"].as_str()), (None, "1ms"));
    }

    #[test]
    fn a_former_name_is_read_as_todays() {
        let check = |text: &str, spec| Params::check(&text.parse().unwrap(), spec);
        let params = check("n:batch=50ms", &[WINDOW]).unwrap();
        assert_eq!(params.shown(), BTreeMap::from([("window".to_owned(), "50ms".to_owned())]));
        let both = check("n:batch=50ms,window=20ms", &[WINDOW]).unwrap_err().to_string();
        assert!(both.contains("only `window`: `batch` is its former name"), "{both}");
        let unknown = check("n:bach=50ms", &[WINDOW]).unwrap_err().to_string();
        assert!(unknown.contains("takes window") && !unknown.contains("batch"), "{unknown}");
        let without = check("n:batch=50ms", SPEC).unwrap_err().to_string();
        assert!(without.contains("no parameter `batch`"), "{without}");
    }

    #[test]
    fn wrong_values_say_what_was_expected() {
        for (text, expected) in [
            ("n:90ms..60ms", "`delay` must be a range from the smaller to the larger span, not `90ms..60ms`"),
            ("n:60ms..", "a range such as 60ms..90ms"),
            ("n:every=48x", "`every` must be a span such as 250us, 40ms, 1.5s, 2m, 48h or 2d, not `48x`"),
            ("n:every=4000d", "`every` must be a span of at most 3650d, not `4000d`"),
            ("n:loss=101%", "`loss` must be a fraction from 0 to 1 or a percentage such as 3%, not `101%`"),
            ("n:loss=NaN", "a fraction from 0 to 1"),
            ("n:up=0Mbps", "`up` must be bits per second above 0"),
            ("n:up=1MB", "such as 800kbps, 1.5Mbps or 1Gbps"),
            ("n:up=infbps", "bits per second above 0"),
            ("n:up=Mbps", "bits per second above 0"),
        ] {
            let error = check(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
