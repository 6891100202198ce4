//! What each fault of a run met: a fault that touched nothing proves nothing.

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::{NodeId, Time};

use super::{Armed, Faults, LinkCondition, NodeState};

/// What a fault met.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The fault as it was written.
    pub fault: String,
    /// The fault that drew it, as written; absent for a fault of the scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn_by: Option<String>,
    /// Who was hit and how, as a clause that a duration can follow: `client 1 was cut off`.
    pub effect: String,
    /// When it began.
    pub start_ms: f64,
    /// When its window ended; for a fault that outlasts the run, the end of the run.
    pub end_ms: f64,
    /// For a fault that comes and goes: how often and how long it hit clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spells: Option<Spells>,
    /// Until the last connection that it had broken was open again; `None` where there was none. Detecting that it can and
    /// opening it takes time after the fault's end: see [`Reconnect`](crate::network::Reconnect).
    #[serde(default)]
    pub reopened_ms: Option<f64>,
    /// Operations issued while it hit a client.
    pub operations_meanwhile: u64,
    /// Operations issued in the whole run.
    pub operations_issued: u64,
    /// Operations issued while it hit a client, or inflight then.
    pub operations_overlapped: u64,
    /// Messages that it lost, delayed, held back or changed, or that were made by a clock that it had set wrong.
    pub messages_touched: u64,
    /// For a fault that acts on single messages: what it did to those it touched, and how many there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Messages>,
    /// Whether it touched anything while an operation was under way. A run says nothing about a fault that did not.
    #[serde(default = "yes")]
    pub touched: bool,
}

/// How often a fault that comes and goes hit a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spells {
    /// How often, all clients together.
    pub times: u64,
    /// How long, all clients together.
    pub total_ms: f64,
}

/// What a fault that acts on single messages did to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// What it did to those it touched: `arrived twice`.
    pub effect: String,
    /// Messages that were sent while its window was open.
    pub passed: u64,
}

fn yes() -> bool {
    true
}

impl Coverage {
    /// Why a run says nothing about this fault, and what to change; `None` where it touched something.
    pub fn vain(&self) -> Option<String> {
        if self.touched {
            return None;
        }
        let (fault, from, to) = (&self.fault, self.start_ms / 1e3, self.end_ms / 1e3);
        let why = match &self.messages {
            _ if self.operations_overlapped == 0 => {
                format!("no operation was under way from {from:.1} s to {to:.1} s; choose a window in which users act")
            }
            Some(Messages { passed: 0, .. }) => {
                "no message was sent while it lasted; choose a window in which users act".to_owned()
            }
            Some(Messages { effect, passed }) => {
                format!("none of {passed} messages {effect}; raise its share, its window or --ops")
            }
            None => "it touched no connection, no message and no client; choose another window or client".to_owned(),
        };
        Some(format!("{fault} touched nothing: {why}"))
    }
}

/// What a fault has touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    /// Messages.
    pub messages: u64,
    /// Messages that were sent while it was open, if it acts on single messages.
    pub messages_passed: u64,
    /// Operations that a user issued by a clock that it had set wrong, or under another client's name.
    pub operations: u64,
    /// Connections that it broke or did not let open, each counted at every fault transition.
    pub connections: u64,
    /// Nodes that it kept from taking part, each counted at every fault transition.
    pub nodes: u64,
}

impl Touches {
    /// Adds what another part of the same run counted.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.messages_passed += other.messages_passed;
        self.operations += other.operations;
        self.connections += other.connections;
        self.nodes += other.nodes;
    }

    fn any(&self) -> bool {
        self.messages + self.operations + self.connections + self.nodes > 0
    }
}

/// From its issue until it was visible everywhere, if it ever was.
pub(crate) type Flight = (Time, Option<Time>);

/// A connection that opened after it could not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reopening {
    pub(crate) ends: (NodeId, NodeId),
    /// Since when it could.
    pub(crate) since: Time,
    /// When it opened.
    pub(crate) at: Time,
}

/// What the faults of a run met.
pub(crate) struct Met<'a> {
    /// By fault.
    pub(crate) touches: &'a [Touches],
    pub(crate) operations: &'a [Flight],
    pub(crate) reopenings: &'a [Reopening],
    /// All nodes of the group.
    pub(crate) nodes: &'a [NodeId],
}

impl Armed {
    /// Whether this fault kept two nodes apart until just before `end`.
    fn kept_apart(&self, (a, b): (NodeId, NodeId), end: Time) -> bool {
        let just_before = Time(end.0.saturating_sub(1));
        just_before >= self.start && {
            let elapsed = just_before.since(self.start);
            let up = |node| self.fault.node(node, elapsed).is_present();
            !up(a) || !up(b) || self.fault.link(a, b, elapsed) == LinkCondition::Cut
        }
    }

    /// Whether a client does not take part, or no message reaches it or leaves it.
    fn hits(&self, client: NodeId, nodes: &[NodeId], at: Time) -> bool {
        let elapsed = at.since(self.start);
        // In a star a client has one link.
        let star = nodes.contains(&NodeId::SERVER);
        let peers = || nodes.iter().filter(|peer| **peer != client && (!star || **peer == NodeId::SERVER));
        let open = |from, to| self.fault.link(from, to, elapsed) == LinkCondition::Open;
        self.fault.node(client, elapsed) != NodeState::Up
            || (peers().next().is_some() && peers().all(|peer| !open(client, *peer) || !open(*peer, client)))
    }

    /// The stretches between `start` and `end` in which it hit a client, and how often and how long it did; `None` for a fault
    /// that does not come and go.
    fn spells(&self, nodes: &[NodeId], end: Time) -> Option<(Vec<(Time, Time)>, Spells)> {
        self.fault.next_transition(std::time::Duration::ZERO)?;
        let clients = || nodes.iter().filter(|node| **node != NodeId::SERVER);
        let (mut stretches, mut spells) = (Vec::<(Time, Time)>::new(), Spells::default());
        let mut before = vec![false; clients().count()];
        let mut at = self.start;
        while at < end {
            let next = self.next_transition(at).filter(|next| *next < end).unwrap_or(end);
            let mut any = false;
            for (client, before) in clients().zip(&mut before) {
                let hit = self.hits(*client, nodes, at);
                spells.times += u64::from(hit && !*before);
                spells.total_ms += if hit { next.as_ms() - at.as_ms() } else { 0.0 };
                (*before, any) = (hit, any || hit);
            }
            match stretches.last_mut() {
                Some(last) if any && last.1 == at => last.1 = next,
                _ if any => stretches.push((at, next)),
                _ => {}
            }
            at = next;
        }
        Some((stretches, spells))
    }
}

impl Faults {
    /// What each fault met in a run that was healed at `healed_at` and ended at `ended_at`. A fault that only draws others
    /// is left out.
    pub(crate) fn coverage(&self, met: &Met<'_>, healed_at: Option<Time>, ended_at: Time) -> Vec<Coverage> {
        let cover = |(armed, touches): (&Armed, &Touches)| {
            let healed_at = healed_at.filter(|_| !armed.fault.outlasts_heal());
            let (start, end) = (armed.start, armed.end.or(healed_at).unwrap_or(ended_at).min(ended_at));
            let reopened = met.reopenings.iter().filter(|open| open.since == end && armed.kept_apart(open.ends, end));
            let spells = armed.spells(met.nodes, end);
            let whole = [(start, end)];
            let stretches = spells.as_ref().map_or(&whole[..], |(stretches, _)| stretches);
            let count = |met_it: &dyn Fn(&Flight) -> bool| met.operations.iter().filter(|op| met_it(op)).count() as u64;
            // The first stretch that is still open when the operation is issued.
            let next = |issued: Time| stretches.get(stretches.partition_point(|(_, end)| *end <= issued));
            let overlapped = count(&|(issued, visible)| {
                next(*issued).is_some_and(|(start, _)| visible.is_none_or(|visible| visible >= *start))
            });
            let effect = armed.fault.touched_messages();
            Coverage {
                fault: armed.label.clone(),
                drawn_by: armed.drawn_by.clone(),
                effect: armed.fault.effect(),
                start_ms: start.as_ms(),
                end_ms: end.as_ms(),
                reopened_ms: reopened.map(|open| open.at.as_ms()).max_by(f64::total_cmp),
                operations_meanwhile: count(&|(issued, _)| next(*issued).is_some_and(|(start, _)| start <= issued)),
                operations_issued: met.operations.len() as u64,
                operations_overlapped: overlapped,
                messages_touched: touches.messages,
                messages: effect.map(|effect| Messages { effect: effect.into(), passed: touches.messages_passed }),
                spells: spells.map(|(_, spells)| spells),
                touched: overlapped > 0 && touches.any(),
            }
        };
        let alone = |(armed, _): &(&Armed, &Touches)| armed.fault.drawn().is_empty();
        self.iter().zip(met.touches).filter(alone).map(cover).collect()
    }
}
