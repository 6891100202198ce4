//! Who issues what: every choice of operations, distributed over the clients in every way.

use syncbench_strategies::replica::NodeId;

use super::case::{Bounds, Disturbance};
use super::step::Script;

/// The operations of every client, and the client that the disturbance happens to.
pub(super) struct Unit {
    pub(super) script: Script,
    pub(super) disturbance: Option<(Disturbance, NodeId)>,
    pub(super) ops: usize,
}

/// The number of scripts with at most this many operations from this many letters: each total, each distribution, each
/// choice of letters. Saturating.
pub fn count(letters: usize, bounds: &Bounds) -> u64 {
    let disturbed = if bounds.disturbance.is_some() { u64::from(bounds.clients) } else { 1 };
    let (letters, others) = (letters as u64, u64::from(bounds.clients.saturating_sub(1)));
    let (mut sum, mut choices, mut shares) = (0u64, 1u64, 1u64);
    for total in 1..=u64::from(bounds.ops) {
        choices = choices.saturating_mul(letters);
        // Of `total + others` places in a row, those of the borders between clients.
        shares = shares.saturating_mul(total + others) / total;
        sum = sum.saturating_add(choices.saturating_mul(shares));
    }
    sum.saturating_mul(disturbed)
}

/// All scripts, those with the fewest operations first.
pub(super) fn units(letters: usize, bounds: &Bounds) -> Vec<Unit> {
    let mut units = Vec::new();
    for total in 1..=bounds.ops as usize {
        let mut scripts = Vec::new();
        share(total, bounds.clients as usize, letters, &mut Vec::new(), &mut scripts);
        units.extend(scripts.iter().flat_map(|script| disturbed(script, bounds)));
    }
    units
}

/// A script alone, or with the disturbance of the bounds at each client in turn.
pub(super) fn disturbed<'a>(script: &'a Script, bounds: &Bounds) -> impl Iterator<Item = Unit> + use<'a> {
    let ops = script.iter().map(Vec::len).sum();
    let disturbed: Vec<Option<(Disturbance, NodeId)>> = match bounds.disturbance {
        None => vec![None],
        Some(what) => (1..=bounds.clients).map(|client| Some((what, NodeId(client)))).collect(),
    };
    disturbed.into_iter().map(move |disturbance| Unit { script: script.clone(), disturbance, ops })
}

/// Distributes `left` operations over `clients`.
fn share(left: usize, clients: usize, letters: usize, script: &mut Script, scripts: &mut Vec<Script>) {
    if clients == 0 {
        if left == 0 {
            scripts.push(script.clone());
        }
        return;
    }
    // The first client first, and an even share before an uneven one does not matter here.
    for own in (0..=left).rev().filter(|own| clients > 1 || *own == left) {
        for word in words(own, letters) {
            script.push(word);
            share(left - own, clients - 1, letters, script, scripts);
            script.pop();
        }
    }
}

/// Every sequence of this many letters.
fn words(length: usize, letters: usize) -> Vec<Vec<usize>> {
    let mut words = vec![Vec::new()];
    for _ in 0..length {
        words = words
            .into_iter()
            .flat_map(|word| (0..letters).map(move |letter| [&word[..], &[letter]].concat()))
            .collect();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;

    fn bounds(clients: u32, ops: u32, disturbance: Option<Disturbance>) -> Bounds {
        Bounds { clients, ops, disturbance, reduced: true, budget: Duration::MAX }
    }

    #[test]
    fn every_script_is_there_once() {
        // Of two letters: two clients share one operation in 2 ways, two in 3, three in 4.
        for (letters, bounds, expected) in [
            (2, bounds(2, 3, None), 2 * 2 + 4 * 3 + 8 * 4),
            (3, bounds(1, 2, None), 3 + 9),
            (1, bounds(3, 2, None), 3 + 6),
            (2, bounds(2, 2, Some(Disturbance::Crash)), 2 * (4 + 12)),
            (0, bounds(2, 3, None), 0),
        ] {
            let units = units(letters, &bounds);
            assert_eq!((units.len() as u64, count(letters, &bounds)), (expected, expected));
            let distinct: BTreeSet<_> =
                units.iter().map(|unit| (unit.script.clone(), unit.disturbance.map(|(_, who)| who))).collect();
            assert_eq!(distinct.len() as u64, expected);
            assert!(units.windows(2).all(|pair| pair[0].ops <= pair[1].ops));
        }
    }
}
