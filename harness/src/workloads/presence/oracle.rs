//! Whose cursors are shown at the end of a run, and where.

use std::collections::BTreeSet;

use syncbench_strategies::document::Document;
use syncbench_strategies::path;
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::view::View;

use super::model::{CURSOR, NAME, PRESENCE, PresenceOp, entry_path};
use crate::finding::{Finding, Kind, kinds};
use crate::findings::Findings;
use crate::workload::{History, Issued};

kinds! {
    GHOST_CURSOR = lost("ghost cursor", "A user has left, and its cursor is shown.");
    LOST_CURSOR = lost("lost cursor", "A user came in or moved, and its cursor is not shown.");
    STALE_CURSOR = lost("stale cursor", "A user came in or moved, and its cursor is shown elsewhere.");
    CURSOR_OF_THE_CRASHED = noted(
        "cursor of the crashed",
        "A cursor is shown whose user has crashed for good."
    );
    CURSOR_FROM_NOWHERE = noted(
        "cursor from nowhere",
        "A cursor is shown where its user never had it, or its user never came in."
    );
}

/// The kinds of findings that [`judge`] makes.
pub(super) static KINDS: &[&Kind] =
    &[&GHOST_CURSOR, &LOST_CURSOR, &STALE_CURSOR, &CURSOR_OF_THE_CRASHED, &CURSOR_FROM_NOWHERE];

/// Every entry is whole.
pub(super) fn invariant(document: &Document) -> Result<(), String> {
    let entries = document.at(&path![PRESENCE]);
    let Some(Document::Map(entries)) = entries else { return Err("there is no place for anybody".into()) };
    let whole = |entry: &Document| {
        let (name, cursor) = (entry.at(&path![NAME]), entry.at(&path![CURSOR]));
        entry.size() == Some(2)
            && name.and_then(Document::as_str).is_some()
            && cursor.and_then(Document::as_int).is_some()
    };
    match entries.iter().find(|(_, entry)| !whole(entry)) {
        Some((who, entry)) => Err(format!("half an entry: {who} is shown as {entry}")),
        None => Ok(()),
    }
}

/// Each user's last confirmed operation says where its cursor has to be.
pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let mut findings = Findings::of(history);
    let operations = history.operations::<PresenceOp>();
    let mut users = BTreeSet::new();
    for client in history.ledger.clients() {
        let who = client.to_string();
        let own: Vec<&Issued<'_, PresenceOp>> = operations.iter().filter(|op| op.id().client == client).collect();
        judge_user(history, client, &who, &own, &mut findings);
        users.insert(who);
    }
    let shown = history.last.keys(&path![PRESENCE]).unwrap_or_default();
    for who in shown.iter().filter(|who| !users.contains(&***who)) {
        findings.note(&CURSOR_FROM_NOWHERE, 1, format_args!("there is a cursor of {who}, and no user of this name"));
    }
    findings.done()
}

fn judge_user(
    history: &History<'_>,
    client: NodeId,
    who: &str,
    own: &[&Issued<'_, PresenceOp>],
    findings: &mut Findings,
) {
    let entry = history.last.at(&entry_path(who));
    let shown = entry.map(|entry| entry.at(&path![CURSOR]).and_then(Document::as_int));
    if history.ledger.crashed_for_good(client) {
        if entry.is_some() {
            let example = format_args!("{who} has crashed for good, and its cursor is shown");
            findings.note(&CURSOR_OF_THE_CRASHED, 1, example);
        }
        return;
    }
    let confirmed = own.iter().rposition(|operation| operation.outcome().is_some());
    let last = confirmed.map(|index| own[index]);
    // A user who has recovered from a crash and done nothing since may be shown as before or not at all: both are right.
    let crashed = history.ledger.crashed(client);
    if crashed.is_some_and(|at| last.is_none_or(|operation| operation.entry.issued < at)) {
        return;
    }
    let cursor = |operation: &Issued<'_, PresenceOp>| operation.op.cursor().map(|cursor| Some(i64::from(cursor)));
    let meant = last.and_then(cursor);
    // Operations without an answer may have happened or not.
    let later = &own[confirmed.map_or(0, |index| index + 1)..];
    let mut unanswered = later.iter().filter(|operation| operation.entry.open());
    if shown == meant || unanswered.any(|operation| cursor(operation) == shown) {
        return;
    }
    let never = |at: Option<i64>| !own.iter().any(|operation| cursor(operation) == Some(at));
    if let Some(at) = shown.filter(|at| never(*at)) {
        findings.note(&CURSOR_FROM_NOWHERE, 1, format_args!("{who} is shown at {}, and never was there", number(at)));
    }
    let Some(last) = last.map(|last| last.id()) else { return };
    match (meant, shown) {
        (None, _) => findings.lost(last, &GHOST_CURSOR, format_args!("{last}: {who} left, and its cursor is shown")),
        (_, None) => {
            findings.lost(last, &LOST_CURSOR, format_args!("{last}: {who} is there, and its cursor is not shown"))
        }
        (_, Some(at)) => {
            findings.lost(last, &STALE_CURSOR, format_args!("{last}: {who} moved, and is shown at {}", number(at)))
        }
    };
}

fn number(cursor: Option<i64>) -> String {
    cursor.map_or("no place".into(), |cursor| cursor.to_string())
}
