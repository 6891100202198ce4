//! Undo: the writes that put back what an operation replaced.

use super::back::{Back, place};
use super::tree::{Node, Stone, Write};
use super::writer::{Fits, Writer, children};
use crate::document::Document;
use crate::model::Rejected;

impl Writer<'_> {
    /// Undoes one of this client's operations, the last write first.
    pub(super) fn undo(&mut self, back: &[Back]) -> Fits<()> {
        for back in back.iter().rev() {
            match back {
                Back::Write(write) => self.put_back(write.clone()),
                Back::Unmake { at, made } => {
                    let now = self.view.find(at).cloned();
                    now.iter().for_each(|now| self.unmake(at, now, made));
                }
                Back::Add { at, by } => {
                    if let Some(Node::Leaf(Document::Counter(now))) = self.view.find(at)
                        && let Some(sum) = now.checked_add(*by)
                    {
                        self.back.push(|| Back::Add { at: at.clone(), by: -by });
                        self.write(Write::Set { at: at.clone(), to: Node::Leaf(Document::Counter(sum)) });
                    }
                }
                Back::Retext { at, put, was } => match self.view.find(at) {
                    Some(Node::Leaf(now)) if now == put => {
                        self.back.push(|| Back::Retext { at: at.clone(), put: was.clone(), was: put.clone() });
                        self.write(Write::Set { at: at.clone(), to: Node::Leaf(was.clone()) });
                    }
                    None => {}
                    Some(_) => {
                        return Err(Rejected::new("depended_upon", "the text was written again since"));
                    }
                },
            }
        }
        Ok(())
    }

    /// Writes an old value, unless the thing that it is written to is gone.
    fn put_back(&mut self, write: Write) {
        let (Write::Set { at, .. } | Write::Remove { at } | Write::Insert { at, .. } | Write::Move { at, .. }) = &write;
        let place = place(self.view, at);
        let again = match (self.view.find(at), place) {
            (Some(now), Some(place)) if matches!(write, Write::Remove { .. } | Write::Insert { .. }) => {
                Write::Insert { at: at.clone(), place, to: now.clone() }
            }
            (Some(_), Some(place)) if matches!(write, Write::Move { .. }) => Write::Move { at: at.clone(), place },
            (Some(now), _) => Write::Set { at: at.clone(), to: now.clone() },
            (None, _) => Write::Remove { at: at.clone() },
        };
        if self.view.apply(&write) {
            self.back.push(|| Back::Write(again));
            self.writes.push(write);
        }
    }

    /// Removes what was made, except what others have added.
    fn unmake(&mut self, at: &[Stone], now: &Node, made: &Node) {
        if within(now, made) {
            return self.put_back(Write::Remove { at: at.to_vec() });
        }
        for (stone, made) in children(made) {
            let at = [at, &[stone]].concat();
            if let Some(now) = self.view.find(&at).cloned() {
                self.unmake(&at, &now, made);
            }
        }
    }

    /// Notes what undoes a put of `made` over `was`.
    pub(super) fn remember(&mut self, at: &[Stone], was: Option<&Node>, made: &Node) {
        match (was, made) {
            (None, made) => self.back.push(|| Back::Unmake { at: at.to_vec(), made: made.clone() }),
            (Some(Node::Map(_)), Node::Map(_)) | (Some(Node::List(_)), Node::List(_)) => {
                for (stone, made) in children(made) {
                    let was = was.and_then(|was| was.find(std::slice::from_ref(&stone)));
                    self.remember(&[at, &[stone]].concat(), was, made);
                }
            }
            (Some(was), _) => self.back.push(|| Back::Write(Write::Set { at: at.to_vec(), to: was.clone() })),
        }
    }
}

/// Whether everything that is there now is in `made`.
fn within(now: &Node, made: &Node) -> bool {
    match (now, made) {
        (Node::Leaf(_), Node::Leaf(_)) => true,
        (Node::Map(_), Node::Map(_)) | (Node::List(_), Node::List(_)) => {
            children(now).into_iter().all(|(stone, now)| made.find(&[stone]).is_some_and(|made| within(now, made)))
        }
        _ => false,
    }
}
