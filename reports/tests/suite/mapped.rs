//! The map of anomalies beside what runs have found, with a map that is made up.

use syncbench_harness::explore::{Anomaly, Severity};
use syncbench_harness::results::{Finding, Results};
use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::anomalies::{Found, Map, Maps, Pair, SCHEMA, Worst};
use syncbench_reports::charts::CHARTS;
use syncbench_reports::choose::answers::Data;
use syncbench_reports::choose::shapes::parts;
use syncbench_reports::choose::{Answers, Decision, quoted, record};
use syncbench_reports::{html, table};

use crate::support::{cell, decisions, results};

fn pair(strategy: &str, workload: &str, kinds: &[(&str, Severity)]) -> Pair {
    let anomalies: Vec<Anomaly> = kinds
        .iter()
        .map(|(kind, severity)| Anomaly {
            kind: (*kind).into(),
            severity: *severity,
            ops: 2,
            steps: 8,
            schedules: 5,
            example: format!("c1.1 is <gone> by {kind}"),
            schedule: "c1=push,c2=pop,c1>s,s>c2".into(),
        })
        .collect();
    let worst = anomalies.first().map(|anomaly| Worst {
        anomaly: anomaly.clone(),
        story: vec!["1 client 1 pushes".into(), "2 client 2 pops".into()],
        command: format!("forms explore -s {strategy} -w {workload} --schedule c1=push,c2=pop"),
    });
    let found = Found { ops: 3, schedules: 40, stand_for: Some(1_234), anomalies, worst };
    Pair { strategy: strategy.into(), workload: workload.into(), found: Some(found), unsupported: None }
}

/// A map of the stack, for three strategies; nothing of the committed one.
fn planted() -> Maps {
    let pairs = vec![
        pair("serial", "stack", &[]),
        pair("ot", "stack", &[("item vanished", Severity::Lost), ("item doubled", Severity::Lost)]),
        pair("hybrid", "stack", &[("odd order", Severity::Noted)]),
    ];
    let names: Vec<String> = pairs.iter().map(|pair| pair.strategy.clone()).collect();
    let map = Map {
        schema: SCHEMA,
        made_by: Some("forms 1.0, syncbench 0.1.0".into()),
        clients: 2,
        ops: 3,
        strategies: names,
        workloads: vec!["stack".into()],
        pairs,
        cases: Vec::new(),
    };
    let built_in = WORKLOADS.iter().map(|spec| spec.name.to_owned());
    Maps::with("own.json", map).replaced(built_in)
}

/// One run of each strategy on the stack, with these losses.
fn measured(of: &[(&str, &[(&str, u64)])]) -> Results {
    let cells = of.iter().map(|(strategy, lost)| {
        let mut one = cell("calm", "stack", strategy, 40, 1);
        one.replay = format!("forms run --strategy {strategy}");
        let finding = |(kind, count): &(&str, u64)| Finding {
            kind: (*kind).into(),
            count: *count,
            example: String::new(),
            lost: true,
            ops: Vec::new(),
        };
        one.findings = lost.iter().map(finding).collect();
        one
    });
    results(cells.collect())
}

fn page(results: &Results) -> String {
    html::page_with(results, &[], CHARTS, &planted())
}

/// A text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_anomaly_of_the_map_stands_beside_what_runs_lost() {
    let runs = measured(&[("serial", &[]), ("ot", &[("item vanished", 7), ("item doubled", 2), ("item torn", 3)])]);
    let text = flat(&table::summary_with(&runs, &planted(), 80, false));
    assert!(text.contains("What few operations can come to"), "{text}");
    assert!(text.contains("From own.json, made by forms 1.0, syncbench 0.1.0; what it does not have"), "{text}");
    assert!(text.contains("serial none ≤ 3 0 of 400"), "{text}");
    assert!(text.contains("ot item vanished 2 7 of 400"), "{text}");
    assert!(text.contains("ot: beyond: 3× item torn"), "only what no schedule has: {text}");
    let story = "item vanished: client 1: push; client 2: pop; neither has seen the other's; c1.1 is <gone>";
    assert!(text.contains(story), "{text}");
    let page = page(&runs);
    for part in [
        "stack: what few operations can come to",
        "up to 3 operations by 2 clients",
        "forms explore -s STRATEGY -w WORKLOAD",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        page.contains("<th class=\"bad\" scope=\"row\">item vanished<")
            || page.contains("<th scope=\"row\" class=\"bad\">item vanished<")
    );
    assert!(page.contains("beyond the bound: item torn: ot 3.") && page.contains(">ot: 7 of 400<"));
}

#[test]
fn a_note_is_no_loss_and_defaults_are_said() {
    let runs = measured(&[("hybrid", &[("item vanished", 1)]), ("ot:window=100ms", &[])]);
    let text = flat(&table::summary_with(&runs, &planted(), 80, false));
    assert!(text.contains("hybrid: a note, nothing lost; beyond: 1× item vanished"), "{text}");
    assert!(text.contains("ot:window=100ms: explored with its defaults"), "{text}");
    assert!(text.contains("ot:window=100ms* item vanished 2 0 of 400"), "{text}");
}

#[test]
fn what_the_map_does_not_have_is_named_with_the_command_that_explores_it() {
    let runs = measured(&[("serial", &[]), ("ot:buffer=queued", &[]), ("own", &[])]);
    let command = "forms explore --all -s ot:buffer=queued -s own -w stack --out map";
    let text = flat(&table::summary_with(&runs, &planted(), 80, false));
    assert!(text.contains("Not on the map of anomalies: ot:buffer=queued, own. To explore:"), "{text}");
    assert!(text.contains(command) && page(&runs).contains(command), "{text}");
    let mut own = measured(&[("serial", &[])]);
    own.cells.iter_mut().for_each(|cell| cell.workload = "notes".into());
    assert!(!table::summary_with(&own, &planted(), 80, false).contains("few operations"));
    assert!(page(&own).contains("Not on the map of anomalies.<"));
    assert!(page(&own).contains("forms explore --all -w notes --out map"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "ot:window=100ms,history=1000000000000";
    let runs = measured(&[(long, &[("item torn", 3)]), ("serial", &[]), ("a-strategy-of-a-product", &[])]);
    let text = table::summary_with(&runs, &planted(), 80, false);
    let few: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("What few")).collect();
    assert!(few.len() > 8 && few.iter().all(|line| line.chars().count() <= 80), "{text}");
}

fn explained(label: &str) -> Decision {
    let mut decision = decisions::forms();
    let candidate = &mut decision.candidates[0];
    candidate.strategy = label.into();
    decision.candidates.truncate(1);
    decision.proposal = None;
    decision.mix = None;
    decision.program = "forms".into();
    let answers = Answers { data: vec![Data::Queue, Data::Counters], ..Answers::default() };
    quoted::explain(&mut decision, &parts(&answers, WORKLOADS), &planted());
    decision
}

#[test]
fn a_choice_quotes_the_map_in_every_form() {
    let decision = explained("ot");
    let text = flat(&record::text(&decision, 80, false));
    let worst = "item vanished, with 2 operations (client 1: push; client 2: pop; neither has seen the other's)";
    assert!(text.contains("Can it happen at all? all schedules of up to 3 operations by 2 clients"), "{text}");
    assert!(text.contains(&format!("queue: {worst}: ot")), "{text}");
    assert!(text.contains("counters: not on the map: ot; forms explore -s ot -w counter"), "{text}");
    for page in [record::markdown(&decision), record::html(&decision)] {
        assert!(page.contains(worst) && page.contains("1 client 1 pushes"), "{page}");
        assert!(page.contains("own.json, made by forms 1.0"), "{page}");
        assert!(page.contains("forms explore --all -s ot -w counter --out map"), "{page}");
    }
    let json = record::json(&decision);
    let queues = &json["candidates"][0]["possible"][0];
    assert_eq!(queues["explored"]["worst"]["kind"], "item vanished");
    assert_eq!(queues["explored"]["worst"]["severity"], "lost");
    assert_eq!(queues["command"], "forms explore -s ot -w stack --schedule c1=push,c2=pop");
    assert_eq!(json["candidates"][0]["possible"][1]["explored"], serde_json::Value::Null);
}

#[test]
fn a_choice_says_within_which_bound_nothing_happens() {
    let decision = explained("serial:window=10ms");
    let text = flat(&record::text(&decision, 80, false));
    assert!(text.contains("none in all schedules: serial:window=10ms (explored with its defaults) 1,234"), "{text}");
    let page = record::markdown(&decision);
    assert!(page.contains("none in all 1,234 schedules of up to 3 operations by 2 clients (explored with"), "{page}");
}

#[test]
fn the_second_strategy_of_two_connections_carries_what_passes() {
    let mut decision = explained("ot");
    decision.candidates[0].strategy = "ot + presence".into();
    let answers = Answers { data: vec![Data::Queue, Data::Presence], ..Answers::default() };
    quoted::explain(&mut decision, &parts(&answers, WORKLOADS), &planted());
    let of = |index: usize| decision.candidates[0].possible[index].strategy.as_str();
    assert_eq!((of(0), of(1)), ("ot", "presence"));
}
