//! Operations that wait for rights, and requests for rights.

use std::cmp::Reverse;
use std::mem::take;

use super::message::{Good, Message};
use super::peer::{PATIENCE, Peer};
use super::pending::{Pending, Request};
use crate::model::{Operation, Plan, Rejected};
use crate::replica::{Context, NodeId};

/// What can be done with an operation now.
enum Attempt {
    Fits(Plan),
    Refused(Rejected),
    /// It needs this much more of something; without that it is rejected for this reason.
    Needs(Good, u64, Rejected),
}

impl Peer {
    fn attempt(&self, operation: &Operation) -> Attempt {
        let lacking = |plan: &Plan| {
            let rights = self.stock.lacking(&plan.edits).map(|(counter, amount)| (Good::Rights(counter), amount));
            rights.or_else(|| self.stock.foreign(&plan.edits).map(|record| (Good::Record(record), 1)))
        };
        match self.model.plan(&self.stock.spendable(), operation) {
            Ok(plan) => match lacking(&plan) {
                None => Attempt::Fits(plan),
                Some((good, amount)) => {
                    let reason = Rejected::new("no_rights", "nobody within reach can spare enough");
                    Attempt::Needs(good, amount, reason)
                }
            },
            // It may make sense with others' rights.
            Err(reason) => match self.model.plan(self.stock.shown(), operation) {
                Err(whole) => Attempt::Refused(whole),
                Ok(plan) => match lacking(&plan) {
                    None => Attempt::Refused(reason),
                    Some((good, amount)) => Attempt::Needs(good, amount, reason),
                },
            },
        }
    }

    /// Tries the pending operations: each is performed, is rejected, or waits for an answer.
    pub(super) fn work(&mut self, cx: &mut Context<'_>) {
        loop {
            let mut made = false;
            for mut pending in take(&mut self.pending) {
                match self.attempt(&pending.operation) {
                    Attempt::Fits(plan) => {
                        self.perform(pending.id, &plan, cx);
                        made = true;
                    }
                    Attempt::Refused(reason) => cx.rejected(pending.id, reason),
                    Attempt::Needs(good, amount, reason) => {
                        if self.ask(&mut pending, &good, amount, cx) {
                            self.pending.push(pending);
                        } else {
                            cx.rejected(pending.id, reason);
                        }
                    }
                }
            }
            if !made {
                break;
            }
        }
        self.arm(cx);
    }

    /// Asks the next peer for what is needed, unless an answer is still due. `false` if no peer is left or the operation has
    /// waited too long.
    fn ask(&mut self, pending: &mut Pending, good: &Good, amount: u64, cx: &mut Context<'_>) -> bool {
        let until = *pending.until.get_or_insert(cx.now() + self.config.patience);
        if until <= cx.now() {
            return false;
        }
        if let Some(request) = &pending.waits_for {
            let arrived = request.change.is_some_and(|change| self.stock.version(request.peer) >= change);
            if self.is_reachable(request.peer) && !arrived {
                return true;
            }
        }
        let held = |peer: &NodeId| match good {
            Good::Rights(counter) => self.stock.rights(*counter, *peer),
            Good::Record(path) => i64::from(self.stock.holder(path) == *peer),
        };
        let fresh = |peer: &NodeId| held(peer) > 0 && !pending.asked.contains(&(good.clone(), *peer));
        let reachable = self.others.iter().copied().filter(|peer| self.is_reachable(*peer));
        let richest = reachable.filter(fresh).max_by_key(|peer| (held(peer), Reverse(*peer)));
        let Some(peer) = richest else { return false };
        pending.asked.insert((good.clone(), peer));
        pending.waits_for = Some(Request { peer, good: good.clone(), change: None });
        cx.count("rights_asked", 1);
        self.say(peer, Message::Ask { good: good.clone(), amount }, cx);
        true
    }

    /// Sets a timer for the first operation whose patience ends.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let Some(until) = self.pending.iter().filter_map(|pending| pending.until).min() else { return };
        if self.alarm.is_none_or(|at| until < at) {
            self.alarm = Some(until);
            cx.set_timer(until.since(cx.now()), PATIENCE);
        }
    }

    /// Answers a request.
    pub(super) fn hand_over(&mut self, to: NodeId, good: Good, amount: u64, cx: &mut Context<'_>) {
        let change = match &good {
            Good::Rights(counter) => self.hand_rights(to, *counter, amount, cx),
            Good::Record(path) => {
                if let Some(handed) = self.stock.hand(path, to) {
                    cx.count("records_given", 1);
                    self.publish(self.me, handed, cx);
                }
                // The last change here tells who holds it instead, or that it is gone.
                self.stock.version(self.me)
            }
        };
        self.say(to, Message::Answer { good, change }, cx);
    }

    fn hand_rights(&mut self, to: NodeId, counter: u32, amount: u64, cx: &mut Context<'_>) -> u64 {
        let held = u64::try_from(self.stock.rights(counter, self.me)).unwrap_or(0);
        let wanted = if self.config.half { amount.max(held.div_ceil(2)) } else { amount };
        let mut change = 0;
        if held > 0 && amount > 0 {
            let given = self.stock.give(counter, to, wanted.min(held));
            change = given.number;
            cx.count("rights_given", wanted.min(held));
            self.publish(self.me, given, cx);
        }
        change
    }
}
