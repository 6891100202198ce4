//! Luck is no change, and a change is no luck.

use syncbench_reports::compare::Verdict;

use super::{Run, compared, count, of};

/// Re-runs of one build on a machine whose speed differs from run to run by up to a fifth.
fn rerun(luck: u64, slower: f64) -> Run {
    Run { luck, slower, machine: 1.0 + 0.05 * (luck % 5) as f64, ..Run::default() }
}

#[test]
fn of_a_hundred_reruns_of_one_build_at_most_five_give_an_alarm() {
    let alarms = (0..100).filter(|pair| {
        let comparison = compared(&rerun(2 * pair, 1.0).results(), &rerun(2 * pair + 1, 1.0).results(), &[]);
        let comparison = comparison.expect("comparable");
        count(&comparison, Verdict::Worse) + count(&comparison, Verdict::Better) > 0
    });
    let alarms = alarms.count();
    assert!(alarms <= 5, "{alarms} of 100");
}

#[test]
fn a_planted_slowdown_of_ten_percent_is_found() {
    let found = (0..40).filter(|pair| {
        let comparison = compared(&rerun(2 * pair, 1.0).results(), &rerun(2 * pair + 1, 1.1).results(), &[]);
        let comparison = comparison.expect("comparable");
        ["calm", "rough"].iter().any(|part| of(&comparison, "serial", part, "ops_per_cpu_s").verdict == Verdict::Worse)
    });
    let found = found.count();
    assert!(found >= 38, "{found} of 40");
}

#[test]
fn an_interval_of_a_ratio_holds_it_as_often_as_it_says() {
    let (mut held, mut all) = (0, 0);
    for pair in 0..120 {
        let run = |luck| Run { luck, ..Run::default() }.results();
        let comparison = compared(&run(1000 + 2 * pair), &run(1001 + 2 * pair), &[]).expect("comparable");
        for change in comparison.changes.iter().filter(|change| change.figure == "ops_per_cpu_s") {
            let [low, high] = change.interval.expect("ten seeds");
            held += usize::from(low <= 1.0 && 1.0 <= high);
            all += 1;
        }
    }
    let share = held as f64 / all as f64;
    assert!((0.93..=0.98).contains(&share), "{held} of {all}");
}

#[test]
fn the_speed_of_the_machine_is_told_and_no_change() {
    let slow = Run { luck: 2, machine: 1.3, ..Run::default() };
    let comparison = compared(&Run::default().results(), &slow.results(), &[]).expect("comparable");
    assert_eq!(count(&comparison, Verdict::Worse), 0, "{}", comparison.answer);
    assert!(
        comparison.notices.iter().any(|notice| notice.contains("slower for the candidate")),
        "{:?}",
        comparison.notices
    );
}
