//! What a run may find without anything being wrong with syncbench: every finding must be predicted.
//!
//! A finding is predicted by what the strategy does not claim, by an edit that it emulates, or by the anomaly map, which
//! `explore` makes from small cases. A broken claim is never predicted.

mod fault_sets;

use std::collections::BTreeSet;

use syncbench_strategies::spec::Guarantees;

use crate::finding::{Finding, Kind};
use crate::metrics;
use crate::oracles::places::MOVE_OVERWRITTEN;
use crate::oracles::writes::{EDIT_LOST_TO_DELETE, OVERWRITTEN};
use crate::results::{Cell, ClaimsKept, Outcome};
use crate::sessions::Guarantee;
use crate::workloads::json::DELETE_OVERWRITTEN;
use crate::workloads::notebook::{ORPHANED_EDIT, STALE_OUTPUT};
use crate::workloads::presence::CURSOR_OF_THE_CRASHED;
pub use fault_sets::{FAULT_SETS, FaultSet};

/// What predicts a finding.
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
}

impl Why {
    /// In a few words, for a table.
    pub fn text(&self) -> String {
        match self {
            Why::AnyOrder => "concurrent, in any serial order".into(),
            Why::NotClaimed(claim) => format!("not claimed: {claim}"),
            Why::Encoding(edit) => format!("{edit} is emulated"),
            Why::Mapped => "in the map of anomalies".into(),
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
pub fn explained(cell: &Cell, claims: &Guarantees, finding: &Finding, map: &Map) -> Option<Why> {
    if let Some(guarantee) = Guarantee::ALL.into_iter().find(|guarantee| guarantee.kind().name == finding.kind) {
        return (!guarantee.is_claimed(&claims.sessions)).then(|| Why::NotClaimed(guarantee.name()));
    }
    // Presence of a user who is gone for good, whatever the strategy.
    if claims.ephemeral || finding.kind == CURSOR_OF_THE_CRASHED.name {
        return Some(Why::NotClaimed("durable"));
    }
    if claims.depends_on_clocks && cell.settings.faults.iter().any(|fault| fault.starts_with("skew")) {
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

/// The verdict on a cell of `verify --full`.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The strategy cannot run it.
    Unsupported,
    /// Everything found was predicted; by kind of finding, what predicts it.
    Predicted(Vec<(String, Why)>),
    /// The run says nothing: its budget ran out, or a fault touched nothing.
    Open(String),
    /// Broken claims, findings that nothing predicts, or no result.
    Unexplained(Vec<String>),
}

/// Judges a cell of a strategy with these claims: is everything found in it predicted?
pub fn verdict(cell: &Cell, claims: &Guarantees, map: &Map) -> Verdict {
    let said = || cell.claims_reasons.join("; ");
    match (cell.outcome, cell.claims_kept) {
        (Outcome::Unsupported, _) => return Verdict::Unsupported,
        (Outcome::Measured, Some(ClaimsKept::Yes)) => {}
        (Outcome::Measured, Some(ClaimsKept::Unknown)) => return Verdict::Open(said()),
        (Outcome::Measured, _) => return Verdict::Unexplained(cell.claims_reasons.clone()),
        (Outcome::Failed | Outcome::NotRun, _) => {
            return Verdict::Unexplained(vec![cell.reason.clone().unwrap_or_default()]);
        }
    }
    let (mut why, mut not) = (Vec::new(), Vec::new());
    for finding in &cell.findings {
        match explained(cell, claims, finding, map) {
            Some(because) => why.push((finding.kind.clone(), because)),
            None => not.push(format!("{} {}: {}", finding.count, finding.kind, finding.example)),
        }
    }
    if not.is_empty() { Verdict::Predicted(why) } else { Verdict::Unexplained(not) }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::registry;

    use super::*;
    use crate::run;
    use crate::scenario::{Plan, Scenario};

    fn cell(strategy: &str, workload: &str, pace: crate::pace::Pace) -> (Cell, Guarantees) {
        let scenario = Scenario {
            strategies: vec![strategy.into()],
            workloads: vec![workload.into()],
            pace,
            ..FAULT_SETS[1].scenario("1")
        };
        let plan = Plan::new(vec![scenario]).expect("a valid plan");
        let claims = registry::find(strategy).expect("a strategy").guarantees;
        (run::run_cell(&plan.cells[0]), claims)
    }

    fn finding(kind: &Kind) -> Finding {
        let (kind, lost) = (kind.name.to_owned(), kind.lost);
        Finding { kind, count: 1, example: "planted".into(), lost, ops: Vec::new() }
    }

    #[test]
    fn what_a_strategy_claims_rules_findings_out() {
        use crate::pace::Pace::{Poisson, Turns};
        use crate::workloads::stack::{ITEM_DELIVERED_TWICE, ITEM_LOST};
        let (together, weak) = cell("lww-document", "record", Poisson);
        let lost = finding(&ITEM_LOST);
        let none = Map::default();
        assert_eq!(explained(&together, &weak, &lost, &none), Some(Why::NotClaimed("serializable")));
        // In turn nothing is concurrent.
        let (mut in_turn, _) = cell("lww-document", "record", Turns);
        in_turn.metrics.insert("concurrency", crate::metric::Metric::Number(0.0));
        assert_eq!(explained(&in_turn, &weak, &lost, &none), None);
        // A strategy that claims serializability may overwrite, and nothing else, unless a small case has shown it.
        let (serial, strong) = cell("serial", "record", Poisson);
        assert_eq!(explained(&serial, &strong, &finding(&OVERWRITTEN), &none), Some(Why::AnyOrder));
        assert_eq!(explained(&serial, &strong, &finding(&ITEM_DELIVERED_TWICE), &none), None);
        let mut map = Map::default();
        map.insert("serial", "record", ITEM_DELIVERED_TWICE.name);
        assert_eq!(explained(&serial, &strong, &finding(&ITEM_DELIVERED_TWICE), &map), Some(Why::Mapped));
    }

    #[test]
    fn a_broken_claim_is_never_predicted() {
        let (cell, claims) = cell("serial", "record", crate::pace::Pace::Poisson);
        assert!(matches!(verdict(&cell, &claims, &Map::default()), Verdict::Predicted(_)), "{:?}", cell.findings);
        let reasons = vec!["replicas differ".to_owned()];
        let broken = Cell { claims_kept: Some(ClaimsKept::No), claims_reasons: reasons.clone(), ..cell.clone() };
        assert_eq!(verdict(&broken, &claims, &Map::default()), Verdict::Unexplained(reasons));
        let failed = Cell { outcome: Outcome::Failed, reason: Some("a panic".into()), ..cell };
        assert_eq!(verdict(&failed, &claims, &Map::default()), Verdict::Unexplained(vec!["a panic".into()]));
    }
}
