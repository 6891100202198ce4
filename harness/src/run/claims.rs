//! Whether a strategy kept its claims.

use std::collections::BTreeMap;

use syncbench_strategies::selector::format_span;

use super::Planned;
use crate::faults::Coverage;
use crate::ledger::{Entry, Fate};
use crate::metric::MetricSpec;
use crate::metrics;
use crate::oracles::serial_order::SerialOrder;
use crate::probe::Figures;
use crate::results::ClaimsKept;
use crate::run_result::RunResult;

/// Holds a run against the strategy's claims: whether it kept them, and what that rests on.
pub(super) fn claims_kept(
    planned: &Planned,
    ran: &RunResult,
    figures: &Figures,
    order: SerialOrder,
) -> (ClaimsKept, Vec<String>) {
    let claims = planned.strategy.guarantees();
    let number = |metric: &MetricSpec| figures.get(metric, "").unwrap_or(0.0);
    // A client that has crashed for good learns no further fates, and a new install none of before.
    let asks = |entry: &&Entry| {
        let listens = !ran.ledger.crashed_for_good(entry.id.client) && !ran.ledger.forgotten_by_user(entry);
        entry.fate == Fate::Unknown && listens
    };
    let unanswered = ran.ledger.entries().filter(asks).count();
    // Where the budget ran out while something was left to happen, slow and stuck look alike.
    let quiescent = ran.quiescent();
    let apart = claims.converges && !ran.converged();
    let altered = ran.ledger.altered_recoveries();
    let broken = [
        (quiescent && apart, "claims convergence, and replicas ended in different states".to_owned()),
        (
            // Ephemeral state expires without an operation, and sooner at one replica than at another.
            claims.converges && !claims.ephemeral && number(&metrics::SEC_VIOLATIONS) > 0.0,
            format!("replicas with the same operations differed at {} moments", number(&metrics::SEC_VIOLATIONS)),
        ),
        (
            claims.serializable && order == SerialOrder::None,
            "claims serializability, and no serial order exists".to_owned(),
        ),
        (
            claims.serializable && ran.ledger.broken_states().0 > 0,
            "claims serializability, and users saw a state that the product does not allow".to_owned(),
        ),
        (
            number(&metrics::PROTOCOL_ERRORS) > 0.0,
            format!("{} protocol errors between honest replicas", number(&metrics::PROTOCOL_ERRORS)),
        ),
        (quiescent && unanswered > 0, format!("{} got no answer", operations(unanswered))),
        (
            !claims.ephemeral && altered > 0,
            format!("state after recovery differs from the state before the crash, {altered} times"),
        ),
    ];
    let reasons: Vec<String> = broken.into_iter().filter(|(broken, _)| *broken).map(|(_, reason)| reason).collect();
    if !reasons.is_empty() && ran.damaged > 0 {
        let handed = if ran.damaged == 1 {
            "1 damaged message was".into()
        } else {
            format!("{} damaged messages were", ran.damaged)
        };
        let unclaimed =
            format!("{handed} handed to replicas, which no strategy claims to tolerate: {}", reasons.join("; "));
        return (ClaimsKept::Unknown, vec![unclaimed]);
    }
    if !reasons.is_empty() {
        return (ClaimsKept::No, reasons);
    }
    if !quiescent {
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
    let vain = vain(&ran.coverage);
    if vain.is_empty() { (ClaimsKept::Yes, Vec::new()) } else { (ClaimsKept::Unknown, vain) }
}

/// Why a run says nothing about faults that touched nothing. What was drawn counts together: some of it may be idle.
fn vain(coverage: &[Coverage]) -> Vec<String> {
    let written = coverage.iter().filter(|met| met.drawn_by.is_none()).filter_map(Coverage::vain);
    let mut drawn: BTreeMap<&str, bool> = BTreeMap::new();
    for (by, met) in coverage.iter().filter_map(|met| Some((met.drawn_by.as_deref()?, met))) {
        *drawn.entry(by).or_default() |= met.touched;
    }
    let idle = drawn.into_iter().filter(|(_, touched)| !touched);
    let idle =
        idle.map(|(by, _)| format!("nothing that {by} drew touched anything; raise --ops or choose another seed"));
    written.chain(idle).collect()
}

/// `1 operation`, `2 operations`.
fn operations(count: usize) -> String {
    if count == 1 { "1 operation".to_owned() } else { format!("{count} operations") }
}
