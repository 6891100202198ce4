//! Tables, charts and pages: pure functions from results to bytes. The caller writes the files.
//!
//! Nothing here reads a clock, a file or a hash map, so the same results always give the same bytes.

pub mod aggregate;
pub mod anomalies;
pub mod away;
pub mod caveat;
pub mod charts;
pub mod choose;
pub mod columns;
pub mod compare;
pub mod cost;
pub mod coverage;
pub mod criterion;
pub mod draw;
pub mod exact;
pub mod explored;
pub mod export;
pub mod format;
pub mod growth;
pub mod headline;
pub mod html;
pub mod mapped;
pub mod overview;
pub mod report;
pub mod scalability;
pub mod screen;
pub mod stats;
pub mod story;
pub mod table;
