//! What is new of messages that may repeat what is known, on both sides.

use crate::node::NodeId;
use crate::replica::{Context, ProtocolError};

/// Entries of an order that a client receives.
pub(crate) struct Unseen<'a, E> {
    /// How many of them the client had already.
    pub(crate) seen: usize,
    /// The others.
    pub(crate) entries: &'a [E],
    /// The last place once they are taken.
    pub(crate) end: u64,
}

/// For a client that has everything up to the place `here`: what is new of entries that follow `after`. Fails on a gap.
pub(crate) fn unseen<E>(here: u64, after: u64, entries: &[E]) -> Result<Unseen<'_, E>, ProtocolError> {
    let gap = || ProtocolError::Unexpected(format!("what follows {after} comes after {here}"));
    let seen = here.checked_sub(after).ok_or_else(gap)?;
    let end = after.checked_add(entries.len() as u64);
    let end = end.ok_or_else(|| ProtocolError::malformed("beyond the last place"))?;
    let seen = usize::try_from(seen).unwrap_or(usize::MAX).min(entries.len());
    Ok(Unseen { seen, entries: &entries[seen..], end: end.max(here) })
}

/// For a server whose order has the operations of `client` up to `last`: how many of those with these numbers, which the
/// client sent as following its operation `after`, have their place already. Fails unless the others follow `last`.
pub(crate) fn already_placed(
    client: NodeId,
    last: u64,
    after: u64,
    numbers: impl IntoIterator<Item = u64>,
) -> Result<usize, ProtocolError> {
    let (mut before, mut first_new, mut placed) = (after, None, 0);
    for n in numbers {
        if n <= before {
            return Err(ProtocolError::Unexpected(format!("operation {n} of {client} after {before}")));
        }
        if n <= last {
            placed += 1;
        } else {
            first_new.get_or_insert((n, before));
        }
        before = n;
    }
    match first_new {
        Some((n, before)) if before != last => {
            Err(ProtocolError::Unexpected(format!("operation {n} of {client} after {before}, not {last}")))
        }
        _ => Ok(placed),
    }
}

/// Counts what was known already and is ignored.
pub(crate) fn count_duplicates(count: usize, cx: &mut Context<'_>) {
    if count > 0 {
        cx.count("duplicates_ignored", count as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_were_seen_are_left_out_and_a_gap_is_an_error() {
        let all = |here, after| unseen(here, after, &['a', 'b']).map(|new| (new.seen, new.entries.len(), new.end)).ok();
        assert_eq!(
            [all(3, 3), all(4, 3), all(5, 3), all(9, 3)],
            [Some((0, 2, 5)), Some((1, 1, 5)), Some((2, 0, 5)), Some((2, 0, 9))]
        );
        assert_eq!((all(2, 3), all(u64::MAX, u64::MAX)), (None, None));
    }

    #[test]
    fn operations_follow_the_last_one_that_has_its_place() {
        let placed = |after, numbers: &[u64]| already_placed(NodeId(1), 5, after, numbers.iter().copied()).ok();
        assert_eq!([placed(5, &[6, 9]), placed(3, &[4, 5, 6]), placed(2, &[3, 5])], [Some(0), Some(2), Some(2)]);
        // Numbers may have gaps, but what follows 4 does not follow 5.
        assert_eq!([placed(4, &[6]), placed(3, &[4, 6]), placed(6, &[7]), placed(5, &[7, 6])], [None; 4]);
    }
}
