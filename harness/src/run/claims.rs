//! Whether a strategy kept its claims.

use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::Guarantees;

use super::Planned;
use crate::ledger::{Entry, Fate};
use crate::metric::MetricSpec;
use crate::metrics;
use crate::oracles::serial_order::SerialOrder;
use crate::oracles::{INVARIANT_BROKEN_ON_SCREEN, NO_SERIAL_ORDER};
use crate::probe::Figures;
use crate::results::ClaimsKept;
use crate::run_result::RunResult;

/// Something that a strategy claims and a run contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// What is wrong, in two or three words.
    pub(crate) kind: &'static str,
    /// What is wrong, in a sentence.
    pub(crate) reason: String,
}

/// What of its claims a strategy did not keep in a run, given the moments at which strong eventual consistency was violated.
pub(crate) fn breaches(
    claims: &Guarantees,
    ran: &RunResult,
    sec_violations: f64,
    protocol_errors: f64,
    order: SerialOrder,
) -> Vec<Breach> {
    let unanswered = unanswered(ran);
    // Where the budget ran out while something was left to happen, slow and stuck look alike.
    let quiescent = ran.quiescent();
    let apart = claims.converges && !ran.converged();
    let altered = ran.ledger.altered_recoveries();
    let broken = [
        (quiescent && apart, REPLICAS_DIFFER, "claims convergence, and replicas ended in different states".to_owned()),
        (
            // Ephemeral state expires without an operation, and sooner at one replica than at another.
            claims.converges && !claims.ephemeral && sec_violations > 0.0,
            "same operations, different states",
            format!("replicas with the same operations differed at {sec_violations} moments"),
        ),
        (
            claims.serializable && order == SerialOrder::None,
            NO_SERIAL_ORDER.name,
            "claims serializability, and no serial order exists".to_owned(),
        ),
        (
            claims.serializable && ran.ledger.broken_states().0 > 0,
            INVARIANT_BROKEN_ON_SCREEN.name,
            "claims serializability, and users saw a state that the product does not allow".to_owned(),
        ),
        (protocol_errors > 0.0, "protocol error", format!("{protocol_errors} protocol errors between honest replicas")),
        (quiescent && unanswered > 0, "no answer", format!("{} got no answer", operations(unanswered))),
        (
            !claims.ephemeral && altered > 0,
            "recovered state differs",
            format!("state after recovery differs from the state before the crash, {altered} times"),
        ),
    ];
    let broken = broken.into_iter().filter(|(broken, ..)| *broken);
    broken.map(|(_, kind, reason)| Breach { kind, reason }).collect()
}

/// The name of a breach of convergence.
pub(crate) const REPLICAS_DIFFER: &str = "replicas differ";

/// Operations whose users were told nothing. A client that has crashed for good learns no further fates.
fn unanswered(ran: &RunResult) -> usize {
    let asks = |entry: &&Entry| entry.fate == Fate::Unknown && !ran.ledger.crashed_for_good(entry.id.client);
    ran.ledger.entries().filter(asks).count()
}

/// Holds a run against the strategy's claims: whether it kept them, and what that rests on.
pub(super) fn claims_kept(
    planned: &Planned,
    ran: &RunResult,
    figures: &Figures,
    order: SerialOrder,
) -> (ClaimsKept, Vec<String>) {
    let claims = planned.strategy.guarantees();
    let number = |metric: &MetricSpec| figures.get(metric, "").unwrap_or(0.0);
    let (sec, errors) = (number(&metrics::SEC_VIOLATIONS), number(&metrics::PROTOCOL_ERRORS));
    let broken = breaches(&claims, ran, sec, errors, order);
    let reasons: Vec<String> = broken.into_iter().map(|breach| breach.reason).collect();
    if !reasons.is_empty() {
        return (ClaimsKept::No, reasons);
    }
    if !ran.quiescent() {
        let unanswered = unanswered(ran);
        let apart = claims.converges && !ran.converged();
        let open = [
            (unanswered > 0).then(|| format!("{} without an answer", operations(unanswered))),
            apart.then(|| "states apart".to_owned()),
        ];
        let open: String = open.into_iter().flatten().map(|what| format!("{what}, ")).collect();
        let (pending, budget) = (ran.pending(), format_span(planned.settings.budget));
        let reason = format!("not quiescent within the budget of {budget}: {open}{pending}; raise --budget");
        return (ClaimsKept::Unknown, vec![reason]);
    }
    if !ran.ledger.entries().any(|entry| matches!(entry.fate, Fate::Confirmed(_))) {
        return (ClaimsKept::Unknown, vec!["no operation was confirmed, so nothing was exercised".into()]);
    }
    (ClaimsKept::Yes, Vec::new())
}

/// `1 operation`, `2 operations`.
fn operations(count: usize) -> String {
    if count == 1 { "1 operation".to_owned() } else { format!("{count} operations") }
}
