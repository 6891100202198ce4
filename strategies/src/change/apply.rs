//! A change as edits of the document that it is made on.

use std::collections::BTreeMap;

use ropey::Rope;

use super::{Change, Misfit, Slot, list, misfit, text};
use crate::document::{Document, Edit, List, Path};

impl Change {
    /// Makes the change. On an error the document is as it was.
    pub fn apply(&self, document: &mut Document) -> Result<(), Misfit> {
        let mut edits = Vec::new();
        self.edits(&Path::root(), document, &mut edits)?;
        document.apply_all(&edits)?;
        Ok(())
    }

    /// The change as edits of the document whose node at `path` is `node`.
    fn edits(&self, path: &Path, node: &Document, out: &mut Vec<Edit>) -> Result<(), Misfit> {
        match (self, node) {
            (Change::Keep, _) => {}
            (Change::Set(value), _) => out.push(Edit::Put { path: path.clone(), value: value.clone() }),
            (Change::Map(slots), Document::Map(map)) => {
                for (key, slot) in slots {
                    let path = path.child(key.clone());
                    match (slot, map.get(key)) {
                        (Slot::Put(value), _) => out.push(Edit::Put { path, value: value.clone() }),
                        (Slot::Remove, Some(_)) => out.push(Edit::Remove { path }),
                        // Another change has removed it already.
                        (Slot::Remove, None) => {}
                        (Slot::Inside(change), Some(node)) => change.edits(&path, node, out)?,
                        (Slot::Inside(_), None) => return Err(misfit("a change inside an entry that does not exist")),
                    }
                }
            }
            (Change::List(steps), Document::List(items)) => list_edits(steps, path, items, out)?,
            (Change::Text(steps), Document::Text(rope)) => text_edits(steps, path, rope, out)?,
            (Change::Count(by), Document::Counter(_)) => out.push(Edit::Increment { path: path.clone(), by: *by }),
            _ => return Err(misfit("a node of another kind")),
        }
        Ok(())
    }
}

fn list_edits(steps: &list::Steps, path: &Path, items: &List, out: &mut Vec<Edit>) -> Result<(), Misfit> {
    let none = || misfit("an item that does not exist");
    let mut taken = BTreeMap::new();
    let mut old = 0usize;
    for step in steps.steps() {
        match step {
            list::Step::Keep(n) | list::Step::Delete(n) => old = old.saturating_add(*n),
            list::Step::Take(slot) => {
                let mut item = items.get(old).ok_or_else(none)?.clone();
                if let Some(change) = steps.inside.get(&old) {
                    change.apply(&mut item)?;
                }
                taken.insert(*slot, (old, item));
                old = old.saturating_add(1);
            }
            list::Step::Insert(_) | list::Step::Place(_) => {}
        }
    }
    if old > items.len() {
        return Err(none());
    }
    for (index, change) in &steps.inside {
        if !taken.values().any(|(old, _)| old == index) {
            change.edits(&path.child(*index), items.get(*index).ok_or_else(none)?, out)?;
        }
    }
    let mut at = 0usize;
    for step in steps.steps() {
        match step {
            list::Step::Keep(n) => at += n,
            list::Step::Insert(values) => {
                out.push(Edit::ListInsert { path: path.clone(), index: at, values: values.clone() });
                at += values.len();
            }
            list::Step::Delete(count) => {
                out.push(Edit::ListRemove { path: path.clone(), index: at, count: *count });
            }
            list::Step::Take(_) => out.push(Edit::ListRemove { path: path.clone(), index: at, count: 1 }),
            list::Step::Place(slot) => {
                let (_, item) = taken.get(slot).ok_or_else(none)?;
                out.push(Edit::ListInsert { path: path.clone(), index: at, values: vec![item.clone()] });
                at += 1;
            }
        }
    }
    Ok(())
}

/// A change with more than one step per this many code points rewrites the whole stretch.
const DENSE: usize = 64;

fn text_edits(steps: &text::Steps, path: &Path, rope: &Rope, out: &mut Vec<Edit>) -> Result<(), Misfit> {
    if steps.steps().len() > 8 && rope.len_chars() / steps.steps().len() < DENSE {
        out.push(rewritten(steps, path, rope)?);
        return Ok(());
    }
    let (mut at, mut left) = (0usize, rope.len_chars());
    for step in steps.steps() {
        let splice = |delete: usize, insert: &str| Edit::TextSplice {
            path: path.clone(),
            pos: at,
            delete,
            insert: insert.into(),
        };
        match step {
            text::Step::Keep(n) => {
                left = left.checked_sub(*n).ok_or_else(|| misfit("beyond the end of the text"))?;
                at += n;
            }
            text::Step::Insert(insert) => {
                out.push(splice(0, insert));
                at += insert.chars().count();
            }
            text::Step::Delete(delete) => {
                left = left.checked_sub(*delete).ok_or_else(|| misfit("beyond the end of the text"))?;
                out.push(splice(*delete, ""));
            }
        }
    }
    Ok(())
}

/// All steps as one edit, from the first changed code point to the last.
fn rewritten(steps: &text::Steps, path: &Path, rope: &Rope) -> Result<Edit, Misfit> {
    let (pos, steps) = match steps.steps() {
        [text::Step::Keep(n), rest @ ..] => (*n, rest),
        all => (0, all),
    };
    let spans = steps.iter().map(|step| match step {
        text::Step::Keep(n) | text::Step::Delete(n) => *n,
        text::Step::Insert(_) => 0,
    });
    let beyond = || misfit("beyond the end of the text");
    let delete = spans.fold(0, usize::saturating_add);
    let old = rope.get_slice(pos..pos.saturating_add(delete)).ok_or_else(beyond)?.to_string();
    let ascii = old.is_ascii();
    let (mut rest, mut insert) = (&old[..], String::with_capacity(old.len()));
    for step in steps {
        let mut next = |n: usize| {
            let bytes = if ascii { n } else { rest.char_indices().nth(n).map_or(rest.len(), |(at, _)| at) };
            let (taken, left) = rest.split_at(bytes);
            rest = left;
            taken
        };
        match step {
            text::Step::Keep(n) => insert.push_str(next(*n)),
            text::Step::Insert(text) => insert.push_str(text),
            text::Step::Delete(n) => drop(next(*n)),
        }
    }
    Ok(Edit::TextSplice { path: path.clone(), pos, delete, insert })
}
