//! What happens in a run, as data. Engines produce events and probes consume them; nothing else connects the two.

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{LinkState, NodeId, OpId, ProtocolError, Report, Time};

use crate::op_set::OpSet;

/// Which handler of a replica was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Its user acted.
    Submit,
    /// A message arrived.
    Receive,
    /// A timer was due.
    Timer,
    /// A connection opened or broke.
    Link,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When; real time in the real-time engines.
    pub at: Time,
    /// At which node.
    pub node: NodeId,
    /// What.
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug)]
pub enum What {
    /// The node takes part from now on, for the first time or recovered from a crash.
    Live,
    /// The node has crashed.
    Crashed {
        /// Whether it never recovers.
        for_good: bool,
    },
    /// The node has recovered from a crash, and its state differs from that before the crash.
    RecoveryDiffers,
    /// The node has recovered with less than it had, or with a document rebuilt without its history. It holds the
    /// operations in `reflected`, and receives all others again.
    Restored {
        /// The operations.
        reflected: Box<OpSet>,
        /// The document was rebuilt from plain data: a replica that takes it over has these operations without their ids.
        rebuilt: bool,
    },
    /// Its user issued an operation.
    Issued {
        /// Which.
        op: OpId,
        /// When the user intended to.
        intended: Time,
    },
    /// The node's replica reports what became of an operation.
    Report(Report),
    /// A message left.
    Sent {
        /// For whom.
        to: NodeId,
        /// Its payload.
        payload_bytes: u64,
        /// Payload and envelope.
        wire_bytes: u64,
        /// A hash of the payload.
        hash: u64,
    },
    /// A message arrived.
    Delivered {
        /// From whom.
        from: NodeId,
    },
    /// A message to this node was lost.
    Dropped {
        /// From whom.
        from: NodeId,
    },
    /// The network made a second copy of a message to this node.
    Duplicated {
        /// From whom.
        from: NodeId,
    },
    /// A connection opened or broke.
    Link {
        /// With whom.
        peer: NodeId,
        /// Which.
        state: LinkState,
    },
    /// A connection that was not there from the start of the run has opened, after this handshake. Once for both ends.
    Handshake {
        /// With whom.
        peer: NodeId,
        /// What it took on the wire, both directions together.
        wire_bytes: u64,
    },
    /// The replica could not take a message.
    ProtocolError(ProtocolError),
    /// The replica could not take a message that the network had damaged.
    DamageRefused(ProtocolError),
    /// What a handler cost. The only event that differs from run to run.
    Cost {
        /// Which handler.
        call: Call,
        /// Processor time.
        cpu_ns: u64,
        /// Bytes that the replica holds after the call.
        resident_bytes: u64,
        /// Most bytes that it held during the call.
        peak_bytes: u64,
    },
    /// The state that the node shows.
    State(Digest),
    /// The node shows a state that the product does not allow.
    Broken(String),
    /// Nothing else happens at this instant; states are those that users could see.
    InstantEnd,
}

impl Event {
    /// The same event, of a call that received a damaged message: refusing it is no protocol error of the sender.
    #[must_use]
    pub fn of_damage(self) -> Self {
        match self.what {
            What::ProtocolError(error) => Self { what: What::DamageRefused(error), ..self },
            _ => self,
        }
    }
}
