//! A map in a file.

use serde::Deserialize;
use serde_json::error::Category;

use super::{Map, SCHEMA};

/// Most bytes of a file: two hundred times those of the committed map.
pub const MOST_BYTES: usize = 64 << 20;

/// What tells a map from other documents.
#[derive(Deserialize)]
struct Head {
    schema: u64,
    #[serde(rename = "pairs")]
    _pairs: serde::de::IgnoredAny,
}

/// Reads a map.
///
/// # Errors
///
/// In a line without the file's name: it is too large, no JSON, no map, or a map of another schema.
pub fn read(bytes: &[u8]) -> Result<Map, String> {
    let expected = format!("expected a map.json of schema {SCHEMA}, as `explore --all --out DIR` writes it");
    if bytes.len() > MOST_BYTES {
        return Err(format!("more than {} MiB; {expected}", MOST_BYTES >> 20));
    }
    let wrong = |error: serde_json::Error| match error.classify() {
        Category::Data => format!("no map of anomalies ({error}); {expected}"),
        _ => format!("no JSON ({error}); {expected}"),
    };
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.schema != u64::from(SCHEMA) {
        return Err(format!("schema {}; {expected}", head.schema));
    }
    serde_json::from_slice(bytes).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_as_it_was_written() {
        let text = serde_json::to_vec(Map::committed()).unwrap();
        assert_eq!(&read(&text).unwrap(), Map::committed());
    }

    #[test]
    fn what_is_no_map_of_this_schema_is_told_apart() {
        let other = serde_json::to_string(Map::committed()).unwrap().replacen("\"schema\":1", "\"schema\":7", 1);
        let deep = "[".repeat(100_000);
        for (text, expected) in [
            (other.as_str(), "schema 7; expected a map.json of schema 1, as `explore --all"),
            ("", "no JSON (EOF"),
            ("\0\u{1b}", "no JSON ("),
            (&deep, "no map of anomalies ("),
            ("{\"cells\":[]}", "no map of anomalies (missing field `schema`"),
            ("{\"schema\":1,\"pairs\":7}", "no map of anomalies ("),
            ("{\"schema\":1,\"pairs\":[{}]}", "no map of anomalies ("),
            ("{\"schema\":-1,\"pairs\":[]}", "no map of anomalies ("),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected) && error.contains("expected a map.json"), "{error}");
        }
    }
}
