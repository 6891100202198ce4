//! Playing a script with real replicas.

use std::sync::Arc;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::ErasedModel;
use syncbench_strategies::registry;
use syncbench_strategies::replica::Time;
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::spec::Spec;

use super::script::Script;
use super::telling::Telling;
use super::watch::{Log, Seen};
use super::{Answer, Final, Made, Run, Skipped};
use crate::engines;
use crate::ledger::{Entry, Fate};
use crate::oracles::generic;
use crate::probe::Probe;
use crate::run::lacks;
use crate::run_result::RunResult;
use crate::task::Task;
use crate::workload::{Workload, plain};

/// Plays the script under a strategy, written as on the command line, of these specs; or says why that strategy cannot.
pub fn perform(
    script: &Script,
    strategy: &str,
    specs: &[&'static Spec],
) -> Result<Result<Run, Skipped>, SelectorError> {
    let (spec, workload) = script.workload();
    let configured = Arc::new(registry::configure_from(specs, &strategy.parse()?)?);
    let card = configured.spec;
    if let Some(reason) = lacks(&configured, spec) {
        return Ok(Err(Skipped { strategy: strategy.into(), reason }));
    }
    let log = Log::default();
    let watched = log.watch(&configured);
    let at = |document: Document| document.at(&script.part).cloned().unwrap_or(Document::Null);
    let task = Task { profile: script.network, ..Task::new(&watched, &workload, script.settings())? };
    let mut probes: Vec<Box<dyn Probe>> = vec![Box::new(log.clone())];
    let ran = engines::run(&task, &mut probes);
    let (findings, _) = generic::judge(&task, &ran);
    let genesis = at(script.genesis.clone());
    let mut telling = Telling::new(&ran.ledger, &genesis);
    log.take().into_iter().for_each(|seen| {
        telling.hear(match seen {
            Seen::Called { at: when, node, why, state } => Seen::Called { at: when, node, why, state: at(state) },
            event @ Seen::Event(_) => event,
        });
    });
    let (steps, messages) = telling.done();
    Ok(Ok(Run {
        strategy: strategy.into(),
        summary: card.summary,
        nodes: task.topology().nodes(script.clients).collect(),
        part: (!script.part.is_empty()).then(|| script.part.to_string()),
        genesis: genesis.clone(),
        calls: calls(&*workload.model(), &ran),
        steps,
        messages,
        equal: ran.converged(),
        finals: ran.finals.into_iter().map(|(node, state)| Final { node, state: at(state) }).collect(),
        findings,
    }))
}

fn calls(model: &dyn ErasedModel, ran: &RunResult) -> Vec<Made> {
    let mut entries: Vec<&Entry> = ran.ledger.entries().collect();
    entries.sort_by_key(|entry| (entry.issued, entry.id));
    entries.into_iter().map(|entry| made(model, entry)).collect()
}

/// What a user did, and its fate.
pub(crate) fn made(model: &dyn ErasedModel, entry: &Entry) -> Made {
    Made {
        op: entry.id,
        words: match entry.undoes {
            Some(target) => format!("undo {target}"),
            None => plain(&model.describe(&entry.operation)),
        },
        at_ms: entry.issued.as_ms(),
        answered_ms: entry.resolved.map(Time::as_ms),
        answer: match &entry.fate {
            Fate::Unknown => Answer::None,
            Fate::Confirmed(outcome) => Answer::Stands(outcome.clone()),
            Fate::Rejected(why) => Answer::Refused { code: why.code.to_string(), detail: why.detail.clone() },
        },
    }
}
