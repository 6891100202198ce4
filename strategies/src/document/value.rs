//! Values as documents, and documents as text for people.

use std::fmt;

use super::Document;

/// Compact and JSON-like, for people: counters are plain numbers, keys are not quoted.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Document::Null => f.write_str("null"),
            Document::Bool(value) => write!(f, "{value}"),
            Document::Int(value) | Document::Counter(value) => write!(f, "{value}"),
            Document::Float(value) => write!(f, "{value:?}"),
            Document::String(value) => write!(f, "{value:?}"),
            Document::Text(rope) => write!(f, "{:?}", rope.to_string()),
            Document::List(list) => {
                f.write_str("[")?;
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Document::Map(map) => {
                f.write_str("{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{key}:{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<bool> for Document {
    fn from(value: bool) -> Self {
        Document::Bool(value)
    }
}

impl From<i64> for Document {
    fn from(value: i64) -> Self {
        Document::Int(value)
    }
}

impl From<f64> for Document {
    fn from(value: f64) -> Self {
        Document::Float(value.into())
    }
}

impl From<&str> for Document {
    fn from(value: &str) -> Self {
        Document::String(value.into())
    }
}

impl From<String> for Document {
    fn from(value: String) -> Self {
        Document::String(value.into())
    }
}
