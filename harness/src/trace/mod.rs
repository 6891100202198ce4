//! Recorded editing traces: read from a file, put into causal order, replayed as a workload.

mod file;
mod lcs;
mod merge;
mod raw;
mod replay;
mod schedule;

pub use file::{MAX_BYTES, MAX_CLIENTS, Trace, TraceError};
pub use lcs::common_subsequence;
pub use replay::{FINAL_TEXT_NOT_JUDGED, MISSING_CHARACTER, Replay, SPEC, SURPLUS_CHARACTER, TraceModel, TraceOp};
pub use schedule::Schedule;
