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

/// Ways to break a claim, by name: what a run is searched for, as for a kind of finding.
pub const BREACHES: [&str; 7] =
    [NOT_CONVERGED, SEC_VIOLATED, NOT_SERIALIZABLE, STATE_NOT_ALLOWED, PROTOCOL_ERROR, NO_ANSWER, RECOVERY_DIFFERS];
const NOT_CONVERGED: &str = "not converged";
const SEC_VIOLATED: &str = "strong eventual consistency violated";
const NOT_SERIALIZABLE: &str = "not serializable";
const STATE_NOT_ALLOWED: &str = "state not allowed";
const PROTOCOL_ERROR: &str = "protocol error";
const NO_ANSWER: &str = "no answer";
const RECOVERY_DIFFERS: &str = "recovery differs";

/// Whether a strategy kept its claims in a run.
pub(super) struct Kept {
    pub(super) claims: ClaimsKept,
    /// What that rests on, a sentence each.
    pub(super) reasons: Vec<String>,
    /// Which of [`BREACHES`] there are, a name for each reason.
    pub(super) breaches: Vec<&'static str>,
}

impl Kept {
    fn unless_broken(claims: ClaimsKept, reasons: Vec<String>) -> Self {
        Self { claims, reasons, breaches: Vec::new() }
    }
}

/// Holds a run against the strategy's claims.
pub(super) fn claims_kept(planned: &Planned, ran: &RunResult, figures: &Figures, order: SerialOrder) -> Kept {
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
        (NOT_CONVERGED, quiescent && apart, "claims convergence, and replicas ended in different states".to_owned()),
        (
            SEC_VIOLATED,
            // Ephemeral state expires without an operation, and sooner at one replica than at another.
            claims.converges && !claims.ephemeral && number(&metrics::SEC_VIOLATIONS) > 0.0,
            format!("replicas with the same operations differed at {} moments", number(&metrics::SEC_VIOLATIONS)),
        ),
        (
            NOT_SERIALIZABLE,
            claims.serializable && order == SerialOrder::None,
            "claims serializability, and no serial order exists".to_owned(),
        ),
        (
            STATE_NOT_ALLOWED,
            claims.serializable && ran.ledger.broken_states().0 > 0,
            "claims serializability, and users saw a state that the product does not allow".to_owned(),
        ),
        (
            PROTOCOL_ERROR,
            number(&metrics::PROTOCOL_ERRORS) > 0.0,
            format!("{} protocol errors between honest replicas", number(&metrics::PROTOCOL_ERRORS)),
        ),
        (NO_ANSWER, quiescent && unanswered > 0, format!("{} got no answer", operations(unanswered))),
        (
            RECOVERY_DIFFERS,
            !claims.ephemeral && altered > 0,
            format!("state after recovery differs from the state before the crash, {altered} times"),
        ),
    ];
    let (breaches, reasons): (Vec<&str>, Vec<String>) =
        broken.into_iter().filter(|(_, broken, _)| *broken).map(|(name, _, reason)| (name, reason)).unzip();
    if !reasons.is_empty() {
        return Kept { claims: ClaimsKept::No, reasons, breaches };
    }
    if !quiescent {
        let open = [
            (unanswered > 0).then(|| format!("{} without an answer", operations(unanswered))),
            apart.then(|| "states apart".to_owned()),
        ];
        let open: String = open.into_iter().flatten().map(|what| format!("{what}, ")).collect();
        let (pending, budget) = (ran.pending(), format_span(planned.settings.budget));
        let reason = format!("not quiescent within the budget of {budget}: {open}{pending}; raise --budget");
        return Kept::unless_broken(ClaimsKept::Unknown, vec![reason]);
    }
    if !ran.ledger.entries().any(|entry| matches!(entry.fate, Fate::Confirmed(_))) {
        let reasons = vec!["no operation was confirmed, so nothing was exercised".into()];
        return Kept::unless_broken(ClaimsKept::Unknown, reasons);
    }
    let vain = vain(&ran.coverage);
    let claims = if vain.is_empty() { ClaimsKept::Yes } else { ClaimsKept::Unknown };
    Kept::unless_broken(claims, vain)
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
