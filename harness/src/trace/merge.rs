//! The text that a trace ends in: every txn applied to the text that its author saw, all merged into one.
//!
//! All characters that were ever written are in one list, deleted ones too. Before each txn the list is brought to the
//! version that its author saw: txns that the author had not seen are retreated, the others advanced (the walk of Gentle
//! and Kleppmann's eg-walker). A deleted character keeps its place, and new text goes right behind the last character that
//! its author saw before it. Where two authors wrote behind the same character and neither had seen the other, their order
//! is arbitrary; such ties are counted, and without any there is one right text.

use super::op::TraceOp;
use crate::schedule::Schedule;
use crate::typing::Splice;

/// Characters in a chunk before it is split: long enough that chunks are few, short enough that inserting is cheap.
const CHUNK: usize = 512;

/// Most characters that are written, deleted, retreated or advanced before a trace is rejected.
const MAX_STEPS: usize = 1 << 26;

/// A merged trace.
pub(super) struct Merged {
    /// The text.
    pub(super) text: String,
    /// How often an author wrote where another had written unseen.
    pub(super) ties: u64,
}

/// Applies all txns. `Err` names the first one outside its text.
pub(super) fn merge(start: &str, txns: &[TraceOp], schedule: &Schedule) -> Result<Merged, String> {
    let authors = schedule.authors();
    if start.len() > MAX_STEPS {
        return Err(too_much(0));
    }
    let mut list = List::default();
    list.write(0, start);
    let mut version = vec![0; schedule.clients() as usize];
    let mut effects: Vec<Effects> = Vec::with_capacity(txns.len());
    let mut ties = 0;
    for (at, (txn, author)) in txns.iter().zip(&authors).enumerate() {
        let seen = schedule.row(at).unwrap_or(&[]);
        for (client, now) in version.iter_mut().enumerate() {
            let wanted = seen.get(client).copied().unwrap_or(0);
            let slots = schedule.slots_of(client);
            for slot in &slots[wanted.min(*now) as usize..wanted.max(*now) as usize] {
                list.bring(&effects[*slot as usize], wanted > *now);
            }
            *now = wanted;
            if list.steps > MAX_STEPS {
                return Err(too_much(at));
            }
        }
        let seen_all = seen.iter().map(|n| *n as usize).sum::<usize>() == at;
        let mut done = Effects::default();
        for Splice { pos, delete, insert } in &txn.0 {
            if pos.checked_add(*delete).is_none_or(|end| end > list.len) {
                let len = list.len;
                return Err(format!(
                    "txn {at}: a patch at {pos} deletes {delete}: the text has {len} characters there"
                ));
            }
            if list.steps + delete + insert.len() > MAX_STEPS {
                return Err(too_much(at));
            }
            done.gone.extend(list.delete(*pos, *delete));
            ties += u64::from(!seen_all && !insert.is_empty() && list.unseen_at(*pos));
            done.written.push(list.write(*pos, insert));
        }
        version[*author] += 1;
        effects.push(done);
    }
    for (client, now) in version.iter().enumerate() {
        for slot in &schedule.slots_of(client)[*now as usize..] {
            list.bring(&effects[*slot as usize], true);
        }
    }
    Ok(Merged { text: list.text(), ties })
}

fn too_much(at: usize) -> String {
    format!("txn {at}: expected text and branches that take fewer than {MAX_STEPS} steps to merge")
}

/// What a txn did to the list.
#[derive(Default)]
struct Effects {
    /// Characters by their numbers.
    written: Vec<std::ops::Range<u32>>,
    gone: Vec<u32>,
}

struct Character {
    char: char,
    /// Whether it is written in the current version.
    written: bool,
    /// How many deletions of it that version has.
    gone: u32,
    chunk: u32,
}

impl Character {
    fn shown(&self) -> bool {
        self.written && self.gone == 0
    }
}

#[derive(Default)]
struct Chunk {
    characters: Vec<u32>,
    shown: usize,
}

/// Every character that was ever written, in order, as one version shows it.
#[derive(Default)]
struct List {
    characters: Vec<Character>,
    chunks: Vec<Chunk>,
    /// The chunks in the order of the text.
    order: Vec<u32>,
    /// Characters that are shown.
    len: usize,
    steps: usize,
}

impl List {
    /// Retreats or advances a txn.
    fn bring(&mut self, effects: &Effects, again: bool) {
        for number in effects.written.iter().cloned().flatten() {
            self.change(number, |character| character.written = again);
        }
        for number in &effects.gone {
            self.change(*number, |character| {
                character.gone = if again { character.gone + 1 } else { character.gone - 1 };
            });
        }
    }

    fn change(&mut self, number: u32, change: impl FnOnce(&mut Character)) {
        let character = &mut self.characters[number as usize];
        let before = usize::from(character.shown());
        change(character);
        let after = usize::from(character.shown());
        let chunk = &mut self.chunks[character.chunk as usize];
        chunk.shown = chunk.shown + after - before;
        self.len = self.len + after - before;
        self.steps += 1;
    }

    /// The place just behind the `pos`-th shown character: a chunk's place in the order, and a place in the chunk.
    fn behind(&self, pos: usize) -> (usize, usize) {
        let mut left = pos;
        for (place, chunk) in self.order.iter().enumerate() {
            let chunk = &self.chunks[*chunk as usize];
            if left > chunk.shown {
                left -= chunk.shown;
                continue;
            }
            if left == 0 {
                return (place, 0);
            }
            for (index, number) in chunk.characters.iter().enumerate() {
                left -= usize::from(self.characters[*number as usize].shown());
                if left == 0 {
                    return (place, index + 1);
                }
            }
        }
        (self.order.len(), 0)
    }

    /// Deletes `count` shown characters and returns their numbers.
    fn delete(&mut self, pos: usize, count: usize) -> Vec<u32> {
        if count == 0 {
            return Vec::new();
        }
        let (place, index) = self.behind(pos);
        let shown = |number: &u32| self.characters[*number as usize].shown();
        let numbers: Vec<u32> = self.from(place, index).filter(shown).take(count).collect();
        numbers.iter().for_each(|number| self.change(*number, |character| character.gone += 1));
        numbers
    }

    /// Whether unseen characters follow the `pos`-th shown one.
    fn unseen_at(&self, pos: usize) -> bool {
        let (place, index) = self.behind(pos);
        self.from(place, index).next().is_some_and(|number| !self.characters[number as usize].written)
    }

    fn from(&self, place: usize, index: usize) -> impl Iterator<Item = u32> + '_ {
        let rest = self.order.get(place..).unwrap_or(&[]).iter().map(|chunk| &self.chunks[*chunk as usize].characters);
        rest.enumerate().flat_map(move |(nth, chunk)| chunk[if nth == 0 { index } else { 0 }..].iter().copied())
    }

    /// Writes new characters behind the `pos`-th shown one and returns their numbers.
    fn write(&mut self, pos: usize, text: &str) -> std::ops::Range<u32> {
        let first = self.characters.len() as u32;
        if text.is_empty() {
            return first..first;
        }
        if self.order.is_empty() {
            self.order.push(0);
            self.chunks.push(Chunk::default());
        }
        let (mut place, mut index) = self.behind(pos);
        if place == self.order.len() {
            place -= 1;
            index = self.chunks[self.order[place] as usize].characters.len();
        }
        let chunk = self.order[place];
        let new = text.chars().map(|char| Character { char, written: true, gone: 0, chunk });
        self.characters.extend(new);
        let numbers = first..self.characters.len() as u32;
        self.chunks[chunk as usize].characters.splice(index..index, numbers.clone());
        self.chunks[chunk as usize].shown += numbers.len();
        self.len += numbers.len();
        self.steps += numbers.len();
        self.split(place);
        numbers
    }

    /// Cuts a chunk that has grown too long.
    fn split(&mut self, place: usize) {
        let chunk = self.order[place] as usize;
        if self.chunks[chunk].characters.len() <= CHUNK {
            return;
        }
        let all = std::mem::take(&mut self.chunks[chunk].characters);
        let mut new = Vec::new();
        for (nth, part) in all.chunks(CHUNK / 2).enumerate() {
            let id = if nth == 0 { chunk } else { self.chunks.len() + nth - 1 } as u32;
            part.iter().for_each(|number| self.characters[*number as usize].chunk = id);
            let shown = part.iter().filter(|number| self.characters[**number as usize].shown()).count();
            new.push((id, Chunk { characters: part.to_vec(), shown }));
        }
        self.order.splice(place..=place, new.iter().map(|(id, _)| *id));
        let mut new = new.into_iter().map(|(_, chunk)| chunk);
        if let Some(first) = new.next() {
            self.chunks[chunk] = first;
        }
        self.chunks.extend(new);
    }

    fn text(&self) -> String {
        let characters = self.from(0, 0).map(|number| &self.characters[number as usize]);
        characters.filter(|character| character.shown()).map(|character| character.char).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            parents
                .extend(heads.get(usize::from(*other)).copied().flatten().filter(|head| heads[author] != Some(*head)));
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
            let merged = merge("", &txns, &schedule).unwrap();
            prop_assert_eq!(merged.text, naive(&txns, &schedule));
        }
    }

    #[test]
    fn endless_alternating_branches_are_rejected() {
        // Two authors who never see each other take turns: each turn retreats all that the other wrote.
        let ops: Vec<(u32, Vec<u32>)> =
            (0..2000).map(|at| (at % 2, if at < 2 { vec![] } else { vec![at - 2] })).collect();
        let txn = TraceOp(vec![Splice { pos: 0, delete: 0, insert: "x".repeat(100) }]);
        let refused = merge("", &vec![txn; 2000], &schedule(&ops)).err().unwrap();
        assert!(refused.contains("steps to merge"), "{refused}");
    }
}
