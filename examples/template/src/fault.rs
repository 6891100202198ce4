//! A fault: `--fault tunnel:client=2,every=10s,lasts=3s`. It only answers questions; engines ask them.

use std::time::Duration;

use syncbench_cli::prelude::*;

pub(crate) static SPEC: FaultSpec = FaultSpec {
    name: "tunnel",
    summary: "a client on the road loses its connections again and again",
    params: &[
        Param { name: "client", kind: ParamKind::Count, default: "1", help: "which client" },
        Param {
            name: "every",
            kind: ParamKind::Span,
            default: "5s",
            help: "from one tunnel to the next: so it was on our line",
        },
        Param { name: "lasts", kind: ParamKind::Span, default: "2s", help: "how long it is in one: as measured" },
    ],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Drawn(|rng, run| Some(format!("client={}", run.any_client(rng).0))),
    build: |params, run| {
        let clients = run.clients;
        let (client, every, lasts) = (params.count("client"), params.span("every"), params.span("lasts"));
        if !(1..=u64::from(clients)).contains(&client) {
            return Err(format!("there are {clients} clients, no client {client}"));
        }
        if lasts.is_zero() || lasts >= every {
            return Err("expected `lasts` above 0 and below `every`".to_owned());
        }
        Ok(Box::new(Tunnel { client: NodeId(client as u32), every, lasts }))
    },
};

struct Tunnel {
    client: NodeId,
    every: Duration,
    lasts: Duration,
}

impl Tunnel {
    /// How far it is from the last tunnel's beginning.
    fn since_entry(&self, elapsed: Duration) -> Duration {
        Duration::from_nanos((elapsed.as_nanos() % self.every.as_nanos()) as u64)
    }
}

impl Fault for Tunnel {
    fn effect(&self) -> String {
        format!("client {} drove through tunnels", self.client.0)
    }

    fn link(&self, from: NodeId, to: NodeId, elapsed: Duration) -> LinkCondition {
        let concerned = from == self.client || to == self.client;
        if concerned && self.since_entry(elapsed) < self.lasts { LinkCondition::Cut } else { LinkCondition::Open }
    }

    /// When the answer changes next.
    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        let since = self.since_entry(elapsed);
        let next = if since < self.lasts { self.lasts } else { self.every };
        Some(elapsed + (next - since))
    }
}
