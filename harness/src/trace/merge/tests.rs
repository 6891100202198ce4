//! Merging, against a merge that looks at every character for every txn.

use super::*;
use proptest::prelude::*;

fn merged(txns: &[TraceOp], schedule: &Schedule, order: &TieOrder) -> Result<Merged, Misfit> {
    let recording = Recording { start: "", txns, schedule, units: Units::CodePoints };
    merge(recording, How { order, lenient: false })
}

/// The same, looking at every character for every txn.
fn naive(txns: &[TraceOp], schedule: &Schedule) -> String {
    struct Slow {
        char: char,
        by: usize,
        gone: Vec<usize>,
    }
    let mut list: Vec<Slow> = Vec::new();
    for (at, txn) in txns.iter().enumerate() {
        let mut seen = vec![false; txns.len()];
        for (client, n) in schedule.row(at).unwrap().iter().enumerate() {
            schedule.slots_of(client)[..*n as usize].iter().for_each(|slot| seen[*slot as usize] = true);
        }
        seen[at] = true;
        for Splice { pos, delete, insert } in &txn.0 {
            let shown = |it: &Slow| seen[it.by] && !it.gone.iter().any(|by| seen[*by]);
            let places: Vec<usize> = (0..list.len()).filter(|place| shown(&list[*place])).collect();
            let place = pos.checked_sub(1).map_or(0, |before| places[before] + 1);
            places[*pos..pos + delete].iter().for_each(|place| list[*place].gone.push(at));
            list.splice(place..place, insert.chars().map(|char| Slow { char, by: at, gone: Vec::new() }));
        }
    }
    list.iter().filter(|it| it.gone.is_empty()).map(|it| it.char).collect()
}

/// Draws a trace of three authors who merge what they like and edit where they like.
fn trace(draws: &[(u8, u8, u16, u8, u8)]) -> (Vec<TraceOp>, Schedule) {
    let mut ops: Vec<(u32, Vec<u32>)> = Vec::new();
    let mut heads: [Option<u32>; 3] = [None; 3];
    let mut txns = Vec::new();
    for (at, (author, other, pos, delete, insert)) in draws.iter().enumerate() {
        let author = usize::from(author % 3);
        let mut parents: Vec<u32> = heads[author].into_iter().collect();
        parents.extend(heads.get(usize::from(*other)).copied().flatten().filter(|head| heads[author] != Some(*head)));
        ops.push((author as u32, parents));
        heads[author] = Some(at as u32);
        // How long the text is there, by merging what was seen: the last txn with nothing to do yet.
        txns.push(TraceOp(Vec::new()));
        let schedule = schedule(&ops);
        let len = seen_len(&txns, &schedule);
        let pos = usize::from(*pos) % (len + 1);
        let delete = usize::from(*delete).min(len - pos);
        let insert = "abcdefgh".chars().cycle().skip(at).take(usize::from(*insert)).collect();
        txns[at].0.push(Splice { pos, delete, insert });
    }
    let schedule = schedule(&ops);
    (txns, schedule)
}

fn schedule(ops: &[(u32, Vec<u32>)]) -> Schedule {
    Schedule::concurrent(3, ops.iter().map(|(author, parents)| (*author, parents.as_slice()))).unwrap()
}

/// The length of the text that the last txn's author sees.
fn seen_len(txns: &[TraceOp], schedule: &Schedule) -> usize {
    let last = txns.len() - 1;
    let mut only: Vec<TraceOp> = txns.to_vec();
    let mut seen = vec![false; txns.len()];
    for (client, n) in schedule.row(last).unwrap().iter().enumerate() {
        schedule.slots_of(client)[..*n as usize].iter().for_each(|slot| seen[*slot as usize] = true);
    }
    for (txn, seen) in only.iter_mut().zip(seen) {
        if !seen {
            txn.0.clear();
        }
    }
    naive(&only, schedule).chars().count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn as_if_every_character_were_looked_at(
        draws in prop::collection::vec((0u8..3, 0u8..6, any::<u16>(), 0u8..40, 0u8..100), 1..40),
    ) {
        let (txns, schedule) = trace(&draws);
        let order = TieOrder::Arrival { later_first: true, order: Vec::new() };
        let merged = merged(&txns, &schedule, &order).unwrap();
        prop_assert_eq!(merged.string(), naive(&txns, &schedule));
    }
}

#[test]
fn endless_alternating_branches_are_rejected() {
    // Two authors who never see each other take turns: each turn retreats all that the other wrote.
    let ops: Vec<(u32, Vec<u32>)> = (0..2000).map(|at| (at % 2, if at < 2 { vec![] } else { vec![at - 2] })).collect();
    let txn = TraceOp(vec![Splice { pos: 0, delete: 0, insert: "x".repeat(100) }]);
    let refused = merged(&vec![txn; 2000], &schedule(&ops), &TieOrder::AuthorsAscending).err().unwrap();
    assert!(refused.too_much && refused.reason.contains("steps to merge"), "{refused:?}");
}
