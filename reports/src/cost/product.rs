//! A product's shape: a value for every assumption, and what follows from them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use syncbench_strategies::names;
use toml::de::{DeTable, DeValue};

use super::assumption::{
    ASSUMPTIONS, Assumption, DAYS, DOCUMENTS, HISTORY, HOURS, ITEMS, MONTHS, ONLINE, PEOPLE, PER_DOCUMENT, RATE,
    assumption,
};

/// Most bytes of a product's file: a hundred times what all assumptions take with comments.
pub const MOST_BYTES: usize = 256 * 1024;

/// A value for every assumption.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    values: BTreeMap<&'static str, f64>,
    given: BTreeMap<&'static str, f64>,
}

impl Product {
    /// A product of which these values are given; the others have their defaults.
    ///
    /// # Errors
    ///
    /// The first assumption that has neither.
    pub fn new(given: &[(&'static Assumption, f64)]) -> Result<Self, &'static Assumption> {
        let given: BTreeMap<_, _> = given.iter().map(|(of, value)| (of.name, *value)).collect();
        let value = |of: &&'static Assumption| match given.get(of.name).copied().or(of.default) {
            Some(value) => Ok((of.name, value)),
            None => Err(*of),
        };
        let values = ASSUMPTIONS.iter().map(value).collect::<Result<_, _>>()?;
        Ok(Self { values, given })
    }

    /// A value.
    pub fn get(&self, of: &Assumption) -> f64 {
        self.values.get(of.name).or(of.default.as_ref()).copied().unwrap_or_default()
    }

    /// Whether a value was given, and is no default.
    pub fn is_given(&self, of: &Assumption) -> bool {
        self.given.contains_key(of.name)
    }

    /// The same with another value.
    #[must_use]
    pub fn with(&self, of: &'static Assumption, value: f64) -> Self {
        let mut other = self.clone();
        other.values.insert(of.name, value);
        other
    }

    /// People who are online.
    pub fn online(&self) -> f64 {
        self.get(&PEOPLE) * self.get(&ONLINE)
    }

    /// People in one document: not more than are online.
    pub fn clients(&self) -> f64 {
        self.get(&PER_DOCUMENT).min(self.online()).max(1.0)
    }

    /// Documents that somebody has open.
    pub fn open(&self) -> f64 {
        self.online() / self.clients()
    }

    /// Documents in all.
    pub fn documents(&self) -> f64 {
        let people = self.get(&PEOPLE);
        let own = people * self.get(&DOCUMENTS);
        if own > 0.0 { own.max(self.open()) } else { (people / self.clients()).max(1.0) }
    }

    /// Operations a second of everybody together.
    pub fn ops_per_s(&self) -> f64 {
        self.online() * self.get(&RATE)
    }

    /// Seconds of a month in which people are online.
    pub fn seconds_a_month(&self) -> f64 {
        self.get(&HOURS) * 3_600.0 * self.get(&DAYS)
    }

    /// Operations a month of everybody together.
    pub fn ops_a_month(&self) -> f64 {
        self.ops_per_s() * self.seconds_a_month()
    }

    /// Operations that a document's history holds after so many months.
    pub fn history_after(&self, months: f64) -> f64 {
        (self.ops_a_month() / self.documents() * months).min(self.get(&HISTORY)).max(1.0)
    }

    /// Operations that a document's history holds.
    pub fn history(&self) -> f64 {
        self.history_after(self.get(&MONTHS))
    }

    /// Items in a document.
    pub fn items(&self) -> f64 {
        self.get(&ITEMS)
    }
}

/// By name; `null` for a history that is never cut.
impl Serialize for Product {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.values.iter().map(|(name, value)| (name, value.is_finite().then_some(*value))))
    }
}

/// Reads the values of a product's file. `file` is for messages.
///
/// # Errors
///
/// The first thing that is wrong, with the file and the line.
pub fn read(bytes: &[u8], file: &str) -> Result<Vec<(&'static Assumption, f64)>, String> {
    let expected = "expected a product's file, with lines such as people = \"1M\"";
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= MOST_BYTES => text,
        _ => return Err(format!("{file}: no text of at most {MOST_BYTES} bytes; {expected}")),
    };
    let line = |at: usize| 1 + text[..at.min(text.len())].matches('\n').count();
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(1, |span| line(span.start));
        format!("{file}, line {at}: {}; {expected}", error.message())
    })?;
    let mut given = Vec::new();
    for (key, value) in table.get_ref() {
        let name = key.get_ref();
        let wrong = |reason: String| format!("{file}, line {}: {name}: {reason}", line(key.span().start));
        let known = ASSUMPTIONS.iter().map(|known| (known.name, known.meaning));
        let of = assumption(name).ok_or_else(|| wrong(names::unknown("number of a product", name, "", known)))?;
        let written = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(whole) => whole.to_string(),
            DeValue::Float(number) => number.to_string(),
            _ => return Err(wrong(of.read("").err().unwrap_or_default())),
        };
        given.push((of, of.read(&written).map_err(wrong)?));
    }
    Ok(given)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A million people, of whom 5 % are online, 20 in a document, with an operation every five seconds.
    pub(in crate::cost) fn million() -> Product {
        Product::new(&[(&PEOPLE, 1e6), (&ONLINE, 0.05), (&PER_DOCUMENT, 20.0), (&RATE, 0.2)]).unwrap()
    }

    #[test]
    fn what_follows_from_a_products_numbers() {
        let product = million();
        assert_eq!((product.online(), product.open(), product.documents()), (50_000.0, 2_500.0, 50_000.0));
        assert_eq!(product.ops_per_s(), 10_000.0);
        assert_eq!((product.ops_a_month(), product.history()), (8.64e9, 172_800.0));
        assert_eq!(product.with(&HISTORY, 1e3).history(), 1e3);
        assert_eq!(product.with(&DOCUMENTS, 3.0).documents(), 3e6);
        let few = product.with(&PEOPLE, 40.0);
        assert_eq!((few.clients(), few.open()), (2.0, 1.0), "no more people in a document than are online");
        assert_eq!(Product::new(&[(&PEOPLE, 1e6)]).unwrap_err().name, "online");
    }

    #[test]
    fn a_products_file_is_read_and_its_mistakes_are_told() {
        let given = read(
            b"people = \"1M\" # all of them\nonline = 0.05\nper_document = 20\nclient-memory = \"64MB\"",
            "p.toml",
        );
        let given: Vec<_> = given.unwrap().into_iter().map(|(of, value)| (of.name, value)).collect();
        assert_eq!(given.len(), 4);
        assert!(given.contains(&("people", 1e6)) && given.contains(&("client_memory", 64e6)), "{given:?}");
        for (text, said) in [
            ("people = 5\nonlin = 3", "p.toml, line 2: onlin: no such number of a product: did you mean `online`?"),
            ("people = 0", "p.toml, line 1: people: expected a whole number from 1 on"),
            ("people = []", "line 1: people: expected a whole number"),
            ("people = ", "line 1: "),
            ("[people]\nx = 1", "people: expected a whole number"),
        ] {
            let error = read(text.as_bytes(), "p.toml").unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert!(read(b"\xff", "p.toml").is_err() && read(&vec![b'#'; MOST_BYTES + 1], "p.toml").is_err());
    }
}
