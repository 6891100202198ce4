//! Strategies that merge at the clients, through a relay or without one.
//!
//! A relay is node 0 of a star. It stores what arrives and forwards it to all other clients; it decides nothing and rejects
//! nothing. A newcomer or a client that returns gets what it lacks from the relay, and brings what the relay lacks.

use crate::claims::Guarantees;
use crate::params::{Param, ParamKind, Params};
use crate::replica::Topology;

/// Who talks to whom.
pub(crate) const TOPOLOGY: Param = Param {
    name: "topology",
    kind: ParamKind::Choice(&["star", "mesh"]),
    default: "star",
    help: "who talks to whom: all clients with a relay that stores and forwards, as products do since browsers and \
           phones cannot connect to each other over WebSocket; or every client with every other",
};

/// The value of [`TOPOLOGY`].
pub(crate) fn topology(params: &Params) -> Topology {
    match params.choice(TOPOLOGY.name) {
        "mesh" => Topology::Mesh,
        _ => Topology::Star,
    }
}

/// The claims of a spec in this topology.
pub(crate) fn claims(topology: Topology, spec: Guarantees) -> Guarantees {
    Guarantees { needs_server: topology == Topology::Star, ..spec }
}

#[cfg(test)]
mod tests;
