//! The inverse of own operations.

use diamond_types::list::operation::{OpKind, Operation};
use diamond_types::list::remote_ids::RemoteId;

use super::Doc;
use crate::crdt::peer::Span;

impl Doc {
    /// The inverse of own operations right behind them, and the last of them in the log. The log has everything that is
    /// needed, so nothing is noted while somebody types; only deleted text has to be looked up, in the text as it was before.
    pub(super) fn inverse(&self, span: Span) -> Option<(Vec<Operation>, usize)> {
        let oplog = &self.crdt.oplog;
        let agent = oplog.get_agent_name(self.agent);
        let place = |n: u64| oplog.try_remote_to_local_time(&RemoteId { agent: agent.into(), seq: n as usize }).ok();
        let (first, last) = (place(span.from)?, place(span.to - 1)?);
        let before = oplog.iter_history_range((first..first + 1).into()).next()?.parents;
        let made: Vec<Operation> =
            oplog.iter_xf_operations_from(&before, &[last]).filter_map(|(_, operation)| operation).collect();
        let erased = made.iter().any(|operation| operation.kind == OpKind::Del);
        let mut text = erased.then(|| oplog.checkout(&before).into_inner());
        let mut inverse = Vec::with_capacity(made.len());
        for operation in &made {
            let range = operation.start()..operation.end();
            match operation.kind {
                OpKind::Ins => {
                    if let Some(text) = &mut text {
                        text.insert(range.start, operation.content_as_str()?);
                    }
                    inverse.push(Operation::new_delete(range));
                }
                OpKind::Del => {
                    let text = text.as_mut()?;
                    let gone: String = text.slice_chars(range.clone()).collect();
                    inverse.push(Operation::new_insert(range.start, &gone));
                    text.remove(range);
                }
            }
        }
        inverse.reverse();
        Some((inverse, last))
    }
}
