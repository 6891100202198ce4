//! What faults met, over all runs of a group, as sentences.

use std::collections::{BTreeMap, BTreeSet};

use syncbench_harness::results::{Cell, Coverage};

use crate::format::{count, figure, span};

/// Longest span, in seconds, that is told in seconds.
const LONG_S: f64 = 120.0;

/// Most faults drawn by one fault, over all runs, that are told one by one.
const FEW_DRAWN: usize = 6;

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
    /// Whether it touched anything in some run.
    pub touched: bool,
    /// By run: how long it lasted, in seconds.
    lasted_s: Vec<f64>,
    /// By run in which it had broken connections: how long after its end the last of them was open again, in seconds.
    reopened_after_s: Vec<f64>,
    /// By run: operations issued while it lasted.
    meanwhile: Vec<u64>,
    /// By run: operations issued.
    issued: Vec<u64>,
    /// By run, for a fault that comes and goes: how often it hit a client, and how long in all, in seconds.
    spells: Vec<(u64, f64)>,
    /// For a fault that acts on single messages: what it did to them, and by run how many of how many.
    messages: Option<(String, Vec<(u64, u64)>)>,
    /// For a fault that draws others: by run their names.
    drawn: Vec<Vec<String>>,
}

/// What each fault met, in the order in which `cells` first name them. If one fault has drawn many others, these are
/// told together under its name.
pub fn of_cells<'c>(cells: impl Iterator<Item = &'c Cell>) -> Vec<Met> {
    let cells: Vec<&Cell> = cells.collect();
    let mut all: Vec<Met> = Vec::new();
    let drawn = |cell: &&Cell| {
        let drawn = cell.coverage.iter().filter(|one| one.drawn_by.is_some());
        drawn.map(|one| one.fault.clone()).collect::<BTreeSet<String>>()
    };
    // If all runs have drawn the same faults, each can be told.
    let most = cells.iter().map(|cell| drawn(cell).len()).max().unwrap_or(0);
    let many = cells.iter().flat_map(drawn).collect::<BTreeSet<_>>().len() > most.max(FEW_DRAWN);
    for cell in cells {
        let (drawn, written): (Vec<_>, Vec<_>) = cell.coverage.iter().partition(|one| many && one.drawn_by.is_some());
        for one in written {
            match all.iter_mut().find(|met| met.fault == one.fault) {
                Some(met) => met.add(one),
                None => all.push(Met::of(one)),
            }
        }
        let mut by: BTreeMap<&str, Vec<&Coverage>> = BTreeMap::new();
        for one in drawn {
            by.entry(one.drawn_by.as_deref().unwrap_or_default()).or_default().push(one);
        }
        for (by, drawn) in by {
            match all.iter_mut().find(|met| met.fault == by) {
                Some(met) => met.add_drawn(&drawn),
                None => all.push(Met::of_drawn(by, &drawn)),
            }
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
            touched: false,
            lasted_s: Vec::new(),
            reopened_after_s: Vec::new(),
            meanwhile: Vec::new(),
            issued: Vec::new(),
            spells: Vec::new(),
            messages: one.messages.as_ref().map(|messages| (messages.effect.clone(), Vec::new())),
            drawn: Vec::new(),
        };
        met.add(one);
        met
    }

    fn of_drawn(by: &str, drawn: &[&Coverage]) -> Self {
        // Drawn faults are grouped by the fault that drew them, so there is one at least.
        let mut met = Self { fault: by.into(), messages: None, ..Self::of(drawn[0]) };
        (met.operations_overlapped, met.touched) = (0, false);
        met.add_drawn(drawn);
        met
    }

    fn add_drawn(&mut self, drawn: &[&Coverage]) {
        for one in drawn {
            self.start_ms = self.start_ms.min(one.start_ms);
            self.end_ms = self.end_ms.max(one.end_ms);
            self.operations_overlapped += one.operations_overlapped;
            self.touched |= one.touched;
        }
        let name = |one: &&Coverage| one.fault.split([':', '@']).next().unwrap_or_default().to_owned();
        self.drawn.push(drawn.iter().map(name).collect());
    }

    fn add(&mut self, one: &Coverage) {
        self.start_ms = self.start_ms.min(one.start_ms);
        self.end_ms = self.end_ms.max(one.end_ms);
        self.operations_overlapped += one.operations_overlapped;
        self.touched |= one.touched;
        self.lasted_s.push((one.end_ms - one.start_ms) / 1e3);
        self.reopened_after_s.extend(one.reopened_ms.map(|reopened| (reopened - one.end_ms) / 1e3));
        self.meanwhile.push(one.operations_meanwhile);
        self.issued.push(one.operations_issued);
        self.spells.extend(one.spells.map(|spells| (spells.times, spells.total_ms / 1e3)));
        if let (Some((_, counts)), Some(messages)) = (&mut self.messages, &one.messages) {
            counts.push((one.messages_touched, messages.passed));
        }
    }

    /// What the fault did in a run, without a full stop: `client 1 was cut off for 120 s; 595 of 1,200 operations were made
    /// meanwhile; connections opened 1.5 s later`. Where runs differ, from the least to the most.
    pub fn sentence(&self) -> String {
        if !self.drawn.is_empty() {
            return self.drawn_sentence();
        }
        let did = match &self.messages {
            Some((effect, counts)) => {
                let touched = counts_range(counts.iter().map(|(touched, _)| *touched));
                format!("{touched} of {} messages {effect}", counts_range(counts.iter().map(|(_, passed)| *passed)))
            }
            None if !self.spells.is_empty() => {
                let times = counts_range(self.spells.iter().map(|(times, _)| *times));
                let times = if times == "1" { "once".to_owned() } else { times + " times" };
                let total = spans(&self.spells.iter().map(|(_, total_s)| *total_s).collect::<Vec<_>>());
                format!("{} {times}, {total} in all", self.effect)
            }
            None => format!("{} for {}", self.effect, spans(&self.lasted_s)),
        };
        let meanwhile = counts_range(self.meanwhile.iter().copied());
        let issued = counts_range(self.issued.iter().copied());
        let operations = if issued == "1" { "operation" } else { "operations" };
        let were = if meanwhile == "1" { "was" } else { "were" };
        let met = format!("{did}; {meanwhile} of {issued} {operations} {were} made meanwhile");
        let reopened = spans(&self.reopened_after_s);
        if reopened.is_empty() { met } else { format!("{met}; connections opened {reopened} later") }
    }

    /// How many faults were drawn, and which in how many runs.
    fn drawn_sentence(&self) -> String {
        let runs = self.drawn.len();
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for run in &self.drawn {
            for name in run.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                *by_name.entry(name).or_default() += 1;
            }
        }
        let names: Vec<String> = by_name.iter().map(|(name, runs)| format!("{name} in {runs}")).collect();
        let each = counts_range(self.drawn.iter().map(|run| run.len() as u64));
        format!("{each} faults were drawn for each of {runs} runs: {}", names.join(", "))
    }
}

fn spans(spans_s: &[f64]) -> String {
    let long = spans_s.iter().any(|one| *one > LONG_S);
    let told = range(spans_s.iter().map(|one| (if long { span(*one) } else { figure(*one) }, *one)));
    if long || told.is_empty() { told } else { told + " s" }
}

fn counts_range(counts: impl Iterator<Item = u64>) -> String {
    range(counts.map(|n| (count(n), n as f64)))
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
    use std::time::Duration;

    use syncbench_harness::network::Transport;
    use syncbench_harness::pace::Pace;
    use syncbench_harness::results::{Messages, Spells};
    use syncbench_harness::settings::{Engine, Settings};

    use super::*;

    fn settings() -> Settings {
        Settings {
            network: "wifi".into(),
            faults: vec!["swarm".into()],
            transport: Transport::Stream,
            engine: Engine::Sim,
            clients: 4,
            ops: 400,
            rate_per_s: 20.0,
            pace: Pace::Poisson,
            undo: 0.0,
            size: 20,
            seed: 1,
            sample_every: None,
            budget: Duration::from_secs(60),
        }
    }

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

    #[test]
    fn a_fault_on_messages_says_how_many_of_how_many() {
        let passed = |passed| Some(Messages { effect: "arrived twice".into(), passed });
        let one = |touched, all| Coverage { messages_touched: touched, messages: passed(all), ..run(4_000.0, 5, 9) };
        let mut met = Met::of(&one(12, 310));
        assert_eq!(met.sentence(), "12 of 310 messages arrived twice; 5 of 9 operations were made meanwhile");
        met.add(&one(9, 280));
        assert!(met.sentence().starts_with("9 to 12 of 280 to 310 messages arrived twice; "), "{}", met.sentence());
    }

    #[test]
    fn a_fault_that_comes_and_goes_says_how_often_and_how_long_in_all() {
        let one = |times, total_ms| Coverage {
            effect: "client 1 was offline".into(),
            spells: Some(Spells { times, total_ms }),
            ..run(200_000.0, 120, 600)
        };
        assert_eq!(
            Met::of(&one(4, 95_000.0)).sentence(),
            "client 1 was offline 4 times, 95 s in all; 120 of 600 operations were made meanwhile"
        );
        assert!(Met::of(&one(1, 2_000.0)).sentence().starts_with("client 1 was offline once, 2 s in all; "));
    }

    #[test]
    fn many_drawn_faults_are_told_together() {
        let cell = |faults: &[&str]| {
            let drawn = |fault: &&str| Coverage {
                fault: (*fault).into(),
                drawn_by: Some("swarm".into()),
                ..run(4_000.0, 5, 9)
            };
            let mut cell = Cell::new(settings());
            cell.coverage = faults.iter().map(drawn).collect();
            cell
        };
        let few = [cell(&["late:client=1@2s", "crash@3s..4s"]), cell(&["late:client=1@2s", "crash@3s..4s"])];
        assert_eq!(of_cells(few.iter()).len(), 2);
        let many = [
            cell(&["late:client=1@2s", "crash@3s..4s", "skew@1s"]),
            cell(&["late:client=2@2s", "late:client=3@2s", "partition:halves@3s..4s", "outage@3s..4s"]),
        ];
        let told = of_cells(many.iter());
        assert_eq!((told.len(), &*told[0].fault, told[0].operations_overlapped), (1, "swarm", 7 * 6));
        assert_eq!(
            told[0].sentence(),
            "3 to 4 faults were drawn for each of 2 runs: crash in 1, late in 2, outage in 1, partition in 1, skew in 1"
        );
    }
}
