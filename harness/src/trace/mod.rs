//! Recorded editing traces: read from a file, put into causal order, replayed as a workload.

mod file;
mod judge;
mod lcs;
mod merge;
mod op;
mod raw;
mod replay;
mod script;
mod text;

pub(crate) use file::unpack;
pub use file::{MAX_BYTES, Trace, TraceError};
pub use op::TraceOp;
pub use replay::{FINAL_TEXT_NOT_JUDGED, MISSING_TEXT, Replay, SPEC, TraceModel, UP_TO_TIES, WRONG_DELETION};
pub use text::Units;
