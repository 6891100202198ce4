//! What the oracles say of a run: those that judge every cell, and those that need another run beside it.

mod accounts;
mod again;
mod closed_forms;
mod hostile;
mod memory;

use syncbench_strategies::selector::SelectorError;

use crate::oracle::{self, Oracle};
use crate::run::{self, Examined, Objection, Planned};
use crate::sabotage::Plant;
use crate::task::Task;

/// What an oracle says against a run.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Which oracle.
    pub oracle: &'static Oracle,
    /// The kind of finding, where it is one.
    pub kind: Option<String>,
    /// What it says.
    pub said: String,
}

impl From<Objection> for Alarm {
    fn from(Objection { oracle, said }: Objection) -> Self {
        Self { oracle, kind: None, said }
    }
}

/// A run to examine.
pub(super) struct Subject<'a> {
    pub(super) planned: &'a Planned,
    /// How the workload's model is changed.
    pub(super) model: &'a dyn Fn(&mut Task<'_>),
    pub(super) planted: Option<Plant>,
}

impl Subject<'_> {
    fn task(&self) -> Result<Task<'_>, SelectorError> {
        let mut task = self.planned.task(&self.planned.strategy)?;
        (self.model)(&mut task);
        task.planted = self.planted;
        Ok(task)
    }
}

/// Asks every oracle that one run suffices for, and those of `asked` that need another run.
pub(super) fn alarms(subject: &Subject<'_>, asked: &[&Oracle]) -> Result<Vec<Alarm>, SelectorError> {
    let task = subject.task()?;
    let Examined { cell, objections, ran } = run::examine(subject.planned, &task);
    let mut alarms: Vec<Alarm> = objections.into_iter().map(Alarm::from).collect();
    let findings = cell.findings.iter().map(|finding| Alarm {
        oracle: &oracle::FINDINGS,
        kind: Some(finding.kind.clone()),
        said: format!("{} {}: {}", finding.count, finding.kind, finding.example),
    });
    alarms.extend(findings);
    let mut objections = accounts::check(&task, &cell, &ran);
    objections.extend(closed_forms::check(&task, &cell, &ran));
    let asks = |oracle: &Oracle| asked.iter().any(|asked| asked.name == oracle.name);
    if asks(&oracle::DETERMINISM) {
        objections.extend(again::same_events(&task, &ran));
    }
    if asks(&oracle::SIDECARS) {
        objections.extend(again::same_messages_blind(subject)?);
    }
    if asks(&oracle::CLOCKS) {
        objections.extend(again::same_state_with_wrong_clocks(subject, &ran)?);
    }
    if asks(&oracle::HOSTILE_BYTES) {
        objections.extend(hostile::refused_without_harm(subject)?);
    }
    if asks(&oracle::MEMORY) {
        objections.extend(memory::bounded(subject)?);
    }
    alarms.extend(objections.into_iter().map(Alarm::from));
    Ok(alarms)
}

fn objection(oracle: &'static Oracle, said: impl Into<String>) -> Objection {
    Objection { oracle, said: said.into() }
}
