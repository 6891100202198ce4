//! Whether the items that stayed on the stack are in an order that pushes and reverses explain.
//!
//! A push puts its item at the top of all that are there, and a reverse turns all round, so from then on the item lies on
//! one side of all that its user had reflected: above them after an even number of reverses, below them after an odd one. A
//! reverse that is concurrent with the push may count or not, so then either side is right.
//!
//! Where items lie on the other side, a reverse without effect explains many at once, and a push at the wrong end one. The
//! smallest number of lost operations that explains all of them is found by going through the reverses, last to first.

use std::collections::BTreeMap;

use syncbench_strategies::replica::{NodeId, OpId};

use crate::finding::kinds;
use crate::findings::Findings;
use crate::ledger::Entry;
use crate::oracles::undo::UNDO_WITHOUT_EFFECT;

kinds! {
    REVERSE_LOST = lost("reverse lost", "A reverse was confirmed, and the items that it found lie as if it had not been.");
    ITEM_MISPLACED = lost(
        "misplaced item",
        "A pushed item does not lie on the side of the items that its user saw where the push and later reverses put it."
    );
    WRONG_ITEM_TAKEN = lost("wrong item taken", "A pop took an item that was not on top: one above it stayed to the end.");
    ITEMS_OUT_OF_ORDER = noted(
        "items out of order",
        "Items of the initial stack lie in an order that no reverse explains."
    );
}

/// An item that is there once, and that nobody took.
pub(super) struct Survivor<'a> {
    pub(super) name: i64,
    /// Its place at the end; 0 is the top.
    pub(super) at: usize,
    pub(super) push: Option<&'a Entry>,
    /// Its place at first.
    pub(super) original: Option<usize>,
}

struct Reverse<'a> {
    entry: &'a Entry,
    /// Whether it is known to have turned the stack round, or known not to, if it was undone.
    certain: bool,
}

/// What survivors say about one side: the reverses after a push, and on which side of the others its item lies.
struct Side {
    /// The first reverse after it, among all in order.
    since: usize,
    /// Whether it lies on another side than it should.
    wrong: bool,
    /// The push; `None` for the items of the initial stack.
    push: Option<OpId>,
}

/// The survivors and the reverses.
pub(super) struct Order<'a> {
    survivors: Vec<Survivor<'a>>,
    /// In the order of their times.
    reverses: Vec<Reverse<'a>>,
    /// Of each client the pushes that survived, in the order of their numbers, with the highest and the lowest place up to
    /// each.
    pushes: BTreeMap<NodeId, Vec<(u64, usize, usize)>>,
    /// The same over the items of the initial stack.
    original: Option<(usize, usize)>,
}

impl<'a> Order<'a> {
    /// Each reverse comes with whether it is lost already.
    pub(super) fn new(survivors: Vec<Survivor<'a>>, mut reverses: Vec<(&'a Entry, bool)>) -> Self {
        reverses.sort_by_key(|(entry, _)| (entry.issued, entry.id));
        let reverse = |(entry, lost): (&'a Entry, bool)| Reverse { entry, certain: !lost && !entry.open() };
        let mut pushes: BTreeMap<NodeId, Vec<(u64, usize, usize)>> = BTreeMap::new();
        for survivor in &survivors {
            if let Some(push) = survivor.push {
                pushes.entry(push.id.client).or_default().push((push.id.n, survivor.at, survivor.at));
            }
        }
        for pushes in pushes.values_mut() {
            pushes.sort_unstable();
            for index in 1..pushes.len() {
                let (_, high, low) = pushes[index - 1];
                pushes[index] = (pushes[index].0, pushes[index].1.min(high), pushes[index].2.max(low));
            }
        }
        let places = || survivors.iter().filter(|survivor| survivor.push.is_none()).map(|survivor| survivor.at);
        let original = places().min().zip(places().max());
        Self { reverses: reverses.into_iter().map(reverse).collect(), pushes, original, survivors }
    }

    /// The last pushes of each client that survived and that the user of `by` had reflected or issued.
    fn before(&self, by: &Entry) -> impl Iterator<Item = (OpId, usize, usize)> {
        self.pushes.iter().filter_map(move |(client, pushes)| {
            let own = *client == by.id.client;
            let last = if own { by.id.n - 1 } else { by.reflected.through(*client) };
            let (n, high, low) = *pushes.get(pushes.partition_point(|(n, ..)| *n <= last).checked_sub(1)?)?;
            Some((OpId { client: *client, n }, high, low))
        })
    }

    /// Whether the item lies below all that its user saw and not above all, if there are such and it is one of the two.
    fn below(&self, survivor: &Survivor<'a>, push: &Entry) -> Option<Result<bool, ()>> {
        let spans = self.before(push).map(|(_, high, low)| (high, low)).chain(self.original);
        let (high, low) = spans.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
        Some(if survivor.at < high {
            Ok(false)
        } else if survivor.at > low {
            Ok(true)
        } else {
            Err(())
        })
    }

    /// The first of the reverses after an operation, if those after it are known, and whether they are odd in number. Of
    /// the initial stack all are.
    fn since(&self, push: Option<&Entry>) -> Option<(usize, bool)> {
        let before = |reverse: &Reverse<'_>| push.is_some_and(|push| push.follows(reverse.entry));
        let after = |reverse: &Reverse<'_>| push.is_none_or(|push| reverse.entry.follows(push));
        let since = self.reverses.iter().position(|reverse| !before(reverse)).unwrap_or(self.reverses.len());
        // A push on what an undone reverse had left may stay where it is, or go where it would be without it.
        let clear = self.reverses[..since].iter().all(|reverse| !reverse.entry.undone);
        let known = self.reverses[since..].iter().all(|reverse| reverse.certain && after(reverse));
        let turns = self.reverses[since..].iter().filter(|reverse| !reverse.entry.undone).count();
        (clear && known).then_some((since, turns % 2 == 1))
    }

    /// Names the reverses and pushes that must have been lost.
    pub(super) fn judge(&self, findings: &mut Findings) {
        let mut sides = Vec::new();
        for survivor in &self.survivors {
            let Some(push) = survivor.push else { continue };
            let below = match self.below(survivor, push) {
                Some(Ok(below)) => below,
                Some(Err(())) => {
                    let example =
                        format_args!("{}: item {} lies amid those that it was put on", push.id, survivor.name);
                    findings.lost(push.id, &ITEM_MISPLACED, example);
                    continue;
                }
                None => continue,
            };
            if let Some((since, odd)) = self.since(Some(push)) {
                sides.push(Side { since, wrong: below != odd, push: Some(push.id) });
            }
        }
        sides.extend(self.initial(findings));
        let lost = self.explain(&sides);
        for (reverse, _) in self.reverses.iter().zip(&lost).filter(|(_, lost)| **lost) {
            let id = reverse.entry.id;
            if reverse.entry.undone {
                findings.lost(
                    id,
                    &UNDO_WITHOUT_EFFECT,
                    format_args!("{id}: a reverse was undone, and it is in effect"),
                );
            } else {
                findings.lost(id, &REVERSE_LOST, format_args!("{id}: the items before it lie as if it had not been"));
            }
        }
        for side in &sides {
            let turned = lost[side.since..].iter().filter(|lost| **lost).count() % 2 == 1;
            match side.push {
                Some(push) if side.wrong != turned => {
                    findings.lost(push, &ITEM_MISPLACED, format_args!("{push}: its item went to the other end"));
                }
                None if side.wrong != turned => {
                    findings.note(&ITEMS_OUT_OF_ORDER, 1, "the initial items are upside down");
                }
                _ => {}
            }
        }
    }

    /// Which way round the items of the initial stack lie, most of them.
    fn initial(&self, findings: &mut Findings) -> Option<Side> {
        let mut items: Vec<_> = self.survivors.iter().filter_map(|one| Some((one.original?, one.at))).collect();
        items.sort_unstable();
        let pairs = items.windows(2).map(|pair| pair[1].1 < pair[0].1);
        let (turned, straight): (Vec<_>, Vec<_>) = pairs.partition(|turned| *turned);
        if turned.is_empty() && straight.is_empty() {
            return None;
        }
        let fewer = turned.len().min(straight.len()) as u64;
        findings.note(&ITEMS_OUT_OF_ORDER, fewer, "some of the initial items have changed places");
        let (since, odd) = self.since(None)?;
        Some(Side { since, wrong: (turned.len() > straight.len()) != odd, push: None })
    }

    /// Which reverses were without effect, so that these and the pushes that are wrong all the same are fewest; of equals,
    /// more reverses.
    fn explain(&self, sides: &[Side]) -> Vec<bool> {
        // Of equal numbers, more reverses: a push costs a little more.
        const REVERSE: u64 = 1 << 20;
        const PUSH: u64 = REVERSE + 1;
        let count = self.reverses.len();
        // How many sides since each reverse are wrong, and how many are not.
        let mut wrong = vec![[0_u64; 2]; count + 1];
        sides.iter().for_each(|side| wrong[side.since][usize::from(side.wrong)] += 1);
        // The cost of what comes from here on if an even or an odd number of the reverses had no effect, and whether this one
        // is among them.
        let mut costs = vec![[0_u64; 2]; count + 1];
        let mut among = vec![[false; 2]; count];
        costs[count] = [PUSH * wrong[count][1], u64::MAX / 4];
        for index in (0..count).rev() {
            for odd in [0, 1] {
                let (without, with) = (costs[index + 1][odd], costs[index + 1][1 - odd] + REVERSE);
                among[index][odd] = with < without;
                costs[index][odd] = without.min(with) + PUSH * wrong[index][1 - odd];
            }
        }
        let mut odd = usize::from(costs[0][1] < costs[0][0]);
        let mut lost = Vec::new();
        for among in among {
            lost.push(among[odd]);
            odd ^= usize::from(among[odd]);
        }
        lost
    }

    /// Whether a pop took an item although one above it stayed. Asked about the last pushes that its user had reflected, and
    /// about the initial items.
    pub(super) fn judge_pop(
        &self,
        name: i64,
        pop: &Entry,
        push: Option<&Entry>,
        original: Option<usize>,
        findings: &mut Findings,
    ) {
        let reflected: Vec<_> = self.before(pop).map(|(id, ..)| id).filter(|id| !findings.is_lost(*id)).collect();
        let above = |other: &&Survivor<'_>| {
            let later = match (push, other.push) {
                // As if the items of the initial stack had been pushed, the lowest one first.
                (None, None) => other.original < original,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(push), Some(other)) if other.follows(push) => true,
                (Some(push), Some(other)) if push.follows(other) => false,
                _ => return false,
            };
            self.turned_between(if later { other.push } else { push }, pop).is_some_and(|turned| turned != later)
        };
        let asked = |other: &&Survivor<'_>| other.push.is_none_or(|push| reflected.contains(&push.id));
        if let Some(above) = self.survivors.iter().filter(asked).find(above) {
            let example = format_args!("{}: item {name} was taken, and item {} was above it", pop.id, above.name);
            findings.lost(pop.id, &WRONG_ITEM_TAKEN, example);
        }
    }

    /// Whether an odd number of reverses came between a push and a pop, if this is known.
    fn turned_between(&self, push: Option<&Entry>, pop: &Entry) -> Option<bool> {
        let mut turned = false;
        for reverse in &self.reverses {
            let before = push.is_some_and(|push| push.follows(reverse.entry));
            let between = push.is_none_or(|push| reverse.entry.follows(push)) && pop.follows(reverse.entry);
            match (before, between, reverse.entry.follows(pop)) {
                (true, ..) => {}
                _ if !reverse.certain || reverse.entry.undone => return None,
                (_, true, _) => turned = !turned,
                (_, _, true) => {}
                _ => return None,
            }
        }
        Some(turned)
    }
}
