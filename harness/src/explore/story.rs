//! One schedule, told step by step.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use syncbench_strategies::document::{Document, Path};
use syncbench_strategies::replica::{NodeId, OpId, Time};

use super::case::{Case, Disturbance};
use super::choice::choices;
use super::group::Group;
use super::step::{Schedule, Step};
use crate::event::Event;
use crate::oracles::generic;
use crate::stories::telling::Telling;
use crate::stories::watch::{Log, Seen};
use crate::stories::{self, Final, Made, Run, Told, made};

/// Runs one schedule again and tells it. If steps are missing at its end, what is due first happens next.
///
/// The error says which step is not possible, and which were.
pub fn tell(case: &Case<'_>, schedule: &Schedule, title: &str) -> Result<Told, String> {
    let log = Log::default();
    let spec = case.strategy.spec;
    let selector = case.strategy.label.parse();
    let again = selector.and_then(|selector| spec.configure(&selector)).map_err(|error| error.to_string())?;
    let watched = log.watch(&Arc::new(again));
    let task = case.task(&watched).map_err(|error| error.to_string())?;
    let disturbance = disturbance(&schedule.steps);
    let mut group = Group::new(&task, case.letters(), &schedule.script, disturbance, Some(log.clone()));
    let mut seen = stamped(&log, 0);
    for (index, step) in schedule.steps.iter().enumerate() {
        let possible = choices(&group, false);
        if !possible.contains(step) || !group.take(*step) {
            let named = possible.iter().map(|step| step.to_string()).collect::<Vec<_>>().join(", ");
            let expected = if named.is_empty() { "nothing more".to_owned() } else { format!("one of {named}") };
            return Err(format!("step {}, `{step}`, is not possible there: expected {expected}", index + 1));
        }
        seen.extend(stamped(&log, index + 1));
    }
    let mut at = schedule.steps.len();
    while let Some(step) = choices(&group, false).first().copied() {
        if !group.take(step) {
            return Err(format!("{step}: the user does not want its next operation there"));
        }
        at += 1;
        seen.extend(stamped(&log, at));
    }
    group.settle();
    let nodes = group.members().collect();
    let sessions = group.broken_sessions();
    let ran = group.end();
    let (mut findings, _) = generic::judge(&task, &ran);
    findings.extend(sessions.into_iter().map(|(_, finding)| finding));
    let part = changing(case.genesis(), &seen, &ran.finals);
    let at = |document: Document| document.at(&part).cloned().unwrap_or(Document::Null);
    let genesis = at(case.genesis().clone());
    let mut telling = Telling::new(&ran.ledger, &genesis);
    seen.into_iter().for_each(|seen| {
        telling.hear(match seen {
            Seen::Called { at: when, node, why, state } => Seen::Called { at: when, node, why, state: at(state) },
            event @ Seen::Event(_) => event,
        });
    });
    let (steps, messages) = telling.done();
    let finals: Vec<Final> =
        ran.finals.iter().map(|(node, state)| Final { node: *node, state: at(state.clone()) }).collect();
    let states = steps.iter().map(|step| &step.state).chain(finals.iter().map(|last| &last.state));
    let short = states.chain([&genesis]).all(|state| state.to_string().chars().count() <= SHORT);
    let mut calls: Vec<Made> = ran.ledger.entries().map(|entry| made(&*task.model, entry)).collect();
    for call in &mut calls {
        let at = |with: &dyn Fn(&stories::Step) -> bool| steps.iter().find(|step| with(step)).map(|step| step.at_ms);
        call.at_ms = at(&|step| step.issued == Some(call.op)).unwrap_or_default();
        if call.words.contains('[') {
            // The name of a letter, beside the text that results, says more than a list of splices.
            letter(case, schedule, call.op).clone_into(&mut call.words);
        }
        call.answered_ms = at(&|step| step.confirmed.contains(&call.op) || step.refused.contains(&call.op));
    }
    calls.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms));
    let run = Run {
        strategy: case.strategy.label.clone(),
        summary: spec.summary,
        nodes,
        part: (!short && !part.is_empty()).then(|| part.to_string()),
        genesis: genesis.clone(),
        calls,
        steps,
        messages,
        equal: ran.converged(),
        finals,
        findings,
    };
    let clients = (1..=case.clients).map(|client| Cow::from(format!("client {client}")));
    Ok(Told {
        story: "explore",
        title: title.to_owned().into(),
        shows: "".into(),
        names: std::iter::once(Cow::from("server")).chain(clients).collect(),
        runs: vec![run],
        skipped: Vec::new(),
        tally: None,
    })
}

/// The smallest part of the document that contains everything replicas show changes of.
fn changing(genesis: &Document, seen: &[Seen], finals: &[(NodeId, Document)]) -> Path {
    let called = seen.iter().filter_map(|seen| match seen {
        Seen::Called { state, .. } => Some(state),
        Seen::Event(_) => None,
    });
    let mut states: Vec<&Document> = called.chain(finals.iter().map(|(_, state)| state)).collect();
    let (mut path, mut first) = (Path::root(), genesis);
    loop {
        states.retain(|state| *state != first);
        let Document::Map(before) = first else { return path };
        let mut changed = BTreeSet::new();
        for state in &states {
            let Document::Map(after) = state else { return path };
            changed.extend(before.keys().chain(after.keys()).filter(|key| before.get(key) != after.get(key)).cloned());
        }
        let mut changed = changed.into_iter();
        let (Some(key), None) = (changed.next(), changed.next()) else { return path };
        // An entry that appears or disappears as a whole is shown through its parent.
        let Some(next) = before.get(&key) else { return path };
        let inner: Option<Vec<&Document>> = states.iter().map(|state| state.at(&Path::root().child(&*key))).collect();
        let Some(inner) = inner else { return path };
        (path, first, states) = (path.child(&*key), next, inner);
    }
}

/// Most characters of a state beside an action.
const SHORT: usize = 13;

/// The name of the letter of an operation.
fn letter(case: &Case<'_>, schedule: &Schedule, op: OpId) -> &'static str {
    let place = schedule.script.get(op.client.0 as usize - 1).and_then(|script| script.get(op.n as usize - 1));
    place.and_then(|place| case.letters().get(*place)).map_or("?", |letter| letter.name)
}

/// The events since the last step, stamped with this one: numbers of steps stand for milliseconds.
fn stamped(log: &Log, step: usize) -> Vec<Seen> {
    let at = Time::from_ms(step as u64);
    let stamp = |seen| match seen {
        Seen::Called { node, why, state, .. } => Seen::Called { at, node, why, state },
        Seen::Event(event) => Seen::Event(Event { at, ..event }),
    };
    log.take().into_iter().map(stamp).collect()
}

/// The disturbance in a schedule with these steps.
fn disturbance(steps: &[Step]) -> Option<(Disturbance, NodeId)> {
    steps.iter().find_map(|step| match step {
        Step::Break(client) => Some((Disturbance::Break, *client)),
        Step::Crash(client) => Some((Disturbance::Crash, *client)),
        Step::Join(client) => Some((Disturbance::Late, *client)),
        _ => None,
    })
}
