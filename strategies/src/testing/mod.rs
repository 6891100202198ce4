//! A few replicas driven by hand, one message at a time, for the tests of strategies.

mod observe;
mod table;
mod toy;
pub(crate) mod trials;
mod windows;

#[cfg(any(feature = "loro", feature = "diamond"))]
pub(crate) use table::Packet;
pub(crate) use table::Table;
pub(crate) use toy::{Toy, set, swap, typed};
