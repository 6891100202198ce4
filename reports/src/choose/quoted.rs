//! A decision quotes the maps of anomalies.

use super::decision::Decision;
use super::labels::APART;
use super::possible::{Explored, Possible};
use super::shapes::Part;
use crate::anomalies::Maps;

/// Adds to every candidate and to the mix what the maps say of it on each part of the data.
pub fn explain(decision: &mut Decision, parts: &[Part], maps: &Maps) {
    let program = decision.program.clone();
    let all = |label: &str| parts.iter().map(|part| possible(label, part, maps, &program)).collect();
    for candidate in &mut decision.candidates {
        candidate.possible = all(&candidate.strategy);
    }
    if let Some(mix) = &mut decision.mix {
        mix.possible = all(&mix.strategy);
    }
    decision.map = maps.source();
}

fn possible(label: &str, part: &Part, maps: &Maps, program: &str) -> Possible {
    // Of a mix over two connections, the second carries what passes.
    let strategy = match label.split_once(APART) {
        Some((_, apart)) if part.passes() => apart,
        Some((lasting, _)) => lasting,
        None => label,
    };
    let quote = maps.quote(strategy, part.workload);
    let command = match quote.map(|quote| quote.worst()) {
        None => format!("{program} explore -s {strategy} -w {}", part.workload),
        Some(worst) => worst.map(|worst| worst.command.clone()).unwrap_or_default(),
    };
    Possible {
        data: part.data.word().to_owned(),
        workload: part.workload.to_owned(),
        strategy: strategy.to_owned(),
        explored: quote.map(|quote| Explored::of(&quote)),
        command,
    }
}
