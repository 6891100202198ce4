//! Oracles that hold for every model; those of one model live with its workload.

pub(crate) mod characters;
pub mod generic;
pub mod serial_order;
