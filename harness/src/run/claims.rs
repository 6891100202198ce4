//! Whether a strategy kept its claims.

use std::collections::BTreeMap;

use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::{Guarantees, Sessions};

use super::Planned;
use crate::faults::Coverage;
use crate::ledger::{Entry, Fate};
use crate::metric::MetricSpec;
use crate::metrics;
use crate::oracle::{self, Oracle};
use crate::oracles::serial_order::SerialOrder;
use crate::probe::Figures;
use crate::results::ClaimsKept;
use crate::run_result::RunResult;
use crate::sessions::Guarantee;

/// A reason to distrust a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The oracle that objects.
    pub oracle: &'static Oracle,
    /// Its objection, in a sentence.
    pub said: String,
}

/// Which of a strategy's claims a run contradicts, given the moments at which strong eventual consistency was violated and the
/// protocol errors between honest replicas.
pub(crate) fn breaches(
    claims: &Guarantees,
    ran: &RunResult,
    sec_violations: f64,
    protocol_errors: f64,
    order: SerialOrder,
) -> Vec<Objection> {
    let unanswered = unanswered(ran);
    // Where the budget ran out while something was left to happen, slow and stuck look alike.
    let quiescent = ran.quiescent();
    let apart = claims.converges && !ran.converged();
    let altered = ran.ledger.altered_recoveries();
    // No serial order has an operation twice, so that is what a state breaks that an operation breaks by counting twice.
    let repeats = claims.serializable && order != SerialOrder::None && ran.ledger.broken_by_repeats();
    let broken = [
        (
            &oracle::CONVERGENCE,
            quiescent && apart,
            "claims convergence, and replicas ended in different states".to_owned(),
        ),
        (
            &oracle::SAME_OPERATIONS,
            // Ephemeral state expires without an operation, and sooner at one replica than at another.
            claims.converges && !claims.ephemeral && sec_violations > 0.0,
            format!("replicas with the same operations differed at {sec_violations} moments"),
        ),
        (
            &oracle::SERIAL_ORDER,
            claims.serializable && order == SerialOrder::None,
            "claims serializability, and no serial order exists".to_owned(),
        ),
        (
            &oracle::SERIAL_ORDER,
            repeats,
            "claims serializability, and operations that the rebuilt document had were taken again: users saw a state that the \
             product does not allow"
                .to_owned(),
        ),
        (
            &oracle::ALLOWED_STATES,
            claims.serializable && ran.ledger.broken_states().0 > 0 && !ran.ledger.broken_by_repeats(),
            "claims serializability, and users saw a state that the product does not allow".to_owned(),
        ),
        (
            &oracle::PROTOCOL_ERRORS,
            protocol_errors > 0.0,
            format!("{protocol_errors} protocol errors between honest replicas"),
        ),
        (&oracle::ANSWERS, quiescent && unanswered > 0, format!("{} got no answer", operations(unanswered))),
        (
            &oracle::RECOVERY,
            !claims.ephemeral && altered > 0,
            format!("state after recovery differs from the state before the crash, {altered} times"),
        ),
    ];
    let broken = broken.into_iter().filter(|(_, broken, _)| *broken);
    broken.map(|(oracle, _, said)| Objection { oracle, said }).collect()
}

/// Operations whose users got no answer. A client that has crashed for good learns no further fates, and a new install
/// none of operations before it.
fn unanswered(ran: &RunResult) -> usize {
    let asks = |entry: &&Entry| {
        let listens = !ran.ledger.crashed_for_good(entry.id.client) && !ran.ledger.forgotten_by_user(entry);
        entry.fate == Fate::Unknown && listens
    };
    ran.ledger.entries().filter(asks).count()
}

/// Judges whether a run kept the strategy's claims, and says what contradicts them.
pub(super) fn claims_kept(
    planned: &Planned,
    ran: &RunResult,
    figures: &Figures,
    order: SerialOrder,
) -> (ClaimsKept, Vec<Objection>) {
    let claims = planned.strategy.guarantees();
    let number = |metric: &MetricSpec| figures.get(metric, "").unwrap_or(0.0);
    let (sec, errors) = (number(&metrics::SEC_VIOLATIONS), number(&metrics::PROTOCOL_ERRORS));
    let mut broken = breaches(&claims, ran, sec, errors, order);
    broken.extend(broken_sessions(&claims.sessions, figures));
    if !broken.is_empty() {
        let mut after = |what: &str| broken.iter_mut().for_each(|objection| objection.said.insert_str(0, what));
        // A strategy's claims rest on a server that keeps what it has.
        if !ran.gone_back.is_empty() {
            after("after the server had lost what it had: ");
        }
        if ran.damaged > 0 {
            let messages =
                if ran.damaged == 1 { "1 damaged message".into() } else { format!("{} damaged messages", ran.damaged) };
            after(&format!("after {messages}, which no strategy claims to tolerate: "));
            return (ClaimsKept::Unknown, broken);
        }
        return (ClaimsKept::No, broken);
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
        return (ClaimsKept::Unknown, vec![Objection { oracle: &oracle::QUIESCENCE, said: reason }]);
    }
    if !ran.ledger.entries().any(|entry| matches!(entry.fate, Fate::Confirmed(_))) {
        let said = "no operation was confirmed, so nothing was exercised".into();
        return (ClaimsKept::Unknown, vec![Objection { oracle: &oracle::ACTIVITY, said }]);
    }
    let vain = vain(&ran.coverage).into_iter().map(|said| Objection { oracle: &oracle::FAULT_COVERAGE, said });
    let vain: Vec<Objection> = vain.collect();
    if vain.is_empty() { (ClaimsKept::Yes, Vec::new()) } else { (ClaimsKept::Unknown, vain) }
}

/// Why a run says nothing about faults that touched nothing. Faults drawn together count together: some may be idle.
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

/// Session guarantees that are claimed and were broken.
fn broken_sessions(claims: &Sessions, figures: &Figures) -> impl Iterator<Item = Objection> {
    let claimed = Guarantee::ALL.into_iter().filter(|guarantee| guarantee.is_claimed(claims));
    claimed.filter_map(|guarantee| {
        let times = figures.get(&metrics::SESSION_BREAKS, guarantee.field()).filter(|times| *times > 0.0)?;
        let said = format!("claims {}, and broke it {times} times", guarantee.name());
        Some(Objection { oracle: guarantee.oracle(), said })
    })
}

/// `1 operation`, `2 operations`.
fn operations(count: usize) -> String {
    if count == 1 { "1 operation".to_owned() } else { format!("{count} operations") }
}
