//! Watches a run: what each client shows and when, and which guarantees that breaks.

use std::collections::BTreeSet;
use std::mem;

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{NodeId, OpId, Report, Time};

use super::broken::{Break, Why};
use crate::event::{Event, What};
use crate::ledger::{Entry, Fate, Ledger};
use crate::node_table::NodeSet;
use crate::op_set::OpSet;

/// One step of a run, as far as sessions depend on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A user issued an operation.
    Act(OpId, Time),
    /// What a client shows has changed.
    Look(Look),
    /// A client lost its state: its user begins a new session.
    Begin(NodeId),
}

/// What a client shows has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// When.
    pub at: Time,
    /// At which client.
    pub client: NodeId,
    /// Operations that it shows from now on.
    pub shown: Vec<OpId>,
    /// Operations that it no longer shows.
    pub gone: Vec<OpId>,
}

/// What one client shows.
#[derive(Debug, Default)]
struct Client {
    /// Operations that it has reflected, or shown to its user, at some time.
    known: OpSet,
    /// Of the operations of the run, as they were issued, so many at the beginning are all known.
    through: usize,
    /// Those that it no longer shows.
    gone: BTreeSet<OpId>,
    /// Since the last look: operations that it shows now, that it does not show any more, and that it has confirmed.
    fresh: Vec<OpId>,
    lost: BTreeSet<OpId>,
    confirmed: Vec<OpId>,
    /// The first operation of each session of its user but the first.
    sessions: Vec<u64>,
    /// Whether something happened to an operation there since its state was last looked at.
    stirred: bool,
    state: Option<Digest>,
}

impl Client {
    fn shows(&self, op: OpId) -> bool {
        self.known.contains(op) && !self.gone.contains(&op)
    }

    /// It shows an operation from now on. One that has no effect, and never will have, is nothing that could be seen.
    fn show(&mut self, op: OpId, effect: bool) {
        let again = self.gone.remove(&op);
        self.lost.remove(&op);
        if (self.known.insert(op) || again) && effect {
            self.fresh.push(op);
        }
    }

    /// A new session begins with what is left, before its user issues this operation.
    fn begin(&mut self, left: &OpSet, next: u64) {
        let mut sessions = mem::take(&mut self.sessions);
        sessions.push(next);
        *self = Self { known: left.clone(), sessions, stirred: true, ..Self::default() };
        self.fresh = left.all().collect();
    }

    /// Whether it certainly shows all that the user of an operation had seen when it acted. What it does not know of that was
    /// issued between the first operation that it does not know and the latest that this user had seen. These are mostly
    /// few; where they are more than clients, asking client by client takes less.
    fn shows_all_seen_by(&mut self, entry: &Entry, order: &[OpId]) -> bool {
        while order.get(self.through).is_some_and(|op| self.known.contains(*op)) {
            self.through += 1;
        }
        let seen = usize::try_from(entry.latest).unwrap_or(usize::MAX).min(order.len());
        self.gone.is_empty()
            && seen.saturating_sub(self.through) <= entry.live_at_issue() as usize
            && (self.through..seen)
                .all(|place| self.known.contains(order[place]) || !entry.reflected.contains(order[place]))
    }

    fn hide(&mut self, op: OpId) {
        if self.known.contains(op) && self.gone.insert(op) {
            // Nobody has seen an operation that appeared at this instant.
            let seen = self.fresh.len();
            self.fresh.retain(|fresh| *fresh != op);
            if self.fresh.len() == seen {
                self.lost.insert(op);
            }
        }
    }
}

/// Watches a run.
#[derive(Debug)]
pub struct Watch {
    at: Time,
    /// By client number less one.
    clients: Vec<Client>,
    touched: NodeSet,
    /// Clients at which something happened to an operation since the last instant.
    stirred: NodeSet,
    broken: Vec<Break>,
    steps: Option<Vec<Step>>,
}

impl Watch {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self {
            at: Time::ZERO,
            clients: Vec::new(),
            touched: NodeSet::default(),
            stirred: NodeSet::default(),
            broken: Vec::new(),
            steps: None,
        }
    }

    /// A watch that keeps every step.
    pub fn keeping_steps() -> Self {
        Self { steps: Some(Vec::new()), ..Self::new() }
    }

    /// Something happened; the ledger has it already.
    pub fn event(&mut self, event: &Event, ledger: &Ledger) {
        if event.at > self.at {
            self.look(ledger);
            self.at = event.at;
        }
        let node = event.node;
        match &event.what {
            What::Issued { op, .. } => {
                // Its user acted on what it saw.
                self.look_at(node, ledger);
                self.steps.iter_mut().for_each(|steps| steps.push(Step::Act(*op, event.at)));
            }
            What::Restored { .. } | What::Report(Report::StartedOver(_)) => self.begin(node, ledger),
            What::Report(report) => self.report(report, node, ledger),
            What::State(digest) => self.state(node, *digest),
            What::Crashed { .. } => self.change(node, |client| client.state = None),
            What::RecoveryDiffers => self.break_off(node, Why::Changed),
            What::InstantEnd => self.end_instant(),
            _ => {}
        }
    }

    /// Ends an instant, whatever the clocks say: clients show their users what they show now.
    pub fn instant_over(&mut self, ledger: &Ledger) {
        self.look(ledger);
        self.end_instant();
    }

    /// An instant ends: what happens to an operation from now on happens at another.
    fn end_instant(&mut self) {
        while let Some(node) = self.stirred.pop_first() {
            self.clients[node.0 as usize - 1].stirred = false;
        }
    }

    /// A client lost its state, or its peers lost what they had of it.
    fn begin(&mut self, node: NodeId, ledger: &Ledger) {
        if ledger.replica(node).is_some() {
            let next = ledger.next_op(node).n;
            self.stir(node, |client| client.begin(ledger.reflected_at(node), next));
            self.steps.iter_mut().for_each(|steps| steps.push(Step::Begin(node)));
        }
    }

    /// The guarantees that were broken, in order, given the fates of all operations.
    pub fn broken(&mut self, ledger: &Ledger) -> Vec<Break> {
        self.look(ledger);
        self.broken.iter().filter_map(|broken| broken.confirmed_by(ledger)).collect()
    }

    /// The steps of the run, if they were kept.
    pub fn steps(&self) -> &[Step] {
        self.steps.as_deref().unwrap_or_default()
    }

    fn change(&mut self, node: NodeId, change: impl FnOnce(&mut Client)) {
        let Some(slot) = (node.0 as usize).checked_sub(1) else { return };
        if self.clients.len() <= slot {
            self.clients.resize_with(slot + 1, Client::default);
        }
        change(&mut self.clients[slot]);
        self.touched.insert(node);
    }

    /// Something happens to an operation at a client.
    fn stir(&mut self, node: NodeId, change: impl FnOnce(&mut Client)) {
        if node != NodeId::SERVER {
            self.change(node, |client| {
                change(client);
                client.stirred = true;
            });
            self.stirred.insert(node);
        }
    }

    fn report(&mut self, report: &Report, node: NodeId, ledger: &Ledger) {
        let effect = !matches!(report, Report::Void(_) | Report::Rejected(..));
        for (node, op) in ledger.fresh() {
            self.stir(*node, |client| client.show(*op, effect));
        }
        match report {
            // Another user's operation that was lost is shown again; for its own user's, the client reports when it shows it.
            Report::Reflected(op) if op.client != node => {
                let mut back = false;
                self.change(node, |client| {
                    back = client.gone.contains(op);
                    if back {
                        client.show(*op, effect);
                    }
                });
                if !back {
                    return;
                }
            }
            Report::Shown(op) if op.client == node => self.change(node, |client| client.show(*op, true)),
            Report::RolledBack(op) => self.change(node, |client| client.hide(*op)),
            Report::Confirmed(op, _) if op.client == node => self.change(node, |client| client.confirmed.push(*op)),
            Report::Pending(_) | Report::Rejected(..) | Report::Void(_) => self.change(node, |_| {}),
            _ => return,
        }
        self.stir(node, |_| {});
    }

    /// A client's state was looked at.
    fn state(&mut self, node: NodeId, digest: Digest) {
        let mut changed = false;
        self.change(node, |client| {
            changed = client.state.replace(digest).is_some_and(|before| before != digest) && !client.stirred;
            client.stirred = false;
        });
        if changed {
            self.break_off(node, Why::Changed);
        }
    }

    /// The first operation of the session in which an operation was issued.
    fn session_of(&self, op: OpId) -> u64 {
        let starts = self.clients.get((op.client.0 as usize).wrapping_sub(1)).map(|client| &client.sessions);
        starts.and_then(|starts| starts.iter().rfind(|start| **start <= op.n)).copied().unwrap_or(1)
    }

    fn break_off(&mut self, client: NodeId, why: Why) {
        self.broken.push(Break { at: self.at, client, why });
    }

    /// An instant ends: what clients show now is what their users see.
    fn look(&mut self, ledger: &Ledger) {
        while let Some(node) = self.touched.pop_first() {
            self.look_at(node, ledger);
        }
    }

    fn look_at(&mut self, node: NodeId, ledger: &Ledger) {
        let Some(client) = self.clients.get_mut((node.0 as usize).wrapping_sub(1)) else { return };
        let (shown, lost) = (mem::take(&mut client.fresh), mem::take(&mut client.lost));
        let confirmed = mem::take(&mut client.confirmed);
        let client = &self.clients[node.0 as usize - 1];
        let mut broken = Vec::new();
        for op in &lost {
            broken.push(if op.client == node { Why::OwnGone(*op) } else { Why::Gone(*op) });
        }
        let hidden: Vec<OpId> = confirmed.into_iter().filter(|op| !client.shows(*op) && !lost.contains(op)).collect();
        broken.extend(hidden.iter().map(|op| Why::OwnUnseen(*op)));
        for op in shown.iter().copied().filter(|op| op.client != node) {
            let (session, client) = (self.session_of(op), &self.clients[node.0 as usize - 1]);
            broken.extend(missing(earlier(op, session, client), ledger).map(|missing| Why::Earlier(op, missing)));
            let Some(entry) = ledger.entry(op) else { continue };
            if !self.clients[node.0 as usize - 1].shows_all_seen_by(entry, ledger.order()) {
                let seen = unseen(&entry.reflected, op, node, &self.clients[node.0 as usize - 1]);
                broken.extend(missing(seen, ledger).map(|missing| Why::Seen(op, missing)));
            }
        }
        if let Some(steps) = &mut self.steps
            && !(shown.is_empty() && lost.is_empty() && hidden.is_empty())
        {
            steps.push(Step::Look(Look {
                at: self.at,
                client: node,
                shown,
                gone: lost.into_iter().chain(hidden).collect(),
            }));
        }
        broken.into_iter().for_each(|why| self.break_off(node, why));
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

/// Earlier operations of the user of `op` in its session, which begins with this one, that a client does not show.
fn earlier(op: OpId, session: u64, client: &Client) -> impl Iterator<Item = OpId> {
    let from = if client.gone.is_empty() { client.known.through(op.client) + 1 } else { 1 };
    (from.max(session)..op.n).map(move |n| OpId { n, ..op }).filter(|op| !client.shows(*op))
}

/// Operations that the user of `op` had seen when it acted and that the client at `node` does not show. Those of that user are
/// its earlier ones, and those of the client's own user are another guarantee's.
fn unseen<'a>(seen: &'a OpSet, op: OpId, node: NodeId, client: &'a Client) -> impl Iterator<Item = OpId> + use<'a> {
    let others = move |other: NodeId| other != op.client && other != node;
    let prefixes = seen.prefixes().filter(move |(other, _)| others(*other)).flat_map(|(other, through)| {
        let from = if client.gone.is_empty() { client.known.through(other) + 1 } else { 1 };
        (from..=through).map(move |n| OpId { client: other, n })
    });
    let beyond = seen.beyond().filter(move |op| others(op.client));
    prefixes.chain(beyond).filter(|op| !client.shows(*op))
}

/// Operations that are missing. The first that is certainly a write is enough; without one, all that may turn
/// out to be one.
fn missing(all: impl Iterator<Item = OpId>, ledger: &Ledger) -> Option<Vec<OpId>> {
    let mut open = Vec::new();
    for op in all {
        let Some(entry) = ledger.entry(op) else { continue };
        match entry.fate {
            _ if entry.void => {}
            Fate::Confirmed(_) => return Some(vec![op]),
            Fate::Rejected(_) => {}
            Fate::Unknown => open.push(op),
        }
    }
    (!open.is_empty()).then_some(open)
}
