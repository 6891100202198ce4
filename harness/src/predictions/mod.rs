//! What a run may find without anything being wrong with syncbench: every finding must be predicted.
//!
//! A finding is predicted by what the strategy does not claim, by how it carries the workload's edits, by the map of anomalies
//! that `explore` has found in small cases, or by a fault that takes away what the strategy rests on. A broken claim is
//! predicted by such a fault alone.

mod fault_sets;
mod mishaps;
mod part;

use std::collections::BTreeSet;

use syncbench_strategies::spec::Guarantees;

use crate::finding::{Finding, Kind};
use crate::findings::ROLLED_BACK;
use crate::metrics;
use crate::oracle::{self, Oracle};
use crate::oracles::lineage::{DOUBLED, RESURRECTED};
use crate::oracles::places::MOVE_OVERWRITTEN;
use crate::oracles::writes::{EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::results::{Cell, ClaimsKept, Outcome};
use crate::sessions::Guarantee;
use crate::workloads::json::DELETE_OVERWRITTEN;
use crate::workloads::notebook::{ORPHANED_EDIT, STALE_OUTPUT};
use crate::workloads::presence::CURSOR_OF_THE_CRASHED;
pub use fault_sets::{FAULT_SETS, FaultSet};
pub use mishaps::Mishaps;
pub use part::Part;

/// What predicts a finding or a broken claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Users acted at the same time: any serial order puts one of them after the other without having seen it.
    AnyOrder,
    /// Users acted at the same time, and the strategy does not claim what would rule this out.
    NotClaimed(&'static str),
    /// The strategy emulates an edit of the workload.
    Encoding(String),
    /// `explore` has found it in a small case.
    Mapped,
    /// The server lost what it had, on which all claims of a strategy rest.
    ServerLost,
    /// Two clients had the same ids, which tell operations of two users apart.
    SameIds,
}

impl Why {
    /// In a few words, for a table.
    pub fn text(&self) -> String {
        match self {
            Why::AnyOrder => "concurrent, in any serial order".into(),
            Why::NotClaimed(claim) => format!("not claimed: {claim}"),
            Why::Encoding(edit) => format!("{edit} is emulated"),
            Why::Mapped => "in the map of anomalies".into(),
            Why::ServerLost => "the server lost what it had".into(),
            Why::SameIds => "two clients had the same ids".into(),
        }
    }
}

/// Anomalies that small cases have shown: strategy, workload, kind of finding.
#[derive(Clone, Debug, Default)]
pub struct Map(BTreeSet<(String, String, String)>);

impl Map {
    /// Adds one.
    pub fn insert(&mut self, strategy: &str, workload: &str, kind: &str) {
        self.0.insert((strategy.into(), workload.into(), kind.into()));
    }

    fn has(&self, cell: &Cell, kind: &str) -> bool {
        let workload = cell.workload.split(':').next().unwrap_or_default();
        self.0.contains(&(cell.strategy.clone(), workload.into(), kind.into()))
    }
}

/// What an operation does, in any order, to an earlier one that its user had not seen.
static CONCURRENT: &[&Kind] =
    &[&OVERWRITTEN, &EDIT_LOST_TO_DELETE, &DELETE_OVERWRITTEN, &MOVE_OVERWRITTEN, &ORPHANED_EDIT, &STALE_OUTPUT];

/// What predicts this finding in a cell of a strategy with these claims, if anything.
pub fn explained(cell: &Cell, claims: &Guarantees, mishaps: Mishaps, finding: &Finding, map: &Map) -> Option<Why> {
    let is = |kind: &Kind| kind.name == finding.kind;
    let server = mishaps.server.then_some(Why::ServerLost);
    if is(&ROLLED_BACK) {
        // Nobody else has what a device confirmed alone.
        let device = mishaps.device && claims.confirms_alone;
        return server.or(device.then_some(Why::NotClaimed("replicated once confirmed")));
    }
    if is(&DOUBLED) || is(&RESURRECTED) {
        return server;
    }
    usual(cell, claims, mishaps, finding, map).or(mishaps.twins.then_some(Why::SameIds)).or(server)
}

/// The same where the server keeps what it has, and clients have ids of their own.
fn usual(cell: &Cell, claims: &Guarantees, mishaps: Mishaps, finding: &Finding, map: &Map) -> Option<Why> {
    if let Some(guarantee) = Guarantee::ALL.into_iter().find(|guarantee| guarantee.kind().name == finding.kind) {
        return (!guarantee.is_claimed(&claims.sessions)).then(|| Why::NotClaimed(guarantee.name()));
    }
    // Presence of a user who is gone for good, whatever the strategy.
    if claims.ephemeral || finding.kind == CURSOR_OF_THE_CRASHED.name {
        return Some(Why::NotClaimed("durable"));
    }
    if claims.depends_on_clocks && mishaps.clocks {
        return Some(Why::NotClaimed("independent of clocks"));
    }
    if cell.number(&metrics::CONCURRENCY, "").is_none_or(|share| share == 0.0) {
        return None;
    }
    if CONCURRENT.iter().any(|kind| kind.name == finding.kind) {
        return Some(Why::AnyOrder);
    }
    if map.has(cell, &finding.kind) {
        return Some(Why::Mapped);
    }
    if !claims.serializable {
        return Some(Why::NotClaimed("serializable"));
    }
    let emulated = cell.support.iter().find(|(_, support)| support.starts_with("emulated"));
    emulated.map(|(edit, _)| Why::Encoding(edit.clone()))
}

/// What replicas may break among themselves once the server has lost what it had. That they crash, leave users without an
/// answer, or refuse each other's messages, nothing excuses.
static LOST_WITH_THE_SERVER: &[&Oracle] = &[
    &oracle::CONVERGENCE,
    &oracle::SAME_OPERATIONS,
    &oracle::SERIAL_ORDER,
    &oracle::READ_YOUR_WRITES,
    &oracle::MONOTONIC_READS,
    &oracle::MONOTONIC_WRITES,
    &oracle::WRITES_FOLLOW_READS,
];

/// What predicts that a claim is broken, if anything.
fn excused(broken: &Oracle, mishaps: Mishaps) -> Option<Why> {
    let among_replicas = LOST_WITH_THE_SERVER.contains(&broken);
    if mishaps.server && among_replicas {
        return Some(Why::ServerLost);
    }
    // Two different messages of what seems to be one client: a library may refuse the second.
    (mishaps.twins && (among_replicas || *broken == oracle::PROTOCOL_ERRORS)).then_some(Why::SameIds)
}

/// What was expected of a cell of a strategy with these claims instead of a finding that nothing predicts, as a sentence.
pub fn expected(cell: &Cell, claims: &Guarantees) -> String {
    let Cell { strategy, workload, .. } = cell;
    if cell.outcome != Outcome::Measured {
        return "a result, or a reason why the strategy cannot run this".to_owned();
    }
    let kept = "every confirmed operation is kept";
    if cell.number(&metrics::CONCURRENCY, "").is_none_or(|share| share == 0.0) {
        return format!("{kept}, since nobody acted concurrently");
    }
    let serializable = if claims.serializable { "claims to be serializable" } else { "runs" };
    format!(
        "{kept} or overwritten, and every claim too: {strategy} {serializable} on {workload}, and neither an encoding nor a \
         small case nor a fault that takes away what it rests on predicts anything else"
    )
}

/// What becomes of a cell that is verified.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The strategy cannot run it.
    Unsupported,
    /// Nothing was found that is not predicted; what predicts each kind of finding and each broken claim.
    Predicted(Vec<(String, Why)>),
    /// The run says nothing: its budget ran out, or a fault touched nothing.
    Open(String),
    /// Broken claims, findings that nothing predicts, or no result.
    Unexplained(Vec<String>),
}

/// Holds a cell of a strategy with these claims, after these mishaps, to what is predicted.
pub fn verdict(cell: &Cell, claims: &Guarantees, mishaps: Mishaps, map: &Map) -> Verdict {
    match cell.outcome {
        Outcome::Unsupported => return Verdict::Unsupported,
        Outcome::Measured => {}
        Outcome::Failed | Outcome::NotRun => {
            return Verdict::Unexplained(vec![cell.reason.clone().unwrap_or_default()]);
        }
    }
    // Where something is under way when the budget ends, nothing is lost yet.
    let under_way = cell.objections.contains(&&oracle::QUIESCENCE);
    let (mut why, mut not) = (Vec::new(), Vec::new());
    match cell.claims_kept {
        Some(ClaimsKept::Yes) => {}
        Some(ClaimsKept::Unknown) if under_way => return Verdict::Open(cell.claims_reasons.join("; ")),
        Some(ClaimsKept::Unknown) => {}
        Some(ClaimsKept::No) if !cell.objections.is_empty() => {
            for (broken, said) in cell.objections.iter().zip(&cell.claims_reasons) {
                match excused(broken, mishaps) {
                    Some(because) => why.push((broken.breach.to_owned(), because)),
                    None => not.push(said.clone()),
                }
            }
        }
        Some(ClaimsKept::No) | None => not.push("nothing says which claims were kept".to_owned()),
    }
    for finding in &cell.findings {
        match explained(cell, claims, mishaps, finding, map) {
            Some(because) => why.push((finding.kind.clone(), because)),
            None => not.push(format!("{} {}: {}", finding.count, finding.kind, finding.example)),
        }
    }
    if !not.is_empty() {
        return Verdict::Unexplained(not);
    }
    match cell.claims_kept {
        Some(ClaimsKept::Unknown) => Verdict::Open(cell.claims_reasons.join("; ")),
        _ => Verdict::Predicted(why),
    }
}

#[cfg(test)]
mod tests;
