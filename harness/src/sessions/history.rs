//! What sessions wrote and read, in the format of published checkers.
//!
//! JSON lines, as elle-cli and adya read them for read-write registers: `{"index", "type", "process", "time", "f", "value"}`,
//! every transaction first invoked and then finished.
//!
//! * A process is a session: the client's number, and the number of clients more for each time that it began anew.
//! * An operation writes 1 to a register of its own, named after it (`c2.5`), at the moment at which its user issued it. An
//!   operation that turned out to have no effect *fails*, and one of which nobody knows is *info*.
//! * A look reads: 1 from each operation that the client shows from now on, and `null` from each that was issued before and
//!   that it does not show. Not read are operations without an effect, those of which nobody knows, and the user's own until
//!   the client has shown or confirmed them.
//!
//! Every register is written once, so the order of its versions is known. A guarantee was broken exactly if there is a cycle
//! of one read that missed a write, and otherwise of writes before the reads that returned them and of the order within
//! processes: `G-single-item-process`, which is what strong session consistent view forbids (PL-2+; Adya 1999, Kingsbury and
//! Alvaro 2020). `adya check -m rw-register -c consistent-view -a G-single-item-process FILE` looks for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::broken::is_write;
use super::watch::{Look, Step};
use crate::ledger::{Entry, Ledger};

/// A line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    index: u64,
    r#type: &'static str,
    process: u32,
    time: u64,
    f: &'static str,
    value: &'a [Access],
}

/// What a transaction does with a register: `["w", "c1.3", 1]`.
#[derive(Clone, Debug, Serialize)]
struct Access(&'static str, String, Option<u8>);

impl Access {
    fn write(op: OpId) -> Self {
        Self("w", op.to_string(), Some(1))
    }

    fn read(op: OpId, value: Option<u8>) -> Self {
        Self("r", op.to_string(), value)
    }
}

/// The lines of a run of which every step was kept.
pub fn lines(steps: &[Step], ledger: &Ledger) -> Vec<String> {
    let mut history =
        History { ledger, lines: Vec::new(), acted: BTreeSet::new(), unseen: BTreeMap::new(), begun: BTreeMap::new() };
    for step in steps {
        match step {
            Step::Act(op, at) => history.act(*op, *at),
            Step::Look(look) => history.look(look),
            Step::Begin(client) => history.begin(*client),
        }
    }
    history.lines
}

struct History<'a> {
    ledger: &'a Ledger,
    lines: Vec<String>,
    /// The writes so far.
    acted: BTreeSet<OpId>,
    /// By client: the writes so far that it does not show and has not waited for. From its first look on.
    unseen: BTreeMap<NodeId, BTreeSet<OpId>>,
    /// How often each client began anew.
    begun: BTreeMap<NodeId, u32>,
}

impl History<'_> {
    fn act(&mut self, op: OpId, at: Time) {
        let Some(entry) = self.ledger.entry(op) else { return };
        if is_write(entry) {
            self.acted.insert(op);
            // A client waits for its own user's operation, and then shows it.
            self.unseen
                .iter_mut()
                .filter(|(client, _)| **client != op.client)
                .for_each(|(_, unseen)| _ = unseen.insert(op));
        }
        self.transaction(op.client, at, outcome(entry), &[Access::write(op)]);
    }

    fn begin(&mut self, client: NodeId) {
        *self.begun.entry(client).or_default() += 1;
        self.unseen.remove(&client);
    }

    fn look(&mut self, look: &Look) {
        let client = look.client;
        let write = |op: &&OpId| self.ledger.entry(**op).is_some_and(is_write);
        let (shown, gone): (Vec<OpId>, Vec<OpId>) =
            (look.shown.iter().filter(write).copied().collect(), look.gone.iter().filter(write).copied().collect());
        let unseen = self.unseen.entry(client).or_insert_with(|| {
            // Before its first look it has shown nothing.
            self.acted.iter().filter(|op| op.client != client).copied().collect()
        });
        shown.iter().for_each(|op| _ = unseen.remove(op));
        unseen.extend(gone);
        let reads = shown.iter().map(|op| Access::read(*op, Some(1)));
        let reads: Vec<Access> = reads.chain(unseen.iter().map(|op| Access::read(*op, None))).collect();
        if !reads.is_empty() {
            self.transaction(client, look.at, "ok", &reads);
        }
    }

    fn transaction(&mut self, client: NodeId, at: Time, end: &'static str, value: &[Access]) {
        let unread = |Access(what, register, value): &Access| {
            Access(what, register.clone(), if *what == "r" { None } else { *value })
        };
        let clients = self.ledger.clients().count() as u32;
        let process = client.0 + clients * self.begun.get(&client).copied().unwrap_or(0);
        let invoked: Vec<Access> = value.iter().map(unread).collect();
        for (r#type, value) in [("invoke", &*invoked), (end, value)] {
            let index = self.lines.len() as u64;
            let line = Line { index, r#type, process, time: at.0, f: "txn", value };
            // Numbers and names have a form in JSON.
            self.lines.push(serde_json::to_string(&line).unwrap_or_default());
        }
    }
}

/// How the transaction of an operation ends.
fn outcome(entry: &Entry) -> &'static str {
    if is_write(entry) {
        "ok"
    } else if entry.is_effectless() {
        "fail"
    } else {
        "info"
    }
}
