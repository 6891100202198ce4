//! The client: shows its changes at once, and has one of them inflight.

mod past;
mod state;

use super::Ot;
use super::message::{Entry, ToClient, ToServer, before_first, sum};
use crate::change::Change;
use crate::document::Document;
use crate::model::{ModelRef, Operation, Outcome, Plan, Rejected};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, LinkState, ProtocolError, Replica, Setup};
use crate::sidecar::Sidecar;
use crate::star::lineage::{self, Begun};
use crate::star::{Uplink, count_duplicates, from_server};
use crate::view::View;
use crate::wire::{decode, encode};
use past::Past;
use state::{Pending, State, Taken};

/// A client with nothing to send tells the server its revision after so many changes, so that history can be dropped.
const REPORT_EVERY: u64 = 16;

pub(super) struct Client {
    model: ModelRef,
    node: NodeId,
    composes: bool,
    install: u32,
    uplink: Uplink,
    /// Of the state.
    epoch: u64,
    view: Document,
    past: Past,
    /// Other clients' changes since the server last received this client's revision.
    unreported: u64,
    /// The last revision that was passed over on this connection.
    passed_over: u64,
    state: State,
}

impl Client {
    pub(super) fn new(setup: &Setup, config: Ot, base: Document) -> Self {
        Self::with(setup, config, base.clone(), State::new(base, before_first(setup.identity().install)))
    }

    pub(super) fn restore(setup: &Setup, config: Ot, durable: &[u8]) -> Result<Self, ProtocolError> {
        let (state, epoch): (State, u64) = lineage::load(durable)?;
        let view = state.view().ok_or_else(|| ProtocolError::malformed("pending changes that do not fit"))?;
        Ok(Self { epoch, ..Self::with(setup, config, view, state) })
    }

    fn with(setup: &Setup, config: Ot, view: Document, state: State) -> Self {
        Self {
            model: setup.model.clone(),
            node: setup.node,
            composes: config.composes,
            install: setup.identity().install,
            uplink: Uplink::of(setup, config.window),
            epoch: 0,
            view,
            past: Past::new(setup.undo),
            unreported: 0,
            passed_over: 0,
            state,
        }
    }

    fn id(&self, n: u64) -> OpId {
        OpId { client: self.node, n }
    }

    /// Shows a change made here and sends it, now or when its turn comes.
    fn make(&mut self, id: OpId, change: Change, outcome: Outcome, cx: &mut Context<'_>) -> Result<(), Rejected> {
        let misfit = |reason: String| Rejected::new("edit_refused", reason);
        let mut view = self.view.clone();
        change.apply(&mut view).map_err(|error| misfit(error.to_string()))?;
        self.past.make(id.n, &change, &self.view).ok_or_else(|| misfit("it has no inverse".into()))?;
        self.view = view;
        let waiting = self.state.buffer.back_mut().filter(|_| self.composes);
        match waiting.and_then(|buffer| Some((buffer.change.compose(&change)?, buffer))) {
            Some((change, buffer)) => {
                buffer.change = change;
                buffer.outcomes.push((id.n, outcome));
            }
            None => self.state.buffer.push_back(Pending { change, outcomes: vec![(id.n, outcome)] }),
        }
        cx.shown(id);
        cx.reflected(id);
        self.advance(cx);
        Ok(())
    }

    /// Sends the next pending change, unless one is inflight or a send window is open.
    fn advance(&mut self, cx: &mut Context<'_>) {
        if self.state.inflight.is_none() && !self.state.buffer.is_empty() && self.uplink.ready(cx) {
            self.state.inflight = self.state.buffer.pop_front();
            self.send_inflight(cx);
        }
    }

    fn send_inflight(&mut self, cx: &mut Context<'_>) {
        let Some(inflight) = &self.state.inflight else { return };
        let through = inflight.through();
        let (rev, number, change) = (self.state.rev, self.state.next_number(), inflight.change.clone());
        let message = ToServer::Submit { rev, number, through, change };
        cx.send(NodeId::SERVER, encode(&message), Sidecar::through(&[(self.node, through)].into()));
        self.uplink.sends(cx);
        self.unreported = 0;
    }

    /// Takes entries, all or none.
    fn take(&mut self, entries: &[Entry], cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        let mut state = self.state.clone();
        let taken = entries.iter().map(|entry| state.take(entry, self.node)).collect::<Result<Vec<_>, _>>()?;
        self.view = state.view().ok_or_else(|| ProtocolError::malformed("pending changes do not fit"))?;
        self.state = state;
        for (entry, taken) in entries.iter().zip(taken) {
            match taken {
                Taken::Nothing => count_duplicates(1, cx),
                Taken::Own(pending) => self.confirm(pending, cx),
                Taken::Theirs(change, lost) => {
                    self.past.went_through(change);
                    self.unreported += 1;
                    lost.into_iter().for_each(|lost| self.give_up(&lost, cx));
                }
            }
            cx.reflected_all(&entry.sidecar());
        }
        if self.unreported >= REPORT_EVERY && self.state.inflight.is_none() {
            self.unreported = 0;
            cx.send(NodeId::SERVER, encode(&ToServer::Reached { rev: self.state.rev }), Sidecar::none());
        }
        Ok(())
    }

    /// The operations in one of this client's changes have their place.
    fn confirm(&self, placed: Pending, cx: &mut Context<'_>) {
        for (n, outcome) in placed.outcomes {
            cx.confirmed(self.id(n), outcome);
        }
    }

    /// The number of one of this client's changes was taken.
    fn give_up(&self, lost: &Pending, cx: &mut Context<'_>) {
        for (n, _) in &lost.outcomes {
            cx.rolled_back(self.id(*n));
            cx.rejected(self.id(*n), Rejected::new("superseded", "another change came under this client's name"));
        }
    }

    /// The server has given the inflight change, whose sum is `by`, its place.
    fn placed(&mut self, rev: u64, by: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        match rev.checked_sub(self.state.rev) {
            None | Some(0) => count_duplicates(1, cx),
            Some(1) => match self.state.inflight.take_if(|inflight| sum(&inflight.change) == by) {
                Some(inflight) => {
                    // It fits: the view has it already.
                    inflight.change.apply(&mut self.state.base).map_err(ProtocolError::malformed)?;
                    (self.state.rev, self.state.placed) = (rev, self.state.next_number());
                    self.confirm(inflight, cx);
                }
                // Not the change that was sent: another client used this name. The answer to a join will tell what it was.
                None => {
                    self.pass_over(rev);
                    self.join(cx);
                }
            },
            Some(_) if !self.uplink.is_open() => self.told_later(rev, cx),
            Some(_) => return Err(ProtocolError::Unexpected(format!("change {rev} after {}", self.state.rev))),
        }
        Ok(())
    }

    /// The base view will not reflect this revision before the answer to a join.
    fn pass_over(&mut self, rev: u64) {
        self.passed_over = self.passed_over.max(rev);
    }

    /// The answer to the join will tell of this revision too.
    fn told_later(&mut self, rev: u64, cx: &mut Context<'_>) {
        self.pass_over(rev);
        cx.count("told_later", 1);
    }

    /// Whether changes have no place yet.
    fn is_working(&self) -> bool {
        self.state.inflight.is_some() || !self.state.buffer.is_empty()
    }

    /// Whether it was installed anew and knows nothing yet of what the server has.
    fn is_new_install(&self) -> bool {
        self.install > 0 && self.state.rev == 0 && self.state.inflight.is_none()
    }

    /// Asks for what was missed. Nothing goes out before the answer.
    fn join(&mut self, cx: &mut Context<'_>) {
        // Nothing of a new install can be at the server already, and it fits every document.
        let working = self.is_working() && !self.is_new_install();
        self.uplink.hold();
        let join = lineage::join_in(self.epoch, &ToServer::Join { rev: self.state.rev, working });
        cx.send(NodeId::SERVER, join, Sidecar::none());
    }

    /// The server has another epoch: what is pending goes again on what it has.
    fn start_over(
        &mut self,
        begun: Begun<Document>,
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let Begun { epoch, seq, state: document, last } = begun;
        if epoch == self.epoch {
            count_duplicates(1, cx);
            return Ok(());
        }
        let mut state = self.state.clone();
        let inflight = state.inflight.take();
        inflight.into_iter().for_each(|inflight| state.buffer.push_front(inflight));
        let change = state.replace(seq, document);
        state.placed = last.max(before_first(self.install));
        self.view = state.view().ok_or_else(|| ProtocolError::malformed("pending changes do not fit"))?;
        (self.state, self.epoch, self.unreported, self.passed_over) = (state, epoch, 0, 0);
        self.past.went_through(change);
        cx.started_over();
        cx.reflected_all(sidecar);
        let pending = self.state.buffer.iter().flat_map(|pending| &pending.outcomes);
        pending.for_each(|(n, _)| cx.reflected(self.id(*n)));
        self.join(cx);
        Ok(())
    }

    /// The server does not have the revision that the inflight change was made on: it is taken back, as in ShareDB.
    fn refused(&mut self, number: u64, cx: &mut Context<'_>) -> Result<(), ProtocolError> {
        if number != self.state.next_number() || self.state.inflight.is_none() {
            count_duplicates(1, cx);
            return Ok(());
        }
        let mut state = self.state.clone();
        let misfit = || ProtocolError::malformed("pending changes do not fit");
        let (refused, change) = state.take_back().ok_or_else(misfit)?;
        self.view = state.view().ok_or_else(misfit)?;
        self.state = state;
        self.past.went_through(change);
        for (n, _) in &refused.outcomes {
            cx.rolled_back(self.id(*n));
            cx.rejected(
                self.id(*n),
                Rejected::new("newer_than_server", "made on a version that the server does not have"),
            );
        }
        Ok(())
    }

    /// Takes another document in place of this one.
    fn replace(&mut self, rev: u64, document: Document, sidecar: &Sidecar, cx: &mut Context<'_>) {
        if rev < self.state.rev || (rev == self.state.rev && rev > 0) {
            return count_duplicates(1, cx);
        }
        let mut state = self.state.clone();
        let change = state.replace(rev, document);
        let Some(view) = state.view() else { return cx.count("misfits", 1) };
        (self.view, self.state) = (view, state);
        self.past.went_through(change);
        cx.reflected_all(sidecar);
    }

    /// The server has answered a join: a change that is still inflight goes again.
    fn joined(&mut self, cx: &mut Context<'_>) {
        if self.uplink.answered(0) {
            self.send_inflight(cx);
        }
    }
}

impl Replica for Client {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        let planned = self.model.plan(&self.view, operation).and_then(|Plan { edits, outcome }| {
            self.view.clone().apply_all(&edits)?;
            let misfit = || Rejected::new("edit_refused", "edits that do not follow each other");
            Ok((Change::of(&edits).ok_or_else(misfit)?, outcome))
        });
        let made = planned.and_then(|(change, outcome)| self.make(id, change, outcome, cx));
        if let Err(reason) = made {
            cx.reflected(id);
            cx.rejected(id, reason);
        }
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let made = match self.past.take_back(target.n) {
            Some(change) => self.make(id, change, Outcome::Null, cx),
            None => Err(Rejected::too_old(target)),
        };
        if let Err(reason) = made {
            cx.rejected(id, reason);
        }
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        from_server(from)?;
        if let Some(begun) = Begun::read(bytes)? {
            return self.start_over(begun, sidecar, cx);
        }
        match decode(bytes)? {
            ToClient::Confirmed { rev, sum } => self.placed(rev, sum, cx)?,
            ToClient::Ordered(entry) if !self.uplink.is_open() && entry.rev > self.state.rev + 1 => {
                self.told_later(entry.rev, cx);
            }
            ToClient::Ordered(entry) => self.take(&[entry], cx)?,
            ToClient::Missed(entries) => {
                self.take(&entries, cx)?;
                self.joined(cx);
            }
            // A change went out before this came: it needs the changes that it goes through.
            ToClient::Snapshot { rev, .. } if rev > self.state.rev && self.state.inflight.is_some() => {
                self.pass_over(rev);
                self.join(cx);
            }
            ToClient::Refused { number } => self.refused(number, cx)?,
            ToClient::Snapshot { rev, document } => {
                self.replace(rev, document, sidecar, cx);
                self.joined(cx);
            }
        }
        self.advance(cx);
        Ok(())
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        if self.uplink.timer(tag, cx) {
            self.advance(cx);
        }
    }

    fn link(&mut self, _: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.uplink.reset();
        self.passed_over = 0;
        if state == LinkState::Up {
            self.join(cx);
            if !self.is_working() && !self.is_new_install() {
                // There is nothing that the server may have already, so what is made from now on need not wait.
                self.uplink.answered(0);
            }
        }
    }

    fn view(&self) -> &dyn View {
        &self.view
    }

    fn confirmed(&self) -> Option<&dyn View> {
        Some(&self.state.base)
    }

    fn is_up_to_date(&self) -> bool {
        self.passed_over <= self.state.rev
    }

    fn durable(&self) -> Vec<u8> {
        lineage::save(&self.state, self.epoch)
    }
}
