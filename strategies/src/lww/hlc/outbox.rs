//! Own writes on their way out.

use std::mem;

use super::cells::Write;
use super::table::Table;
use crate::replica::OpId;
use crate::send_window::SendWindow;
use crate::sidecar::Sidecar;

/// Own writes that wait for the end of the send window.
pub(super) struct Outbox {
    pub(super) window: SendWindow,
    pub(super) writes: Vec<Write>,
    /// For sidecars only: operations that no peer has yet.
    pub(super) carries: Vec<OpId>,
}

impl Outbox {
    pub(super) fn new(window: SendWindow) -> Self {
        Self { window, writes: Vec::new(), carries: Vec::new() }
    }

    /// What goes out: of several writes the latest of each cell.
    pub(super) fn take(&mut self) -> (Vec<Write>, Sidecar) {
        let writes = mem::take(&mut self.writes);
        let writes = if writes.len() > 1 { latest(&writes) } else { writes };
        (writes, Sidecar::ops(self.carries.drain(..)))
    }
}

/// The latest write of each cell.
fn latest(writes: &[Write]) -> Vec<Write> {
    let mut table = Table::default();
    for write in writes {
        for (path, part) in &write.cells {
            table.merge(path, write.stamp, part);
        }
    }
    table.writes(table.elements().keys())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lww::hlc::cells::{Hop, Hops, Part, Value};
    use crate::lww::hlc::clock::Stamp;

    fn write(ms: u64, cells: &[(&str, Part)]) -> Write {
        let path = |keys: &str| -> Hops { keys.chars().map(|key| Hop::Key(key.to_string().into())).collect() };
        let cells = cells.iter().map(|(keys, part)| (path(keys), part.clone())).collect();
        Write { stamp: Stamp { ms, count: 0, node: 1 }, cells }
    }

    #[test]
    fn of_several_writes_the_latest_of_each_cell_is_left() {
        let leaf = |value: i64| Part::Value(Value::from(value));
        let gone = Part::Instead(Value::Gone);
        let writes = [
            write(1, &[("a", leaf(1)), ("b", leaf(2)), ("cx", leaf(3))]),
            write(2, &[("a", leaf(4))]),
            write(3, &[("c", gone.clone())]),
        ];
        let left = [write(1, &[("b", leaf(2))]), write(2, &[("a", leaf(4))]), write(3, &[("c", gone)])];
        assert_eq!(latest(&writes), left);
    }
}
