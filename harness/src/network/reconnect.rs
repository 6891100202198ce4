//! What it costs to open a connection.

use std::time::Duration;

use syncbench_strategies::spec::{Param, ParamKind, Params};

/// What opening a connection costs. At the start of a run everybody is connected, at no cost.
///
/// A connection that broke opens after `detection` and `round_trips` over its path, counted from the moment at which its
/// messages could get through again. A client that joins late or recovers from a crash connects at once: it has nothing to
/// detect. A new break during that time ends the attempt. Queues, jitter and losses of the handshake are left out, and a
/// datagram transport pays the same as a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// Until the client tries again.
    pub detection: Duration,
    /// From then until both ends may send.
    pub round_trips: u32,
    /// What the handshake takes on the wire, both directions together.
    pub handshake_bytes: u64,
}

/// A client retries every so often, so it notices after half of that on average.
const DETECTION: Param = Param {
    name: "detection",
    kind: ParamKind::Span,
    default: "1250ms",
    help: "from the end of a break until a client tries to connect again; half of the longest pause between two attempts of \
           y-websocket (maxBackoffTime, 2.5 s)",
};

const ROUND_TRIPS: Param = Param {
    name: "round_trips",
    kind: ParamKind::Count,
    default: "3",
    help: "to open a connection: one each for TCP (RFC 9293), TLS 1.3 (RFC 8446) and the WebSocket's upgrade (RFC 6455)",
};

const HANDSHAKE: Param = Param {
    name: "handshake_bytes",
    kind: ParamKind::Count,
    default: "4600",
    help: "of opening a connection, headers included: TCP 160, TLS 1.3 about 3,700 with a chain of two ECDSA certificates of \
           1.1 kB each, upgrade about 700; a TLS session that is resumed saves about 2,200",
};

/// The parameters that every network has.
pub(super) const PARAMS: &[Param] = &[DETECTION, ROUND_TRIPS, HANDSHAKE];

/// These, and a network's own before them.
pub(super) const fn and<const OWN: usize, const ALL: usize>(own: [Param; OWN]) -> [Param; ALL] {
    let mut all = [DETECTION; ALL];
    let mut index = 0;
    while index < ALL {
        all[index] = if index < OWN { own[index] } else { PARAMS[index - OWN] };
        index += 1;
    }
    all
}

impl Reconnect {
    pub(super) fn of(params: &Params) -> Self {
        Self {
            detection: params.span("detection"),
            round_trips: u32::try_from(params.count("round_trips")).unwrap_or(u32::MAX),
            handshake_bytes: params.count("handshake_bytes"),
        }
    }
}

impl Default for Reconnect {
    /// The defaults of the parameters.
    fn default() -> Self {
        // Literals with a test beside them.
        Self { detection: Duration::from_millis(1_250), round_trips: 3, handshake_bytes: 4_600 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_parameters() {
        let params = Params::check(&"any".parse().unwrap(), PARAMS).unwrap();
        assert_eq!(Reconnect::of(&params), Reconnect::default());
    }
}
