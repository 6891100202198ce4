//! Results as tidy tables for other tools: `cells`, `metrics`, `findings` and `histogram`.
//!
//! Rows are handed on one by one, so that the cells of a long run need no memory of their own.

mod csv;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
mod table;

pub use self::csv::Csv;
#[cfg(feature = "parquet")]
pub use self::parquet::Parquet;
pub use rows::{Sink, Value, cell};
pub use table::{Column, Kind, TABLES, Table};
