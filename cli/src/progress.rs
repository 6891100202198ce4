//! Progress on stderr: a bar on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use syncbench_harness::clock::Moment;
use syncbench_harness::results::Cell;
use syncbench_harness::shrink;
use syncbench_reports::format::count;

use crate::out::eprintln;

/// How often a line appears where there is no terminal, in seconds.
const LINE_EVERY_S: u64 = 10;

/// The progress of work that has parts: cells of a run, unless `of` names others.
pub(crate) struct Progress {
    what: &'static str,
    bar: ProgressBar,
    lines: Option<Mutex<(Moment, u64)>>,
    total: AtomicU64,
    begun: Moment,
}

impl Progress {
    /// Starts for a run of `total` cells.
    pub(crate) fn new(total: usize) -> Self {
        Self::of("cells", total)
    }

    /// Starts with `total` parts, named in the plural.
    pub(crate) fn of(what: &'static str, total: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        let template =
            format!("{{bar:28.cyan}} {{pos}}/{{len}} {what}  {{elapsed}} elapsed, {{eta}} remaining  {{msg}}");
        let style = ProgressStyle::with_template(&template);
        // The template is a constant; a mistake in it would show as the default bar.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        bar.enable_steady_tick(Duration::from_millis(250));
        let lines = (!terminal).then(|| Mutex::new((Moment::now(), 0)));
        Self { what, bar, lines, total: AtomicU64::new(total as u64), begun: Moment::now() }
    }

    /// So many cells are expected now.
    pub(crate) fn expect(&self, total: usize) {
        self.total.store(total as u64, Ordering::Relaxed);
        self.bar.set_length(total as u64);
    }

    /// How many cells are finished.
    pub(crate) fn count(&self) -> usize {
        self.bar.position() as usize
    }

    /// One cell is finished.
    pub(crate) fn finished(&self, cell: &Cell) {
        self.step(format!("{} {} {}", cell.part, cell.workload, cell.strategy));
    }

    /// One part is finished.
    pub(crate) fn step(&self, name: String) {
        self.bar.set_message(name);
        self.bar.inc(1);
        let Some(lines) = &self.lines else { return };
        // A poisoned lock means that another thread panicked while printing: the count is still good.
        let mut last = lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        last.1 += 1;
        if last.0.elapsed().as_secs() >= LINE_EVERY_S {
            let total = self.total.load(Ordering::Relaxed);
            let left = self.begun.elapsed().as_secs_f64() * total.saturating_sub(last.1) as f64 / last.1 as f64;
            eprintln!("{} of {total} {}, about {left:.0} s remaining", last.1, self.what);
            last.0 = Moment::now();
        }
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// The progress of the search for a smaller run.
pub(crate) struct Shrinking(ProgressBar);

impl Shrinking {
    pub(crate) fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{spinner} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_message("running the whole case");
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// After one more run.
    pub(crate) fn at(&self, state: &shrink::Progress) {
        let left = state.budget.saturating_sub(state.elapsed).as_secs();
        self.0.set_message(format!(
            "{} runs tried; {} operations and {} clients left; {} s elapsed, at most {left} s remaining",
            state.runs,
            state.actions,
            state.clients,
            state.elapsed.as_secs()
        ));
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// Does something that has no parts to count, and says on a terminal what and for how long.
pub(crate) fn waiting<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(8)
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed} elapsed");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(250));
    let done = work();
    bar.finish_and_clear();
    done
}

/// How long a command may take before it shows progress, in milliseconds.
const SILENT_MS: u64 = 2_000;

/// Shows the progress of work on results, once it takes longer than a moment.
pub(crate) struct Rows {
    bar: ProgressBar,
    begun: Moment,
    what: &'static str,
}

impl Rows {
    /// Starts, for work on so many rows or cells.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { bar: ProgressBar::hidden(), begun: Moment::now(), what }
    }

    /// So many of them are done.
    pub(crate) fn at(&mut self, done: usize, all: usize) {
        if self.bar.is_hidden()
            && std::io::stderr().is_terminal()
            && self.begun.elapsed().as_millis() >= SILENT_MS.into()
        {
            self.bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::stderr_with_hz(8));
            let style =
                ProgressStyle::with_template("{bar:28.cyan} {pos}/{len} {msg}  {elapsed} elapsed, {eta} remaining");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
            self.bar.set_message(self.what);
        }
        self.bar.set_position(done as u64);
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// The progress of a search that takes more than a moment: a bar on a terminal, a line every few seconds elsewhere.
pub(crate) struct Share {
    state: Mutex<(ProgressBar, Moment)>,
    begun: Moment,
    what: &'static str,
}

impl Share {
    /// Starts.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { state: Mutex::new((ProgressBar::hidden(), Moment::now())), begun: Moment::now(), what }
    }

    /// Shows the share that is done, how many were counted, and what is left of a budget.
    pub(crate) fn at(&self, share: f64, done: u64, budget_left: Option<Duration>) {
        let elapsed = self.begun.elapsed();
        if elapsed.as_millis() < SILENT_MS.into() {
            return;
        }
        let left = elapsed.as_secs_f64() * (1.0 - share).max(0.0) / share.max(1e-6);
        let left = match budget_left {
            Some(budget) if budget.as_secs_f64() < left => format!("the budget ends in {} s", budget.as_secs()),
            _ => format!("about {left:.0} s remaining"),
        };
        let said = format!("{} {}, {:.0} %, {left}", count(done), self.what, share * 100.0);
        // A poisoned lock means that another thread panicked while printing: the numbers are still valid.
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if std::io::stderr().is_terminal() {
            if state.0.is_hidden() {
                state.0 = ProgressBar::with_draw_target(Some(1_000), ProgressDrawTarget::stderr_with_hz(8));
                let style = ProgressStyle::with_template("{bar:28.cyan} {msg}");
                state.0.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
            }
            state.0.set_position((share * 1_000.0) as u64);
            state.0.set_message(said);
        } else if state.1.elapsed().as_secs() >= LINE_EVERY_S {
            eprintln!("{said}");
            state.1 = Moment::now();
        }
    }

    /// Removes the bar.
    pub(crate) fn clear(&self) {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).0.finish_and_clear();
    }
}
