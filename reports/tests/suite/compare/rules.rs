//! Thresholds: read with clear errors, and held against every row that they cover.

use syncbench_harness::metric::Metric;
use syncbench_harness::metrics::LOST_INTENTS;
use syncbench_reports::compare::{Judged, Rule};

use super::{Run, cells, compared};

fn judged(rule: &str, change: impl Fn(&mut Run)) -> Judged {
    let mut run = Run { luck: 2, ..Run::default() };
    change(&mut run);
    compared(&Run::default().results(), &run.results(), &[rule]).expect("comparable").rules.remove(0)
}

#[test]
fn a_threshold_is_read_or_answered_with_what_is_expected() {
    for good in [
        "lost>0",
        "not_kept>=+1",
        "visible_ms.p999 > +5%",
        "ops_per_cpu_s<-10%",
        "ot@stack@calm:lost>0",
        "ot:window=50ms@stack:lost > 1k",
        "*@stack:resident_bytes.peak>1.5M",
    ] {
        assert!(good.parse::<Rule>().is_ok(), "{:?}", good.parse::<Rule>());
    }
    for (wrong, said) in [
        ("lost", "expected a figure, an operator and a threshold"),
        ("", "expected a figure"),
        ("lost=0", "expected a figure"),
        ("losses>0", "no such figure"),
        ("visible_ms>+5%", "visible_ms.p99"),
        ("lost>many", "`many`: expected a value such as 0"),
        ("lost>", "expected a value"),
        ("lost>NaN", "expected a value"),
        ("lost>+", "expected a value"),
        ("lost>+-5%", "expected a value"),
        ("lost>--1", "expected a value"),
        ("lost>5%", "write +5%"),
        (":lost>0", "a part of the scope is empty"),
        ("@:lost>0", "a part of the scope is empty"),
        ("ot@@stack:lost>0", "a part of the scope is empty"),
    ] {
        let error = wrong.parse::<Rule>().expect_err(wrong).to_string();
        assert!(error.contains(said) && error.contains(&format!("`{wrong}`")), "{wrong}: {error}");
    }
}

#[test]
fn a_scope_that_names_nothing_is_answered_with_what_there_is() {
    let results = Run::default().results();
    let check = |rule: &str| rule.parse::<Rule>().expect("a threshold").check([&results, &results]);
    assert!(check("ot@stack@calm:lost>0").is_ok());
    let error = check("ott:lost>0").expect_err("no such strategy").to_string();
    assert!(error.contains("called `ott`") && error.contains("lww-document"), "{error}");
}

#[test]
fn a_value_is_held_against_the_candidate() {
    let all = judged("lost>0", |_| {});
    assert_eq!((all.rows, all.failed.len()), (6, 4), "ot and lww-document lose, serial does not");
    assert_eq!(judged("serial:lost>0", |_| {}).failed.len(), 0);
    assert_eq!(judged("ot@calm:lost>=85", |_| {}).failed.len(), 1, "3 + seed of ten seeds");
    assert_eq!(judged("ot@calm:lost>85", |_| {}).failed.len(), 0);
}

#[test]
fn a_change_fails_only_where_it_is_more_than_luck() {
    let slower = judged("ops_per_cpu_s<-5%", |run| run.slower = 1.2);
    assert_eq!(slower.failed.iter().map(|hit| hit.strategy.as_str()).collect::<Vec<_>>(), ["serial"; 3]);
    let noisy = judged("ops_per_cpu_s<-0.1%", |run| run.noise = 0.3);
    assert!(noisy.failed.is_empty() && !noisy.spared.is_empty(), "{noisy:?}");
}

#[test]
fn one_more_lost_operation_is_one_more() {
    let (was, mut is) = (Run::default().results(), Run::default().results());
    let cell = cells(&mut is, "ot", "calm").next().expect("a cell");
    cell.metrics.insert(LOST_INTENTS.name, Metric::Counts([("torn save", 5u64)].into_iter().collect()));
    let judged = |rule| compared(&was, &is, &[rule]).expect("comparable").rules.remove(0);
    assert_eq!((judged("lost>+0").failed.len(), judged("lost>+1").failed.len()), (1, 0));
    let hit = judged("lost>+0").failed.remove(0);
    assert!(hit.replay.contains("--strategy ot") && hit.change.contains("85 became 86"), "{hit:?}");
}

#[test]
fn a_threshold_that_checks_nothing_does_not_pass() {
    let results = Run::default().results();
    let rule: Rule = "resync_bytes.total>+5%".parse().expect("a threshold");
    let comparison = compared(&results, &results, &["resync_bytes.total>+5%"]).expect("comparable");
    let error = rule.unchecked(&comparison.rules[0], &comparison.notices).expect("no row has it").to_string();
    assert!(error.contains("no row that both runs have has this figure"), "{error}");
    let mut other = results.clone();
    other.environment.cpu = "Another processor".into();
    let comparison = compared(&results, &other, &["ops_per_cpu_s<-5%"]).expect("comparable");
    let rule: Rule = "ops_per_cpu_s<-5%".parse().expect("a threshold");
    let error = rule.unchecked(&comparison.rules[0], &comparison.notices).expect("left out").to_string();
    assert!(error.contains("two machines"), "{error}");
}
