//! Kinds of data as they are measured: which workload stands for each, how large its document is and how often users act.

use std::collections::BTreeSet;

use syncbench_harness::workload::WorkloadSpec;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::spec::Content;

use super::answers::{Answers, Data};

/// A kind of data as it is measured.
struct Shape {
    data: Data,
    workload: &'static str,
    /// Units of the initial document.
    size: u64,
    /// Operations per second of each user in a busy minute.
    rate: f64,
}

/// A key or an entry each second: moving a pointer to what one wants takes 1.1 s (Card, Moran and Newell 1980).
const CLICKS: f64 = 1.0;
/// The recorded traces type at 3 to 8 keys a second.
const KEYS: f64 = 5.0;
/// What is scarce is wanted by all at once, when a sale opens or a shift begins: as quickly as in the default comparison.
const RUSH: f64 = 5.0;
/// A pointer that moves is sent every 100 ms (the default throttle of Liveblocks).
const POINTER: f64 = 10.0;

/// One line for each kind of data. Records, objects, cards and items are several screens of them, so that what is deleted in
/// a run is a small part; the others are as large as their workload's default, which has the reason.
#[rustfmt::skip]
static SHAPES: &[Shape] = &[
    Shape { data: Data::Records, workload: "record", size: 40, rate: CLICKS },
    Shape { data: Data::Lists, workload: "kanban", size: 36, rate: CLICKS },
    Shape { data: Data::Text, workload: "text", size: 2_000, rate: KEYS },
    Shape { data: Data::Blocks, workload: "notebook", size: 12, rate: KEYS },
    Shape { data: Data::Counters, workload: "counter", size: 10, rate: CLICKS },
    Shape { data: Data::Stock, workload: "booking", size: 8, rate: RUSH },
    Shape { data: Data::Queue, workload: "stack", size: 30, rate: RUSH },
    Shape { data: Data::Tree, workload: "json", size: 24, rate: CLICKS },
    Shape { data: Data::Presence, workload: "presence", size: 2_000, rate: POINTER },
];

/// Characters of a long text: three pages.
const LONG_TEXT: u64 = 6_000;

/// A part of a product's data, with the workload that stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is.
    pub data: Data,
    /// The workload.
    pub workload: &'static str,
    /// Units of the initial document.
    pub size: u64,
    /// Operations per second of each user in a busy minute.
    pub rate: f64,
    /// What the document is.
    content: Content,
    /// Whether it has texts.
    typed: bool,
    /// Whether users order or move items in it.
    ordered: bool,
    /// Whether users undo operations in it.
    pub undo: bool,
}

impl Part {
    /// Whether it matters only while its user is there.
    pub fn passes(&self) -> bool {
        self.content == Content::Presence
    }

    /// Whether it has texts.
    pub fn has_text(&self) -> bool {
        self.typed
    }

    /// Whether it is one text, and nothing else.
    pub fn is_text(&self) -> bool {
        self.content == Content::Text
    }

    /// Whether it is a workload that is named itself: its oracle is the product's.
    pub fn is_named(&self) -> bool {
        matches!(self.data, Data::Workload(_))
    }

    fn of(data: &Data, spec: &WorkloadSpec) -> Self {
        let shape = SHAPES.iter().find(|shape| shape.data == *data);
        let typed = spec.edits.contains(&EditKind::TextSplice);
        let rate = match spec.content {
            Content::Presence => POINTER,
            Content::Stock => RUSH,
            Content::Text => KEYS,
            Content::Data if typed => KEYS,
            Content::Data => CLICKS,
        };
        Self {
            data: data.clone(),
            workload: spec.name,
            size: shape.map_or(spec.default_size, |shape| shape.size),
            rate: shape.map_or(rate, |shape| shape.rate),
            content: spec.content,
            typed,
            ordered: [EditKind::ListInsert, EditKind::ListMove].iter().any(|kind| spec.edits.contains(kind)),
            undo: spec.undo,
        }
    }
}

/// The parts of the data, each once. Lists that users order and long texts are data, also where nobody names them so.
/// `workloads` are those of the catalog; what is none of them is no part.
pub fn parts(answers: &Answers, workloads: &[&'static WorkloadSpec]) -> Vec<Part> {
    let mut met = BTreeSet::new();
    let mut parts = Vec::new();
    let mut add = |data: &Data, parts: &mut Vec<Part>| {
        let shape = SHAPES.iter().find(|shape| shape.data == *data);
        let name = shape.map_or_else(|| data.word(), |shape| shape.workload);
        if met.insert(data.clone()) {
            parts.extend(workloads.iter().find(|spec| spec.name == name).map(|spec| Part::of(data, spec)));
        }
    };
    answers.data.iter().for_each(|data| add(data, &mut parts));
    let named = [Data::Lists, Data::Blocks, Data::Queue];
    if answers.order && !parts.iter().any(|part| named.contains(&part.data) || part.is_named() && part.ordered) {
        add(&Data::Lists, &mut parts);
    }
    if answers.long_text && !parts.iter().any(|part| part.data == Data::Text || part.is_named() && part.typed) {
        add(&Data::Text, &mut parts);
    }
    if answers.long_text {
        parts.iter_mut().filter(|part| part.data == Data::Text).for_each(|part| part.size = LONG_TEXT);
    }
    parts
}

/// The kind of data for which this workload stands, by its name.
pub fn stands_for(workload: &str) -> Option<&'static Data> {
    SHAPES.iter().find(|shape| shape.workload.eq_ignore_ascii_case(workload)).map(|shape| &shape.data)
}

/// Workloads that stand for no kind of data: a product names them itself.
pub fn own<'w>(workloads: &'w [&'static WorkloadSpec]) -> impl Iterator<Item = &'static WorkloadSpec> + 'w {
    workloads.iter().copied().filter(|spec| stands_for(spec.name).is_none())
}

#[cfg(test)]
mod tests {
    use syncbench_harness::workloads::WORKLOADS;

    use super::*;

    #[test]
    fn every_kind_of_data_and_every_workload_has_a_shape() {
        assert_eq!(SHAPES.iter().map(|shape| shape.data.clone()).collect::<BTreeSet<_>>(), Data::ALL.into());
        let shaped: BTreeSet<_> = SHAPES.iter().map(|shape| shape.workload).collect();
        assert_eq!(shaped, WORKLOADS.iter().map(|spec| spec.name).collect());
        assert_eq!(own(WORKLOADS).count(), 0);
    }

    #[test]
    fn what_is_ordered_or_long_is_measured_though_nobody_names_it_as_data() {
        let workloads =
            |answers: &Answers| parts(answers, WORKLOADS).iter().map(|part| part.workload).collect::<Vec<_>>();
        let answers = Answers { order: true, long_text: true, ..Answers::default() };
        assert_eq!(workloads(&answers), ["record", "kanban", "text"]);
        let named = Answers { data: vec![Data::Blocks, Data::Text, Data::Blocks], ..answers };
        assert_eq!(workloads(&named), ["notebook", "text"]);
    }

    static NOTES: WorkloadSpec = WorkloadSpec {
        ..WorkloadSpec::own("notes", "", &[EditKind::TextSplice, EditKind::ListMove], &[], 7, |_| {
            unreachable!("not run")
        })
    };

    #[test]
    fn a_named_workload_is_measured_as_it_says_itself_and_no_other_stands_for_it() {
        let workloads: Vec<_> = WORKLOADS.iter().copied().chain([&NOTES]).collect();
        let data = vec![Data::Workload("notes".into()), Data::Workload("gone".into())];
        let answers = Answers { data, order: true, long_text: true, ..Answers::default() };
        let parts = parts(&answers, &workloads);
        let [part] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!((part.workload, part.size, part.rate), ("notes", 7, KEYS));
        assert!(part.is_named() && part.has_text() && !part.is_text() && !part.passes());
        assert_eq!(own(&workloads).map(|spec| spec.name).collect::<Vec<_>>(), ["notes"]);
    }

    #[test]
    fn built_in_parts_have_texts_and_pass_as_their_workloads_say() {
        let all = parts(&Answers { data: Data::ALL.to_vec(), ..Answers::default() }, WORKLOADS);
        let having =
            |has: fn(&Part) -> bool| all.iter().filter(|part| has(part)).map(|part| part.data.clone()).collect();
        let (typed, passing): (Vec<_>, Vec<_>) = (having(Part::has_text), having(Part::passes));
        assert_eq!((typed, passing), (vec![Data::Text, Data::Blocks], vec![Data::Presence]));
    }
}
