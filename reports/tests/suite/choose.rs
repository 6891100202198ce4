//! Decisions over results that are made up: who dominates whom, what rules out, what is proposed.

use std::collections::BTreeSet;

use syncbench_harness::metrics::*;
use syncbench_harness::results::*;
use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::choose::answers::{Data, Invariant};
use syncbench_reports::choose::entry::Measured;
use syncbench_reports::choose::study::{CONNECTED, Effort, study};
use syncbench_reports::choose::{Answers, Decision, Verdict, record};

use super::support::{cell, drop_cell, results};

/// What a made-up strategy does, seed by seed.
struct Made {
    label: &'static str,
    claims: &'static [&'static str],
    /// Operations of 100 that are lost, by seed.
    lost: fn(u64) -> u64,
    /// Operations of 100 that are refused.
    refused: u64,
    kind: &'static str,
    /// When everybody sees an operation.
    visible_ms: fn(u64) -> u64,
    bytes: f64,
}

const CENTRAL: &[&str] = &["converges", "needs a server", "can refuse"];
const MERGING: &[&str] = &["converges", "needs a server", "works offline", "confirms on one device"];

const PLAIN: Made = Made {
    label: "plain",
    claims: CENTRAL,
    lost: |_| 0,
    refused: 0,
    kind: "overwritten",
    visible_ms: |_| 100,
    bytes: 100.0,
};

fn measured(made: &[Made], seeds: u64) -> Results {
    let mut cells = Vec::new();
    for strategy in made {
        for seed in 1..=seeds {
            let mut one = cell(CONNECTED, "record", strategy.label, 40, seed);
            let lost = (strategy.lost)(seed);
            one.findings.clear();
            if lost > 0 {
                let example = format!("c1.{seed} is gone");
                one.findings.push(Finding {
                    kind: strategy.kind.into(),
                    count: lost,
                    example,
                    lost: true,
                    ops: Vec::new(),
                });
            }
            one.claims_kept = Some(ClaimsKept::Yes);
            one.replay = format!("syncbench run --strategy {} --seeds {seed}", strategy.label);
            let tally = [(strategy.kind.to_owned(), lost)].into_iter().collect();
            one.metrics.insert(LOST_INTENTS.name, Metric::Counts(tally));
            one.metrics.insert(OPS_ISSUED.name, Metric::Number(100.0));
            let refused = [("stale".to_owned(), strategy.refused)].into_iter().collect();
            one.metrics.insert(REJECTED.name, Metric::Counts(refused));
            one.metrics.insert(WIRE_BYTES_PER_OP.name, Metric::Number(strategy.bytes + seed as f64 / 100.0));
            for (metric, ms) in [(&ECHO_MS, 1), (&CONFIRMED_MS, 50), (&VISIBLE_MS, (strategy.visible_ms)(seed))] {
                one.series_mut().histograms.insert(metric.name.into(), vec![(ms * 1_000_000, 100)]);
            }
            cells.push(one);
        }
    }
    let mut results = results(cells);
    for strategy in made {
        let facts = StrategyFacts {
            name: strategy.label.into(),
            params: Default::default(),
            library: None,
            support: Default::default(),
            saved: "the server has it".into(),
            versions: String::new(),
            family: "own".into(),
            claims: strategy.claims.iter().map(|claim| (*claim).to_owned()).collect(),
        };
        results.facts.strategies.insert(strategy.label.into(), facts);
    }
    results
}

fn decided(answers: &Answers, results: &Results) -> Decision {
    let study = study(answers, Effort::of_depth(1), &[], WORKLOADS);
    Verdict::new(answers, &study, Measured::new(results)).decision(answers, &study)
}

fn tolerant() -> Answers {
    Answers { overwrite: true, ..Answers::default() }
}

fn proposed(decision: &Decision) -> (&str, Vec<&str>) {
    let proposal = decision.proposal.as_ref().expect("something is safe");
    (&proposal.strategy, proposal.equals.iter().map(String::as_str).collect())
}

#[test]
fn what_is_not_kept_comes_first_and_only_as_far_as_seeds_tell() {
    let loses = Made { label: "loses", lost: |seed| 3 + seed % 2, bytes: 10.0, ..PLAIN };
    let decision = decided(&tolerant(), &measured(&[loses, PLAIN], 10));
    assert_eq!(proposed(&decision), ("plain", vec![]));
    let proposal = decision.proposal.as_ref().expect("something is safe");
    assert!(proposal.because[0].starts_with("not kept: 0 per 1,000 ops with plain, 35"), "{:?}", proposal.because);
    assert_eq!(proposal.otherwise, ["if sent matters more: loses, 10 instead of 100 B/op"]);
    assert_eq!(decision.candidates.iter().filter(|candidate| candidate.on_front).count(), 2);
    // One seed of ten is luck: bytes decide then.
    let unlucky = Made { label: "unlucky", lost: |seed| u64::from(seed == 3), bytes: 10.0, ..PLAIN };
    let decision = decided(&tolerant(), &measured(&[unlucky, PLAIN], 10));
    assert_eq!(proposed(&decision), ("unlucky", vec![]));
    let plain = decision.candidates.iter().find(|one| one.strategy == "plain").expect("a candidate");
    assert_eq!((plain.on_front, plain.dominated_by.as_slice()), (false, &["unlucky".to_owned()][..]));
}

#[test]
fn nothing_lost_is_bounded_by_the_operations_that_were_made() {
    let loses = Made { label: "loses", lost: |seed| 3 + seed % 2, ..PLAIN };
    let decision = decided(&tolerant(), &measured(&[loses, PLAIN], 10));
    let lost = |label: &str| {
        let candidate = decision.candidates.iter().find(|one| one.strategy == label).expect("a candidate");
        let figure = candidate.figures.iter().find(|figure| figure.name == "lost").expect("a figure");
        (figure.value, figure.of, figure.below.map(|below| (below * 100.0).round() / 100.0))
    };
    assert_eq!(lost("plain"), (Some(0.0), Some(1_000), Some(3.68)));
    assert_eq!(lost("loses"), (Some(35.0), Some(1_000), None));
    for page in [record::markdown(&decision), record::html(&decision), record::text(&decision, 80, false)] {
        let said = page.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("0 of 1,000 operations lost, below 3.7 per 1,000 with 95 % confidence"), "{page}");
        assert!(said.contains("none was found, and with 95 % confidence fewer than b would be"), "{page}");
    }
}

/// A cursor that moves ten times a second would make any record look safe.
#[test]
fn presence_does_not_dilute_the_losses_of_records() {
    let loses = Made { label: "loses", lost: |seed| 3 + seed % 2, ..PLAIN };
    let mut results = measured(&[loses], 10);
    let mut presence = results.cells.clone();
    for cell in &mut presence {
        cell.workload = "presence".into();
        cell.findings.clear();
        cell.metrics.insert(LOST_INTENTS.name, Metric::Counts(Default::default()));
        cell.metrics.insert(OPS_ISSUED.name, Metric::Number(10_000.0));
    }
    results.cells.extend(presence);
    let answers = Answers { data: vec![Data::Records, Data::Presence], ..tolerant() };
    let decision = decided(&answers, &results);
    let candidate = &decision.candidates[0];
    let lost = candidate.figures.iter().find(|figure| figure.name == "lost").expect("a figure");
    assert_eq!((lost.value, lost.of), (Some(35.0), Some(1_000)));
    assert_eq!(candidate.worst.as_ref().map(|worst| worst.of), Some(1_000));
    assert!(decision.conditions.iter().any(|one| one.contains("on data that lasts")), "{:?}", decision.conditions);
}

/// Refusing what others lose keeps no more, unless refusals are wanted.
#[test]
fn refusals_count_where_nobody_asked_for_them() {
    let loses = Made { label: "loses", lost: |seed| 3 + seed % 2, ..PLAIN };
    let refuses = Made { label: "refuses", refused: 5, ..PLAIN };
    let results = measured(&[loses, refuses], 10);
    assert_eq!(proposed(&decided(&tolerant(), &results)), ("loses", vec![]));
    let asked = Answers { refuse: true, ..tolerant() };
    assert_eq!(proposed(&decided(&asked, &results)), ("refuses", vec![]));
}

#[test]
fn equal_candidates_stay_equal() {
    let twin = |label| Made { label, visible_ms: |seed| 95 + seed % 5, ..PLAIN };
    let decision = decided(&tolerant(), &measured(&[PLAIN, twin("second"), twin("third")], 10));
    assert_eq!(proposed(&decision), ("plain", vec!["second", "third"]));
    assert!(decision.candidates.iter().all(|candidate| candidate.on_front));
    let told = decision.candidates.iter().flat_map(|candidate| &candidate.figures);
    assert!(told.filter(|figure| figure.axis).all(|figure| !figure.told_from_best));
}

#[test]
fn what_nobody_sees_and_what_changes_no_bill_decides_nothing() {
    let hardly = Made { label: "hardly", visible_ms: |_| 110, bytes: 105.0, ..PLAIN };
    assert_eq!(proposed(&decided(&tolerant(), &measured(&[hardly, PLAIN], 10))), ("hardly", vec!["plain"]));
    let slow = Made { label: "slow", visible_ms: |_| 120, ..PLAIN };
    assert_eq!(proposed(&decided(&tolerant(), &measured(&[slow, PLAIN], 10))), ("plain", vec![]));
}

#[test]
fn an_oracle_that_fired_rules_out_with_its_count_and_its_command() {
    let loses = Made { label: "loses", lost: |seed| u64::from(seed == 7), ..PLAIN };
    let strict = Answers { overwrite: false, ..Answers::default() };
    let decision = decided(&strict, &measured(&[loses, PLAIN], 10));
    let [vetoed] = decision.vetoed.as_slice() else { panic!("{:?}", decision.vetoed) };
    let veto = &vetoed.reasons[0];
    assert_eq!((vetoed.strategy.as_str(), veto.answer.as_str()), ("loses", "overwrite"));
    assert!(veto.reason.contains("overwritten, 1 of 1000 operations, in 1 of 10 runs"), "{}", veto.reason);
    let evidence = veto.evidence.as_ref().expect("a measured run");
    assert_eq!((evidence.count, evidence.of, evidence.example.as_str()), (1, 1_000, "c1.7 is gone"));
    assert!(evidence.replay.ends_with("--seeds 7"), "{}", evidence.replay);
}

#[test]
fn one_finding_may_fail_several_answers() {
    let loses = Made { label: "loses", lost: |_| 1, kind: "lost card", ..PLAIN };
    let decision =
        decided(&Answers { order: true, data: vec![Data::Records, Data::Lists], ..tolerant() }, &measured(&[loses], 3));
    let answers: Vec<&str> = decision.vetoed[0].reasons.iter().map(|veto| veto.answer.as_str()).collect();
    assert_eq!(answers, ["data", "order"]);
}

#[test]
fn a_claim_that_an_answer_asks_for_rules_out_without_a_run() {
    let merging = || Made { label: "merging", claims: MERGING, ..PLAIN };
    let answers = |of: fn(&mut Answers)| {
        let mut answers = tolerant();
        of(&mut answers);
        let decision = decided(&answers, &measured(&[merging(), PLAIN], 10));
        let vetoed = decision.vetoed.iter().map(|one| {
            let answers: BTreeSet<&str> = one.reasons.iter().map(|veto| veto.answer.as_str()).collect();
            format!("{} {answers:?}", one.strategy)
        });
        vetoed.collect::<Vec<_>>()
    };
    assert_eq!(answers(|_| ()), [] as [&str; 0]);
    assert_eq!(answers(|of| of.offline = "1h".into()), [r#"plain {"offline"}"#]);
    assert_eq!(answers(|of| of.refuse = true), [r#"merging {"refuse"}"#]);
    assert_eq!(answers(|of| of.invariant = Invariant::NoOversell), [r#"merging {"invariant"}"#]);
    assert_eq!(answers(|of| of.peers = true), [r#"merging {"peers"}"#, r#"plain {"peers"}"#]);
}

#[test]
fn where_nothing_is_safe_it_says_what_to_relax() {
    let merging = Made { label: "merging", claims: MERGING, lost: |_| 1, kind: "edit lost", ..PLAIN };
    let answers = Answers { offline: "1h".into(), refuse: true, ..tolerant() };
    let decision = decided(&answers, &measured(&[merging, PLAIN], 10));
    assert_eq!((&decision.proposal, decision.candidates.len()), (&None, 0));
    assert_eq!(decision.relax, ["If no user works without a connection (offline: 0s), this one remains: plain"]);
}

#[test]
fn what_a_strategy_does_not_carry_and_what_broke_is_said() {
    let mut results = measured(&[PLAIN, Made { label: "narrow", ..PLAIN }, Made { label: "broken", ..PLAIN }], 3);
    for cell in &mut results.cells {
        match cell.strategy.as_str() {
            "narrow" => drop_cell(cell, Outcome::Unsupported, "undo: it keeps nothing to take back"),
            "broken" if cell.seed == 2 => {
                cell.claims_kept = Some(ClaimsKept::No);
                cell.claims_reasons = vec!["claims convergence, and replicas ended in different states".into()];
            }
            _ => {}
        }
    }
    let decision = decided(&tolerant(), &results);
    let veto = |label: &str| &decision.vetoed.iter().find(|one| one.strategy == label).expect("vetoed").reasons[0];
    assert_eq!((veto("narrow").answer.as_str(), &veto("narrow").evidence), ("undo", &None));
    assert!(veto("broken").reason.starts_with("it broke its claims in 1 of 3 runs (records, connected)"));
    assert!(veto("broken").evidence.as_ref().is_some_and(|evidence| evidence.replay.ends_with("--seeds 2")));
}

#[test]
fn a_mix_is_proposed_only_where_seeds_tell_that_it_is_better() {
    let answers = Answers { data: vec![Data::Records, Data::Text], ..tolerant() };
    let mix = |visible_ms: fn(u64) -> u64| {
        let hybrid = Made { label: "hybrid:text=ot,rest=serial", visible_ms, ..PLAIN };
        let mut results = measured(&[PLAIN, hybrid], 10);
        let mut text = results.cells.clone();
        text.iter_mut().for_each(|cell| cell.workload = "text".into());
        results.cells.extend(text);
        for cell in results.cells.iter_mut().filter(|cell| cell.strategy.starts_with("hybrid")) {
            cell.family = "hybrid".into();
        }
        decided(&answers, &results)
    };
    let decision = mix(|_| 20);
    assert_eq!(proposed(&decision), ("hybrid:text=ot,rest=serial", vec![]));
    let better = decision.mix.expect("measured");
    assert!(better.better && better.because[0].contains("20 ms, and 100 with plain"), "{:?}", better.because);
    assert_eq!(better.parts, [("texts", "ot"), ("everything else", "serial")].map(|(a, b)| (a.into(), b.into())));
    let decision = mix(|_| 100);
    assert_eq!(proposed(&decision), ("plain", vec![]));
    assert!(decision.mix.is_some_and(|mix| !mix.better));
}

#[test]
fn the_same_results_give_the_same_decision() {
    let results = measured(&[PLAIN, Made { label: "loses", lost: |seed| seed % 3, ..PLAIN }], 10);
    assert_eq!(decided(&tolerant(), &results), decided(&tolerant(), &results.clone()));
}
