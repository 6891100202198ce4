//! Who comes first where several authors wrote at one spot without having seen each other.

use std::collections::BTreeSet;

use super::list::{List, NONE, Run};
use super::{Notes, Recording};
use crate::schedule::Schedule;

/// An order of ties. All recorders and libraries that we know use one of these; the text under another is right as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TieOrder {
    /// That of Yjs, Loro and diamond-types (YATA, FugueMax): runs stay together, and the author with the lower number comes
    /// first. The traces of josephg/editing-traces and josephg/egwalker-paper number their agents so that this is theirs.
    AuthorsAscending,
    /// The same with the higher number first.
    AuthorsDescending,
    /// That of Automerge (RGA): what is later by Lamport time comes first.
    LamportDescending,
    /// That of a server which transforms: what it takes later comes behind, or in front. With its order of txns where it is
    /// not that of the file.
    Arrival {
        /// Whether what is taken later comes in front.
        later_first: bool,
        /// The order in which the txns are taken; empty for that of the file.
        order: Vec<u32>,
    },
    /// Any: at each tie one of the places that there are.
    Places {
        /// Which; the first where no more are given.
        chosen: Vec<u32>,
        /// Runs that may stand behind deleted characters too: their txns, and which of its patches.
        loose: BTreeSet<(u32, u32)>,
    },
}

/// Decides ties, and notes them.
pub(super) struct Decider<'a> {
    order: &'a TieOrder,
    /// Each txn's author.
    agents: Vec<u32>,
    /// Each txn's Lamport time; only where the order asks for it.
    times: Vec<u32>,
    schedule: &'a Schedule,
    /// Each txn's client, and which of the client's it is.
    places: Vec<(u32, u32)>,
    pub(super) notes: Notes,
}

impl<'a> Decider<'a> {
    pub(super) fn new(recording: Recording<'a>, order: &'a TieOrder) -> Self {
        let authors = recording.schedule.authors();
        Self {
            order,
            agents: authors.iter().map(|client| recording.schedule.agent(*client)).collect(),
            times: if *order == TieOrder::LamportDescending { times(recording, &authors) } else { Vec::new() },
            schedule: recording.schedule,
            places: places(recording.schedule, authors.len()),
            notes: Notes::default(),
        }
    }

    /// The order in which the txns are merged.
    pub(super) fn walk(&self) -> Vec<usize> {
        match self.order {
            TieOrder::Arrival { order, .. } if !order.is_empty() => order.iter().map(|txn| *txn as usize).collect(),
            _ => (0..self.agents.len()).collect(),
        }
    }

    /// The txn's Lamport time.
    pub(super) fn time(&self, txn: usize) -> u32 {
        self.times.get(txn).copied().unwrap_or(0)
    }

    /// Whether the run may stand behind deleted characters.
    pub(super) fn is_loose(&self, txn: u32, nth: u32) -> bool {
        matches!(self.order, TieOrder::Places { loose, .. } if loose.contains(&(txn, nth)))
    }

    /// The txns whose authors had not seen this one, and that its author had not seen.
    pub(super) fn concurrent(&self, txn: u32) -> impl Iterator<Item = u32> + '_ {
        let (client, n) = self.places[txn as usize];
        let sees = move |other: u32| {
            let row = self.schedule.row(other as usize).unwrap_or(&[]);
            row.get(client as usize).is_some_and(|seen| *seen >= n)
        };
        let row = self.schedule.row(txn as usize).unwrap_or(&[]);
        let others = (0..self.schedule.clients() as usize).filter(move |other| *other != client as usize);
        others.flat_map(move |other| {
            let unseen = self.schedule.slots_of(other).get(row.get(other).copied().unwrap_or(0) as usize..);
            unseen.unwrap_or(&[]).iter().copied().take_while(move |other| !sees(*other))
        })
    }

    /// How many characters of the gap a new run has to its left.
    pub(super) fn place(&mut self, list: &mut List, gap: &[u32], new: &Run) -> usize {
        if let Some(rival) = gap.iter().find(|number| !list.seen(**number)).map(|number| list.run(*number).txn) {
            self.notes.ties.push((rival.min(new.txn), rival.max(new.txn)));
        }
        match self.order {
            TieOrder::AuthorsAscending => {
                let key = |txn: u32| (self.agents.get(txn as usize).copied(), txn);
                yata(list, gap, new, |other| key(new.txn) < key(other.txn))
            }
            TieOrder::AuthorsDescending => {
                let key = |txn: u32| (self.agents.get(txn as usize).copied(), txn);
                yata(list, gap, new, |other| key(new.txn) > key(other.txn))
            }
            TieOrder::LamportDescending => {
                let key = |run: &Run| (run.time, self.agents.get(run.txn as usize).copied());
                let later = |number: &&u32| !list.seen(**number) && key(&list.run(**number)) > key(new);
                gap.iter().take_while(later).count()
            }
            TieOrder::Arrival { later_first: true, .. } => 0,
            TieOrder::Arrival { later_first: false, .. } => {
                gap.iter().rposition(|number| !list.seen(*number)).map_or(0, |last| last + 1)
            }
            TieOrder::Places { chosen, .. } => {
                // Not within an unseen run: nobody writes into what they have not seen. Among deleted characters that its
                // author had seen only the first place and the last differ from those beside what is unseen.
                let unseen = |at: usize| gap.get(at).is_some_and(|number| !list.seen(*number));
                let within = |at: usize| unseen(at) && !list.begins(gap[at]) && gap[at - 1] + 1 == gap[at];
                let beside = |at: usize| unseen(at) || unseen(at - 1) || at == gap.len();
                let places = (1..=gap.len()).filter(|at| beside(*at) && !within(*at));
                let places: Vec<usize> = std::iter::once(0).chain(places).collect();
                let choice = chosen.get(self.notes.options.len()).copied().unwrap_or(0);
                self.notes.options.push(places.len() as u32);
                places.get(choice as usize).copied().unwrap_or(0)
            }
        }
    }
}

/// Each txn's client, and which of the client's it is, from 1.
fn places(schedule: &Schedule, txns: usize) -> Vec<(u32, u32)> {
    let mut places = vec![(0, 0); txns];
    for client in 0..schedule.clients() {
        for (slot, n) in schedule.slots_of(client as usize).iter().zip(1..) {
            places[*slot as usize] = (client, n);
        }
    }
    places
}

/// The place by YATA's rule, as FugueMax has it: runs that begin behind the same character are ordered by what their authors
/// saw behind it, then by author; runs that begin further right belong to the one before, and runs that begin further left
/// end the search.
fn yata(list: &mut List, gap: &[u32], new: &Run, before: impl Fn(&Run) -> bool) -> usize {
    const END: (usize, usize) = (usize::MAX, 0);
    let place = |list: &mut List, number: u32| if number == NONE { END } else { list.place(number) };
    let right = place(list, new.right);
    let left = (new.left != NONE).then(|| list.place(new.left));
    let (mut skip, mut undecided) = (0, false);
    for (at, number) in gap.iter().enumerate() {
        if list.seen(*number) {
            break;
        }
        if list.begins(*number) {
            let other = list.run(*number);
            if other.left == new.left {
                let other_right = place(list, other.right);
                if other_right == right && before(&other) {
                    break;
                }
                undecided = other_right < right;
            } else if (other.left != NONE).then(|| list.place(other.left)) < left {
                break;
            }
        }
        if !undecided {
            skip = at + 1;
        }
    }
    skip
}

/// Each txn's Lamport time: behind all that its author had seen, and every character that is written or deleted takes one.
fn times(recording: Recording<'_>, authors: &[usize]) -> Vec<u32> {
    let schedule = recording.schedule;
    let mut ends: Vec<u32> = vec![0; authors.len()];
    let mut times = Vec::with_capacity(authors.len());
    for (at, txn) in recording.txns.iter().enumerate() {
        let row = schedule.row(at).unwrap_or(&[]).iter().enumerate();
        let latest = row.filter_map(|(client, n)| schedule.slots_of(client).get((*n as usize).checked_sub(1)?));
        let time = 1 + latest.map(|slot| ends[*slot as usize]).max().unwrap_or(0);
        let characters: usize = txn
            .0
            .iter()
            .map(|splice| splice.delete.saturating_add(splice.insert.chars().count()))
            .fold(0, usize::saturating_add);
        ends[at] = time.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        times.push(time);
    }
    times
}
