//! The class of one schedule's outcome, and its anomalies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, OpId};

use super::group::Group;
use crate::finding::Finding;
use crate::ledger::Fate;
use crate::oracle;
use crate::oracles::generic;
use crate::run::breaches;
use crate::run_result::RunResult;
use crate::workload::Letter;

/// How bad an anomaly is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It breaks a claim of the strategy.
    Broken,
    /// Users are left with different documents.
    Apart,
    /// A confirmed operation does not have its effect.
    Lost,
    /// Users may notice it, and it lost no operation.
    Noted,
}

impl Severity {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broken => "claim broken",
            Self::Apart => "left apart",
            Self::Lost => "operation lost",
            Self::Noted => "note",
        }
    }
}

/// The anomalies of one schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) severity: Severity,
    pub(super) example: String,
}

/// The outcome of a schedule: what replicas show at the end, and what users were told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// The state that all clients show; where they differ, each state with its clients.
    pub states: Vec<String>,
    /// What became of each operation, by client and number.
    pub fates: Vec<String>,
}

/// One schedule, judged.
pub(super) struct Judged {
    pub(super) end: End,
    /// The operations in the order in which a server took them.
    pub(super) order: Vec<OpId>,
    /// By kind.
    pub(super) wrong: BTreeMap<String, Wrong>,
}

/// Judges a schedule as a run is judged.
pub(super) fn judge(mut group: Group<'_>, letters: &[Letter]) -> Judged {
    let (task, script) = (group.task, group.script);
    let (sec, errors) = (f64::from(u8::from(group.same_operations_differ())), group.protocol_errors as f64);
    let order = group.order.clone();
    let sessions = group.broken_sessions();
    let ran = group.end();
    let (findings, serial) = generic::judge(task, &ran);
    let mut wrong: BTreeMap<String, Wrong> = BTreeMap::new();
    let mut add = |kind: String, severity: Severity, example: String| {
        let known = wrong.entry(kind).or_insert(Wrong { severity, example });
        known.severity = known.severity.min(severity);
    };
    let claims = task.strategy.guarantees();
    for breach in breaches(&claims, &ran, sec, errors, serial) {
        add(breach.oracle.breach.to_owned(), Severity::Broken, breach.said);
    }
    if !ran.converged() {
        add(oracle::CONVERGENCE.breach.to_owned(), Severity::Apart, "replicas ended in different states".to_owned());
    }
    for finding in findings {
        let severity = if finding.lost { Severity::Lost } else { Severity::Noted };
        add(finding.kind, severity, finding.example);
    }
    for (guarantee, Finding { kind, example, .. }) in sessions {
        // What a strategy does not claim is how its model works, and no bug.
        let claimed = guarantee.is_claimed(&claims.sessions);
        add(kind, if claimed { Severity::Broken } else { Severity::Noted }, example);
    }
    if !ran.quiescent() {
        add(oracle::QUIESCENCE.breach.to_owned(), Severity::Noted, ran.pending());
    }
    Judged { end: End { states: states(&ran), fates: fates(&ran, script, letters) }, order, wrong }
}

fn states(ran: &RunResult) -> Vec<String> {
    let mut shown: Vec<(&Document, Vec<NodeId>)> = Vec::new();
    for (node, state) in &ran.finals {
        match shown.iter_mut().find(|(known, _)| *known == state) {
            Some((_, nodes)) => nodes.push(*node),
            None => shown.push((state, vec![*node])),
        }
    }
    if let [(state, _)] = &shown[..] {
        return vec![crate::stories::brief(state)];
    }
    let line = |(state, nodes): &(&Document, Vec<NodeId>)| {
        let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
        format!("{}: {}", names.join(", "), crate::stories::brief(state))
    };
    shown.iter().map(line).collect()
}

fn fates(ran: &RunResult, script: &[Vec<usize>], letters: &[Letter]) -> Vec<String> {
    let fate = |entry: &crate::ledger::Entry| {
        let letter = script[entry.id.client.0 as usize - 1].get(entry.id.n as usize - 1);
        let name = letter.and_then(|letter| letters.get(*letter)).map_or("?", |letter| letter.name);
        let told = match &entry.fate {
            Fate::Unknown => "no answer".to_owned(),
            Fate::Confirmed(Document::Null) => "confirmed".to_owned(),
            Fate::Confirmed(outcome) => format!("gets {outcome}"),
            Fate::Rejected(reason) => format!("rejected, {}", reason.code),
        };
        format!("{} {name}: {told}", entry.id.client)
    };
    ran.ledger.entries().map(fate).collect()
}
