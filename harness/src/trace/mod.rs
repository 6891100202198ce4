//! Recorded editing traces: read from a file, put into causal order, replayed as a workload.

mod file;
mod lcs;
mod merge;
mod op;
mod raw;
mod replay;

pub use file::{MAX_BYTES, Trace, TraceError};
pub use lcs::common_subsequence;
pub use op::TraceOp;
pub use replay::{FINAL_TEXT_NOT_JUDGED, MISSING_CHARACTER, Replay, SPEC, SURPLUS_CHARACTER, TraceModel};
