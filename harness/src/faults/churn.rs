//! `churn`: clients leave and come back, or leave for good while new ones join.

use std::time::Duration;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::{Param, ParamKind};

use super::alternating::Alternating;
use super::crash::VIRTUAL_TIME_ONLY;
use super::{Fault, FaultSpec, NodeState, Swarm, Timing, all_clients, clients_from, not_too_short};
use crate::rng::{exponential, stream};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "churn",
    summary: "clients leave at times drawn from the seed. comes=back: each returns with what it had saved, as a tab that is \
              closed and opened; comes=new: each of the first half leaves for good, and another client joins in its place",
    params: &[
        Param {
            name: "session",
            kind: ParamKind::Span,
            default: "10s",
            help: "mean length of a session, exponentially distributed; no measurement: it suits runs of 20 s to a minute",
        },
        Param {
            name: "gap",
            kind: ParamKind::Span,
            default: "2s",
            help: "mean time until the client returns or the next one joins, exponentially distributed; no measurement",
        },
        Param {
            name: "comes",
            kind: ParamKind::Choice(&["back", "new"]),
            default: "back",
            help: "back: the same client returns; new: another client joins in its place",
        },
    ],
    timing: Timing::Window,
    threads: VIRTUAL_TIME_ONLY,
    swarm: Swarm::Drawn(|_, scope| {
        let ms = scope.acting.as_millis();
        Some(format!("session={}ms,gap={}ms", (ms / 3).max(500), (ms / 12).max(200)))
    }),
    build: |params, scope| {
        let (session, gap) = (params.span("session"), params.span("gap"));
        not_too_short(params, &["session", "gap"])?;
        if params.choice("comes") == "back" {
            let sessions = |client: u32| Alternating::begins_off(session, gap, (scope.seed, "churn", client.into()));
            return Ok(Box::new(Back { clients: (1..=scope.clients).map(sessions).collect() }));
        }
        if scope.clients < 2 {
            return Err("expected two clients or more: one leaves and another joins".into());
        }
        if scope.window.1.is_some() {
            return Err(
                "expected no end: a client that has left for good does not return; write comes=back for one".into()
            );
        }
        Ok(Box::new(New { changes: New::draw(scope.clients, scope.seed, session, gap), clients: scope.clients }))
    },
};

/// Clients that leave and return.
struct Back {
    /// Whether each is away.
    clients: Vec<Alternating>,
}

impl Fault for Back {
    fn effect(&self) -> String {
        all_clients(self.clients.len(), "away")
    }

    fn node(&self, node: NodeId, elapsed: Duration) -> NodeState {
        let away = node != NodeId::SERVER && self.clients[node.0 as usize - 1].at(elapsed).on;
        if away { NodeState::Crashed } else { NodeState::Up }
    }

    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        self.clients.iter().map(|client| client.at(elapsed).until).min()
    }

    fn changes_in(&self, span: Duration) -> f64 {
        self.clients.iter().map(|client| client.changes_in(span)).sum()
    }
}

/// The longest session, in mean lengths: one in twenty thousand would last longer, and its successor would never join.
const LONGEST: u32 = 10;

/// Clients that leave for good, and those that join in their place.
struct New {
    /// When each client of the first half leaves and when its successor joins. The middle one of an odd number stays.
    changes: Vec<(Duration, Duration)>,
    clients: u32,
}

impl New {
    fn draw(clients: u32, seed: u64, session: Duration, gap: Duration) -> Vec<(Duration, Duration)> {
        let pair = |leaver: u32| {
            let mut rng = stream(seed, "churn", leaver.into(), 1);
            let mut drawn = |mean: Duration| {
                let span =
                    Duration::try_from_secs_f64(exponential(&mut rng, mean.as_secs_f64())).unwrap_or(Duration::MAX);
                // Not at the start of the run, where a session has nothing to leave yet.
                span.clamp(Duration::from_millis(1), mean.saturating_mul(LONGEST))
            };
            let leaves = drawn(session);
            (leaves, leaves.saturating_add(drawn(gap)))
        };
        (1..=clients / 2).map(pair).collect()
    }

    /// The pair that a client belongs to, and whether it is the one that leaves.
    fn pair(&self, node: NodeId) -> Option<(&(Duration, Duration), bool)> {
        let first_successor = self.clients - self.clients / 2 + 1;
        match node.0 {
            0 => None,
            leaver if leaver <= self.clients / 2 => Some((&self.changes[leaver as usize - 1], true)),
            successor if successor >= first_successor => {
                Some((&self.changes[(successor - first_successor) as usize], false))
            }
            _ => None,
        }
    }
}

impl Fault for New {
    fn effect(&self) -> String {
        let half = self.clients / 2;
        let (left, joined) = (clients_from(1, half), clients_from(self.clients - half + 1, self.clients));
        format!("{left} (gone for good after their sessions) and {joined} (not there until they joined) were away")
    }

    fn node(&self, node: NodeId, elapsed: Duration) -> NodeState {
        match self.pair(node) {
            Some(((leaves, _), true)) if elapsed >= *leaves => NodeState::Crashed,
            Some(((_, joins), false)) if elapsed < *joins => NodeState::Absent,
            _ => NodeState::Up,
        }
    }

    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        let moments = self.changes.iter().flat_map(|(leaves, joins)| [*leaves, *joins]);
        moments.filter(|moment| *moment > elapsed).min()
    }

    fn outlasts_heal(&self) -> bool {
        true
    }
}
