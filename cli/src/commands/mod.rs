//! One file for each command.

pub(crate) mod choose;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod cost;
pub(crate) mod demo;
pub(crate) mod explore;
pub(crate) mod export;
pub(crate) mod growth;
pub(crate) mod list;
pub(crate) mod merge;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod shrink;
pub(crate) mod speed;
mod told;
pub(crate) mod verify;
