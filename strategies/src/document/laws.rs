//! The laws of documents, edits and their encoding.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::generate::{dice, document, small, string};
use super::{DecodeError, Document, Edit, EditError, Float, MAX_DEPTH, Path};
use crate::path;

/// Lists within lists, `levels` deep, with `core` innermost.
fn nested(levels: usize, core: Document) -> Document {
    (0..levels).fold(core, |inner, _| Document::list([inner]))
}

fn floor(levels: usize) -> Path {
    (0..levels).fold(Path::root(), |path, _| path.child(0))
}

/// Whether untrusted bytes are refused, or are the one encoding of what they decode to.
fn refused_or_canonical(bytes: &[u8]) -> bool {
    Document::decode(bytes).map_or(true, |document| document.encode() == bytes)
}

proptest! {
    #[test]
    fn a_copy_apart_is_equal_and_keeps_nothing_alive(document in document()) {
        let apart = document.apart();
        prop_assert_eq!(&apart, &document);
        prop_assert_eq!(apart.encode(), document.encode());
        prop_assert_eq!(apart.fingerprint().is_some(), document.fingerprint().is_some());
        if let (Document::String(copy), Document::String(text)) = (&apart, &document) {
            prop_assert!(!Arc::ptr_eq(copy, text));
        }
    }

    #[test]
    fn an_edit_and_its_inverse_cancel_out(mut now in document(), rolls in vec(dice(), 1..8)) {
        for roll in rolls {
            let before = now.clone();
            let (bytes, edit) = (before.encode(), roll.fitting(&before));
            let inverse = now.apply(&edit).unwrap();
            prop_assert_eq!(before.encode(), &bytes[..], "{:?} reached the clone", edit);
            let mut back = now.clone();
            let again = back.apply(&inverse).unwrap();
            prop_assert_eq!(&back, &before, "{:?} is not taken back by {:?}", edit, inverse);
            prop_assert_eq!(back.encode(), bytes);
            // The inverse of the inverse does what the edit did.
            back.apply(&again).unwrap();
            prop_assert_eq!(&back, &now);
        }
    }

    #[test]
    fn many_edits_and_their_inverse_cancel_out(before in document(), rolls in vec(dice(), 0..8)) {
        let bytes = before.encode();
        let (mut after, mut edits) = (before.clone(), Vec::new());
        for roll in rolls {
            edits.push(roll.fitting(&after));
            after.apply(&edits[edits.len() - 1]).unwrap();
        }
        let (produced, inverse) = before.produce(&edits).unwrap();
        prop_assert_eq!(before.encode(), &bytes[..]);
        prop_assert_eq!(&produced, &after);
        let mut at_once = before.clone();
        prop_assert_eq!(&at_once.apply_all(&edits).unwrap(), &inverse);
        prop_assert_eq!(&at_once, &after);
        at_once.apply_all(&inverse).unwrap();
        prop_assert_eq!(at_once.encode(), bytes);
    }

    #[test]
    fn any_edit_is_applied_or_an_error(before in document(), rolls in vec(dice(), 1..12)) {
        let bytes = before.encode();
        let mut edits = Vec::new();
        for roll in rolls {
            let mut after = before.clone();
            let edit = roll.wild(&before);
            match after.apply(&edit) {
                Ok(inverse) => {
                    prop_assert_eq!(&Document::decode(&after.encode()), &Ok(after.clone()));
                    after.apply(&inverse).unwrap();
                }
                Err(error) => {
                    prop_assert!(!error.to_string().is_empty());
                    match error {
                        EditError::OutOfBounds { ref path, needed, len } => {
                            prop_assert!(needed > len, "{edit:?}: {error}");
                            prop_assert_eq!(before.at(path).and_then(Document::size), Some(len), "{:?}: {}", edit, error);
                        }
                        EditError::WrongKind { ref path, expected, found } => {
                            prop_assert_ne!(expected, found, "{:?}", edit);
                            prop_assert_eq!(before.at(path).map(Document::kind), Some(found), "{:?}: {}", edit, error);
                        }
                        EditError::NoSuchPath { ref path } => prop_assert_eq!(before.at(path), None, "{:?}", edit),
                        EditError::Root => prop_assert!(edit.path().is_empty(), "{edit:?}"),
                        EditError::TooDeep { .. } | EditError::Overflow { .. } => {}
                    }
                }
            }
            prop_assert_eq!(after.encode(), &bytes[..]);
            edits.push(edit);
        }
        let mut after = before.clone();
        match after.apply_all(&edits) {
            Ok(inverse) => drop(after.apply_all(&inverse).unwrap()),
            Err(_) => prop_assert_eq!(&after, &before),
        }
        prop_assert_eq!(after.encode(), bytes);
    }

    #[test]
    fn a_document_reads_back_as_it_was_encoded(before in document()) {
        let bytes = before.encode();
        let after = Document::decode(&bytes).unwrap();
        prop_assert_eq!(&after, &before);
        prop_assert_eq!(after.digest(), before.digest());
        prop_assert_eq!(after.encode(), bytes);
    }

    #[test]
    fn documents_are_equal_if_and_only_if_their_digests_are(a in document(), b in small(), roll in dice()) {
        let mut near = a.clone();
        near.apply(&roll.fitting(&a)).unwrap();
        for (x, y) in [(&a, &b), (&a, &near), (&b, &near)] {
            prop_assert_eq!(x == y, x.digest() == y.digest());
            prop_assert_eq!(x == y, x.encode() == y.encode());
        }
    }

    #[test]
    fn a_state_does_not_depend_on_the_edits_that_led_to_it(items in vec(small(), 0..150), parts in vec(string(), 0..150)) {
        let mut list = Document::list(Vec::<Document>::new());
        let mut text = Document::text("");
        for item in items.iter().rev() {
            let values = vec![item.clone()];
            list.apply(&Edit::ListInsert { path: path![], index: 0, values }).unwrap();
        }
        for part in parts.iter().rev() {
            text.apply(&Edit::TextSplice { path: path![], pos: 0, delete: 0, insert: part.clone() }).unwrap();
        }
        for (grown, made) in [(list, Document::list(items)), (text, Document::text(&parts.concat()))] {
            prop_assert_eq!(&grown, &made);
            prop_assert_eq!(grown.digest(), made.digest());
        }
    }

    #[test]
    fn lists_agree_with_vectors(rolls in vec((any::<Index>(), any::<Index>(), 0..4u8, 0..90usize), 1..60)) {
        let (mut list, mut model) = (Document::list(Vec::<i64>::new()), Vec::<i64>::new());
        for (serial, (a, b, what, count)) in rolls.into_iter().enumerate() {
            let (len, path) = (model.len(), path![]);
            let edit = match what {
                0 if len > 0 => {
                    let (from, to) = (a.index(len), b.index(len));
                    let item = model.remove(from);
                    model.insert(to, item);
                    Edit::ListMove { path, from, to }
                }
                1 => {
                    let index = a.index(len + 1);
                    let count = b.index(len - index + 1);
                    model.drain(index..index + count);
                    Edit::ListRemove { path, index, count }
                }
                _ => {
                    let index = a.index(len + 1);
                    let values: Vec<_> = (0..count as i64).map(|n| serial as i64 * 100 + n).collect();
                    model.splice(index..index, values.iter().copied());
                    Edit::ListInsert { path, index, values: values.into_iter().map(Document::from).collect() }
                }
            };
            list.apply(&edit).unwrap();
            prop_assert_eq!(&list, &Document::list(model.iter().copied()));
        }
    }

    #[test]
    fn texts_agree_with_code_points(rolls in vec((any::<Index>(), any::<Index>(), string(), 1..40usize), 1..40)) {
        let (mut text, mut model) = (Document::text(""), Vec::<char>::new());
        for (a, b, part, times) in rolls {
            let pos = a.index(model.len() + 1);
            let delete = b.index(model.len() - pos + 1) / 2;
            let insert = part.repeat(times);
            model.splice(pos..pos + delete, insert.chars());
            text.apply(&Edit::TextSplice { path: path![], pos, delete, insert }).unwrap();
            prop_assert_eq!(&text, &Document::text(&String::from_iter(&model)));
            prop_assert_eq!(text.size(), Some(model.len()));
        }
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(bytes in vec(prop_oneof![4 => 0..12u8, 1 => any::<u8>()], 0..64)) {
        prop_assert!(refused_or_canonical(&bytes));
        if let Ok((edit, _)) = postcard::take_from_bytes::<Edit>(&bytes) {
            drop(Document::default().apply(&edit));
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_canonical(before in document(), cut in any::<Index>(), bit in any::<Index>()) {
        let bytes = before.encode();
        prop_assert!(Document::decode(&bytes[..cut.index(bytes.len())]).is_err());
        let mut flipped = bytes.clone();
        let bit = bit.index(bytes.len() * 8);
        flipped[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(refused_or_canonical(&flipped));
        prop_assert_ne!(Document::decode(&flipped), Ok(before));
        prop_assert_eq!(Document::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Trailing(1)));
    }

    #[test]
    fn edits_and_documents_read_back_through_serde(before in document(), roll in dice()) {
        for edit in [roll.fitting(&before), roll.wild(&before)] {
            let bytes = postcard::to_stdvec(&edit).unwrap();
            prop_assert_eq!(postcard::from_bytes::<Edit>(&bytes).unwrap(), edit);
        }
        let bytes = postcard::to_stdvec(&before).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Document>(&bytes).unwrap(), before);
    }

    #[test]
    fn a_document_made_by_edits_can_be_decoded(levels in MAX_DEPTH - 6..MAX_DEPTH + 1, rolls in vec(dice(), 1..6)) {
        let floor = match levels {
            MAX_DEPTH => Document::Counter(0),
            _ => Document::map([("text", Document::text("x")), ("counter", Document::Counter(0))]),
        };
        let mut now = nested(levels, floor);
        for roll in rolls {
            let before = now.clone();
            match now.apply(&roll.fitting(&before)) {
                Ok(inverse) => {
                    let mut back = now.clone();
                    back.apply(&inverse).unwrap();
                    prop_assert_eq!(back, before);
                }
                Err(error) => {
                    prop_assert!(matches!(error, EditError::TooDeep { .. }), "{error}");
                    prop_assert_eq!(&now, &before);
                }
            }
            prop_assert_eq!(&Document::decode(&now.encode()), &Ok(now.clone()));
        }
    }
}

#[test]
fn the_depth_limit_is_one_limit() {
    let scalar = Document::from(1);
    let empty = Document::list(Vec::<Document>::new());
    let mut deepest = nested(MAX_DEPTH, scalar.clone());
    assert_eq!(deepest.depth(), MAX_DEPTH);
    assert_eq!(Document::decode(&deepest.encode()), Ok(deepest.clone()));
    let too_deep = nested(MAX_DEPTH + 1, scalar.clone());
    assert_eq!(Document::decode(&too_deep.encode()), Err(DecodeError::TooDeep));
    assert_eq!(Document::decode(&nested(MAX_DEPTH, empty.clone()).encode()), Err(DecodeError::TooDeep));

    // The innermost list takes a scalar and no list or map.
    let list = floor(MAX_DEPTH - 1);
    let insert = |value: &Document| Edit::ListInsert { path: list.clone(), index: 0, values: vec![value.clone()] };
    let put = |value: &Document| Edit::Put { path: list.child(0), value: value.clone() };
    for edit in [&insert, &put] as [&dyn Fn(&Document) -> Edit; 2] {
        deepest.apply(&edit(&scalar)).unwrap();
        assert_eq!(Document::decode(&deepest.encode()), Ok(deepest.clone()));
        assert!(matches!(deepest.apply(&edit(&empty)), Err(EditError::TooDeep { .. })));
    }
    for value in [too_deep, nested(MAX_DEPTH, empty)] {
        let refused = deepest.clone().apply(&Edit::Put { path: Path::root(), value });
        assert!(matches!(refused, Err(EditError::TooDeep { .. })));
    }
}

#[test]
fn false_lengths_take_no_memory() {
    let sizes: [&[u8]; 3] =
        [&[0xff; 9], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], &[0xff, 0xff, 0xff, 0xff, 0x0f]];
    for tag in [5, 7, 8, 9] {
        for size in sizes {
            for end in [&[][..], &[1], &[0], &[0; 64]] {
                assert!(Document::decode(&[&[tag], size, end].concat()).is_err());
            }
        }
    }
    // Deep nesting ends at the limit, before the stack does.
    assert_eq!(Document::decode(&[7, 1].repeat(1 << 20)), Err(DecodeError::TooDeep));
    assert_eq!(Document::decode(&[8, 1, 0].repeat(1 << 20)), Err(DecodeError::TooDeep));
}

#[test]
fn only_the_shortest_form_decodes() {
    let refused: [(&[u8], DecodeError); 8] = [
        (&[3, 0x80, 0], DecodeError::Number),
        (&[3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], DecodeError::Number),
        (&[3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x81, 0], DecodeError::Number),
        (&[4, 0xff, 0xf8, 0, 0, 0, 0, 0, 0], DecodeError::Number),
        (&[5, 1, 0xff], DecodeError::Utf8),
        (&[8, 2, 1, b'b', 0, 1, b'a', 0], DecodeError::KeyOrder),
        (&[8, 2, 1, b'a', 0, 1, b'a', 0], DecodeError::KeyOrder),
        (&[10], DecodeError::Tag(10)),
    ];
    for (bytes, error) in refused {
        assert_eq!(Document::decode(bytes), Err(error), "{bytes:?}");
    }
}

#[test]
fn kinds_with_the_same_content_differ() {
    let same: Vec<Document> = vec![
        Document::from(0),
        Document::Counter(0),
        Document::from(0.0),
        Document::from(-0.0),
        Document::from(false),
        Document::Null,
        Document::from(""),
        Document::text(""),
        Document::list(Vec::<Document>::new()),
        Document::map(Vec::<(Arc<str>, Document)>::new()),
    ];
    for (i, a) in same.iter().enumerate() {
        for (j, b) in same.iter().enumerate() {
            assert_eq!(i == j, a == b, "{a:?} {b:?}");
            assert_eq!(i == j, a.digest() == b.digest(), "{a:?} {b:?}");
        }
    }
    // All NaNs are one.
    for bits in [0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, u64::MAX] {
        assert_eq!(Float::from(f64::from_bits(bits)), Float::from(f64::NAN));
    }
}
