//! Recorded editing traces: read from a file, put into causal order, replayed as a workload.

mod file;
mod lcs;
mod merge;
mod op;
mod raw;
mod replay;

pub use file::{MAX_BYTES, Trace, TraceError};
pub use lcs::common_subsequence;
pub use op::{Splice, TraceOp};
pub use replay::{CHARACTER_LOST, FINAL_TEXT_NOT_JUDGED, Replay, SPEC, SURPLUS_CHARACTER, TraceModel};
