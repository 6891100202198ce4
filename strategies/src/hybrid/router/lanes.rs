//! Calls to the parts, and what becomes of their effects.

use std::collections::VecDeque;
use std::sync::Arc;

use super::replica::Router;
use super::server::RESIDENT;
use crate::hybrid::book::{Lane, tag, tags_of};
use crate::node::{NodeId, OpId};
use crate::replica::{Context, Effect, Replica, Report};
use crate::sidecar::Sidecar;

/// A message between the server and its resident.
struct Inside {
    to: Lane,
    bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

impl Router {
    /// Calls a part with a separate context; gives its effects.
    pub(super) fn call<R>(
        &mut self,
        lane: Lane,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
    ) -> (R, Vec<Effect>) {
        let mut effects = Vec::new();
        let node = if lane == Lane::Resident { RESIDENT } else { cx.node() };
        let part = match lane {
            Lane::Text => &mut self.text,
            Lane::Rest => &mut self.rest,
            // Only the resident's own messages and timers come here, so there is one.
            Lane::Resident => self.resident.as_mut().unwrap_or(&mut self.text),
        };
        let (now, wall) = (cx.now(), cx.wall_clock());
        let mut inner = Context::new(node, now, wall, cx.rng(), &mut effects);
        (handler(&mut **part, &mut inner), effects)
    }

    /// Calls a part, and passes on its effects.
    pub(super) fn run<R>(
        &mut self,
        lane: Lane,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
    ) -> R {
        let (result, effects) = self.call(lane, cx, handler);
        self.pass_on(lane, effects, cx);
        result
    }

    /// Passes on the effects of a part, and those of the messages inside the server that come of them.
    pub(super) fn pass_on(&mut self, lane: Lane, effects: Vec<Effect>, cx: &mut Context<'_>) {
        let mut inside = VecDeque::new();
        self.translate(lane, effects, &mut inside, cx);
        while let Some(Inside { to, bytes, sidecar }) = inside.pop_front() {
            let from = if to == Lane::Resident { NodeId::SERVER } else { RESIDENT };
            let (result, effects) = self.call(to, cx, |part, cx| part.receive(from, &bytes, &sidecar, cx));
            if result.is_err() {
                cx.count("protocol_errors_inside", 1);
            }
            self.translate(to, effects, &mut inside, cx);
        }
    }

    fn translate(&mut self, lane: Lane, effects: Vec<Effect>, inside: &mut VecDeque<Inside>, cx: &mut Context<'_>) {
        // The last message, as the part and as this replica sends it: a broadcast is wrapped once.
        let mut wrapped: Option<(Arc<[u8]>, Arc<[u8]>)> = None;
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } if lane == Lane::Resident || to == RESIDENT => {
                    let to = if lane == Lane::Resident { Lane::Text } else { Lane::Resident };
                    inside.push_back(Inside { to, bytes, sidecar });
                }
                Effect::Send { to, bytes, sidecar } => {
                    let message = match &wrapped {
                        Some((inner, outer)) if Arc::ptr_eq(inner, &bytes) => outer.clone(),
                        _ => [&[lane.number() as u8], &*bytes].concat().into(),
                    };
                    wrapped = Some((bytes, message.clone()));
                    cx.send(to, message, self.tags.of(to, lane, &sidecar));
                }
                Effect::SetTimer { after, tag } => cx.set_timer(after, tag << 2 | lane.number()),
                Effect::Report(Report::ReflectedThrough(clock)) => {
                    for (client, n) in clock {
                        let (first, last) = self.tags.through(lane, client, n);
                        cx.reflected_tags(first, last);
                    }
                }
                Effect::Report(report) => {
                    if let Some(report) = self.renamed(lane, report, cx.node()) {
                        cx.report(report);
                    }
                }
            }
        }
    }

    /// A part's report under the numbers of this replica; none if it is about an operation of another client or of the
    /// resident.
    fn renamed(&mut self, lane: Lane, report: Report, node: NodeId) -> Option<Report> {
        let book = &mut self.client.book;
        let own = |id: OpId| {
            let n = book.own(lane, id.n).filter(|_| id.client == node)?;
            Some(OpId { client: node, n })
        };
        let report = match report {
            Report::Reflected(id) => Report::ReflectedTags(tag(lane, id), tag(lane, id)),
            Report::Shown(id) => Report::Shown(own(id)?),
            Report::Tagged(id, tag) => Report::Tagged(own(id)?, tag),
            Report::Pending(id) => Report::Pending(own(id)?),
            Report::Void(id) => Report::Void(own(id)?),
            Report::RolledBack(id) => Report::RolledBack(own(id)?),
            Report::Confirmed(id, outcome) => Report::Confirmed(own(id)?, outcome),
            Report::Rejected(id, reason) => Report::Rejected(own(id)?, reason),
            Report::StartedOver(_) => {
                self.tags.start_over(lane);
                Report::StartedOver(Some(tags_of(lane)))
            }
            // No part has a relay.
            Report::Overwritten(..) => return None,
            Report::ReflectedThrough(_) | Report::ReflectedTags(..) | Report::Count(..) => report,
        };
        if let Report::Confirmed(id, _) | Report::Rejected(id, _) = &report {
            book.resolve(id.n);
        }
        Some(report)
    }
}
