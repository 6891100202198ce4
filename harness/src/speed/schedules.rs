//! How many schedules an exploration runs.

use std::time::Duration;

use syncbench_strategies::registry;

use super::cores::has_two_cores;
use super::{Clock, Measurement, Repeat, Target};
use crate::clock::Moment;
use crate::explore::{Bounds, Case, explore};
use crate::workloads;

pub(super) static SCHEDULES: Measurement = Measurement {
    name: "explore",
    what: "schedules of serial on stack that an exploration runs and judges on two threads",
    unit: "schedules/min",
    target: Target::AtLeast(100_000.0),
    source: "a map of every strategy on every workload within minutes",
    clock: Clock::Real,
    share: Duration::from_secs(5),
    apart: None,
    once: false,
    begin: schedules,
};

fn schedules() -> Result<Repeat, String> {
    has_two_cores()?;
    let strategy = registry::configure(&"serial".parse().expect("a name")).expect("a strategy");
    Ok(Box::new(move || {
        let (spec, workload) = workloads::configure(&"stack".parse().expect("a name")).expect("a workload");
        let case = Case::new(&strategy, spec, &*workload, 2).expect("it carries a stack");
        let budget = Duration::from_secs(3_600);
        let bounds = Bounds { clients: 2, ops: 3, disturbance: None, reduced: true, budget };
        let begun = Moment::now();
        let found = explore(&case, &bounds, 2, &|_| true).map_err(|error| error.to_string())?;
        Ok(found.schedules as f64 / begun.elapsed().as_secs_f64() * 60.0)
    }))
}
