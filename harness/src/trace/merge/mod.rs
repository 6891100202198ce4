//! The text that a trace ends in: every txn applied to the text that its author saw, all merged into one.
//!
//! All characters that were ever written are in one list, deleted ones too. Before each txn the list is brought to the
//! version that its author saw: txns that the author had not seen are retreated, the others advanced (the walk of Gentle
//! and Kleppmann's eg-walker). A deleted character keeps its place, and new text goes behind the last character that its
//! author saw before it. Where characters that its author had not seen are there too, their order is a matter of taste: a
//! *tie*, which a [`TieOrder`] decides. Without ties there is one right text.

mod explain;
mod list;
mod ties;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::op::TraceOp;
use super::text::{self, Units};
use crate::schedule::Schedule;
use crate::typing::Splice;
pub(super) use explain::{Search, accept};
use list::{Effects, List, NONE, Run};
use ties::Decider;
pub(super) use ties::TieOrder;

/// Most characters that are written, deleted, retreated, advanced or passed over before a trace is rejected.
const MAX_STEPS: usize = 1 << 26;

/// Most characters that are written: ten times what the largest known traces write. Keeps their list below half a gigabyte.
const MAX_WRITTEN: usize = 1 << 24;

/// Most txns that are looked at for ties behind deleted characters; further such ties are not met.
const MAX_LOOKS: usize = 1 << 24;

/// What to merge.
#[derive(Clone, Copy)]
pub(super) struct Recording<'a> {
    pub(super) start: &'a str,
    pub(super) txns: &'a [TraceOp],
    pub(super) schedule: &'a Schedule,
    /// What its positions count.
    pub(super) units: Units,
}

/// How to merge it.
#[derive(Clone, Copy)]
pub(super) struct How<'a> {
    /// Who comes first in a tie.
    pub(super) order: &'a TieOrder,
    /// Txns that do not fit are left out, as a model rejects them, and no error.
    pub(super) lenient: bool,
}

/// What was met on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Pairs of txns that wrote at one spot without having seen each other, the earlier first.
    pub(super) ties: Vec<(u32, u32)>,
    /// Of each choice in the order of [`TieOrder::Places`], how many places there were.
    pub(super) options: Vec<u32>,
    /// Runs in a tie that only another place among deleted characters shows: their txns, and which of its patches.
    pub(super) loose: BTreeSet<(u32, u32)>,
    /// What it took.
    pub(super) steps: usize,
}

/// A merged trace.
pub(super) struct Merged {
    /// The text, each character with the txn that wrote it; `u32::MAX` for the start.
    pub(super) text: Vec<(char, u32)>,
    /// What was met.
    pub(super) notes: Notes,
    /// The txns with positions in code points; empty where they are so already.
    pub(super) converted: Vec<TraceOp>,
}

impl Merged {
    /// The text alone.
    pub(super) fn string(&self) -> String {
        self.text.iter().map(|(char, _)| *char).collect()
    }
}

/// Why a trace cannot be merged.
#[derive(Debug)]
pub(super) struct Misfit {
    /// Which txn, and why.
    pub(super) reason: String,
    /// What was met until then.
    pub(super) notes: Notes,
    /// It takes too much; another order of ties does not help.
    pub(super) too_much: bool,
}

/// Applies all txns. `Err` names the first one outside its text.
pub(super) fn merge(recording: Recording<'_>, how: How<'_>) -> Result<Merged, Misfit> {
    let mut walk = Walk::new(recording, how);
    let done = walk.run();
    walk.loosen();
    let Walk { list, decider, converted, .. } = walk;
    let notes = Notes { steps: list.steps, ..decider.notes };
    match done {
        Ok(()) => Ok(Merged { text: list.text().collect(), notes, converted }),
        Err((reason, too_much)) => Err(Misfit { reason, notes, too_much }),
    }
}

struct Walk<'a> {
    recording: Recording<'a>,
    how: How<'a>,
    list: List,
    decider: Decider<'a>,
    /// How many txns of each client the list shows.
    version: Vec<u32>,
    /// By txn.
    effects: Vec<Effects>,
    converted: Vec<TraceOp>,
    /// Runs that were written where characters had been deleted.
    loose: Vec<Loose>,
}

/// A run that was written where characters had been deleted: it stands in front of them, and might stand behind.
struct Loose {
    run: Run,
    /// Which patch of its txn.
    nth: u32,
    /// The first character behind them.
    end: u32,
}

type Wrong = (String, bool);

impl<'a> Walk<'a> {
    fn new(recording: Recording<'a>, how: How<'a>) -> Self {
        Self {
            recording,
            how,
            list: List::default(),
            decider: Decider::new(recording, how.order),
            version: vec![0; recording.schedule.clients() as usize],
            effects: (0..recording.txns.len()).map(|_| Effects::default()).collect(),
            loose: Vec::new(),
            converted: if recording.units == Units::Utf16 { recording.txns.to_vec() } else { Vec::new() },
        }
    }

    fn run(&mut self) -> Result<(), Wrong> {
        let Recording { start, schedule, .. } = self.recording;
        if start.len() > MAX_WRITTEN {
            return Err(too_much(0));
        }
        self.list.write(0, 0, start, Run { first: 0, txn: NONE, left: NONE, right: NONE, time: 0 });
        let authors = schedule.authors();
        for (made, at) in self.decider.walk().into_iter().enumerate() {
            self.bring(schedule.row(at).unwrap_or(&[]), at)?;
            let seen: usize = self.version.iter().map(|n| *n as usize).sum();
            self.apply(at, seen < made)?;
            self.version[authors[at]] += 1;
        }
        let all: Vec<u32> = (0..self.version.len()).map(|client| schedule.slots_of(client).len() as u32).collect();
        self.bring(&all, authors.len().saturating_sub(1))
    }

    /// Brings the list to the version that txn `at` was made on.
    fn bring(&mut self, seen: &[u32], at: usize) -> Result<(), Wrong> {
        for (client, now) in self.version.iter_mut().enumerate() {
            let wanted = seen.get(client).copied().unwrap_or(0);
            let slots = self.recording.schedule.slots_of(client);
            for slot in &slots[wanted.min(*now) as usize..wanted.max(*now) as usize] {
                self.list.bring(&self.effects[*slot as usize], wanted > *now);
            }
            *now = wanted;
            if self.list.steps > MAX_STEPS {
                return Err(too_much(at));
            }
        }
        Ok(())
    }

    /// Applies txn `at`. `unseen`: there are txns in the list that its author had not seen.
    fn apply(&mut self, at: usize, unseen: bool) -> Result<(), Wrong> {
        let splices = &self.recording.txns[at].0;
        let units = self.recording.units;
        if units == Units::CodePoints
            && let Err(reason) = fits(splices, &self.list)
        {
            return if self.how.lenient { Ok(()) } else { Err((format!("txn {at}: {reason}"), false)) };
        }
        let mut time = self.decider.time(at);
        let mut done = Effects::default();
        for (nth, Splice { pos, delete, insert }) in splices.iter().enumerate() {
            let (mut pos, mut delete, mut insert) = (*pos, *delete, Cow::Borrowed(insert.as_str()));
            if units == Units::Utf16 {
                (pos, delete, insert) = code_points(pos, delete, insert, &self.list)
                    .map_err(|wrong| (format!("txn {at}: {wrong}"), false))?;
                self.converted[at].0[nth] = Splice { pos, delete, insert: insert.clone().into() };
            }
            let new = insert.chars().count();
            if self.list.steps + delete + new > MAX_STEPS || self.list.written() + new > MAX_WRITTEN {
                return Err(too_much(at));
            }
            done.gone.extend(self.list.delete(pos, delete));
            time = time.saturating_add(delete as u32);
            if new > 0 {
                done.written.push(self.write((at, nth), pos, &insert, unseen, time));
                time = time.saturating_add(new as u32);
            }
        }
        self.effects[at] = done;
        Ok(())
    }

    /// Writes the text of a patch: txn and place in it.
    fn write(&mut self, (at, nth): (usize, usize), pos: usize, text: &str, unseen: bool, time: u32) -> Range<u32> {
        let nth = nth as u32;
        let free = self.decider.is_loose(at as u32, nth);
        let gap = if unseen || free { self.list.gap(pos, free) } else { Vec::new() };
        let (left, next) = self.list.neighbours(pos, &gap);
        let right = if next != NONE && self.list.left(next) == left { next } else { NONE };
        let run = Run { first: 0, txn: at as u32, left, right, time };
        let skip = if gap.is_empty() { 0 } else { self.decider.place(&mut self.list, &gap, &run) };
        // Where there is one author, nothing can be in a tie.
        if self.version.len() > 1 && next != NONE && !self.list.shown(next) {
            self.loose.push(Loose { run, nth, end: self.list.shown_behind(pos) });
        }
        self.list.write(pos, skip, text, run)
    }

    /// Notes ties with what others wrote behind the deleted characters.
    fn loosen(&mut self) {
        if self.loose.is_empty() {
            return;
        }
        let places = self.list.places();
        let mut looks = 0;
        for Loose { run, nth, end } in &self.loose {
            let after = if run.left == NONE { 0 } else { places[run.left as usize] };
            let before = if *end == NONE { u32::MAX } else { places[*end as usize] };
            let between = |number: u32| (after..before).contains(&places[number as usize]);
            let rival = self.decider.concurrent(run.txn).find(|rival| {
                let written = &self.effects[*rival as usize].written;
                looks += 1 + written.len();
                written.iter().any(|written| between(written.start))
            });
            if let Some(rival) = rival {
                self.decider.notes.loose.insert((run.txn, *nth));
                self.decider.notes.ties.push((run.txn.min(rival), run.txn.max(rival)));
            }
            if looks > MAX_LOOKS {
                return;
            }
        }
    }
}

/// Whether the splices lie in the text that the list shows, each after the one before.
fn fits(splices: &[Splice], list: &List) -> Result<(), String> {
    let (mut len, mut astral) = (list.len, list.units > list.len);
    for Splice { pos, delete, insert } in splices {
        if let Some(reason) = beyond(*pos, *delete, len, "characters") {
            let hint = if astral { "; if positions count UTF-16 units, read it with --units utf16" } else { "" };
            return Err(reason + hint);
        }
        len = len - delete + insert.chars().count();
        astral |= insert.chars().any(|char| text::units(char) > 1);
    }
    Ok(())
}

fn beyond(pos: usize, delete: usize, len: usize, what: &str) -> Option<String> {
    let beyond = pos.checked_add(delete).is_none_or(|end| end > len);
    beyond.then(|| format!("a patch at {pos} deletes {delete}: the text has {len} {what} there"))
}

/// A patch in code points, from UTF-16 units. Where it cuts a surrogate pair, as JavaScript's strings allow, the pair goes and
/// the half that the patch leaves is written again.
fn code_points<'a>(
    pos: usize,
    delete: usize,
    insert: Cow<'a, str>,
    list: &List,
) -> Result<(usize, usize, Cow<'a, str>), String> {
    if let Some(reason) = beyond(pos, delete, list.units, "UTF-16 units") {
        return Err(reason);
    }
    let ((start, first), (end, last)) = (list.characters_in(pos), list.characters_in(pos + delete));
    if (first, last) == (None, None) || (delete == 0 && insert.is_empty()) {
        return Ok((start, end - start, insert));
    }
    let half = |cut: Option<char>, which: usize| cut.into_iter().map(move |char| text::halves(char)[which]);
    let insert = half(first, 0).chain(insert.chars()).chain(half(last, 1)).collect();
    Ok((start, end - start + usize::from(last.is_some()), Cow::Owned(insert)))
}

fn too_much(at: usize) -> Wrong {
    let reason = format!(
        "txn {at}: expected at most {MAX_WRITTEN} characters, and branches that take fewer than {MAX_STEPS} steps to merge"
    );
    (reason, true)
}

#[cfg(test)]
mod tests;
