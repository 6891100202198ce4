//! Inputs take memory in proportion to their length.

use crate::common::decoders::bound;

/// Decodes; panics if that takes more memory than [`bound`] allows.
pub(crate) fn bounded(bytes: &[u8], decode: impl FnOnce()) {
    let memory = allocation_counter::measure(decode);
    let (taken, allowed) = (memory.bytes_max, bound(bytes.len()));
    assert!(taken <= allowed, "{taken} bytes of memory for an input of {}: expected at most {allowed}", bytes.len());
}
