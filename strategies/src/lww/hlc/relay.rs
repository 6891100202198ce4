//! `lww-hlc-relay`: the cells and stamps of `lww-hlc`, through a relay.
//!
//! Clients write and merge as in `lww-hlc`, and talk to node 0 only. The relay stores what it gets and passes it on to
//! all other clients unchanged. It decides nothing and rejects nothing, and a client that reconnects compares with it
//! alone. In Evolu it could not even read what it stores.
//!
//! Source: Evolu's relay, TinyBase's synchronizers through a WebSocket server.
//!
//! Trade-offs: one connection for each client instead of one for each pair, and clients that are online at different times
//! still exchange changes. It pays with a second hop, and with a machine that somebody has to run.

use super::{GUARANTEES, PARAMS, UNDO, build, support};
use crate::replica::Topology;
use crate::spec::{Content, Guarantees, Spec};

/// The strategy's spec.
pub static SPEC: Spec = Spec {
    name: "lww-hlc-relay",
    family: "lww",
    summary: "`lww-hlc` through a relay that only stores and forwards",
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
