//! The types of nodes.

use std::fmt;

/// The type of a node in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    Null,
    /// A truth value.
    Bool,
    /// A 64-bit signed integer.
    Int,
    /// A 64-bit float.
    Float,
    /// A string that is replaced as a whole.
    String,
    /// A number that is changed by adding to it.
    Counter,
    /// A sequence of documents.
    List,
    /// Documents by key, in key order.
    Map,
    /// A string that is edited by splices.
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::String => "string",
            Kind::Counter => "counter",
            Kind::List => "list",
            Kind::Map => "map",
            Kind::Text => "text",
        })
    }
}
