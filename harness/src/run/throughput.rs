//! Measuring one cell in the throughput engine: what the group carried, and whether it converged.

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::format_span;

use super::{Planned, blank};
use crate::engines::throughput::{self, Carried};
use crate::metrics;
use crate::oracle::{self, Oracle};
use crate::probe::{Distribution, Figures};
use crate::results::{Cell, ClaimsKept, Outcome, Series};
use crate::task::Task;

/// Runs one cell.
pub(super) fn measure(planned: &Planned, task: &Task<'_>) -> Cell {
    let carried = throughput::run(task, false);
    let (claims_kept, oracle, said) = judge(planned, &carried);
    let figures = figures(&carried);
    let first = carried.finals.iter().find(|(node, _)| *node != NodeId::SERVER);
    Cell {
        outcome: Outcome::Measured,
        claims_kept: Some(claims_kept),
        objections: vec![oracle],
        claims_reasons: vec![said],
        converged: Some(carried.converged()),
        digest: first.map(|(_, document)| document.digest()),
        metrics: figures.metrics,
        series: Series { histograms: figures.histograms, curves: figures.curves }.into(),
        ..blank(planned)
    }
}

fn figures(carried: &Carried) -> Figures {
    let mut figures = Figures::default();
    figures.number(&metrics::CARRIED_OPS_PER_S, carried.ops_per_s());
    figures.number(&metrics::CARRIED_DELIVERIES_PER_S, carried.deliveries_per_s());
    let batch = (carried.messages > 0).then(|| carried.issued as f64 / carried.messages as f64);
    figures.number_if(&metrics::OPS_PER_MESSAGE, batch);
    figures.number(&metrics::OPS_ISSUED, carried.issued as f64);
    figures.number(&metrics::PROTOCOL_ERRORS, carried.protocol_errors as f64);
    figures.tally(&metrics::REJECTED, carried.rejections.clone());
    let latencies = [
        (&metrics::ECHO_MS, &carried.latencies.echo),
        (&metrics::CONFIRMED_MS, &carried.latencies.confirmed),
        (&metrics::VISIBLE_MS, &carried.latencies.visible),
    ];
    let some = |(_, spans): &(_, &Distribution)| spans.count() > 0;
    latencies.into_iter().filter(some).for_each(|(metric, spans)| figures.distribution(metric, spans));
    figures
}

/// Without a journal, only the states at the end can speak against a claim.
fn judge(planned: &Planned, carried: &Carried) -> (ClaimsKept, &'static Oracle, String) {
    let claims = planned.strategy.guarantees();
    if carried.protocol_errors > 0 {
        let said = format!("{} protocol errors between honest replicas", carried.protocol_errors);
        return (ClaimsKept::No, &oracle::PROTOCOL_ERRORS, said);
    }
    if !carried.quiescent() {
        let budget = format_span(planned.settings.budget);
        let said = format!("not everything was carried within the budget of {budget}; raise --budget");
        return (ClaimsKept::Unknown, &oracle::QUIESCENCE, said);
    }
    if claims.converges && !carried.converged() {
        return (
            ClaimsKept::No,
            &oracle::CONVERGENCE,
            "claims convergence, and replicas ended in different states".into(),
        );
    }
    let said = "the throughput engine compares final states and judges no operation; --engine sim does".to_owned();
    (ClaimsKept::Unknown, &oracle::ACTIVITY, said)
}
