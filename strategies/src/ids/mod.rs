//! Strategies whose positions are ids that clients make, with a server that applies edits as they arrive.

mod back;
mod change;
mod client;
#[cfg(test)]
mod laws;
mod list;
mod server;
mod state;
pub mod text_ids;
mod translate;
mod tree;
