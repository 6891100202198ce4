//! The first loss of a measured cell, as a story: the operation, those that it met, and what became of them.
//!
//! The cell is run again in virtual time, twice. The first run says which operation was lost, and which operations edited
//! the same place without having seen it; the second looks at that place at the moments that matter.

mod choice;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use syncbench_strategies::document::{Document, Edit, Path};
use syncbench_strategies::replica::{NodeId, OpId};

use super::stage::made;
use super::telling::Telling;
use super::watch::{Log, States};
use super::{Final, Message, Run, Step, Told};
use crate::engines;
use crate::oracle::CLAIMS;
use crate::oracles::generic;
use crate::probe::Probe;
use crate::results::Finding;
use crate::run::{Planned, find_in, unsupported};
use crate::run_result::RunResult;
use crate::settings::Engine;
use choice::Subject;

/// Most operations times clients of a run that is told: every event of it is held in memory, some ten of 100 bytes for each.
const MOST: u64 = 1_000_000;
/// Most steps of a story: what fits a screen of 24 lines with the states between them.
const STEPS: usize = 12;
/// Most operations of a run that is told whole.
const WHOLE_OPS: u64 = 8;
/// Most clients of such a run.
const WHOLE_CLIENTS: u32 = 4;
/// Most steps of such a run: two screens.
const WHOLE_STEPS: usize = 2 * STEPS;
/// Columns of a state that a line of a story has room for.
const LINE: usize = 56;
/// How many calls of the client are looked at after its operation: those of some seconds in the default comparison.
const LOOKS: usize = 400;
/// Code points of a text that are shown around the place of an edit: a line, where each takes two columns.
const EXCERPT: usize = 24;

/// Runs a cell again and tells its first lost operation step by step, with what the oracle says of it; or, with `kind`, the
/// first that was lost so. Where nothing was lost, the first operation that was rejected or rolled back; where there is none
/// of these either, a story without runs that says so. `kind` may also name a broken claim; then the run is told from its
/// first operation on. A run of a few operations is told whole.
///
/// The error says why this cell cannot be told: real time, a strategy that does not carry the workload, a run too long to
/// keep, or a kind that was not found.
pub fn first_loss(planned: &Planned, kind: Option<&str>) -> Result<Told, String> {
    let settings = &planned.settings;
    if settings.engine != Engine::Sim {
        return Err("a run in real time does not happen twice: expected --engine sim".into());
    }
    if let Some(why) = unsupported(planned).map_err(|error| error.to_string())? {
        return Err(format!("{} does not run this: {why}", planned.strategy.label));
    }
    if settings.ops.saturating_mul(u64::from(settings.clients)) > MOST {
        let most = MOST / u64::from(settings.clients);
        return Err(format!("--ops {}: a run that is told keeps every event: expected at most {most}", settings.ops));
    }
    let first = watched(planned, States::Edits)?;
    let whole = settings.ops <= WHOLE_OPS && settings.clients <= WHOLE_CLIENTS;
    let broken =
        kind.filter(|kind| CLAIMS.iter().any(|oracle| oracle.breach == *kind)).and_then(|kind| breach(planned, kind));
    let subject = match broken {
        Some(finding) => choice::whole(&first.ran.ledger, finding),
        None => choice::subject(&first.findings, &first.ran.ledger, kind, whole)?,
    };
    let Some(subject) = subject else {
        return Ok(told(planned, "Nothing was lost, rejected or rolled back".into(), Vec::new()));
    };
    let model = planned.workload.workload.model();
    let mut ops = choice::involved(&subject, &first.edits, &first.ran.ledger, &*model);
    if whole {
        let others =
            first.ran.ledger.entries().map(|entry| entry.id).filter(|op| !ops.contains(op)).collect::<Vec<_>>();
        ops.extend(others);
        let path = whole_place(&first, &ops);
        let second = watched(planned, States::At(path.clone(), (0..first.steps.len()).collect()))?;
        let steps = effects(&second, &path);
        let around = choice::text_place(subject.op, &first.edits);
        let run = run(planned, &subject, &ops, &steps, (&path, around), second);
        return Ok(told(planned, subject.title, vec![run]));
    }
    let path = choice::place(&ops, &first.edits);
    if ops.iter().all(|op| op.client == subject.op.client) {
        // Nobody else edited this place: what took the effect away shows there, at the client that had it.
        let calls = choice::after(subject.op, &first.steps, LOOKS);
        let looked = watched(planned, States::At(path.clone(), calls.clone()))?;
        ops.extend(choice::turn(subject.op, &calls, &looked.steps));
    }
    let steps = choice::steps(&ops, &first.steps, STEPS);
    let second = watched(planned, States::At(path.clone(), steps.clone()))?;
    let around = choice::text_place(subject.op, &first.edits);
    let run = run(planned, &subject, &ops, &steps, (&path, around), second);
    Ok(told(planned, subject.title, vec![run]))
}

/// The first calls that had an effect, or after which a replica showed something else at this place.
fn effects(watched: &Watched, path: &Path) -> BTreeSet<usize> {
    let genesis = watched.genesis.at(path).cloned().unwrap_or(Document::Null);
    let mut showing: BTreeMap<NodeId, &Document> = BTreeMap::new();
    let mut steps = BTreeSet::new();
    for (index, (step, _)) in watched.steps.iter().enumerate() {
        let before = showing.insert(step.node, &step.state).unwrap_or(&genesis);
        if before != &step.state || step.reports() {
            steps.insert(index);
        }
    }
    steps.into_iter().take(WHOLE_STEPS).collect()
}

/// The place of the document that all operations edit, or where the effects of all end up, if what is there fits a line; else
/// the place of the first operation.
fn whole_place(watched: &Watched, ops: &[OpId]) -> Path {
    let fits = |place: &Path| {
        let states = watched.ran.finals.iter().map(|(_, state)| state).chain([&watched.genesis]);
        let columns = |state: &Document| state.at(place).map_or(0, |state| state.to_string().chars().count());
        states.map(columns).all(|columns| columns <= LINE)
    };
    let all = choice::common(watched.edits.values().flatten());
    let ends = choice::common(watched.edits.values().filter_map(|edits| edits.last()));
    [all, ends].into_iter().find(fits).unwrap_or_else(|| choice::place(ops, &watched.edits))
}

/// A broken claim as a finding.
fn breach(planned: &Planned, kind: &str) -> Option<Finding> {
    let cell = find_in(planned);
    let (_, example) = cell.breaches().find(|(name, _)| *name == kind)?;
    let example = example.to_owned();
    Some(Finding { kind: kind.to_owned(), count: 1, example, lost: false, ops: Vec::new() })
}

/// One run of the cell under watch.
struct Watched {
    ran: RunResult,
    findings: Vec<Finding>,
    genesis: Document,
    /// By call, each with the message behind it.
    steps: Vec<(Step, Option<usize>)>,
    messages: Vec<Message>,
    edits: BTreeMap<OpId, Vec<Edit>>,
}

fn watched(planned: &Planned, states: States) -> Result<Watched, String> {
    let log = Log::keeping(states);
    let guarded = log.watch(&planned.strategy);
    let task = planned.task(&guarded).map_err(|error| error.to_string())?;
    let mut probes: Vec<Box<dyn Probe>> = vec![Box::new(log.clone())];
    let ran = engines::run(&task, &mut probes);
    let (findings, _) = generic::judge(&task, &ran);
    let mut telling = Telling::new(&ran.ledger, &Document::Null);
    log.take().into_iter().for_each(|seen| telling.hear(seen));
    let (steps, messages) = telling.all();
    let genesis = task.genesis.clone();
    Ok(Watched { findings, genesis, steps, messages, edits: log.edits(), ran })
}

fn told(planned: &Planned, title: String, runs: Vec<Run>) -> Told {
    let settings = &planned.settings;
    let plural = |count: u64, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let mut conditions = format!(
        "{} on {}: {}, {}",
        planned.strategy.label,
        planned.workload.label,
        plural(settings.clients.into(), "client"),
        plural(settings.ops, "operation"),
    );
    conditions += &match planned.script {
        None => format!(" at {} a second", settings.rate_per_s),
        Some(_) => format!(", document size {} ({})", settings.size, planned.workload.spec.size_unit),
    };
    conditions += &format!(", network {}", settings.network);
    // Of a swarm, what it drew.
    let faults = settings.drawn(&planned.product.known).unwrap_or_else(|_| settings.faults.clone());
    faults.iter().for_each(|fault| conditions += &format!(", {fault}"));
    conditions +=
        &format!(", seed {}. An operation is named after its client: c2.5 is the fifth of client 2.", settings.seed);
    let clients = (1..=settings.clients).map(|client| Cow::from(format!("client {client}")));
    Told {
        story: "cell",
        title: title.into(),
        shows: conditions.into(),
        names: std::iter::once(Cow::from("server")).chain(clients).collect(),
        runs,
        skipped: Vec::new(),
        tally: None,
    }
}

fn run(
    planned: &Planned,
    subject: &Subject,
    ops: &[OpId],
    steps: &BTreeSet<usize>,
    (path, around): (&Path, usize),
    watched: Watched,
) -> Run {
    let ledger = &watched.ran.ledger;
    let model = planned.workload.workload.model();
    let at = |document: &Document| document.at(path).cloned().unwrap_or(Document::Null);
    let near = |state: Document| excerpt(state, around);
    let genesis = near(at(&watched.genesis));
    let mut showing: BTreeMap<NodeId, Document> = BTreeMap::new();
    let mut messages = BTreeSet::new();
    let mut kept = Vec::new();
    let told = watched.steps.into_iter().enumerate().filter(|(index, _)| steps.contains(index));
    for (_, (step, cause)) in told {
        messages.extend(cause);
        let state = near(step.state);
        let before = showing.insert(step.node, state.clone());
        let changed = before.as_ref().unwrap_or(&genesis) != &state;
        let only = |list: Vec<OpId>| list.into_iter().filter(|op| ops.contains(op)).collect();
        kept.push(Step {
            took: only(step.took),
            shown: only(step.shown),
            confirmed: only(step.confirmed),
            refused: only(step.refused),
            rolled_back: only(step.rolled_back),
            state,
            changed,
            ..step
        });
    }
    let messages = watched.messages.into_iter().enumerate().filter(|(index, _)| messages.contains(index));
    let messages = messages.map(|(_, mut message)| {
        message.carries.retain(|op| ops.contains(op));
        message
    });
    let nodes: BTreeSet<NodeId> = kept.iter().map(|step| step.node).collect();
    let mut entries: Vec<_> = ops.iter().filter_map(|op| ledger.entry(*op)).collect();
    entries.sort_by_key(|entry| (entry.issued, entry.id));
    let finals = watched.ran.finals.iter().filter(|(node, _)| nodes.contains(node));
    let finals: Vec<Final> = finals.map(|(node, state)| Final { node: *node, state: near(at(state)) }).collect();
    Run {
        strategy: planned.strategy.label.clone(),
        summary: planned.strategy.spec.summary,
        nodes: nodes.into_iter().collect(),
        part: Some(path.to_string()),
        genesis,
        calls: entries.into_iter().map(|entry| made(&*model, entry)).collect(),
        steps: kept,
        messages: messages.collect(),
        equal: watched.ran.converged(),
        finals,
        findings: subject.findings.clone(),
    }
}

/// Of a long text what is around the place of the edit; anything else as it is.
fn excerpt(state: Document, around: usize) -> Document {
    let Document::Text(text) = &state else { return state };
    let start = around.saturating_sub(EXCERPT / 2).min(text.len_chars());
    let end = (start + EXCERPT).min(text.len_chars());
    let (before, after) = (if start > 0 { "…" } else { "" }, if end < text.len_chars() { "…" } else { "" });
    // The initial text of workloads is made of code points for private use, which no terminal shows.
    let shown = text.slice(start..end).chars().map(|c| if ('\u{e000}'..='\u{f8ff}').contains(&c) { '·' } else { c });
    Document::text(&format!("{before}{}{after}", shown.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Plan, Scenario};
    use crate::stories::Answer;

    fn planned(strategy: &str, workload: &str, change: impl FnOnce(&mut Scenario)) -> Planned {
        let mut scenario = Scenario {
            strategies: vec![strategy.into()],
            workloads: vec![workload.into()],
            seeds: vec!["1".into()],
            ops: 120,
            ..Scenario::default()
        };
        change(&mut scenario);
        Plan::new(vec![scenario]).unwrap().cells.remove(0)
    }

    fn tell(strategy: &str, workload: &str, change: impl FnOnce(&mut Scenario)) -> Result<Told, String> {
        first_loss(&planned(strategy, workload, change), None)
    }

    #[test]
    fn the_first_loss_is_told_from_its_issue_to_its_end() {
        for workload in ["stack", "record", "booking", "kanban"] {
            let cell = planned("lww-document", workload, |_| {});
            let told = first_loss(&cell, None).unwrap();
            let run = &told.runs[0];
            assert!(run.steps.len() <= STEPS && run.calls.len() >= 2, "{workload}: {:?}", run.calls);
            assert!(run.steps.iter().filter(|step| step.issued.is_some()).count() >= 2, "{workload}");
            let [finding] = &run.findings[..] else { panic!("{workload}: {:?}", run.findings) };
            assert!(finding.lost && told.title.ends_with(&finding.kind), "{workload}: {}", told.title);
            // The oracle finds the same in the measured cell: the watch changes nothing.
            let measured = find_in(&cell);
            assert!(measured.findings.iter().any(|found| found == finding), "{workload}: {:?}", measured.findings);
            // Each kind of loss of this run has its own story.
            for finding in measured.findings.iter().filter(|finding| finding.lost) {
                let told = first_loss(&cell, Some(&finding.kind)).unwrap();
                assert_eq!(told.runs[0].findings[0].kind, finding.kind);
            }
        }
    }

    #[test]
    fn where_nothing_is_lost_the_first_refusal_is_told() {
        let told = tell("serial", "booking", |scenario| scenario.sizes = vec![1]).unwrap();
        assert!(told.title.starts_with("Nothing was lost."), "{}", told.title);
        let [run] = &told.runs[..] else { panic!("no run") };
        assert!(
            run.findings.is_empty() && run.calls.iter().any(|made| matches!(made.answer, Answer::Refused { .. })),
            "{:?}",
            run.calls
        );
        let told = tell("serial", "counter", |scenario| scenario.ops = 4).unwrap();
        assert_eq!((told.runs.len(), &*told.title), (0, "Nothing was lost, rejected or rolled back"));
    }

    #[test]
    fn faults_traces_and_undo_are_told() {
        let told = tell("lww-document", "record", |scenario| {
            scenario.faults = vec!["crash:client=2@1s..2s".into()];
            scenario.undo = 0.3;
        });
        assert_eq!(told.unwrap().runs.len(), 1);
    }

    #[test]
    fn what_cannot_be_told_says_why() {
        let reason = |told: Result<Told, String>| told.unwrap_err();
        let threads = tell("serial", "stack", |scenario| scenario.engine = Engine::Threads);
        assert!(reason(threads).contains("--engine sim"));
        let long = tell("serial", "stack", |scenario| scenario.ops = 1_000_000);
        assert_eq!(reason(long), "--ops 1000000: a run that is told keeps every event: expected at most 250000");
        assert!(reason(tell("escrow", "text", |_| {})).starts_with("escrow does not run this: "));
        let kind = first_loss(&planned("serial", "stack", |_| {}), Some("torn save"));
        assert_eq!(reason(kind), "this run has no finding `torn save`; it has: nothing");
    }
}
