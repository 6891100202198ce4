//! The integration tests of this crate: one binary, so that it links once.
#![allow(missing_docs)]

mod anomalies;
mod caveats;
mod choose;
mod colors;
mod compare;
mod cost;
mod cover;
mod edges;
mod golden;
mod groups;
mod mapped;
#[cfg(unix)]
mod page;
mod record;
mod screen;
mod shown;
mod support;
