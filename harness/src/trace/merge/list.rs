//! Every character that was ever written, in the order of the text, deleted ones too.

use std::ops::Range;

use crate::trace::text;

/// Characters in a chunk before it is split: long enough that chunks are few, short enough that inserting is cheap.
const CHUNK: usize = 512;

/// No character: the start of the text, or its end.
pub(super) const NONE: u32 = u32::MAX;

/// What a txn did to the list.
#[derive(Default)]
pub(super) struct Effects {
    /// Characters by their numbers.
    pub(super) written: Vec<Range<u32>>,
    pub(super) gone: Vec<u32>,
}

struct Character {
    char: char,
    /// Whether it is written in the current version.
    written: bool,
    /// How many deletions of it that version has.
    gone: u32,
    chunk: u32,
}

/// Characters that one patch wrote, numbered in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) first: u32,
    /// The txn; [`NONE`] for the start.
    pub(super) txn: u32,
    /// The character that its author saw before it.
    pub(super) left: u32,
    /// The character behind it that had the same one before it, if it was the next in its author's version.
    pub(super) right: u32,
    /// The Lamport time of its first character.
    pub(super) time: u32,
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
    /// UTF-16 units of what is shown.
    units: usize,
    unseen: usize,
}

/// Every character that was ever written, in order, as one version shows it.
#[derive(Default)]
pub(super) struct List {
    characters: Vec<Character>,
    runs: Vec<Run>,
    chunks: Vec<Chunk>,
    /// The chunks in the order of the text.
    order: Vec<u32>,
    /// Characters that are shown.
    pub(super) len: usize,
    /// Their UTF-16 units.
    pub(super) units: usize,
    /// Characters that were written, deleted, retreated, advanced or passed over.
    pub(super) steps: usize,
}

impl List {
    /// Retreats or advances a txn.
    pub(super) fn bring(&mut self, effects: &Effects, again: bool) {
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
        let (before, unseen_before) = (usize::from(character.shown()), usize::from(!character.written));
        change(character);
        let (after, unseen) = (usize::from(character.shown()), usize::from(!character.written));
        let chunk = &mut self.chunks[character.chunk as usize];
        chunk.shown = chunk.shown + after - before;
        chunk.unseen = chunk.unseen + unseen - unseen_before;
        let units = text::units(character.char);
        chunk.units = chunk.units + after * units - before * units;
        self.units = self.units + after * units - before * units;
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

    /// How many shown characters the first `units` UTF-16 units are, and the next one if its first half belongs to them.
    pub(super) fn characters_in(&self, units: usize) -> (usize, Option<char>) {
        let (mut left, mut characters) = (units, 0);
        for chunk in self.order.iter().map(|chunk| &self.chunks[*chunk as usize]) {
            if left > chunk.units {
                (left, characters) = (left - chunk.units, characters + chunk.shown);
                continue;
            }
            let all = chunk.characters.iter().map(|number| &self.characters[*number as usize]);
            for character in all.filter(|character| character.shown()) {
                if left == 0 {
                    break;
                }
                let Some(rest) = left.checked_sub(text::units(character.char)) else {
                    return (characters, Some(character.char));
                };
                (left, characters) = (rest, characters + 1);
            }
            break;
        }
        (characters, None)
    }

    /// Deletes `count` shown characters and returns their numbers.
    pub(super) fn delete(&mut self, pos: usize, count: usize) -> Vec<u32> {
        if count == 0 {
            return Vec::new();
        }
        let (place, index) = self.behind(pos);
        let shown = |number: &u32| self.characters[*number as usize].shown();
        let numbers: Vec<u32> = self.from(place, index).filter(shown).take(count).collect();
        numbers.iter().for_each(|number| self.change(*number, |character| character.gone += 1));
        numbers
    }

    /// The characters between the `pos`-th shown one and the next shown one, if their author had not seen all of them, or
    /// `any`.
    pub(super) fn gap(&mut self, pos: usize, any: bool) -> Vec<u32> {
        let (place, index) = self.behind(pos);
        let (gap, unseen) = self.unshown(place, index);
        if unseen == 0 && !any {
            return Vec::new();
        }
        self.steps += gap;
        self.from(place, index).take(gap).collect()
    }

    /// The first shown character behind the `pos`-th.
    pub(super) fn shown_behind(&self, pos: usize) -> u32 {
        let (place, index) = self.behind(pos);
        self.from(place, index).nth(self.unshown(place, index).0).unwrap_or(NONE)
    }

    /// How many characters come from here on before the next shown one, and how many of them their author had not seen.
    fn unshown(&self, place: usize, index: usize) -> (usize, usize) {
        let (mut gap, mut unseen) = (0, 0);
        'chunks: for (nth, chunk) in self.order.get(place..).unwrap_or(&[]).iter().enumerate() {
            let chunk = &self.chunks[*chunk as usize];
            let start = if nth == 0 { index } else { 0 };
            if start == 0 && chunk.shown == 0 {
                (gap, unseen) = (gap + chunk.characters.len(), unseen + chunk.unseen);
                continue;
            }
            for number in &chunk.characters[start..] {
                let character = &self.characters[*number as usize];
                if character.shown() {
                    break 'chunks;
                }
                (gap, unseen) = (gap + 1, unseen + usize::from(!character.written));
            }
        }
        (gap, unseen)
    }

    /// Where each character stands, from 1.
    pub(super) fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.characters.len()];
        for (number, place) in self.from(0, 0).zip(1..) {
            places[number as usize] = place;
        }
        places
    }

    fn from(&self, place: usize, index: usize) -> impl Iterator<Item = u32> + '_ {
        let rest = self.order.get(place..).unwrap_or(&[]).iter().map(|chunk| &self.chunks[*chunk as usize].characters);
        rest.enumerate().flat_map(move |(nth, chunk)| chunk[if nth == 0 { index } else { 0 }..].iter().copied())
    }

    /// How many characters were ever written.
    pub(super) fn written(&self) -> usize {
        self.characters.len()
    }

    /// Whether the character is shown in the current version.
    pub(super) fn shown(&self, number: u32) -> bool {
        self.characters[number as usize].shown()
    }

    /// Whether the character is written in the current version, deleted or not.
    pub(super) fn seen(&self, number: u32) -> bool {
        self.characters[number as usize].written
    }

    /// The run of a character.
    pub(super) fn run(&self, number: u32) -> Run {
        self.runs[self.runs.partition_point(|run| run.first <= number) - 1]
    }

    /// Whether the character is the first of its run.
    pub(super) fn begins(&self, number: u32) -> bool {
        self.run(number).first == number
    }

    /// What its author saw before this character.
    pub(super) fn left(&self, number: u32) -> u32 {
        if self.begins(number) { self.run(number).left } else { number - 1 }
    }

    /// The `pos`-th shown character, and the first seen one behind it; `gap` is the one at `pos`.
    pub(super) fn neighbours(&self, pos: usize, gap: &[u32]) -> (u32, u32) {
        let (place, index) = self.behind(pos);
        let left = index.checked_sub(1).map_or(NONE, |before| self.in_chunk(place)[before]);
        let right = gap.iter().copied().find(|number| self.seen(*number));
        let right = right.or_else(|| self.from(place, index).nth(gap.len()));
        (left, right.unwrap_or(NONE))
    }

    fn in_chunk(&self, place: usize) -> &[u32] {
        &self.chunks[self.order[place] as usize].characters
    }

    /// Where a character stands in the list, to be compared with others.
    pub(super) fn place(&mut self, number: u32) -> (usize, usize) {
        let chunk = self.characters[number as usize].chunk;
        let index = self.chunks[chunk as usize].characters.iter().position(|other| *other == number);
        let place = self.order.iter().position(|other| *other == chunk);
        self.steps += place.unwrap_or(0) + index.unwrap_or(0);
        // Both are there: every character is in its chunk, and every chunk in the order.
        (place.unwrap_or(0), index.unwrap_or(0))
    }

    /// Writes new characters `skip` characters behind the `pos`-th shown one and returns their numbers.
    pub(super) fn write(&mut self, pos: usize, skip: usize, text: &str, run: Run) -> Range<u32> {
        let first = self.characters.len() as u32;
        if text.is_empty() {
            return first..first;
        }
        if self.order.is_empty() {
            self.order.push(0);
            self.chunks.push(Chunk::default());
        }
        let (mut place, mut index) = self.behind(pos);
        index += skip;
        while place < self.order.len() && index > self.in_chunk(place).len() {
            index -= self.in_chunk(place).len();
            place += 1;
        }
        if place == self.order.len() {
            place -= 1;
            index = self.in_chunk(place).len();
        }
        let chunk = self.order[place];
        let new = text.chars().map(|char| Character { char, written: true, gone: 0, chunk });
        self.characters.extend(new);
        self.runs.push(Run { first, ..run });
        let numbers = first..self.characters.len() as u32;
        self.chunks[chunk as usize].characters.splice(index..index, numbers.clone());
        let units: usize = text.chars().map(text::units).sum();
        self.chunks[chunk as usize].shown += numbers.len();
        self.chunks[chunk as usize].units += units;
        self.units += units;
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
            let unseen = part.iter().filter(|number| !self.seen(**number)).count();
            let characters = part.iter().map(|number| &self.characters[*number as usize]);
            let units = characters.filter(|it| it.shown()).map(|it| text::units(it.char)).sum();
            new.push((id, Chunk { characters: part.to_vec(), shown, units, unseen }));
        }
        self.order.splice(place..=place, new.iter().map(|(id, _)| *id));
        let mut new = new.into_iter().map(|(_, chunk)| chunk);
        if let Some(first) = new.next() {
            self.chunks[chunk] = first;
        }
        self.chunks.extend(new);
    }

    /// The shown characters, each with the txn that wrote it.
    pub(super) fn text(&self) -> impl Iterator<Item = (char, u32)> + '_ {
        let shown = self.from(0, 0).filter(|number| self.characters[*number as usize].shown());
        shown.map(|number| (self.characters[number as usize].char, self.run(number).txn))
    }
}
