//! After the run: one order of everything, for the ledger and the probes.

use std::time::Duration;
use std::vec::IntoIter;

use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, Time};

use super::journal::{Grid, Noted};
use super::worker::Record;
use crate::event::{Event, What};
use crate::faults::{Met, Touches};
use crate::ledger::{Action, Ledger};
use crate::probe::Probe;
use crate::run_result::RunResult;
use crate::task::Task;

/// Merges journals by (step of the grid, time, node, order within the node), and plays them to the ledger and the probes.
///
/// The states at the end of each step of the grid are those of one consistent cut.
pub(super) fn merge(
    task: &Task<'_>,
    probes: &mut [Box<dyn Probe>],
    records: Vec<Record>,
    spacing: Option<Duration>,
    healed_at: Option<Time>,
    in_inboxes: u64,
) -> RunResult {
    let mut book = Book { ledger: Ledger::new(task.clients), probes, last: Time::ZERO };
    let mut openings: Vec<IntoIter<Action>> = (0..=task.clients).map(|_| Vec::new().into_iter()).collect();
    let mut entries: Vec<Noted> = Vec::with_capacity(records.iter().map(|record| record.entries.len()).sum());
    let mut finals: Vec<(NodeId, Document)> = Vec::new();
    let mut touches = vec![Touches::default(); task.faults.iter().count()];
    let mut stored_bytes = 0;
    let mut messages_in_flight = in_inboxes;
    let (mut timers_due, mut connections_opening) = (0, 0);
    let mut reopenings = Vec::new();
    // By node number, so a stable sort by time keeps the order of nodes and that within a node.
    for record in records {
        openings[record.id.0 as usize] = record.openings.into_iter();
        entries.extend(record.entries);
        finals.extend(record.last.map(|last| (record.id, last)));
        touches.iter_mut().zip(&record.touches).for_each(|(sum, one)| sum.add(one));
        messages_in_flight += record.undelivered;
        timers_due += record.timers_due;
        connections_opening += record.connections_opening;
        reopenings.extend(record.reopenings);
        if record.id != NodeId::SERVER {
            stored_bytes = stored_bytes.max(record.stored_bytes);
        }
    }
    entries.sort_by_key(|noted| (noted.cell, noted.event.at));
    let mut grid = Grid::new(task.seed, spacing);
    for Noted { cell, event } in entries {
        if cell != grid.cell {
            // Nothing happened between the end of the last step in which something did, and this one.
            book.end_instant(grid.end);
            while grid.cell < cell {
                grid.advance(grid.end);
            }
        }
        if let What::Issued { op, intended } = event.what
            && let Some(opening) = openings[op.client.0 as usize].next()
        {
            book.ledger.open(op, opening, event.at, intended);
        }
        book.enter(&event);
    }
    book.end_instant(book.last);
    let Book { mut ledger, last, .. } = book;
    if messages_in_flight + timers_due + connections_opening > 0 {
        ledger.cut_off();
    }
    let flights: Vec<_> = ledger.entries().map(|entry| (entry.issued, entry.visible)).collect();
    let last_issue = flights.iter().map(|(issued, _)| *issued).max().unwrap_or(Time::ZERO);
    // The coordinator learns of the last operation a little late; without faults there is nothing to wait for.
    let healed_at = if task.faults.is_empty() { healed_at.map(|_| last_issue) } else { healed_at };
    let ended_at = last.max(healed_at.unwrap_or(Time::ZERO));
    let nodes: Vec<NodeId> = task.topology().nodes(task.clients).collect();
    let met = Met { touches: &touches, operations: &flights, reopenings: &reopenings, nodes: &nodes };
    RunResult {
        gone_back: Vec::new(),
        coverage: task.faults.coverage(&met, healed_at, ended_at),
        quiescing_since: healed_at.unwrap_or(ended_at).max(last_issue),
        ledger,
        finals,
        ended_at,
        messages_in_flight,
        timers_due,
        connections_opening,
        // No fault that damages messages is planned in real time.
        damaged: 0,
        trace_digest: None,
        inexact: None,
        stored_bytes,
        saved: Vec::new(),
    }
}

struct Book<'a> {
    ledger: Ledger,
    probes: &'a mut [Box<dyn Probe>],
    /// The latest time so far.
    last: Time,
}

impl Book<'_> {
    fn enter(&mut self, event: &Event) {
        self.last = self.last.max(event.at);
        self.ledger.enter(event);
        for probe in self.probes.iter_mut() {
            probe.event(event, &self.ledger);
        }
    }

    /// Nothing else happens at `at`, or when the last handler that was called before was done.
    fn end_instant(&mut self, at: Time) {
        self.enter(&Event { at: at.max(self.last), node: NodeId::SERVER, what: What::InstantEnd });
    }
}
