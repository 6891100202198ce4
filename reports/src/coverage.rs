//! What faults met, over all runs of a group, as sentences.

use syncbench_harness::results::{Cell, Coverage};

use crate::format::{count, figure, span};

/// Longest span, in seconds, that is told in seconds.
const LONG_S: f64 = 120.0;

/// What one fault met in all runs of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Met {
    /// The fault as it was written.
    pub fault: String,
    /// Who was hit and how.
    pub effect: String,
    /// The earliest start of all runs.
    pub start_ms: f64,
    /// The latest end of all runs.
    pub end_ms: f64,
    /// Operations that it met, all runs together.
    pub operations_overlapped: u64,
    /// By run: how long it lasted, in seconds.
    lasted_s: Vec<f64>,
    /// By run in which it had broken connections: how long after its end the last of them was open again, in seconds.
    reopened_after_s: Vec<f64>,
    /// By run: operations issued while it lasted.
    meanwhile: Vec<u64>,
    /// By run: operations issued.
    issued: Vec<u64>,
}

/// What each fault met, in the order in which the first of `cells` names them.
pub fn of_cells<'c>(cells: impl Iterator<Item = &'c Cell>) -> Vec<Met> {
    let mut all: Vec<Met> = Vec::new();
    for one in cells.flat_map(|cell| &cell.coverage) {
        match all.iter_mut().find(|met| met.fault == one.fault) {
            Some(met) => met.add(one),
            None => all.push(Met::of(one)),
        }
    }
    all
}

impl Met {
    fn of(one: &Coverage) -> Self {
        let mut met = Self {
            fault: one.fault.clone(),
            effect: one.effect.clone(),
            start_ms: one.start_ms,
            end_ms: one.end_ms,
            operations_overlapped: 0,
            lasted_s: Vec::new(),
            reopened_after_s: Vec::new(),
            meanwhile: Vec::new(),
            issued: Vec::new(),
        };
        met.add(one);
        met
    }

    fn add(&mut self, one: &Coverage) {
        self.start_ms = self.start_ms.min(one.start_ms);
        self.end_ms = self.end_ms.max(one.end_ms);
        self.operations_overlapped += one.operations_overlapped;
        self.lasted_s.push((one.end_ms - one.start_ms) / 1e3);
        self.reopened_after_s.extend(one.reopened_ms.map(|reopened| (reopened - one.end_ms) / 1e3));
        self.meanwhile.push(one.operations_meanwhile);
        self.issued.push(one.operations_issued);
    }

    /// What the fault did in a run, without a full stop: `client 1 was cut off for 120 s; 595 of 1,200 operations were made
    /// meanwhile; connections opened 1.5 s later`. Where runs differ, from the least to the most.
    pub fn sentence(&self) -> String {
        let spans = |spans: &[f64]| {
            let long = spans.iter().any(|one| *one > LONG_S);
            let told = range(spans.iter().map(|one| (if long { span(*one) } else { figure(*one) }, *one)));
            if long || told.is_empty() { told } else { told + " s" }
        };
        let (lasted, reopened) = (spans(&self.lasted_s), spans(&self.reopened_after_s));
        let counts = |counts: &[u64]| range(counts.iter().map(|n| (count(*n), *n as f64)));
        let (meanwhile, issued) = (counts(&self.meanwhile), counts(&self.issued));
        let operations = if issued == "1" { "operation" } else { "operations" };
        let were = if meanwhile == "1" { "was" } else { "were" };
        let met = format!("{} for {lasted}; {meanwhile} of {issued} {operations} {were} made meanwhile", self.effect);
        if reopened.is_empty() { met } else { format!("{met}; connections opened {reopened} later") }
    }
}

/// The least and the greatest value, as they are written; one where these are the same.
fn range(values: impl Iterator<Item = (String, f64)>) -> String {
    let mut values: Vec<(String, f64)> = values.collect();
    values.sort_by(|a, b| a.1.total_cmp(&b.1));
    match values.as_slice() {
        [(least, _), .., (most, _)] if least != most => format!("{least} to {most}"),
        [(only, _), ..] => only.clone(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(end_ms: f64, meanwhile: u64, issued: u64) -> Coverage {
        Coverage {
            fault: "partition:isolate@1s".into(),
            effect: "client 1 was cut off".into(),
            start_ms: 1_000.0,
            end_ms,
            reopened_ms: None,
            operations_meanwhile: meanwhile,
            operations_issued: issued,
            operations_overlapped: meanwhile + 1,
            messages_touched: 9,
            drawn_by: None,
            spells: None,
            messages: None,
            touched: true,
        }
    }

    #[test]
    fn a_fault_says_who_was_hit_how_long_and_what_was_done_meanwhile() {
        assert_eq!(
            Met::of(&run(121_000.0, 595, 1_200)).sentence(),
            "client 1 was cut off for 120 s; 595 of 1,200 operations were made meanwhile"
        );
    }

    #[test]
    fn a_fault_says_when_connections_opened_after_it() {
        let open = |after_ms: f64| Coverage { reopened_ms: Some(4_000.0 + after_ms), ..run(4_000.0, 1, 9) };
        let mut met = Met::of(&open(1_490.0));
        assert!(met.sentence().ends_with("meanwhile; connections opened 1.5 s later"), "{}", met.sentence());
        met.add(&open(1_610.0));
        assert!(met.sentence().ends_with("; connections opened 1.5 to 1.6 s later"), "{}", met.sentence());
    }

    #[test]
    fn where_runs_differ_the_least_and_the_most_are_named() {
        let mut met = Met::of(&run(4_000.0, 590, 1_200));
        met.add(&run(3_500.0, 1_000, 1_200));
        assert_eq!(
            met.sentence(),
            "client 1 was cut off for 2.5 to 3 s; 590 to 1,000 of 1,200 operations were made meanwhile"
        );
        assert_eq!((met.start_ms, met.end_ms, met.operations_overlapped), (1_000.0, 4_000.0, 1_592));
    }
}
