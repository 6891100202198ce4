//! The integration tests of this crate: one binary, so that it links once.
#![allow(missing_docs)]

mod common;
mod compare;
mod demo;
mod errors;
mod export;
mod layers;
mod output;
mod run;
mod sweep;
