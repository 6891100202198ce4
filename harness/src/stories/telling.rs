//! Turns what was observed into steps and messages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{LinkState, NodeId, OpId, Report, Time};
use syncbench_strategies::sidecar::{Clock, Sidecar};

use super::watch::{Seen, Why};
use super::{Change, Message, Step};
use crate::event::{Event, What};
use crate::ledger::Ledger;

/// Turns what was observed into steps and messages.
pub(crate) struct Telling<'a> {
    ledger: &'a Ledger,
    genesis: &'a Document,
    steps: Vec<Step>,
    messages: Vec<Message>,
    /// Under way, by link, oldest first.
    under_way: BTreeMap<(NodeId, NodeId), VecDeque<usize>>,
    /// The message that has just arrived.
    arrived: Option<usize>,
    /// The client whose connection has just opened or broken.
    linked: Option<(NodeId, Change)>,
    /// Nodes that have crashed and are not back.
    down: BTreeSet<NodeId>,
    /// Nodes that began after the start and have lost no connection since: that their first ones open goes without saying.
    fresh: BTreeSet<NodeId>,
    /// Messages that had an effect.
    mattered: BTreeSet<usize>,
    /// The message behind each step.
    causes: Vec<Option<usize>>,
    known: BTreeMap<NodeId, BTreeSet<OpId>>,
    showing: BTreeMap<NodeId, Document>,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(ledger: &'a Ledger, genesis: &'a Document) -> Self {
        Self {
            ledger,
            genesis,
            steps: Vec::new(),
            messages: Vec::new(),
            under_way: BTreeMap::new(),
            arrived: None,
            linked: None,
            down: BTreeSet::new(),
            fresh: BTreeSet::new(),
            mattered: BTreeSet::new(),
            causes: Vec::new(),
            known: BTreeMap::new(),
            showing: BTreeMap::new(),
        }
    }

    pub(crate) fn hear(&mut self, seen: Seen) {
        match seen {
            Seen::Called { at, node, why, state } => self.called(at, node, &why, state),
            Seen::Event(event) => self.event(&event),
        }
    }

    fn called(&mut self, at: Time, node: NodeId, why: &Why, state: Document) {
        let before = self.showing.insert(node, state.clone());
        let changed = before.as_ref().unwrap_or(self.genesis) != &state;
        let mut issued = None;
        let mut cause = None;
        match why {
            Why::Act(op) => issued = Some(*op),
            Why::Message(sidecar) => {
                cause = self.arrived.take();
                self.open(cause, sidecar);
            }
            Why::Other => {}
        }
        let change = self.linked.take().filter(|(client, _)| *client == node).map(|(_, change)| change);
        self.causes.push(cause);
        self.steps.push(Step { issued, change, changed, ..quiet(at, node, state) });
    }

    /// What became of a node, outside of any call of its replica.
    fn changed(&mut self, at: Time, node: NodeId, change: Change) {
        let state = self.showing.get(&node).unwrap_or(self.genesis).clone();
        self.causes.push(None);
        self.steps.push(Step { change: Some(change), ..quiet(at, node, state) });
    }

    /// A node takes part from now on.
    fn live(&mut self, at: Time, node: NodeId) {
        if at > Time::ZERO {
            self.fresh.insert(node);
        }
        if self.down.remove(&node) {
            self.changed(at, node, Change::Recovers);
        } else if at > Time::ZERO {
            self.changed(at, node, Change::Joins);
        }
    }

    /// A node that has come back holds something else than it had saved.
    fn restored(&mut self, node: NodeId, change: Change) {
        self.last(node, |step| step.change = Some(change));
    }

    /// Notes what is in a message, now that its receiver has it.
    fn open(&mut self, arrived: Option<usize>, sidecar: &Sidecar) {
        let Some(index) = arrived else { return };
        let message = &mut self.messages[index];
        message.carries = sidecar.carries.clone();
        for tag in &sidecar.tags {
            message.carries.extend(self.ledger.tagged(*tag));
        }
        message.whole = sidecar.whole;
        let known = self.known.get(&message.to);
        let new = through(&sidecar.seen).filter(|op| !known.is_some_and(|known| known.contains(op)));
        message.carries.extend(new);
    }

    fn event(&mut self, event: &Event) {
        let Event { at, node, what } = event;
        match what {
            What::Sent { to, .. } => {
                self.under_way.entry((*node, *to)).or_default().push_back(self.messages.len());
                self.messages.push(Message {
                    from: *node,
                    to: *to,
                    sent_ms: at.as_ms(),
                    arrived_ms: None,
                    carries: Vec::new(),
                    whole: false,
                });
            }
            What::Delivered { from } => {
                self.arrived = self.under_way.get_mut(&(*from, *node)).and_then(VecDeque::pop_front);
                if let Some(index) = self.arrived {
                    self.messages[index].arrived_ms = Some(at.as_ms());
                }
            }
            What::Dropped { from } => self.lost(*from, *node, at.as_ms()),
            What::Live => self.live(*at, *node),
            What::Crashed { for_good } => {
                self.down.insert(*node);
                self.changed(*at, *node, if *for_good { Change::Leaves } else { Change::Crashes });
            }
            What::Restored { rebuilt, .. } => {
                self.restored(*node, if *rebuilt { Change::Rebuilt } else { Change::Restored });
            }
            What::Link { peer, state } if *node != NodeId::SERVER && *at > Time::ZERO => {
                let fresh = [node, peer].map(|end| self.fresh.contains(end)).contains(&true);
                self.linked = match state {
                    LinkState::Down if self.down.contains(peer) => None,
                    LinkState::Down => Some((*node, Change::Disconnects)),
                    LinkState::Up => (!fresh).then_some((*node, Change::Connects)),
                };
                if *state == LinkState::Down {
                    self.fresh.remove(node);
                    self.fresh.remove(peer);
                }
            }
            What::Report(Report::Reflected(op)) => self.took(*node, [*op]),
            What::Report(Report::ReflectedTags(first, last)) => {
                self.took(*node, self.ledger.tagged_within(*first, *last).collect::<Vec<_>>());
            }
            What::Report(Report::ReflectedThrough(clock)) => self.took(*node, through(clock)),
            What::Report(Report::Shown(op)) => self.last(*node, |step| step.shown.push(*op)),
            What::Report(Report::Confirmed(op, _)) => self.last(*node, |step| step.confirmed.push(*op)),
            What::Report(Report::Rejected(op, _)) => self.last(*node, |step| step.refused.push(*op)),
            What::Report(Report::RolledBack(op)) => self.last(*node, |step| step.rolled_back.push(*op)),
            _ => {}
        }
    }

    /// A message that was sent into a broken link is lost at once; one that was under way when the link broke, in its turn.
    fn lost(&mut self, from: NodeId, to: NodeId, at_ms: f64) {
        let Some(under_way) = self.under_way.get_mut(&(from, to)) else { return };
        let at_once = under_way.back().is_some_and(|newest| self.messages[*newest].sent_ms == at_ms);
        if at_once {
            under_way.pop_back()
        } else {
            under_way.pop_front()
        };
    }

    fn took(&mut self, node: NodeId, ops: impl IntoIterator<Item = OpId>) {
        let known = self.known.entry(node).or_default();
        let new: Vec<OpId> = ops.into_iter().filter(|op| known.insert(*op)).collect();
        self.last(node, |step| step.took.extend(new));
    }

    /// Effects follow the call that had them.
    fn last(&mut self, node: NodeId, add: impl FnOnce(&mut Step)) {
        if let Some(step) = self.steps.last_mut().filter(|step| step.node == node) {
            add(step);
        }
    }

    /// Every step, in the order of the calls, with the message behind it, and all messages.
    pub(super) fn all(self) -> (Vec<(Step, Option<usize>)>, Vec<Message>) {
        (self.steps.into_iter().zip(self.causes).collect(), self.messages)
    }

    /// Steps that had an effect, and messages that carried something or led to such a step: greetings are left out.
    pub(crate) fn done(mut self) -> (Vec<Step>, Vec<Message>) {
        for (step, cause) in self.steps.iter().zip(&self.causes) {
            self.mattered.extend(cause.filter(|_| step.matters()));
        }
        let mattered = self.mattered;
        let kept = |(index, message): &(usize, Message)| {
            !message.carries.is_empty() || message.whole || mattered.contains(index)
        };
        let messages = self.messages.into_iter().enumerate().filter(kept).map(|(_, message)| message).collect();
        (self.steps.into_iter().filter(Step::matters).collect(), messages)
    }
}

/// A step of which nothing is known but when, where, and what is on the screen.
fn quiet(at: Time, node: NodeId, state: Document) -> Step {
    Step {
        at_ms: at.as_ms(),
        node,
        issued: None,
        change: None,
        took: Vec::new(),
        shown: Vec::new(),
        confirmed: Vec::new(),
        refused: Vec::new(),
        rolled_back: Vec::new(),
        state,
        changed: false,
    }
}

fn through(clock: &Clock) -> impl Iterator<Item = OpId> {
    clock.iter().flat_map(|(client, n)| (1..=*n).map(|n| OpId { client: *client, n }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_message_is_not_taken_for_the_next_one() {
        const A: NodeId = NodeId(1);
        const B: NodeId = NodeId(2);
        let (ledger, genesis) = (Ledger::new(2), Document::Null);
        let mut telling = Telling::new(&ledger, &genesis);
        let mut event = |ms, node, what| telling.event(&Event { at: Time::from_ms(ms), node, what });
        let sent = || What::Sent { to: B, payload_bytes: 1, wire_bytes: 1, hash: 0 };
        let (delivered, dropped) = (|| What::Delivered { from: A }, || What::Dropped { from: A });
        event(0, A, sent());
        event(10, A, sent());
        event(20, A, sent());
        // The third meets a broken link; the first was under way when it broke.
        event(20, B, dropped());
        event(40, B, dropped());
        event(50, B, delivered());
        let arrived: Vec<Option<f64>> = telling.messages.iter().map(|message| message.arrived_ms).collect();
        assert_eq!(arrived, [None, Some(50.0), None]);
    }
}
