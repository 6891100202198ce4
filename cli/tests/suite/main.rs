//! The integration tests of this crate: one binary, so that it links once.
#![allow(missing_docs)]

mod capsules;
mod choose;
mod common;
mod compare;
mod completions;
mod cost;
mod demo;
mod errors;
mod explore;
mod export;
mod growth;
mod layers;
mod output;
mod plan;
mod profiles;
mod run;
mod speed;
mod sweep;
mod verify;
