//! `burst`: clients' legs lose packets in bursts, by the model of Gilbert ("Capacity of a burst-noise channel", 1960) and
//! Elliott (1963): a leg is good or bad, changes between the two like a Markov chain, and loses packets while it is bad.
//!
//! Each client's leg has a course of its own in each direction, by time and not by message number: everything that crosses a
//! leg at one moment meets the same state, whatever strategy sends it. The server's leg is a data centre's and stays good.
//!
//! A stream sends lost packets again, so a loss is a delay. What is sent again meets the state of the later moment, so a
//! burst costs more than as many single losses: the timeout doubles while the leg stays bad.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::alternating::Alternating;
use super::{Fault, FaultSpec, Needs, Swarm, Timing, not_too_short};
use crate::network::{Chance, Impairment, Passing, Repair};
use crate::rng::below;

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "burst",
    summary: "packets are lost in bursts on every client's leg (Gilbert-Elliott): burst:share=5%,mean=1s,loss=50%; a stream \
              sends them again later",
    params: &[
        Param {
            name: "share",
            kind: ParamKind::Share,
            default: "5%",
            help: "share of the time in which a leg is bad; half of the packets of a twentieth of the time are the 2.7 % that \
                   Paxson found lost over all (\"End-to-end Internet packet dynamics\", SIGCOMM 1997)",
        },
        Param {
            name: "mean",
            kind: ParamKind::Span,
            default: "1s",
            help: "mean length of a burst; losses are correlated over up to 1 s (Yajnik et al., INFOCOM 1999)",
        },
        Param {
            name: "loss",
            kind: ParamKind::Share,
            default: "50%",
            help: "share of packets that a bad leg loses; one half is what Gilbert takes for his bad state (1960)",
        },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, scope| {
        let (share, mean_ms, loss) = (2 + below(rng, 14), 100 * (2 + below(rng, 19)), 10 * (3 + below(rng, 6)));
        // Strategies are held to it on datagram links only where they tolerate loss: it would leave most of them out.
        (!scope.datagrams).then(|| format!("share={share}%,mean={mean_ms}ms,loss={loss}%"))
    }),
    build: |params, scope| {
        let (share, mean, loss) = (params.share("share"), params.span("mean"), params.share("loss"));
        if !(share > 0.0 && share < 1.0 && loss > 0.0) {
            return Err("expected `share` above 0 and below 100%, and `loss` above 0".into());
        }
        not_too_short(params, &["mean"])?;
        let leg = |leg: u64| Alternating::new(share, mean, (scope.seed, "burst", leg));
        let legs = (0..2 * u64::from(scope.clients)).map(leg).collect();
        Ok(Box::new(Burst { legs, loss, window: scope.window, seed: scope.seed }))
    },
};

struct Burst {
    /// Of each client: the courses of its leg to the network and from it.
    legs: Vec<Alternating>,
    loss: f64,
    window: (Time, Option<Time>),
    seed: u64,
}

impl Burst {
    /// The share of packets that a leg loses at a moment.
    fn loss(&self, leg: &Alternating, at: Time) -> f64 {
        let (start, end) = self.window;
        let over = end.is_some_and(|end| at >= end);
        if !over && leg.at(at.since(start)).on { self.loss } else { 0.0 }
    }
}

impl Fault for Burst {
    fn effect(&self) -> String {
        "clients' legs lost packets in bursts".into()
    }

    fn impair(&self, passing: &Passing, _: Duration) -> Impairment {
        let client = passing.leg();
        if client == NodeId::SERVER {
            return Impairment::NONE;
        }
        let leg = &self.legs[2 * (client.0 as usize - 1) + usize::from(!passing.leaves)];
        let draw = |chance, at| passing.leg_luck(self.seed, chance, at);
        let repair = Repair { packets: passing.packets, round_trip: passing.round_trip };
        if passing.stream {
            let lost = |chance, at| (self.loss(leg, at), draw(chance, at));
            Impairment { late: repair.until_all_arrive(passing.at, lost), ..Impairment::NONE }
        } else {
            let lost = repair.loses(self.loss(leg, passing.at), draw(Chance::LostTail, passing.at));
            Impairment { lost, ..Impairment::NONE }
        }
    }

    fn touched_messages(&self) -> Option<&'static str> {
        Some("lost packets in a burst")
    }

    fn needs(&self) -> Needs {
        Needs { loss: true, ..Needs::default() }
    }

    fn changes_in(&self, span: Duration) -> f64 {
        self.legs.iter().map(|leg| leg.changes_in(span)).sum()
    }
}
