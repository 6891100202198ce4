//! `syncbench export --histories`: what each client showed and when, for consistency checkers. The folder of a run does not hold
//! histories: each cell is run again, and must be the same run as before.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use syncbench_harness::event::Event;
use syncbench_harness::ledger::Ledger;
use syncbench_harness::probe::{End, Figures, Probe};
use syncbench_harness::results::Cell;
use syncbench_harness::run::{Planned, observe};
use syncbench_harness::sessions::{Watch, history};
use syncbench_harness::task::Task;

use crate::catalog::Catalog;
use crate::commands::demo;
use crate::failure::Failure;

/// The folder of histories, beside the tables.
pub(super) const FOLDER: &str = "histories";

/// Writes the history of a cell into `out`, in a file named after the cell. Returns whether the cell has one: cells in real
/// time and cells that were not measured have none.
pub(super) fn write(catalog: &Catalog, cell: &Cell, out: &Path) -> Result<bool, Failure> {
    let Some(recorded) = cell.trace_digest else { return Ok(false) };
    let Planned { strategy, workload, settings, product, .. } = demo::planned(catalog, &cell.replay)?;
    let task = Task::with(&strategy, &*workload.workload, settings, &product.known).map_err(anyhow::Error::from)?;
    let lines = Arc::new(Mutex::new(String::new()));
    let (ran, _) = observe(&task, vec![Box::new(Keep { watch: Watch::keeping_steps(), lines: Arc::clone(&lines) })]);
    if ran.trace_digest != Some(recorded) {
        let again = "export its histories with the build that ran it, or run it anew";
        return Err(anyhow::anyhow!("with this build `{}` runs differently; {again}", cell.replay).into());
    }
    let path = out.join(FOLDER).join(format!("{}.jsonl", cell.id));
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    fs::write(&path, &*lines).with_context(|| path.display().to_string())?;
    Ok(true)
}

/// Records the history of a run.
struct Keep {
    watch: Watch,
    lines: Arc<Mutex<String>>,
}

impl Probe for Keep {
    fn event(&mut self, event: &Event, ledger: &Ledger) {
        self.watch.event(event, ledger);
    }

    fn finish(&mut self, end: &End<'_>, _: &mut Figures) {
        // The last state that each client shows belongs to the history.
        self.watch.broken(end.ledger);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        for line in history::lines(self.watch.steps(), end.ledger) {
            *lines += &line;
            lines.push('\n');
        }
    }
}
