//! `syncbench speed`: how fast syncbench itself is, beside its targets.

mod default_run;
mod row;
mod text;

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use syncbench_harness::clock::Moment;
use syncbench_harness::run::reference_us;
use syncbench_harness::speed::{MEASUREMENTS, Measurement};
use syncbench_strategies::names;

use self::row::{Machine, Row, Table};
use super::run::{console_width, split};
use crate::args::SpeedArgs;
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::{eprintln, print, println};
use crate::progress::Share;

/// How long all measurements together may take: none begins whose share would not fit. The last repetition of each may end
/// later than its share, which is what the rest of five minutes is for.
const TOGETHER: Duration = Duration::from_secs(270);

/// All measurements: those of the harness, and those that draw.
pub(crate) fn measurements() -> impl Iterator<Item = &'static Measurement> {
    MEASUREMENTS.iter().copied().chain([&default_run::DEFAULT_RUN, &default_run::DRAWING])
}

pub(crate) fn speed(catalog: &Catalog, args: &SpeedArgs) -> Done {
    let named = split(&args.measurements);
    let chosen = choose(&named)?;
    if cfg!(debug_assertions) {
        let yellow = anstyle::Style::new().fg_color(Some(anstyle::AnsiColor::Yellow.into())).bold();
        eprintln!("{yellow}{}{yellow:#}", text::DEBUG);
    }
    let table = measure(&chosen, named.is_empty(), catalog.plans.program_name());
    if args.json {
        let mut document = serde_json::to_value(&table)?;
        document["schema"] = json!(1);
        document["environment"] = serde_json::to_value(catalog.environment())?;
        println!("{document}");
    } else {
        print!("{}", text::table(&table, usize::from(console_width())));
    }
    Ok(ExitCode::from(if table.missed == 0 { 0 } else { 3 }))
}

/// The measurements of these names, each once, in their own order; all where none is named.
fn choose(named: &[String]) -> Result<Vec<&'static Measurement>, Failure> {
    for name in named {
        if measurements().all(|known| known.name != name) {
            let known = measurements().map(|known| (known.name, known.what));
            return Err(Failure::usage(format!("speed {name}: {}", names::unknown("measurement", name, "", known))));
        }
    }
    Ok(measurements().filter(|known| named.is_empty() || named.iter().any(|name| name == known.name)).collect())
}

fn measure(chosen: &[&'static Measurement], all: bool, program: &str) -> Table {
    let progress = Share::new("repetitions");
    let begun = Moment::now();
    let runs = |one: &&&Measurement| !all || one.apart.is_none();
    let expected = |later: &[&'static Measurement]| later.iter().filter(runs).map(|one| one.share).sum::<Duration>();
    let mut machine = Machine::default();
    machine.reference_us.push(reference_us());
    let (mut rows, mut repetitions) = (Vec::new(), 0);
    for (place, measurement) in chosen.iter().enumerate() {
        let later = measurement.share + expected(&chosen[place + 1..]);
        let mut each = || {
            repetitions += 1;
            let elapsed = begun.elapsed().as_secs_f64();
            progress.at(elapsed / (elapsed + later.as_secs_f64()), repetitions, None);
        };
        let measured = match measurement.apart {
            Some(why) if all => Err(format!("{why}: `{program} speed {}`", measurement.name)),
            _ if all && begun.elapsed() + measurement.share > TOGETHER => {
                Err(format!("the time was over: `{program} speed {}`", measurement.name))
            }
            _ => measurement.measure(&mut each),
        };
        if let Ok(measured) = &measured {
            machine.add(measured.spans);
            machine.reference_us.push(reference_us());
        }
        rows.push(Row::new(measurement, measured));
    }
    progress.clear();
    default_run::clean();
    Table::new(rows, machine, begun.elapsed(), cfg!(debug_assertions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_measurements_fit_into_the_time() {
        let shares: Duration = measurements().filter(|one| one.apart.is_none()).map(|one| one.share).sum();
        assert!(shares <= TOGETHER, "{shares:?}");
    }

    #[test]
    fn names_choose_measurements_once_and_in_their_own_order() {
        let names = |named: &[&str]| {
            let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
            choose(&named).map(|chosen| chosen.iter().map(|one| one.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["drawing", "map-put", "map-put"]).unwrap(), ["map-put", "drawing"]);
        assert_eq!(names(&[]).unwrap().len(), measurements().count());
        let Failure::Usage(wrong) = names(&["map-putt"]).unwrap_err() else { panic!("wrong use") };
        assert!(wrong.starts_with("speed map-putt: no such measurement: did you mean `map-put`? expected one of "));
    }
}
