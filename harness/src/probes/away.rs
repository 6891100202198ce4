//! The client that was away: one that had no connection, had crashed, or joined after others had begun.
//!
//! Its absence ends when a connection opens. Then it catches up in two directions: it receives what the others did meanwhile,
//! and they receive what it did. Both are timed from that moment, and the bytes on its links are counted until both are done.
//! A client that was never cut off has no such figures, and neither has one that never returns.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::replica::{LinkState, NodeId, OpId, Time};

use crate::event::{Event, What};
use crate::ledger::{Entry, Fate, Ledger};
use crate::metric::metrics;
use crate::node_table::NodeMap;
use crate::probe::{End, Figures, Probe, ProbeSpec};

metrics! {
    AWAY_S = {
        name: "away_s",
        unit: "seconds",
        better: Neither,
        form: Number,
        meaning: "Longest time for which a client that came back had no connection, had crashed or had not joined; absent, as \
                  all figures of clients that were away, where nobody was.",
    };
    AWAY_OPS = {
        name: "away_ops",
        unit: "operations",
        better: Neither,
        form: Counts(&["issued", "kept", "rejected", "lost", "open"]),
        meaning: "Operations that users issued while their client was away, by what became of them: kept, rejected, lost, or \
                  open when the run ended.",
    };
    AWAY_OTHERS_OPS = {
        name: "away_others_ops",
        unit: "operations",
        better: Neither,
        form: Counts(&["issued", "rejected", "lost"]),
        meaning: "Operations that the other users issued while a client was away, how many of them were rejected, and how many \
                  lost, to what that client brought back or to each other.",
    };
    AWAY_RECEIVED_S = {
        name: "away_received_s",
        unit: "seconds",
        better: Low,
        form: Number,
        meaning: "Time from the opening of its connection until a client that was away reflects everything that the others had \
                  done by then, the slowest client; absent where one never did.",
    };
    AWAY_DELIVERED_S = {
        name: "away_delivered_s",
        unit: "seconds",
        better: Low,
        form: Number,
        meaning: "Time from the opening of its connection until everything that the user of a client did while it was away has \
                  its answer and is visible everywhere, the slowest client; absent where that never was.",
    };
    AWAY_BYTES = {
        name: "away_bytes",
        unit: "bytes",
        better: Low,
        form: Numbers(&["up", "down"]),
        meaning: "Bytes on the links of clients that were away, sent and received, from the opening of a connection until they \
                  are up to date in both directions; its handshake is left out.",
    };
    AWAY_RESIDENT_BYTES = {
        name: "away_resident_bytes",
        unit: "bytes",
        better: Low,
        form: Number,
        meaning: "Memory of a client at the end of its absence, before it receives anything, largest over the clients that were \
                  away.",
    };
}

pub(super) static PROBE: ProbeSpec = ProbeSpec { metrics: DECLARED, make: || Box::new(Away::default()) };

#[derive(Default)]
struct Away {
    /// By client: the peers to which it has a connection.
    open: BTreeMap<NodeId, BTreeSet<NodeId>>,
    resident: NodeMap<u64>,
    /// Clients that are away.
    absent: BTreeMap<NodeId, Absence>,
    returns: Vec<Return>,
}

/// A client is away.
struct Absence {
    since: Time,
    /// By client: how many operations its user had issued.
    issued: Vec<u64>,
}

/// A client came back.
struct Return {
    client: NodeId,
    absence: Absence,
    at: Time,
    /// By client: how many operations its user has issued.
    issued: Vec<u64>,
    resident: u64,
    /// Operations of others that it does not reflect yet.
    missing: BTreeSet<OpId>,
    /// Its own operations that have no answer yet, or are not visible everywhere.
    outgoing: BTreeSet<OpId>,
    received: Option<Time>,
    delivered: Option<Time>,
    up: u64,
    down: u64,
}

impl Away {
    fn leave(&mut self, client: NodeId, since: Time, issued: Vec<u64>) {
        self.absent.entry(client).or_insert(Absence { since, issued });
    }

    /// The last return of this client, unless it is up to date.
    fn catching_up(&mut self, client: NodeId) -> Option<&mut Return> {
        let last = self.returns.iter_mut().rev().find(|back| back.client == client);
        last.filter(|back| !back.is_up_to_date())
    }

    fn link(&mut self, client: NodeId, peer: NodeId, state: LinkState, at: Time, ledger: &Ledger) {
        if client == NodeId::SERVER {
            return;
        }
        let open = self.open.entry(client).or_default();
        match state {
            LinkState::Up => {
                open.insert(peer);
                if let Some(absence) = self.absent.remove(&client) {
                    let resident = self.resident.get(client).copied().unwrap_or(0);
                    self.returns.push(Return::new(client, absence, at, resident, ledger));
                }
            }
            LinkState::Down => {
                if open.remove(&peer) && open.is_empty() {
                    self.leave(client, at, issued(ledger));
                }
            }
        }
    }
}

impl Return {
    fn new(client: NodeId, absence: Absence, at: Time, resident: u64, ledger: &Ledger) -> Self {
        let entries = || ledger.entries().filter(|entry| !ledger.crashed_for_good(entry.id.client));
        let missing = entries().filter(|entry| entry.id.client != client && !reflects(ledger, client, entry.id));
        let outgoing = entries().filter(|entry| entry.id.client == client && !delivered(entry));
        let (missing, outgoing) = (missing.map(|entry| entry.id).collect(), outgoing.map(|entry| entry.id).collect());
        let (received, delivered, issued) = (None, None, issued(ledger));
        let mut back =
            Self { client, absence, at, issued, resident, missing, outgoing, received, delivered, up: 0, down: 0 };
        back.check(at, ledger);
        back
    }

    /// What has arrived by now.
    fn check(&mut self, at: Time, ledger: &Ledger) {
        if self.received.is_none() {
            let arrived = |op: OpId| reflects(ledger, self.client, op) || ledger.crashed_for_good(op.client);
            strike(&mut self.missing, arrived);
            self.received = self.missing.is_empty().then_some(at);
        }
        if self.delivered.is_none() {
            strike(&mut self.outgoing, |op| ledger.entry(op).is_none_or(delivered));
            self.delivered = self.outgoing.is_empty().then_some(at);
        }
    }

    fn is_up_to_date(&self) -> bool {
        self.received.is_some() && self.delivered.is_some()
    }

    /// What users issued meanwhile.
    fn meanwhile(&self) -> impl Iterator<Item = OpId> {
        let counts = self.absence.issued.iter().zip(&self.issued).zip(1..);
        counts.flat_map(|((before, after), client)| {
            (before + 1..=*after).map(move |n| OpId { client: NodeId(client), n })
        })
    }
}

/// Takes out operations up to the first that is not `done`: asking for all of them at every call would take long.
fn strike(ops: &mut BTreeSet<OpId>, done: impl Fn(OpId) -> bool) {
    while ops.first().is_some_and(|op| done(*op)) {
        ops.pop_first();
    }
}

/// By client: how many operations its user has issued.
fn issued(ledger: &Ledger) -> Vec<u64> {
    ledger.clients().map(|client| ledger.next_op(client).n - 1).collect()
}

fn reflects(ledger: &Ledger, client: NodeId, op: OpId) -> bool {
    ledger.replica(client).is_some_and(|replica| replica.reflected().contains(op))
}

fn delivered(entry: &Entry) -> bool {
    entry.fate != Fate::Unknown && entry.visible.is_some()
}

impl Probe for Away {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        let Event { at, node, what } = event;
        match what {
            // Either end reports it first, and may send at once.
            What::Link { peer, state } => {
                self.link(*node, *peer, *state, *at, ledger);
                if *state == LinkState::Up {
                    self.link(*peer, *node, *state, *at, ledger);
                }
            }
            // A server has no user who is away.
            What::Crashed { for_good } if *node != NodeId::SERVER => {
                self.open.remove(node);
                if !for_good {
                    self.leave(*node, *at, issued(ledger));
                }
            }
            // A client that joins before anybody has acted has missed nothing.
            What::Live if ledger.issued() > 0 && !self.absent.contains_key(node) && *node != NodeId::SERVER => {
                self.leave(*node, Time::ZERO, ledger.clients().map(|_| 0).collect());
            }
            // The last event of a call. States may be looked at more rarely.
            What::Cost { resident_bytes, .. } => {
                self.resident.insert(*node, *resident_bytes);
                let catching_up = self.returns.iter_mut().filter(|back| !back.is_up_to_date());
                catching_up.for_each(|back| back.check(*at, ledger));
            }
            What::Sent { to, wire_bytes, .. } => {
                if let Some(back) = self.catching_up(*node) {
                    back.up += wire_bytes;
                }
                if let Some(back) = self.catching_up(*to) {
                    back.down += wire_bytes;
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, end: &End<'_>, figures: &mut Figures) {
        let returns = &self.returns;
        if returns.is_empty() {
            return;
        }
        let away = longest(returns.iter().map(|back| (back.absence.since, Some(back.at))));
        figures.number_if(&AWAY_S, away);
        figures.number_if(&AWAY_RECEIVED_S, longest(returns.iter().map(|back| (back.at, back.received))));
        figures.number_if(&AWAY_DELIVERED_S, longest(returns.iter().map(|back| (back.at, back.delivered))));
        let sum = |bytes: fn(&Return) -> u64| returns.iter().map(bytes).sum::<u64>() as f64;
        figures.numbers(&AWAY_BYTES, [("up", sum(|back| back.up)), ("down", sum(|back| back.down))]);
        let resident = returns.iter().map(|back| back.resident).max().unwrap_or(0);
        figures.number(&AWAY_RESIDENT_BYTES, resident as f64);
        let Some(lost) = end.lost else { return };
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for back in returns {
            own.extend(back.meanwhile().filter(|op| op.client == back.client));
            others.extend(back.meanwhile().filter(|op| op.client != back.client));
        }
        // Of two who are away at once each is reported as away.
        others.retain(|op| !own.contains(op));
        let own = Fates::of(own, end.ledger, lost);
        let counts = [
            ("issued", own.issued),
            ("kept", own.kept),
            ("rejected", own.rejected),
            ("lost", own.lost),
            ("open", own.issued - own.kept - own.rejected - own.lost),
        ];
        figures.counts(&AWAY_OPS, counts);
        let others = Fates::of(others, end.ledger, lost);
        let counts = [("issued", others.issued), ("rejected", others.rejected), ("lost", others.lost)];
        figures.counts(&AWAY_OTHERS_OPS, counts);
    }
}

/// The longest of these spans in seconds; `None` where one has no end.
fn longest(mut spans: impl Iterator<Item = (Time, Option<Time>)>) -> Option<f64> {
    spans.try_fold(0.0, |longest, (from, to)| Some(f64::max(longest, to?.since(from).as_secs_f64())))
}

/// What became of some operations.
#[derive(Default)]
struct Fates {
    issued: u64,
    kept: u64,
    rejected: u64,
    lost: u64,
}

impl Fates {
    fn of(ops: impl IntoIterator<Item = OpId>, ledger: &Ledger, lost: &BTreeSet<OpId>) -> Self {
        let mut fates = Self::default();
        for entry in ops.into_iter().filter_map(|op| ledger.entry(op)) {
            fates.issued += 1;
            match entry.fate {
                _ if lost.contains(&entry.id) => fates.lost += 1,
                Fate::Rejected(_) => fates.rejected += 1,
                Fate::Confirmed(_) if !entry.censored => fates.kept += 1,
                Fate::Confirmed(_) | Fate::Unknown => {}
            }
        }
        fates
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::Cell;
    use crate::scenario::{Catalog, Scenario, collect};

    fn cell(strategy: &str, workload: &str, fault: &str) -> Cell {
        sampled(strategy, workload, fault, None)
    }

    fn sampled(strategy: &str, workload: &str, fault: &str, sample_ms: Option<f64>) -> Cell {
        let scenario = Scenario {
            strategies: vec![strategy.into()],
            workloads: vec![workload.into()],
            networks: vec!["constant:40ms".into()],
            faults: if fault.is_empty() { Vec::new() } else { vec![fault.into()] },
            seeds: vec!["1".into()],
            ops: 120,
            sample_ms,
            ..Scenario::default()
        };
        collect(vec![scenario], &Catalog::default()).unwrap().remove(0)
    }

    fn counts<const N: usize>(cell: &Cell, metric: &crate::metric::MetricSpec, fields: [&str; N]) -> [f64; N] {
        fields.map(|field| cell.number(metric, field).unwrap())
    }

    #[test]
    fn nobody_was_away_without_a_fault() {
        let cell = cell("serial", "record", "");
        assert!(DECLARED.iter().all(|metric| !cell.metrics.contains_key(metric.name)));
    }

    #[test]
    fn what_a_client_did_while_away_is_kept_rejected_or_lost() {
        for (strategy, loses, rejects) in [("serial-optimistic", false, true), ("lww-document", true, false)] {
            let cell = cell(strategy, "booking", "partition:isolate,client=2@1s..4s");
            let [issued, kept, rejected, lost, open] =
                counts(&cell, &AWAY_OPS, ["issued", "kept", "rejected", "lost", "open"]);
            assert!(issued > 5.0 && kept + rejected + lost + open == issued && open == 0.0, "{strategy}: {cell:?}");
            assert_eq!((lost > 0.0, rejected > 0.0), (loses, rejects), "{strategy}");
            let [others, others_lost] = counts(&cell, &AWAY_OTHERS_OPS, ["issued", "lost"]);
            assert!(others > issued && (others_lost > 0.0) == loses, "{strategy}: {others_lost} of {others}");
            // From the end of the fault on, a connection opens in some round trips.
            let away = cell.number(&AWAY_S, "").unwrap();
            assert!((3.0..6.0).contains(&away), "{strategy}: {away}");
        }
    }

    #[test]
    fn a_return_takes_a_message_each_way() {
        let cell = cell("serial-optimistic", "record", "partition:isolate,client=2@1s..4s");
        let [received, delivered] =
            [&AWAY_RECEIVED_S, &AWAY_DELIVERED_S].map(|metric| cell.number(metric, "").unwrap());
        // The server is 40 ms away: it hears of the client, and the client of what it missed; its own come from it to all.
        assert!((0.04..=0.161).contains(&received) && (0.08..=0.241).contains(&delivered), "{received} {delivered}");
        let [up, down] = counts(&cell, &AWAY_BYTES, ["up", "down"]);
        let total = cell.number(&crate::metrics::RESYNC_BYTES, "total").unwrap();
        assert!(up > 0.0 && down > up && up + down < total, "{up} {down} {total}");
        assert!(cell.number(&AWAY_RESIDENT_BYTES, "").unwrap() > 0.0);
        // They do not depend on how often states are looked at.
        let sampled = sampled("serial-optimistic", "record", "partition:isolate,client=2@1s..4s", Some(10_000.0));
        assert_eq!(sampled.number(&AWAY_RECEIVED_S, ""), Some(received));
    }

    #[test]
    fn late_joiners_and_recovered_clients_were_away_and_those_that_never_return_were_not() {
        let late = cell("serial", "record", "late:2@2s");
        // A user acts while the connection of its device is still opening.
        assert!(late.number(&AWAY_OPS, "issued").unwrap() < 4.0);
        assert!((2.0..2.5).contains(&late.number(&AWAY_S, "").unwrap()));
        assert!(late.number(&AWAY_OTHERS_OPS, "issued").unwrap() > 10.0);
        let crashed = cell("serial", "record", "crash:client=2@1s..3s");
        assert!(crashed.number(&AWAY_OPS, "issued").unwrap() < 8.0);
        assert!((2.0..2.5).contains(&crashed.number(&AWAY_S, "").unwrap()), "{:?}", crashed.number(&AWAY_S, ""));
        assert!(!cell("serial", "record", "crash:client=2@1s").metrics.contains_key("away_s"));
    }

    #[test]
    fn half_a_star_is_cut_off_from_its_server_and_half_a_mesh_is_not_alone() {
        let fault = "partition:halves@1s..4s";
        let star = cell("lww-hlc", "record", fault);
        let mesh = cell("lww-hlc:topology=mesh", "record", fault);
        assert!(star.number(&AWAY_OPS, "issued").unwrap() > 20.0);
        assert!(!mesh.metrics.contains_key("away_ops"));
    }
}
