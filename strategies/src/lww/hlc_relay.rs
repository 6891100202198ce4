//! `lww-hlc-relay`: the same cells and stamps as `lww-hlc`, by way of a relay.
//!
//! Clients write and merge as there, and talk to node 0 only. It stores what it gets and passes it on to everybody else as it
//! came; it decides nothing and refuses nothing, and a client that comes back compares with it alone. In Evolu it could not
//! even read what it stores.
//!
//! Source: Evolu's relay, TinyBase's synchronizers by way of a WebSocket server.
//!
//! Trade-offs: one connection for each client instead of one for each pair, and who is online at different times still meets;
//! for a second hop, and for a machine that somebody has to run.

use super::hlc::{GUARANTEES, PARAMS, UNDO, build, support};
use crate::replica::Topology;
use crate::spec::{Content, Guarantees, Spec};

/// The strategy's card.
pub static SPEC: Spec = Spec {
    name: "lww-hlc-relay",
    family: "lww",
    summary: "`lww-hlc` by way of a relay that only stores and passes on",
    source: "Evolu's relay",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees { needs_server: true, ..GUARANTEES },
    params: PARAMS,
    support,
    content: Content::any,
    undo: UNDO,
    build,
};
