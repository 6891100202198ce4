//! Bugs in the harness itself, so that what checks the harness can be checked.
//!
//! Only tests and `verify` plant one; no scenario can name it. Without one the simulator behaves as always.

use std::time::Duration;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, Time};

use crate::event::Event;
use crate::faults::Transition;
use crate::wire::Parcel;

/// What becomes of a message at its receiver's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives normally.
    Through,
    /// It vanishes without a trace.
    Swallowed,
    /// It arrives twice, without a trace.
    Copied,
    /// It arrives later, behind what was sent after it.
    Later(Duration),
}

/// A bug in the simulator. By default every method answers as a correct simulator does.
pub trait Saboteur {
    /// How often the ledger enters an event.
    fn enters(&mut self, event: &Event) -> u32 {
        let _ = event;
        1
    }

    /// How often the probes see an event.
    fn shows(&mut self, event: &Event) -> u32 {
        let _ = event;
        1
    }

    /// What becomes of a message that arrives. It may be handed to another node.
    fn passes(&mut self, parcel: &mut Parcel) -> Passage {
        let _ = parcel;
        Passage::Through
    }

    /// Whether a fault transition takes place.
    fn happens(&mut self, transition: Transition) -> bool {
        let _ = transition;
        true
    }

    /// What a node's clock shows.
    fn clock(&mut self, node: NodeId, wall: Time) -> Time {
        let _ = node;
        wall
    }

    /// Whether a timer that a replica sets will be due.
    fn keeps_timer(&mut self, node: NodeId) -> bool {
        let _ = node;
        true
    }

    /// How often an operation is entered in the ledger when its user acts.
    fn opens(&mut self) -> u32 {
        1
    }

    /// How often an operation is handed to its replica.
    fn submits(&mut self) -> u32 {
        1
    }

    /// What a node had saved, as it gets it back after a crash.
    fn saved(&mut self, node: NodeId, durable: Vec<u8>) -> Vec<u8> {
        let _ = node;
        durable
    }

    /// The final states, as the oracles get them.
    fn finals(&mut self, finals: &mut [(NodeId, Document)]) {
        let _ = finals;
    }
}

/// Makes a bug for one run.
pub type Plant = fn() -> Box<dyn Saboteur>;
