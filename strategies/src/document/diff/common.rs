//! What two sequences have in common at their ends.

use crate::document::{Document, List};

/// Equality that skips what is shared.
pub(super) fn same(a: &Document, b: &Document) -> bool {
    match (a, b) {
        (Document::List(a), Document::List(b)) => a.ptr_eq(b) || a == b,
        (Document::Text(a), Document::Text(b)) => a.is_instance(b) || a == b,
        _ => a == b,
    }
}

/// How many items two sequences have in common before they differ.
pub(super) fn common<T: PartialEq>(a: impl Iterator<Item = T>, b: impl Iterator<Item = T>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

#[derive(Clone, Copy)]
pub(super) enum End {
    Front,
    Back,
}

/// How many items two lists have in common at one end. Leaves that the lists share are skipped.
pub(super) fn common_items(a: &List, b: &List, end: End) -> usize {
    match end {
        End::Front => common_leaves(a.leaves(), b.leaves(), end),
        End::Back => common_leaves(a.leaves().rev(), b.leaves().rev(), end),
    }
}

fn common_leaves<'a>(
    mut a: impl Iterator<Item = &'a [Document]>,
    mut b: impl Iterator<Item = &'a [Document]>,
    end: End,
) -> usize {
    let (mut left, mut right, mut found): (&[Document], &[Document], usize) = (&[], &[], 0);
    loop {
        if left.is_empty() {
            let Some(leaf) = a.next() else { return found };
            left = leaf;
        } else if right.is_empty() {
            let Some(leaf) = b.next() else { return found };
            right = leaf;
        } else {
            let len = left.len().min(right.len());
            let ((x, left_rest), (y, right_rest)) = (cut(left, len, end), cut(right, len, end));
            let equal = if std::ptr::eq(x, y) {
                len
            } else {
                let pairs = x.iter().zip(y);
                match end {
                    End::Front => pairs.take_while(|(x, y)| same(x, y)).count(),
                    End::Back => pairs.rev().take_while(|(x, y)| same(x, y)).count(),
                }
            };
            found += equal;
            if equal < len {
                return found;
            }
            (left, right) = (left_rest, right_rest);
        }
    }
}

/// `len` items from one end, and the rest.
fn cut(items: &[Document], len: usize, end: End) -> (&[Document], &[Document]) {
    match end {
        End::Front => items.split_at(len),
        End::Back => {
            let (rest, cut) = items.split_at(items.len() - len);
            (cut, rest)
        }
    }
}
