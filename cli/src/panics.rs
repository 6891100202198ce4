//! Panics of replicas. A run catches them and fails with their message, so a terminal need not show each with its backtrace.

use std::panic::{set_hook, take_hook};

/// Does `work` with nothing printed where a panic begins.
pub(crate) fn unprinted<T>(work: impl FnOnce() -> T) -> T {
    let usual = take_hook();
    set_hook(Box::new(|_| {}));
    let done = work();
    set_hook(usual);
    done
}
