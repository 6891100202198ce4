//! The bridge reads back what it wrote, has the shapes that it promises, and returns an error for what it cannot keep.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::document::diff;
use crate::document::generate::{float, int, key, string};
use crate::document::{Edit, Float};
use crate::path;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    Circle(u32),
    Nested(Box<Shape>),
    Line(i64, String),
    Rect { width: i64, name: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Color {
    Red,
    #[serde(rename = "the green one")]
    Green,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Id(u32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Board {
    name: String,
    #[serde(with = "text")]
    notes: String,
    #[serde(with = "counter")]
    votes: i64,
    letter: char,
    flags: (bool, (), Unit),
    small: (i8, u8, i16, u16, i32, u32),
    large: (i64, u64, i128, u128),
    floats: Vec<Float64>,
    shapes: Vec<Shape>,
    by_id: BTreeMap<Id, Vec<Shape>>,
    by_color: BTreeMap<Color, i64>,
    by_sign: BTreeMap<i64, bool>,
    by_truth: BTreeMap<bool, char>,
    by_letter: BTreeMap<char, Option<i64>>,
    by_name: BTreeMap<String, BTreeMap<u64, String>>,
}

/// A float that equals itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Float64(f64);

impl PartialEq for Float64 {
    fn eq(&self, other: &Self) -> bool {
        Float::from(self.0) == Float::from(other.0)
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        Just(Shape::Empty),
        any::<u32>().prop_map(Shape::Circle),
        (int(), string()).prop_map(|(a, b)| Shape::Line(a, b)),
        (int(), option::of(string())).prop_map(|(width, name)| Shape::Rect { width, name }),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| inner.prop_map(|shape| Shape::Nested(Box::new(shape))))
}

fn board() -> impl Strategy<Value = Board> {
    let color = prop_oneof![Just(Color::Red), Just(Color::Green)];
    let scalars = (string(), string(), int(), any::<char>(), any::<bool>(), any::<(i8, u8, i16, u16, i32, u32)>());
    let lists = (vec(float().prop_map(Float64), 0..4), vec(shape(), 0..4));
    let maps = (
        btree_map(any::<u32>().prop_map(Id), vec(shape(), 0..3), 0..3),
        btree_map(color, int(), 0..3),
        btree_map(int(), any::<bool>(), 0..3),
        btree_map(any::<bool>(), any::<char>(), 0..3),
        btree_map(any::<char>(), option::of(int()), 0..3),
        btree_map(key(), btree_map(any::<u64>(), string(), 0..3), 0..3),
    );
    (scalars, 0..=i64::MAX, lists, maps).prop_map(
        |(
            (name, notes, votes, letter, flag, small),
            large,
            (floats, shapes),
            (by_id, by_color, by_sign, by_truth, by_letter, by_name),
        )| Board {
            name,
            notes,
            votes,
            letter,
            flags: (flag, (), Unit),
            small,
            large: (-large, large as u64, i128::from(large), large as u128),
            floats,
            shapes,
            by_id,
            by_color,
            by_sign,
            by_truth,
            by_letter,
            by_name,
        },
    )
}

proptest! {
    #[test]
    fn values_read_back_as_they_were_written(before in board()) {
        let document = to_document(&before).unwrap();
        prop_assert_eq!(from_document::<Board>(&document).unwrap(), before);
        // A document that was decoded can be written again.
        prop_assert_eq!(&Document::decode(&document.encode()).unwrap(), &document);
    }

    #[test]
    fn any_document_reads_or_is_an_error(document in crate::document::generate::document()) {
        // Nothing here may panic.
        let _ = from_document::<Board>(&document);
        let _ = from_document::<Shape>(&document);
        let _ = from_document::<BTreeMap<String, Option<i64>>>(&document);
        let _ = from_document::<Vec<u8>>(&document);
        from_document::<de::IgnoredAny>(&document).unwrap();
    }

    #[test]
    fn a_reducer_over_plain_data_makes_edits(before in board(), add in -3..4i64, line in string()) {
        let mut after = before.clone();
        after.votes = after.votes.saturating_add(add);
        after.notes.push_str(&line);
        after.shapes.insert(0, Shape::Empty);
        let (before, goal) = (to_document(&before).unwrap(), to_document(&after).unwrap());
        let edits = diff(&before, &goal);
        prop_assert!(edits.iter().all(|edit| !matches!(edit, Edit::Put { .. })), "{edits:?}");
        let (now, _) = before.produce(&edits).unwrap();
        prop_assert_eq!(from_document::<Board>(&now).unwrap(), after);
    }
}

fn shapes_as<T: Serialize + for<'de> Deserialize<'de> + Debug + PartialEq>(value: T, document: Document) {
    assert_eq!(to_document(&value).as_ref(), Ok(&document));
    assert_eq!(from_document::<T>(&document), Ok(value));
}

fn one(key: &str, value: impl Into<Document>) -> Document {
    Document::map([(key, value)])
}

#[test]
fn values_have_the_shapes_of_json() {
    shapes_as((), Document::Null);
    shapes_as(Unit, Document::Null);
    shapes_as(None::<i64>, Document::Null);
    shapes_as(Some(7), 7.into());
    shapes_as(Id(7), 7.into());
    shapes_as(1.5f32, 1.5.into());
    shapes_as('é', "é".into());
    shapes_as((1, -2), Document::list([1, -2]));
    shapes_as(Vec::<i64>::new(), Document::list(Vec::<i64>::new()));
    shapes_as(BTreeMap::<String, i64>::new(), Document::map(Vec::<(&str, i64)>::new()));
    shapes_as(Shape::Empty, "Empty".into());
    shapes_as(Color::Green, "the green one".into());
    shapes_as(Shape::Circle(3), one("Circle", 3));
    shapes_as(Shape::Line(1, "a".into()), one("Line", Document::list([Document::from(1), "a".into()])));
    shapes_as(
        Shape::Rect { width: 2, name: None },
        one("Rect", Document::map([("width", Document::from(2)), ("name", Document::Null)])),
    );
    shapes_as(BTreeMap::from([(-7, 1)]), one("-7", 1));
    shapes_as(BTreeMap::from([(u64::MAX, 1)]), one("18446744073709551615", 1));
    shapes_as(BTreeMap::from([(Id(7), 1)]), one("7", 1));
    shapes_as(BTreeMap::from([(Color::Red, 1)]), one("Red", 1));
    shapes_as(BTreeMap::from([(true, 1)]), one("true", 1));
}

#[test]
fn counters_texts_and_bytes_read_as_plain_values() {
    assert_eq!(from_document::<u8>(&Document::Counter(7)), Ok(7));
    assert_eq!(from_document::<f64>(&Document::from(7)), Ok(7.0));
    assert_eq!(from_document::<String>(&Document::text("aé")), Ok("aé".into()));
    assert_eq!(from_document::<char>(&Document::text("é")), Ok('é'));
    assert_eq!(from_document::<Shape>(&Document::text("Empty")), Ok(Shape::Empty));

    struct Bytes(Vec<u8>);
    impl Serialize for Bytes {
        fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Visitor;
            impl de::Visitor<'_> for Visitor {
                type Value = Bytes;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("bytes")
                }
                fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                    Ok(Bytes(bytes))
                }
            }
            deserializer.deserialize_bytes(Visitor)
        }
    }
    let document = to_document(&Bytes(vec![0, 127, 255])).unwrap();
    assert_eq!(document, Document::list([0, 127, 255]));
    assert_eq!(from_document::<Bytes>(&document).unwrap().0, [0, 127, 255]);
    assert!(from_document::<Bytes>(&Document::list([256])).is_err());
}

#[test]
fn values_that_a_document_cannot_keep_are_errors() {
    let large = u64::MAX;
    assert_eq!(to_document(&large), Err(BridgeError::Number(large.to_string())));
    assert_eq!(to_document(&vec![i128::MIN]), Err(BridgeError::Number(i128::MIN.to_string())));
    assert_eq!(to_document(&BTreeMap::from([((1, 2), 3)])), Err(BridgeError::Key("a tuple")));
    assert_eq!(to_document(&BTreeMap::from([(None::<i64>, 3)])), Err(BridgeError::Key("an option")));

    #[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
    #[serde(untagged)]
    enum Mixed {
        Number(i64),
        Name(String),
    }
    let twice = BTreeMap::from([(Mixed::Number(1), 0), (Mixed::Name("1".into()), 0)]);
    assert_eq!(to_document(&twice), Err(BridgeError::Twice("1".into())));

    assert!(from_document::<u8>(&256.into()).is_err());
    assert!(from_document::<(i64, i64)>(&Document::list([1])).is_err());
    assert!(from_document::<(i64, i64)>(&Document::list([1, 2, 3])).is_err());
    assert!(from_document::<Shape>(&"Square".into()).is_err());
    assert!(from_document::<Shape>(&Document::map([("Circle", 1), ("Line", 2)])).is_err());
    for key in ["01", "+1", "-0", " 1", "1.0", "256", ""] {
        assert!(from_document::<BTreeMap<u8, i64>>(&one(key, 1)).is_err(), "{key:?}");
    }
}

#[test]
fn the_depth_limit_is_that_of_documents() {
    let nested = |levels: usize| (0..levels).fold(Shape::Empty, |inner, _| Shape::Nested(Box::new(inner)));
    let deepest = to_document(&nested(MAX_DEPTH)).unwrap();
    assert_eq!(deepest.depth(), MAX_DEPTH);
    assert_eq!(Document::decode(&deepest.encode()), Ok(deepest.clone()));
    assert_eq!(from_document(&deepest), Ok(nested(MAX_DEPTH)));
    assert_eq!(to_document(&nested(MAX_DEPTH + 1)), Err(BridgeError::TooDeep));
    // A variant with fields takes two levels.
    let inner = Shape::Rect { width: 0, name: None };
    let rect = |levels: usize| (0..levels).fold(inner.clone(), |inner, _| Shape::Nested(Box::new(inner)));
    assert_eq!(to_document(&rect(MAX_DEPTH - 2)).unwrap().depth(), MAX_DEPTH);
    assert_eq!(to_document(&rect(MAX_DEPTH - 1)), Err(BridgeError::TooDeep));
}

#[test]
fn fields_say_whether_they_are_counters_or_texts() {
    #[derive(Serialize, Deserialize)]
    struct Card {
        #[serde(with = "text")]
        notes: String,
        #[serde(with = "counter")]
        votes: i64,
    }
    let before = to_document(&Card { notes: "ac".into(), votes: 1 }).unwrap();
    let after = to_document(&Card { notes: "abc".into(), votes: 3 }).unwrap();
    assert_eq!(
        diff(&before, &after),
        [
            Edit::TextSplice { path: path!["notes"], pos: 1, delete: 0, insert: "b".into() },
            Edit::Increment { path: path!["votes"], by: 2 },
        ]
    );
    // Other formats see plain data.
    let bytes = postcard::to_stdvec(&Card { notes: "ac".into(), votes: 1 }).unwrap();
    assert_eq!(bytes, [2, b'a', b'c', 2]);
}
