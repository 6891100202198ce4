//! How much faster two threads run a plan than one.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Clock, Measurement, Repeat, Target};
use crate::clock::Moment;
use crate::run;
use crate::scenario::{Plan, Scenario};

pub(super) static TWO_CORES: Measurement = Measurement {
    name: "two-cores",
    what: "a matrix of 160 cells on two threads, beside the same on one",
    unit: "times",
    target: Target::AtLeast(1.9),
    source: "cells share nothing",
    clock: Clock::Real,
    share: Duration::from_secs(20),
    apart: None,
    once: false,
    begin: two_cores,
};

/// Whether this machine has two processors for this process.
pub(super) fn has_two_cores() -> Result<(), String> {
    match std::thread::available_parallelism().map_or(1, usize::from) {
        1 => Err("this process may use one core only".into()),
        _ => Ok(()),
    }
}

/// Strategies without a library, so that every build has them.
fn matrix() -> Scenario {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Scenario {
        name: "speed".into(),
        strategies: names(&["serial", "serial-optimistic", "ot", "lww-hlc"]),
        workloads: names(&["stack", "kanban", "record", "counter"]),
        ..Scenario::default()
    }
}

fn two_cores() -> Result<Repeat, String> {
    has_two_cores()?;
    let plan = Plan::new(vec![matrix()]).map_err(|error| error.to_string())?;
    let seconds = move |threads: usize| {
        let begun = Moment::now();
        run::run(&plan.cells, threads, &AtomicBool::new(false), &drop);
        begun.elapsed().as_secs_f64()
    };
    let mut one_first = false;
    Ok(Box::new(move || {
        one_first = !one_first;
        let (one, two) = if one_first {
            (seconds(1), seconds(2))
        } else {
            let two = seconds(2);
            (seconds(1), two)
        };
        Ok(one / two)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_has_the_cells_that_are_told() {
        let plan = Plan::new(vec![matrix()]).unwrap();
        assert!(TWO_CORES.what.contains(&format!(" {} cells ", plan.cells.len())), "{}", plan.cells.len());
    }
}
