//! The workloads. Each is a folder with its spec, model, users and oracle, and one line in [`WORKLOADS`].

pub mod booking;
pub mod counter;
pub(crate) mod habits;
pub mod json;
pub mod kanban;
pub mod notebook;
pub mod presence;
pub mod record;
pub mod stack;
pub mod text;

use syncbench_strategies::names;
use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::Params;

use crate::finding::Kind;
use crate::oracles;
use crate::workload::{Workload, WorkloadSpec};

/// One line per workload.
pub static WORKLOADS: &[&WorkloadSpec] = &[
    &stack::SPEC,
    &counter::SPEC,
    &record::SPEC,
    &text::SPEC,
    &booking::SPEC,
    &kanban::SPEC,
    &json::SPEC,
    &notebook::SPEC,
    &presence::SPEC,
];

/// Makes the workload that `selector` names.
pub fn configure(selector: &Selector) -> Result<(&'static WorkloadSpec, Box<dyn Workload>), SelectorError> {
    configure_from(WORKLOADS, selector)
}

/// The same among the given workloads.
pub fn configure_from(
    specs: &[&'static WorkloadSpec],
    selector: &Selector,
) -> Result<(&'static WorkloadSpec, Box<dyn Workload>), SelectorError> {
    let spec = specs.iter().copied().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let known = specs.iter().map(|spec| (spec.name, spec.summary));
        SelectorError::new(selector.to_string(), names::unknown("workload", &selector.name, "all or ", known))
    })?;
    if selector.window.is_some() {
        return Err(SelectorError::new(selector.to_string(), "a workload has no time window"));
    }
    Ok((spec, (spec.build)(&Params::check(selector, spec.params)?)))
}

/// The kind of finding with this name that oracles make on a built-in workload: its own, or one that all have.
pub fn kind(workload: &str, name: &str) -> Option<&'static Kind> {
    let spec = WORKLOADS.iter().find(|spec| spec.name == workload);
    let mut kinds = spec.into_iter().flat_map(|spec| spec.kinds).chain(oracles::KINDS).copied();
    kinds.find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::document::Document;
    use syncbench_strategies::model::reduce;
    use syncbench_strategies::replica::NodeId;

    use super::json::JsonOp;
    use super::kanban::KanbanOp;
    use super::notebook::NotebookOp;
    use super::record::{Field, RecordOp};
    use super::*;
    use crate::finding::Kind;
    use crate::oracles;
    use crate::testing::Book;
    use crate::workload::{Intent, Letter, Seat, Small};

    /// What is left when a user wrote `x`, another user who saw that replaced it by `y` and undid that, and `x` is gone.
    fn undone_and_not_back<O: serde::Serialize>(
        text: &str,
        write: fn(&str) -> O,
        seen: &Document,
    ) -> Vec<(String, u64)> {
        let genesis = crate::testing::workload(text).genesis(3);
        let mut book = Book::new(2);
        let first = book.acted(1, &write("x"));
        book.reached(2, first);
        let second = book.acted_on(2, &write("y"), seen.clone());
        book.undone(second);
        let found = book.judge(text, &genesis, &genesis);
        found.kinds().into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
    }

    #[test]
    fn what_an_undone_write_replaced_must_be_back_in_every_workload() {
        let expected = [("lost to undo".to_owned(), 1)];
        let set = |value: &str| RecordOp::Set { record: "r0".into(), field: Field::Title, value: value.into() };
        assert_eq!(undone_and_not_back("record", set, &"x".into()), expected);
        let retitle = |title: &str| KanbanOp::Retitle { card: "k0".into(), title: title.into() };
        assert_eq!(undone_and_not_back("kanban", retitle, &Document::map([("title", "x")])), expected);
        let set = |value: &str| JsonOp::Set { path: vec!["o0".into(), "a".into()], value: value.into() };
        let seen = |view: &Document| -> Intent { json::intent(view, &set("y")) };
        let view = Document::map([("o0", Document::map([("a", "x")]))]);
        assert_eq!(undone_and_not_back("json", set, &seen(&view).seen), expected);
        let evaluate = |run: &str| NotebookOp::Evaluate { cell: "c0".into(), run: run.into() };
        assert_eq!(undone_and_not_back("notebook", evaluate, &"x".into()), expected);
    }

    /// A user who has issued nothing yet at a client that shows this.
    fn wanted(letter: &Letter, client: u32, n: u64, view: &Document) -> Option<Intent> {
        (letter.want)(&Seat { client: NodeId(client), n, pending: &[] }, view)
    }

    #[test]
    fn every_workload_has_a_small_case_whose_operations_its_model_takes() {
        for spec in WORKLOADS {
            let workload = crate::testing::workload(spec.name);
            let (Small { genesis, letters }, model) = (workload.small().expect(spec.name), workload.model());
            assert_eq!(workload.invariant(&genesis), Ok(()), "{}", spec.name);
            let mut names: Vec<&str> = letters.iter().map(|letter| letter.name).collect();
            names.sort_unstable();
            names.dedup();
            assert!(names.len() == letters.len() && letters.len() >= 2, "{}: {names:?}", spec.name);
            for letter in letters {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(letter.name.chars().all(plain) && !letter.name.is_empty(), "{}", letter.name);
                // On the document, or after one other operation.
                let before = letters.iter().filter_map(|other| {
                    let mut document = genesis.clone();
                    reduce(&*model, &mut document, &wanted(other, 1, 1, &genesis)?.operation).ok()?;
                    Some(document)
                });
                let mut documents = std::iter::once(genesis.clone()).chain(before);
                let taken = documents.any(|mut document| {
                    let intent = wanted(letter, 1, 2, &document);
                    intent.is_some_and(|intent| reduce(&*model, &mut document, &intent.operation).is_ok())
                });
                assert!(taken, "{}: {} makes no sense", spec.name, letter.name);
            }
        }
    }

    #[test]
    fn every_folder_is_registered() {
        crate::testing::assert_registered("src/workloads", &["habits", "mod"], WORKLOADS.len());
    }

    #[test]
    fn a_name_of_a_finding_has_one_meaning_in_all_workloads() {
        let mut kinds: Vec<&Kind> =
            WORKLOADS.iter().flat_map(|spec| spec.kinds).chain(oracles::KINDS).copied().collect();
        kinds.sort_by_key(|kind| kind.name);
        for pair in kinds.windows(2).filter(|pair| pair[0].name == pair[1].name) {
            assert_eq!(pair[0], pair[1]);
        }
        for kind in kinds {
            assert!(kind.meaning.starts_with(char::is_uppercase) && kind.meaning.ends_with('.'), "{kind:?}");
        }
    }
}
