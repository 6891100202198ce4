//! The batch window: own operations on their way into an update.

use std::mem;
use std::time::Duration;

use super::{Committed, Library};
use crate::replica::{Context, OpId};
use crate::sidecar::Tags;

/// The tag of the timer at the end of a window.
pub(in crate::crdt) const FLUSH: u64 = 0;

/// How long own operations are collected, and those that were not sent yet.
#[derive(Clone)]
pub(in crate::crdt) struct Window {
    span: Duration,
    /// All operations of a window become one change.
    whole: bool,
    /// Operations in the change that is begun.
    begun: Vec<OpId>,
    /// The tags of changes that wait for the end of the window.
    unsent: Tags,
}

impl Window {
    /// Updates are collected for `span` from the first one on.
    pub(in crate::crdt) fn new(span: Duration) -> Self {
        Self { span, whole: false, begun: Vec::new(), unsent: Tags::new() }
    }

    /// All operations of the window become one change.
    #[cfg(feature = "automerge")]
    pub(in crate::crdt) fn into_one_change(self) -> Self {
        Self { whole: true, ..self }
    }

    /// Whether every operation is sent at once.
    pub(in crate::crdt) fn is_zero(&self) -> bool {
        self.span.is_zero()
    }

    /// Whether all operations of a window become one change.
    pub(in crate::crdt) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Adds an operation. Returns whether it has to be sent now.
    #[must_use]
    pub(in crate::crdt) fn add(
        &mut self,
        id: OpId,
        committed: Committed,
        doc: &mut impl Library,
        cx: &mut Context<'_>,
    ) -> bool {
        let first = self.begun.is_empty() && self.unsent.is_empty();
        match committed {
            Committed::Nothing => {
                cx.void(id);
                return false;
            }
            #[cfg(any(feature = "loro", feature = "diamond"))]
            Committed::Change(tag) => {
                cx.tagged(id, tag);
                self.unsent.push(tag);
            }
            #[cfg(feature = "automerge")]
            Committed::Begun => self.begun.push(id),
        }
        if self.span.is_zero() {
            return true;
        }
        if first {
            cx.set_timer(self.span, FLUSH);
        }
        if !self.whole {
            self.close(doc, cx);
        }
        false
    }

    /// Ends the change that is begun. Some libraries end it themselves when they are asked for anything else; its name
    /// would then be lost.
    pub(in crate::crdt) fn close(&mut self, doc: &mut impl Library, cx: &mut Context<'_>) {
        if self.begun.is_empty() {
            return;
        }
        if let Some(tag) = doc.close(cx.now()) {
            self.begun.drain(..).for_each(|id| cx.tagged(id, tag));
            self.unsent.push(tag);
        }
    }

    /// Ends the window: the tags of the changes to be sent.
    pub(in crate::crdt) fn end(&mut self, doc: &mut impl Library, cx: &mut Context<'_>) -> Tags {
        self.close(doc, cx);
        mem::take(&mut self.unsent)
    }

    /// Forgets what was not sent.
    pub(in crate::crdt) fn clear(&mut self) {
        self.begun.clear();
        self.unsent.clear();
    }
}
