//! Whether a strategy kept its claims.

use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::Sessions;

use super::Planned;
use crate::ledger::{Entry, Fate};
use crate::metric::MetricSpec;
use crate::metrics;
use crate::oracles::serial_order::SerialOrder;
use crate::probe::Figures;
use crate::results::ClaimsKept;
use crate::run_result::RunResult;
use crate::sessions::Guarantee;

/// Holds a run against the strategy's claims: whether it kept them, and what that rests on.
pub(super) fn claims_kept(
    planned: &Planned,
    ran: &RunResult,
    figures: &Figures,
    order: SerialOrder,
) -> (ClaimsKept, Vec<String>) {
    let claims = planned.strategy.guarantees();
    let number = |metric: &MetricSpec| figures.get(metric, "").unwrap_or(0.0);
    // A client that has crashed for good learns no further fates.
    let asks = |entry: &&Entry| entry.fate == Fate::Unknown && !ran.ledger.crashed_for_good(entry.id.client);
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
    let reasons = broken.into_iter().filter(|(broken, _)| *broken).map(|(_, reason)| reason);
    let reasons: Vec<String> = reasons.chain(broken_sessions(&claims.sessions, figures)).collect();
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
    (ClaimsKept::Yes, Vec::new())
}

/// Session guarantees that are claimed and were broken.
fn broken_sessions(claims: &Sessions, figures: &Figures) -> impl Iterator<Item = String> {
    let claimed = Guarantee::ALL.into_iter().filter(|guarantee| guarantee.is_claimed(claims));
    claimed.filter_map(|guarantee| {
        let times = figures.get(&metrics::SESSION_BREAKS, guarantee.field())?;
        (times > 0.0).then(|| format!("claims {}, and broke it {times} times", guarantee.name()))
    })
}

/// `1 operation`, `2 operations`.
fn operations(count: usize) -> String {
    if count == 1 { "1 operation".to_owned() } else { format!("{count} operations") }
}
