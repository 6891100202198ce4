//! Typing habits, and that they do not depend on what users see.

use syncbench_strategies::model::{erase, reduce};
use syncbench_strategies::replica::NodeId;
use syncbench_strategies::spec::Params;
use syncbench_strategies::view::View;

use super::super::model::text;
use super::super::users::habits;
use super::super::{SPEC, TextModel, TextOp, genesis};
use crate::testing::{intent_stream, workload};
use crate::typing::{Keys, Seen, Splice};

#[test]
fn other_workloads_type_as_this_one_does() {
    let defaults = Params::check(&"text".parse().unwrap(), SPEC.params).unwrap();
    assert_eq!(habits(&defaults), Keys::TYPICAL);
}

/// The keystrokes of client 1 of 2, alone, each on its screen before the next.
fn keystrokes(text: &str, size: u64, count: u64) -> Vec<(Splice, Seen)> {
    strokes_and_lengths(text, size, count).into_iter().map(|(splice, seen, _)| (splice, seen)).collect()
}

/// The same with the length of the text before each keystroke.
fn strokes_and_lengths(selector: &str, size: u64, count: u64) -> Vec<(Splice, Seen, usize)> {
    let (mut user, mut view) = (workload(selector).user(NodeId(1), 2), genesis(size));
    let mut stroke = |n| {
        let len = View::len(&view, &text()).unwrap();
        let intent = user.next(&view, &mut intent_stream(n))?;
        reduce(&*erase(TextModel {}), &mut view, &intent.operation).unwrap();
        let TextOp::Edit(mut splices) = intent.operation.decode().unwrap();
        Some((splices.remove(0), Seen::read(&intent.seen).unwrap(), len))
    };
    (1..=count).filter_map(&mut stroke).collect()
}

#[test]
fn users_type_the_same_whatever_they_see() {
    let (first, second) = (keystrokes("text", 300, 500), keystrokes("text", 500, 500));
    assert_eq!(first, keystrokes("text", 300, 500));
    let wants = |strokes: &[(Splice, Seen)]| -> Vec<_> {
        strokes.iter().map(|(splice, seen)| (splice.delete, splice.insert.clone(), seen.run)).collect()
    };
    assert_eq!(wants(&first), wants(&second));
    assert!(first != second);
}

/// Of 2000 keystrokes: the mean length of a typing run, the share of erasures, of runs typed backward, of runs that begin
/// elsewhere than the last one ended, and of runs that begin at the end of the text.
fn measured(text: &str) -> [f64; 5] {
    let strokes = strokes_and_lengths(text, 300, 2000);
    let runs: Vec<_> = strokes.chunk_by(|one, next| one.1.run == next.1.run).collect();
    let typing: Vec<_> = runs.iter().filter(|run| run[0].1.erased.is_none()).collect();
    let long: Vec<_> = typing.iter().filter(|run| run.len() > 1).collect();
    let at = |stroke: &(Splice, Seen, usize)| stroke.0.pos + stroke.0.delete;
    let begun: Vec<_> = runs.windows(2).map(|pair| (pair[0].last().unwrap(), &pair[1][0])).collect();
    // A run that was typed backward ends one before its last character.
    let elsewhere = |(last, first): &&(&(Splice, Seen, usize), &(Splice, Seen, usize))| {
        at(first).abs_diff(last.0.pos + last.0.insert.chars().count()) > 1
    };
    let share = |count: usize, of: usize| count as f64 / of as f64;
    [
        share(typing.iter().map(|run| run.len()).sum(), typing.len()),
        share(strokes.iter().filter(|stroke| stroke.0.delete > 0).count(), strokes.len()),
        share(long.iter().filter(|run| run[0].0.pos == run[1].0.pos).count(), long.len()),
        share(begun.iter().filter(elsewhere).count(), begun.len()),
        share(begun.iter().filter(|(_, first)| at(first) == first.2).count(), begun.len()),
    ]
}

#[test]
fn every_parameter_has_its_effect() {
    let near = |text: &str, wanted: [Option<f64>; 5]| {
        for (index, (found, wanted)) in measured(text).into_iter().zip(wanted).enumerate() {
            let Some(wanted) = wanted else { continue };
            assert!((found - wanted).abs() <= 0.05 + wanted * 0.15, "{text}: {index} is {found}, not {wanted}");
        }
    };
    near("text", [Some(9.0), Some(0.09), Some(0.017), Some(0.1), None]);
    near("text:run=4,delete=0.3", [Some(4.0), Some(0.3), None, None, None]);
    near("text:backward=0.6,delete=0,jump=1", [None, Some(0.0), Some(0.6), None, None]);
    near("text:jump=1,contention=one:0.7,run=5", [Some(5.0), None, None, None, Some(0.7)]);
    near("text:jump=1,contention=one:0", [None, None, None, Some(1.0), Some(0.0)]);
    near("text:jump=1,contention=zipf:1.5,run=5", [Some(5.0), None, None, None, Some(0.4)]);
    near("text:jump=0", [None, None, None, Some(0.0), None]);
}
