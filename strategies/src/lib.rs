//! Documents, models, and the sync strategies that syncbench compares.
//!
//! A strategy decides where, when and against which state an operation is interpreted. Everything here is sans-IO: no
//! clock, no thread, no entropy, no file, no socket and no unordered map. Time, randomness and the network arrive through
//! [`replica::Context`], and what a replica wants to happen leaves it as plain [`replica::Effect`]s. That is why the same
//! object runs in virtual time, on threads and on sockets.
//!
//! * [`document`]: the immutable tree, edits with inverses, the canonical encoding;
//! * [`view`]: the read-only trait through which any library's document is read;
//! * [`model`]: what an operation means, as one pure function;
//! * [`reducer`]: a product's own reducer as a model;
//! * [`change`]: changes as trees, with composition, transformation and inverses;
//! * [`replica`]: the contract of a strategy, as a state machine;
//! * [`spec`]: what a strategy claims and supports, and its parameters;
//! * [`names`]: "did you mean";
//! * [`numbers`]: numbers as people write them;
//! * [`prefix_set`]: sets of operations that mostly arrive in order;
//! * [`registry`]: every strategy that is compiled in.

pub mod document;
pub mod view;

pub mod names;
mod node;
pub mod numbers;
pub mod sidecar;
mod time;

pub mod model;
pub mod reducer;

pub mod change;

mod claims;
pub mod params;
mod relay;
pub mod replica;
pub mod selector;
mod send_window;
pub mod spec;

mod courier;
pub mod prefix_set;
mod star;
mod undo;
mod wire;

pub mod crdt;
pub mod ephemeral;
pub mod escrow;
pub mod hybrid;
pub mod ids;
pub mod lww;
pub mod ot;
pub mod serial;

pub mod registry;
pub mod requirements;

#[cfg(test)]
pub(crate) mod testing;
