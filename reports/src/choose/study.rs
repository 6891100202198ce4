//! From answers to plans: what is measured for a team, and in which words it is told.

use std::time::Duration;

use syncbench_harness::scenario::Scenario;
use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::selector::format_span;
use syncbench_strategies::spec::{ParamKind, Spec};

use super::answers::Answers;
use super::shapes::{Part, parts};
use super::span;
use crate::format::{figure, rate};

/// Everybody is connected.
pub const CONNECTED: &str = "connected";
/// One user is away for the longest time offline.
pub const AWAY: &str = "away";

/// Most clients of a measurement. Beyond, what a user meets follows from the rate, which is told; each client more costs
/// time for every operation, and 24 with the slowest library take about a second and a half.
pub const MOST_CLIENTS: u32 = 24;

/// The network beside the round trip, as in the profile `wifi`, which has the source: the commonest last hop.
const LEG: &str = "jitter=2ms,loss=0.1%";

/// Share of operations that are undone where users undo: one of twenty, as many as backspaces among the keystrokes of the
/// recorded traces, which come in runs of three, make corrections.
const UNDO: f64 = 0.05;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Seeds of each condition.
    pub seeds: usize,
    /// Operations of a run times clients: what its time follows.
    pub deliveries: u64,
}

impl Effort {
    /// That of `choose --depth`: ten seeds for each, the fewest that have an interval; three of a quarter of the operations
    /// for a glance at depth 0.
    ///
    /// 200 operations of four clients: ten seeds are then 2,000 operations of each strategy, and a condition takes about ten
    /// seconds of processor time for all strategies.
    pub fn of_depth(depth: u32) -> Self {
        match depth {
            0 => Self { seeds: 3, deliveries: 200 },
            _ => Self { seeds: 10 * depth as usize, deliveries: 800 },
        }
    }

    /// For what is ruled out before it is measured.
    #[must_use]
    pub fn of_a_glance(self) -> Self {
        Self { seeds: self.seeds.min(3), ..self }
    }

    /// For what is ruled out by several answers: it shows what happens, and no other answer rescues it.
    #[must_use]
    pub fn of_one_seed(self) -> Self {
        Self { seeds: 1, ..self }
    }

    /// For each step of a search: half of the seeds and of the operations.
    #[must_use]
    pub fn of_a_step(self) -> Self {
        Self { seeds: self.seeds.div_ceil(2), deliveries: self.deliveries / 2 }
    }
}

/// What is measured for a team.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// The parts of the data.
    pub parts: Vec<Part>,
    /// What to run; see [`CONNECTED`] and [`AWAY`].
    pub scenarios: Vec<Scenario>,
    /// The conditions, a sentence each.
    pub conditions: Vec<String>,
    /// How they differ from the answers, a sentence each.
    pub caveats: Vec<String>,
}

impl Study {
    /// Whether there is a strategy to measure.
    pub fn has_strategies(&self) -> bool {
        self.scenarios.iter().any(|scenario| !scenario.strategies.is_empty())
    }
}

/// The labels that are compared: every strategy, without a server where there may be none, and such as its makers advise
/// for texts. Mixes are left to [`mixes`].
pub fn contenders(specs: &[&'static Spec], answers: &Answers, parts: &[Part]) -> Vec<String> {
    let offers = |spec: &Spec, name: &str, word: &str| {
        let choice = |kind| matches!(kind, ParamKind::Choice(words) if words.contains(&word));
        spec.params.iter().any(|param| param.name == name && choice(param.kind))
    };
    let text = parts.iter().any(Part::has_text);
    let mut labels = Vec::new();
    for spec in specs.iter().filter(|spec| spec.family != "hybrid") {
        let mesh = answers.peers && offers(spec, "topology", "mesh");
        labels.push(if mesh { format!("{}:topology=mesh", spec.name) } else { spec.name.to_owned() });
        if text && offers(spec, "text", "embedded") {
            labels.push(format!("{}:text=embedded", spec.name));
        }
    }
    labels
}

/// The mixes that one connection carries: texts by one strategy and the rest by another. None where there is no text, or
/// nothing else.
pub fn mixes(specs: &[&'static Spec], parts: &[Part]) -> Vec<String> {
    let lasting: Vec<_> = parts.iter().filter(|part| !part.passes()).collect();
    let only_text = lasting.iter().all(|part| part.is_text());
    if only_text || !lasting.iter().any(|part| part.has_text()) || !specs.iter().any(|spec| spec.name == "hybrid") {
        return Vec::new();
    }
    let rests = ["serial", "serial-optimistic"];
    let texts = ["ot", "text-ids"];
    texts.iter().flat_map(|text| rests.map(|rest| format!("hybrid:text={text},rest={rest}"))).collect()
}

/// Lays out what is measured for these answers with these strategies; `workloads` are those of the catalog.
pub fn study(answers: &Answers, effort: Effort, strategies: &[String], workloads: &[&'static WorkloadSpec]) -> Study {
    let parts = parts(answers, workloads);
    // A single user has two devices: without them nothing is synchronized.
    let clients = answers.people.clamp(2, MOST_CLIENTS);
    let ops = (effort.deliveries / u64::from(clients)).max(u64::from(clients) * 3).clamp(40, 400);
    let (round_trip, offline) = (answers.time_round_trip(), answers.time_offline());
    let delay = format_span(round_trip / 2);
    let base = Scenario {
        strategies: strategies.to_vec(),
        networks: vec![format!("custom:delay={delay},{LEG}")],
        clients,
        ops,
        undo: if answers.undo { UNDO } else { 0.0 },
        seeds: vec![format!("1..{}", effort.seeds)],
        ..Scenario::default()
    };
    let mut study = Study { parts, scenarios: Vec::new(), conditions: Vec::new(), caveats: Vec::new() };
    let mut busy = Vec::new();
    for part in &study.parts {
        let rate_per_s = part.rate * f64::from(clients);
        busy.push(format!(
            "within {} s at {} a second on {} ({}of size {})",
            figure(ops as f64 / rate_per_s),
            part.rate,
            part.data.word(),
            if part.is_named() { String::new() } else { format!("`{}` ", part.workload) },
            part.size
        ));
        let connected = Scenario {
            name: CONNECTED.into(),
            workloads: vec![part.workload.into()],
            sizes: vec![part.size],
            rate_per_s,
            ..base.clone()
        };
        let away = (!offline.is_zero() && !part.passes()).then(|| away(&connected, offline));
        study.scenarios.push(connected);
        study.scenarios.extend(away);
    }
    study.scenarios.sort_by_key(|scenario| scenario.name == AWAY);
    study.conditions.push(format!(
        "{clients} clients with a round trip of {} to the server, and the jitter and loss of wifi; {ops} operations in each run.",
        span::words(round_trip)
    ));
    let each = ops as f64 / f64::from(clients);
    study.conditions.push(format!("Every client makes {} operations: {}.", figure(each), busy.join("; ")));
    if let Some(away) = study.scenarios.iter().find(|scenario| scenario.name == AWAY) {
        study.conditions.push(format!(
            "Then one client is away for {} while all go on: {ops} operations at {}, spread over that time and a \
             tenth of it before and after.",
            span::words(offline),
            if away.rate_per_s < 0.0005 {
                rate(away.rate_per_s)
            } else {
                format!("{} a second", figure(away.rate_per_s))
            }
        ));
    }
    if study.parts.iter().any(Part::passes) && !study.parts.iter().all(Part::passes) {
        study.conditions.push(
            "What is lost or refused is counted for each 1,000 operations on data that lasts: presence is left out, since \
             the next movement repairs it."
                .to_owned(),
        );
    }
    if answers.undo {
        study.conditions.push("One operation of twenty is an undo.".to_owned());
    }
    if each < FEW {
        study.caveats.push(format!(
            "Each client made {} operations in a run: figures rest on few operations of each client; --depth buys more runs.",
            figure(each)
        ));
    }
    let caveats = caveats(answers, &study.parts, clients);
    study.caveats.extend(caveats);
    study
}

/// Fewer operations of a client than these are few.
const FEW: f64 = 20.0;

/// The same load around the absence of client 1.
fn away(connected: &Scenario, offline: Duration) -> Scenario {
    let whole = offline.as_secs_f64() * 1.2;
    let rate_per_s = (connected.ops as f64 / whole).min(connected.rate_per_s).max(SLOWEST);
    // Whole milliseconds, so that the fault can be read back as it is written.
    let ms = |span: Duration| Duration::from_millis((span.as_secs_f64() * 1e3).round().max(1.0) as u64);
    let begins = ms(offline / 10);
    let window = format!("{}..{}", format_span(begins), format_span(begins + ms(offline)));
    Scenario {
        name: AWAY.into(),
        faults: vec![format!("partition:shape=isolate,client=1@{window}")],
        rate_per_s,
        // Two hundred looks at the states: looking after every event takes most of the time and tells nothing more.
        sample_ms: Some((whole * 1e3 / 200.0).clamp(1.0, 86_400_000.0).round()),
        ..connected.clone()
    }
}

/// The lowest rate that a scenario takes, operations per second.
const SLOWEST: f64 = 1e-6;

fn caveats(answers: &Answers, parts: &[Part], clients: u32) -> Vec<String> {
    let mut caveats = Vec::new();
    for part in parts.iter().filter(|part| !answers.data.contains(&part.data)) {
        let answer = if part.has_text() { "long_text" } else { "order" };
        let (word, workload) = (part.data.word(), part.workload);
        caveats.push(format!("{answer}: yes adds {word} (`{workload}`) to what is measured."));
    }
    if answers.people > clients {
        caveats.push(format!(
            "{} people are in a document, and {clients} clients were measured: more people meet more often.",
            answers.people
        ));
    }
    if answers.people < 2 {
        caveats.push("One person was measured with two devices.".to_owned());
    }
    let offline = answers.time_offline();
    if offline > Duration::from_secs(3_600) {
        caveats.push(format!(
            "People make more operations in {} than were measured: what grows with them is larger in a product.",
            span::words(offline)
        ));
    }
    let without: Vec<_> = parts.iter().filter(|part| !part.undo).map(|part| part.data.word()).collect();
    if answers.undo && !without.is_empty() {
        caveats.push(format!("Undo was not measured on {}: the workload has none.", without.join(" and ")));
    }
    if answers.history {
        caveats.push("Reading earlier versions was not measured: no workload has it.".to_owned());
    }
    caveats
}

#[cfg(test)]
mod tests {
    use syncbench_harness::scenario::Plan;
    use syncbench_harness::workloads::WORKLOADS;
    use syncbench_strategies::registry::STRATEGIES;

    use super::super::answers::Data;
    use super::*;

    #[test]
    fn any_answers_make_a_plan() {
        for people in [1, 2, 30, 100_000] {
            for (offline, round_trip) in [("0s", "0s"), ("1ms", "1us"), ("90s", "40ms"), ("1825d", "60s")] {
                for yes in [false, true] {
                    let answers = Answers {
                        data: Data::ALL.to_vec(),
                        offline: offline.into(),
                        round_trip: round_trip.into(),
                        people,
                        order: yes,
                        long_text: yes,
                        peers: yes,
                        undo: yes,
                        history: yes,
                        ..Answers::default()
                    };
                    let known = parts(&answers, WORKLOADS);
                    let mut labels = contenders(STRATEGIES, &answers, &known);
                    labels.extend(mixes(STRATEGIES, &known));
                    let study = study(&answers, Effort::of_depth(1), &labels, WORKLOADS);
                    let plan = Plan::new(study.scenarios).unwrap_or_else(|error| panic!("{answers:?}: {error}"));
                    let conditions = if offline == "0s" { 9 } else { 17 };
                    assert_eq!(plan.cells.len(), labels.len() * conditions * 10, "{answers:?}");
                }
            }
        }
    }

    #[test]
    fn parts_that_nobody_names_as_data_are_told() {
        let answers = Answers { order: true, long_text: true, ..Answers::default() };
        let said = caveats(&answers, &parts(&answers, WORKLOADS), 4).concat();
        assert!(said.contains("order: yes adds lists (`kanban`) to what is measured."), "{said}");
        assert!(said.contains("long_text: yes adds text (`text`)"), "{said}");
    }

    #[test]
    fn few_operations_of_each_client_are_said() {
        let of = |people| {
            study(&Answers { people, ..Answers::default() }, Effort::of_depth(1), &["serial".to_owned()], WORKLOADS)
        };
        let few = of(20);
        assert_eq!(
            few.conditions[1],
            "Every client makes 3 operations: within 3 s at 1 a second on records (`record` of size 40)."
        );
        assert!(few.caveats.iter().any(|one| one.starts_with("Each client made 3 operations in a run")), "{few:?}");
        assert!(of(4).caveats.is_empty());
    }

    #[test]
    fn a_user_who_is_away_works_and_so_do_the_others_before_meanwhile_and_after() {
        let answers = Answers { offline: "21d".into(), ..Answers::default() };
        let study = study(&answers, Effort::of_depth(1), &["serial".to_owned()], WORKLOADS);
        let away = &study.scenarios[1];
        assert_eq!((away.name.as_str(), away.faults.len()), (AWAY, 1));
        assert_eq!(away.faults[0], "partition:shape=isolate,client=1@3024m..33264m");
        let days = away.ops as f64 / away.rate_per_s / 86_400.0;
        assert!((25.1..25.3).contains(&days), "{days}");
    }

    #[test]
    fn without_a_server_strategies_that_can_do_without_are_a_mesh() {
        let answers = Answers { peers: true, ..Answers::default() };
        let labels = contenders(STRATEGIES, &answers, &parts(&answers, WORKLOADS));
        assert!(labels.contains(&"lww-hlc:topology=mesh".to_owned()) && labels.contains(&"serial".to_owned()));
        assert!(!labels.iter().any(|label| label.starts_with("hybrid")));
    }
}
