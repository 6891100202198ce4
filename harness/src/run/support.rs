//! What a strategy cannot run, and why.

use syncbench_strategies::replica::{Mishap, NodeId, Topology};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::{Configured, Support};

use super::Planned;
use crate::network::Transport;
use crate::settings::Engine;
use crate::workload::WorkloadSpec;

/// What of the workload this strategy cannot carry, if anything.
pub(crate) fn lacks(strategy: &Configured, workload: &WorkloadSpec) -> Option<String> {
    if let Support::Unsupported(why) = (strategy.spec.content)(workload.content) {
        return Some(why.to_owned());
    }
    workload.edits.iter().find_map(|kind| match strategy.support(*kind) {
        Support::Unsupported(why) => Some(format!("{}: {why}", kind.name())),
        _ => None,
    })
}

/// Why the strategy cannot run this cell, if it cannot.
pub(crate) fn unsupported(planned: &Planned) -> Result<Option<String>, SelectorError> {
    let (spec, settings) = (planned.strategy.spec, &planned.settings);
    if let Some(reason) = lacks(&planned.strategy, planned.workload.spec) {
        return Ok(Some(reason));
    }
    if settings.undo > 0.0
        && let Support::Unsupported(why) = spec.undo
    {
        return Ok(Some(format!("undo: {why}")));
    }
    if settings.engine == Engine::Threads && planned.workload.workload.schedule().is_some() {
        return Ok(Some(
            "a recorded trace is replayed in virtual time only: its users act by what they have seen".into(),
        ));
    }
    if settings.engine == Engine::Throughput && !planned.strategy.strategy.settling().is_zero() {
        return Ok(Some("its replicas never fall silent, so nothing tells when everything was carried".into()));
    }
    let faults = settings.armed(&planned.product.known)?;
    let needs = || faults.iter().map(|armed| (armed, armed.fault.needs()));
    if planned.strategy.topology() == Topology::Star
        && let Some((fault, why)) = needs().find_map(|(armed, needs)| Some((&armed.label, needs.mesh?)))
    {
        return Ok(Some(format!("{fault}: {why}, and here clients have none but those to the server")));
    }
    for mishap in [Mishap::Twin, Mishap::NewInstall] {
        if let Support::Unsupported(why) = planned.strategy.strategy.mishap(mishap)
            && (1..=settings.clients).any(|client| faults.bring(mishap, NodeId(client)))
        {
            return Ok(Some(match mishap {
                Mishap::Twin => format!("two clients with the same ids: {why}"),
                Mishap::NewInstall => format!("a new install: {why}"),
            }));
        }
    }
    let Transport::Datagram { loss, duplicate } = settings.transport else { return Ok(None) };
    let claims = planned.strategy.guarantees();
    let lossy = loss > 0.0 || settings.profile(&planned.product.known)?.lossy() || needs().any(|(_, needs)| needs.loss);
    let duplicates = duplicate > 0.0 || needs().any(|(_, needs)| needs.duplicates);
    let needs = [
        (true, claims.tolerates_reordering, "reordering"),
        (lossy, claims.tolerates_loss, "loss"),
        (duplicates, claims.tolerates_duplicates, "duplicates"),
    ];
    let missing = needs.into_iter().find(|(needed, claimed, _)| *needed && !claimed);
    Ok(missing.map(|(_, _, what)| format!("datagrams bring {what}, which it does not claim to tolerate")))
}
