//! The table as text.

use std::fmt::Write;

use syncbench_harness::speed::{Clock, Target};
use syncbench_reports::format::{percent, plural, wrap};

use super::row::{Figures, Outcome, Row, Table};

/// Said of a debug build, before it measures and below its figures.
pub(super) const DEBUG: &str = "This is a debug build: its figures mean nothing. Build with --release to measure.";

/// The widest line.
const WIDEST: usize = 80;

/// Above this spread of the reference work the machine did something else meanwhile: a busy sibling core alone makes it a
/// third longer, and on an idle machine it varies by a few percent.
const DISTURBED: f64 = 1.2;

/// Above this share other processes had the processor for longer than an idle system does.
const TAKEN: f64 = 0.05;

/// Everything, the answer first.
pub(super) fn table(table: &Table, width: usize) -> String {
    let width = width.min(WIDEST);
    let mut text = String::new();
    // A string takes everything.
    let mut line = |indent: &str, said: &str| text.push_str(&wrap(said, width, indent));
    answer(table).iter().for_each(|said| line("", said));
    if table.debug {
        line("", DEBUG);
    }
    line("", "");
    text.push_str(&measured(table, width));
    let absent: Vec<(&Row, &String)> = table.targets.iter().filter_map(not_measured).collect();
    let mut line = |indent: &str, said: &str| text.push_str(&wrap(said, width, indent));
    if !absent.is_empty() {
        line("", "Not measured:");
        for (row, reason) in absent {
            line("  ", &format!("{} ({}): {reason}.", row.name, wanted(row)));
            line("    ", &format!("{}.", capital(row.what)));
        }
        line("", "");
    }
    notes(table).iter().for_each(|said| line("", said));
    text
}

/// How many targets are kept, and which one is furthest away.
fn answer(table: &Table) -> Vec<String> {
    let measured = table.kept + table.missed;
    let not = match table.not_measured {
        0 => String::new(),
        n => format!(", {n} not measured"),
    };
    let are = if table.kept == 1 { "is" } else { "are" };
    let mut lines = vec![format!("{} of {} {are} kept{not}.", table.kept, plural(measured, "target"))];
    let furthest = table.targets.iter().find(|row| Some(row.name) == table.furthest);
    if let Some((row, figures)) = furthest.and_then(|row| Some((row, row.figures()?))) {
        let which = if table.missed > 0 { "Furthest away" } else { "Nearest to its target" };
        lines.push(format!(
            "{which}: {} at {}, {} ({} of it).",
            row.name,
            quantity(row, figures.median),
            wanted(row),
            percent(figures.reached)
        ));
    }
    lines
}

/// The measured targets, two or three lines each.
fn measured(table: &Table, width: usize) -> String {
    let rows: Vec<(&Row, &Figures)> = table.targets.iter().filter_map(|row| Some((row, row.figures()?))).collect();
    let longest = |of: fn(&(&Row, &Figures)) -> String| rows.iter().map(|row| of(row).chars().count()).max();
    let name = longest(|(row, _)| row.name.to_owned()).unwrap_or(0);
    let median = longest(|(row, figures)| quantity(row, figures.median)).unwrap_or(0);
    let mut text = String::new();
    for (row, figures) in &rows {
        let word = if matches!(row.outcome, Outcome::Kept(_)) { "kept  " } else { "missed" };
        let quantity = quantity(row, figures.median);
        // A string takes everything.
        let _ = writeln!(text, "{word}  {:<name$}  {quantity:>median$}  {}", row.name, wanted(row));
        let clock = if row.clock == Clock::Processor { "processor time" } else { "real time" };
        let range = match figures.readings.len() {
            1 => "one reading".to_owned(),
            n => format!("{} to {} in {n} readings", figure(figures.least), figure(figures.greatest)),
        };
        text.push_str(&wrap(&format!("{} ({clock}; {range}).", capital(row.what)), width, "        "));
    }
    if !rows.is_empty() {
        text.push('\n');
    }
    text
}

fn not_measured(row: &Row) -> Option<(&Row, &String)> {
    match &row.outcome {
        Outcome::NotMeasured { reason } => Some((row, reason)),
        Outcome::Kept(_) | Outcome::Missed(_) => None,
    }
}

/// What is wanted: `at least 5M`.
fn wanted(row: &Row) -> String {
    match row.target {
        Target::AtLeast(least) => format!("at least {}", quantity(row, least)),
        Target::AtMost(most) => format!("at most {}", quantity(row, most)),
    }
}

/// A figure with three significant digits: a target that is missed by a little differs from its figure.
fn figure(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        size if size < 9_995.0 => (value, ""),
        size if size < 999_500.0 => (value / 1e3, "k"),
        size if size < 9.995e8 => (value / 1e6, "M"),
        _ => (value / 1e9, "G"),
    };
    let digits = match scaled.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{suffix}")
}

/// A figure with its unit.
fn quantity(row: &Row, value: f64) -> String {
    format!("{} {}", figure(value), row.unit)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// How long it took, and what disturbed.
fn notes(table: &Table) -> Vec<String> {
    let machine = &table.machine;
    let mut sorted = machine.reference_us.clone();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(greatest)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let (taken, spread) = (machine.taken(), greatest / least);
    let mut notes = vec![format!(
        "It took {:.0} s. The reference work took {} to {} µs; other processes had the processor for {} of the \
         single-threaded time.",
        table.seconds,
        figure(*least),
        figure(*greatest),
        percent(taken)
    )];
    if spread > DISTURBED || taken > TAKEN {
        notes.push(
            "The machine did something else meanwhile: rates and ratios in real time are lower than on an idle one, and \
             processor time is longer."
                .to_owned(),
        );
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use syncbench_harness::speed::{Measured, Measurement};

    use super::super::row::Machine;
    use super::*;

    const FIXED: Measurement = Measurement {
        name: "gossip-100",
        what: "the simulator on a gossip of 64 bytes among 100 hosts at 10 to 50 ms, without probes",
        unit: "deliveries/s",
        target: Target::AtLeast(5e6),
        source: "a test",
        clock: Clock::Processor,
        share: Duration::ZERO,
        apart: None,
        once: false,
        begin: || Err(String::new()),
    };
    const CORES: Measurement = Measurement {
        name: "two-cores",
        what: "a matrix of 160 cells on two threads, beside the same on one",
        unit: "times",
        target: Target::AtLeast(1.9),
        clock: Clock::Real,
        ..FIXED
    };
    const DRAWING: Measurement = Measurement {
        name: "drawing",
        what: "drawing the report of the default run, beside the whole of it",
        unit: "%",
        target: Target::AtMost(10.0),
        clock: Clock::Real,
        ..FIXED
    };
    const ABSENT: Measurement = Measurement {
        name: "threads-elixir",
        what: "deliveries beside the Elixir program of the stack; with batches, ten times are wanted",
        unit: "times",
        target: Target::AtLeast(2.0),
        ..FIXED
    };

    fn row(measurement: &Measurement, readings: &[f64]) -> Row {
        Row::new(measurement, Ok(Measured { readings: readings.to_vec(), spans: None }))
    }

    fn machine(reference_us: [f64; 3], processor_s: f64) -> Machine {
        Machine { reference_us: reference_us.to_vec(), real_s: 100.0, processor_s }
    }

    #[test]
    fn the_answer_comes_first_and_all_fits_into_eighty_columns() {
        let rows = vec![
            row(&FIXED, &[1.04e6, 1.05e6, 1.11e6, 1.01e6, 1.08e6]),
            row(&CORES, &[1.93, 1.91, 1.95, 1.94, 1.92]),
            row(&DRAWING, &[12.5]),
            Row::new(&ABSENT, Err("no elixir on PATH".into())),
        ];
        let quiet = Table::new(rows, machine([96.0, 97.0, 98.0], 99.0), Duration::from_secs(231), false);
        let text = table(&quiet, 200);
        assert!(text.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_debug_build_and_other_load_are_told() {
        let kept = vec![row(&CORES, &[1.93])];
        let disturbed = Table::new(kept, machine([96.0, 140.0, 98.0], 70.0), Duration::from_secs(9), true);
        insta::assert_snapshot!(table(&disturbed, 80));
    }

    #[test]
    fn figures_have_three_digits() {
        let told =
            [0.034, 1.9, 1.874, 12.34, 123.4, 9_999.0, 123_456.0, 1.0549e6, 5e6, 21_600_000.0, 2.5e9].map(figure);
        assert_eq!(told, ["0.03", "1.9", "1.87", "12.3", "123", "10k", "123k", "1.05M", "5M", "21.6M", "2.5G"]);
    }

    #[test]
    fn the_furthest_is_the_one_that_reaches_least_of_its_target() {
        let rows = vec![row(&FIXED, &[1e6]), row(&CORES, &[1.9]), row(&DRAWING, &[100.0])];
        let table = Table::new(rows, Machine::default(), Duration::ZERO, false);
        assert_eq!((table.kept, table.missed, table.furthest), (1, 2, Some("drawing")));
    }
}
