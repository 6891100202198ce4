//! What became of one operation.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::{Operation, Outcome, Rejected};
use syncbench_strategies::replica::{OpId, Time};

use crate::op_set::OpSet;

/// What a user does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Issues an operation of the model.
    Operate {
        /// What.
        operation: Operation,
        /// What the user saw that matters to the workload's oracle.
        seen: Document,
    },
    /// Undoes one of the user's own operations.
    Undo {
        /// Which.
        target: OpId,
    },
}

/// The fate of an operation, as its issuer knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// Neither confirmed nor rejected by the end of the run.
    Unknown,
    /// Confirmed.
    Confirmed(Outcome),
    /// Rejected.
    Rejected(Rejected),
}

/// Everything about one operation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which.
    pub id: OpId,
    /// What was issued.
    pub operation: Operation,
    /// What its user saw that matters to the workload's oracle.
    pub seen: Document,
    /// What its user's replica reflected when the user acted.
    pub reflected: OpSet,
    /// When its user meant to act.
    pub intended: Time,
    /// When it was issued.
    pub issued: Time,
    /// When its user's replica first showed its effect.
    pub shown: Option<Time>,
    /// When it was confirmed or rejected.
    pub resolved: Option<Time>,
    /// Its fate, as its user knows it.
    pub fate: Fate,
    /// How often its user's replica rolled it back.
    pub rolled_back: u32,
    /// When a second node first reflected it: another client, or the server.
    pub replicated: Option<Time>,
    /// When half of the replicas reflected it.
    pub half: Option<Time>,
    /// When every replica that was live at its issue reflected it; those that have crashed for good are not waited for.
    pub visible: Option<Time>,
    /// Whether its user's replica did not reflect some operation of another client at the time.
    pub concurrent: bool,
    /// The operation that this one undoes, if it is an undo. An undo has no bytes.
    pub undoes: Option<OpId>,
    /// Whether its user undid it and the undo was confirmed.
    pub undone: bool,
    /// Whether it changed nothing, and was not sent.
    pub void: bool,
    /// Whether the run ended, with something left to happen, before its fate was known and it was visible to all who have to
    /// see it: it is neither kept nor lost.
    pub censored: bool,
    /// How many operations had been issued in the run, with this one.
    pub(super) place: u64,
    /// No operation in `reflected` has a later place.
    pub(crate) latest: u64,
    pub(super) live_at_issue: u32,
    /// At how many of those replicas it is reflected.
    pub(super) reflected_at: u32,
}

impl Entry {
    /// An operation that is issued now, while so many clients take part.
    pub(super) fn new(id: OpId, action: Action, reflected: OpSet, issued: Time, live_at_issue: u32) -> Self {
        let (operation, seen, undoes) = match action {
            Action::Operate { operation, seen } => (operation, seen, None),
            Action::Undo { target } => (Operation::from_bytes(&[]), Document::Null, Some(target)),
        };
        Self {
            id,
            operation,
            seen,
            reflected,
            intended: issued,
            issued,
            shown: None,
            resolved: None,
            fate: Fate::Unknown,
            rolled_back: 0,
            replicated: None,
            half: None,
            visible: None,
            concurrent: false,
            undoes,
            undone: false,
            void: false,
            censored: false,
            place: 0,
            latest: 0,
            live_at_issue,
            reflected_at: 0,
        }
    }

    /// How many clients took part when it was issued.
    pub(crate) fn live_at_issue(&self) -> u32 {
        self.live_at_issue
    }

    /// It is confirmed or rejected.
    pub(super) fn resolve(&mut self, at: Time, fate: Fate) {
        self.resolved.get_or_insert(at);
        self.fate = fate;
    }

    /// Whether it has no effect that a version could have.
    pub(crate) fn is_effectless(&self) -> bool {
        self.void || matches!(self.fate, Fate::Rejected(_))
    }

    /// Whether nobody waits for it any more: its fate is known, and all who have to reflect it do.
    pub(super) fn is_complete(&self) -> bool {
        self.fate != Fate::Unknown && self.visible.is_some()
    }

    /// One more of the replicas that were live at its issue reflects it.
    pub(super) fn reflect(&mut self, at: Time) {
        self.reflected_at += 1;
        self.tally(at);
    }

    /// One of the replicas that were live at its issue is not waited for any more.
    pub(super) fn excuse(&mut self, at: Time) {
        self.live_at_issue -= 1;
        self.tally(at);
    }

    fn tally(&mut self, at: Time) {
        if self.reflected_at > 0 && self.reflected_at * 2 >= self.live_at_issue {
            self.half.get_or_insert(at);
        }
        if self.reflected_at > 0 && self.reflected_at == self.live_at_issue {
            self.visible.get_or_insert(at);
        }
    }
}
