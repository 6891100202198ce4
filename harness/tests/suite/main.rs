//! The integration tests of this crate: one binary, so that it links once.
#![allow(missing_docs)]

mod anomalies;
mod closed_forms;
mod common;
mod contract;
mod crash;
mod decoders;
mod explore;
mod findings;
mod forged;
mod hostile;
mod links;
mod lockstep;
mod mutants;
mod nodes;
mod observed_memory;
mod overwritten;
mod parity;
mod pending;
mod reconnect;
mod referee;
mod replay;
mod sessions;
mod spec;
mod threads;
mod undo_memory;
