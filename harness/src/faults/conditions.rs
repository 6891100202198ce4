//! What the faults of a run do at the moment, all together, and what they have touched.

use std::time::Duration;

use syncbench_strategies::replica::{NodeId, Time};

use super::coverage::Touches;
use super::{Armed, Faults, LinkCondition, NodeState, Restart, Transition};
use crate::network::{Impairment, Passing};

/// The answers of all faults since the last transition.
#[derive(Clone, Debug)]
pub struct Conditions<'a> {
    faults: &'a Faults,
    since: Transition,
    /// The transition before.
    before: Transition,
    /// By fault.
    touches: Vec<Touches>,
    /// Whether some fault acts on single messages.
    impairs: bool,
}

impl<'a> Conditions<'a> {
    /// At the start of a run.
    pub fn new(faults: &'a Faults) -> Self {
        let since = Transition { at: Time::ZERO, healed: false };
        let impairs = faults.iter().any(|armed| armed.fault.touched_messages().is_some());
        Self { faults, since, before: since, touches: vec![Touches::default(); faults.iter().count()], impairs }
    }

    /// From now on the answers are those after `transition`.
    pub fn change(&mut self, transition: Transition) {
        self.before = std::mem::replace(&mut self.since, transition);
    }

    /// When these conditions began.
    pub fn since(&self) -> Time {
        self.since.at
    }

    /// Whether `node` takes part since the last transition, and did not before it: it has joined or recovered.
    pub fn came(&self, node: NodeId) -> bool {
        let before = Conditions { since: self.before, touches: Vec::new(), ..*self };
        self.node(node).is_present() && !before.node(node).is_present()
    }

    /// Whether and how `node` takes part.
    pub fn node(&self, node: NodeId) -> NodeState {
        self.open().map(|(armed, elapsed)| armed.fault.node(node, elapsed)).max().unwrap_or(NodeState::Up)
    }

    /// Whether `node`, which has crashed, takes part again later.
    pub fn recovers(&self, node: NodeId) -> bool {
        let Transition { mut at, healed } = self.since;
        let crashes = |armed: &&Armed, at| {
            let elapsed = armed.elapsed(at, healed);
            elapsed.is_some_and(|elapsed| armed.fault.node(node, elapsed) == NodeState::Crashed)
        };
        while let Some(armed) = self.faults.iter().find(|armed| crashes(armed, at)) {
            match armed.next_transition(at) {
                Some(next) => at = next,
                // A fault that does not outlast the heal ends there.
                None => return !armed.fault.outlasts_heal(),
            }
        }
        true
    }

    /// What a node that has crashed recovers from, by the faults that are open now.
    pub fn restart(&self, node: NodeId) -> Restart {
        let crashing = self.open().filter(|(armed, elapsed)| armed.fault.node(node, *elapsed) == NodeState::Crashed);
        crashing.map(|(armed, _)| armed.restart(node)).max().unwrap_or(Restart::Saved)
    }

    /// How long `node` takes to handle a message.
    pub fn service(&self, node: NodeId) -> Duration {
        self.open().map(|(armed, elapsed)| armed.fault.service(node, elapsed)).sum()
    }

    /// Whether these two can have a connection.
    pub fn connectable(&self, a: NodeId, b: NodeId) -> bool {
        [a, b].iter().all(|end| self.node(*end).is_present()) && self.link(a, b) != LinkCondition::Cut
    }

    /// Whether messages in this direction do not get through although the connection may be up.
    pub fn blocked(&self, from: NodeId, to: NodeId) -> bool {
        self.open().any(|(armed, elapsed)| armed.fault.link(from, to, elapsed) == LinkCondition::Blocked)
    }

    /// What the clock of `node` shows at `now`, when a true one shows `wall`.
    pub fn clock(&self, node: NodeId, now: Time, wall: Time) -> Time {
        let ahead_ns = |(armed, _): (&Armed, Duration)| armed.fault.clock_ahead_ns(node, now.since(armed.start));
        Time(wall.0.saturating_add_signed(self.open().map(ahead_ns).sum()))
    }

    /// Whether a replica cannot receive from another until all users have acted: users who wait for that wait in vain.
    pub fn in_vain(&self, nodes: &[NodeId]) -> bool {
        // Nothing waits for a node that has crashed for good.
        let lasting = || self.open().filter(|(armed, _)| armed.end.is_none() && !armed.fault.outlasts_heal());
        let apart = |a, b| {
            lasting().any(|(armed, elapsed)| {
                let down = |node| !armed.fault.node(node, elapsed).is_present();
                armed.fault.link(a, b, elapsed) != LinkCondition::Open || down(a) || down(b)
            })
        };
        lasting().next().is_some() && nodes.iter().any(|a| nodes.iter().any(|b| a != b && apart(*a, *b)))
    }

    /// What all faults together do to a message on a leg. `first_time` says of a fault, by its place in the list, that it had
    /// not touched the message before.
    pub fn impair(&mut self, passing: &Passing, mut first_time: impl FnMut(usize) -> bool) -> Impairment {
        if !self.impairs {
            return Impairment::NONE;
        }
        let Transition { at, healed } = self.since;
        let mut all = Impairment::NONE;
        for (place, (touches, armed)) in self.touches.iter_mut().zip(self.faults.iter()).enumerate() {
            if armed.elapsed(at, healed).is_none() || armed.fault.touched_messages().is_none() {
                continue;
            }
            touches.messages_passed += u64::from(passing.leaves);
            let one = armed.fault.impair(passing, passing.at.since(armed.start));
            touches.messages += u64::from(one != Impairment::NONE && first_time(place));
            all = all.and(one);
        }
        all
    }

    /// A message is made at `from`: counts the faults that set the clock there wrong, or made the node another client's twin.
    pub fn touch_made(&mut self, from: NodeId, now: Time) {
        self.touch_posing(from, now, |touches| &mut touches.messages);
    }

    /// A user acts at `node`: counts the same faults. An operation keeps the stamp and the name that it got, also where no
    /// message about it leaves before the fault's end.
    pub fn touch_acted(&mut self, node: NodeId, now: Time) {
        self.touch_posing(node, now, |touches| &mut touches.operations);
    }

    fn touch_posing(&mut self, node: NodeId, now: Time, count: impl Fn(&mut Touches) -> &mut u64) {
        let Transition { at, healed } = self.since;
        for (touches, armed) in self.touches.iter_mut().zip(self.faults.iter()) {
            // A clock goes wrong between transitions, too.
            let wrong = || armed.fault.clock_ahead_ns(node, now.since(armed.start)) != 0;
            let touched = armed.elapsed(at, healed).is_some() && (wrong() || armed.fault.twin_of(node).is_some());
            *count(touches) += u64::from(touched);
        }
    }

    /// A message was lost or held back: counts the faults that stood between these two.
    pub fn touch_stopped(&mut self, from: NodeId, to: NodeId) {
        let stood = |armed: &Armed, elapsed| gone(armed, elapsed, &[from, to]) || blocks(armed, elapsed, (from, to));
        self.touch(stood, |touches| &mut touches.messages);
    }

    /// A message reaches `node`: counts the faults that make it wait there.
    pub fn touch_slowed(&mut self, node: NodeId) {
        let slows = |armed: &Armed, elapsed| {
            let fault = &armed.fault;
            fault.node(node, elapsed) == NodeState::Paused || !fault.service(node, elapsed).is_zero()
        };
        self.touch(slows, |touches| &mut touches.messages);
    }

    /// Counts the faults that keep two nodes apart since the last transition. Where some did so before, the others have
    /// nothing left to part.
    pub fn touch_apart(&mut self, a: NodeId, b: NodeId) {
        let apart = |armed: &Armed, elapsed| gone(armed, elapsed, &[a, b]) || blocks(armed, elapsed, (a, b));
        self.touch_first(apart, |touches| &mut touches.connections);
    }

    /// Counts the faults that keep a node from taking part since the last transition. Where some did so before, the others
    /// have nothing left to stop.
    pub fn touch_node(&mut self, node: NodeId) {
        let idle = |armed: &Armed, elapsed| armed.fault.node(node, elapsed) != NodeState::Up;
        self.touch_first(idle, |touches| &mut touches.nodes);
    }

    /// What each fault has touched so far.
    pub fn touches(&self) -> &[Touches] {
        &self.touches
    }

    fn touch(&mut self, met: impl Fn(&Armed, Duration) -> bool, count: impl Fn(&mut Touches) -> &mut u64) {
        let Transition { at, healed } = self.since;
        for (touches, armed) in self.touches.iter_mut().zip(self.faults.iter()) {
            *count(touches) += u64::from(armed.elapsed(at, healed).is_some_and(|elapsed| met(armed, elapsed)));
        }
    }

    /// The same, for those only that had the effect before the last transition, if any of those still has it.
    fn touch_first(&mut self, met: impl Fn(&Armed, Duration) -> bool, count: impl Fn(&mut Touches) -> &mut u64) {
        let meets = |armed: &Armed, Transition { at, healed }: Transition| {
            armed.elapsed(at, healed).is_some_and(|elapsed| met(armed, elapsed))
        };
        let (before, since) = (self.before, self.since);
        let lasts = |armed: &Armed| meets(armed, before) && meets(armed, since);
        let any_lasts = self.faults.iter().any(lasts);
        for (touches, armed) in self.touches.iter_mut().zip(self.faults.iter()) {
            *count(touches) += u64::from(if any_lasts { lasts(armed) } else { meets(armed, since) });
        }
    }

    fn link(&self, from: NodeId, to: NodeId) -> LinkCondition {
        self.open().map(|(armed, elapsed)| armed.fault.link(from, to, elapsed)).max().unwrap_or(LinkCondition::Open)
    }

    /// The faults whose window is open, and for how long.
    fn open(&self) -> impl Iterator<Item = (&'a Armed, Duration)> {
        let Transition { at, healed } = self.since;
        self.faults.iter().filter_map(move |armed| Some((armed, armed.elapsed(at, healed)?)))
    }
}

/// Whether this fault leaves one of these nodes without connections.
fn gone(armed: &Armed, elapsed: Duration, nodes: &[NodeId]) -> bool {
    nodes.iter().any(|node| !armed.fault.node(*node, elapsed).is_present())
}

/// Whether this fault blocks the direction from one node to the other.
fn blocks(armed: &Armed, elapsed: Duration, (from, to): (NodeId, NodeId)) -> bool {
    armed.fault.link(from, to, elapsed) != LinkCondition::Open
}

impl Faults {
    /// The clients among `clients` that take part at the end of the run.
    pub fn survivors(&self, clients: u32) -> impl Iterator<Item = NodeId> {
        let mut end = Conditions::new(self);
        end.change(Transition { at: Time(u64::MAX), healed: true });
        (1..=clients).map(NodeId).filter(move |client| end.node(*client) == NodeState::Up)
    }
}
