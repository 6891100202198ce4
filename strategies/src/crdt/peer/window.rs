//! Own operations on their way into an update.

use std::mem;
use std::time::Duration;

use super::{Committed, Library};
use crate::replica::{Context, OpId};
use crate::send_window::SendWindow;
use crate::sidecar::Tags;

/// The tag of the timer at the end of a window.
pub(in crate::crdt) const FLUSH: u64 = 0;

/// When own operations go out, and those that were not sent yet.
#[derive(Clone)]
pub(in crate::crdt) struct Window {
    send: SendWindow,
    /// All operations that go out together become one change.
    whole: bool,
    /// Operations in the change that is begun.
    begun: Vec<OpId>,
    /// The tags of changes that wait for the end of the window.
    unsent: Tags,
}

impl Window {
    pub(in crate::crdt) fn new(send: SendWindow) -> Self {
        Self { send, whole: false, begun: Vec::new(), unsent: Tags::new() }
    }

    /// All operations that go out together become one change.
    #[cfg(feature = "automerge")]
    pub(in crate::crdt) fn into_one_change(self) -> Self {
        Self { whole: true, ..self }
    }

    /// Whether every operation is sent at once.
    pub(in crate::crdt) fn is_zero(&self) -> bool {
        self.send.span().is_zero()
    }

    pub(in crate::crdt) fn span(&self) -> Duration {
        self.send.span()
    }

    /// Whether all operations that go out together become one change.
    pub(in crate::crdt) fn is_whole(&self) -> bool {
        self.whole
    }

    /// At a relay, when it forwards.
    #[cfg(feature = "automerge")]
    pub(in crate::crdt) fn forwarding(&mut self) -> &mut SendWindow {
        &mut self.send
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
        let now = self.send.change(FLUSH, cx);
        if !self.whole && !now {
            self.close(doc, cx);
        }
        now
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

    /// The tags of all changes that were not sent yet.
    pub(in crate::crdt) fn take(&mut self, doc: &mut impl Library, cx: &mut Context<'_>) -> Tags {
        self.close(doc, cx);
        mem::take(&mut self.unsent)
    }

    /// The window has ended. Returns the tags of the changes to be sent, if there are any.
    pub(in crate::crdt) fn end(&mut self, doc: &mut impl Library, cx: &mut Context<'_>) -> Option<Tags> {
        let waits = !self.begun.is_empty() || !self.unsent.is_empty();
        self.send.timer(waits, FLUSH, cx).then(|| self.take(doc, cx))
    }

    /// Forgets what was not sent.
    pub(in crate::crdt) fn clear(&mut self) {
        self.begun.clear();
        self.unsent.clear();
    }
}
