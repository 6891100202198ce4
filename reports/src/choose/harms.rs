//! What a kind of finding does to a product, and which answer does not allow it.

use syncbench_harness::results::Finding;

use super::answers::{Answers, Data, Invariant};
use super::shapes::Part;

/// What a kind of finding does to a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// Two users worked at one place at the same time without having seen each other, and one of them won.
    Overwrite,
    /// Work is gone, doubled or back although nobody worked at the same place.
    Collateral,
    /// More was handed out than there was.
    Oversell,
    /// Something that exists once was handed out twice.
    Twice,
    /// A part of an operation was there without the rest.
    Torn,
    /// A state was shown that the product does not allow.
    Screen,
    /// An operation was accepted that had to be refused.
    Unrefused,
    /// Something is listed twice, nowhere, or not where it was put.
    Order,
    /// A text does not say what was typed.
    Text,
    /// An undo did not take its operation back, or took more.
    Undo,
    /// What a user was told stands is not so, by the oracle of a workload that a product brings itself.
    Own,
    /// A figure beside others: it rules nothing out.
    Consequence,
}

use Harm::{Collateral, Consequence, Order, Oversell, Overwrite, Own, Screen, Text, Torn, Twice, Undo, Unrefused};

/// By the name of a kind: what it does. A test binds it to the kinds of all workloads.
#[rustfmt::skip]
pub static HARMS: &[(&str, &[Harm])] = &[
    // Any workload.
    ("invariant broken on screen", &[Screen]),
    ("no serial order", &[Consequence]),
    ("not judged", &[Consequence]),
    ("no sustainable rate", &[Consequence]),
    ("undo without effect", &[Undo]),
    ("lost to undo", &[Overwrite]),
    // Session guarantees: a strategy that claims one and breaks it is ruled out by the broken claim.
    ("read your writes broken", &[Consequence]),
    ("monotonic reads broken", &[Consequence]),
    ("monotonic writes broken", &[Consequence]),
    ("writes follow reads broken", &[Consequence]),
    // A server or a document that begins again from an older state.
    ("acknowledged, then rolled back", &[Collateral]),
    ("doubled content", &[Collateral]),
    ("resurrected content", &[Collateral]),
    // Records, trees, boards.
    ("overwritten", &[Overwrite]),
    ("edit lost to delete", &[Overwrite]),
    ("edit lost", &[Collateral]),
    ("torn save", &[Torn]),
    ("resurrected record", &[Overwrite]),
    ("delete lost", &[Collateral]),
    ("create lost", &[Collateral]),
    ("hidden subtree", &[Overwrite]),
    ("lost item", &[Collateral]),
    ("duplicated item", &[Collateral, Order]),
    ("resurrected", &[Overwrite]),
    ("delete overwritten", &[Overwrite]),
    ("value from nowhere", &[Consequence]),
    ("move overwritten", &[Overwrite]),
    ("duplicate on move", &[Order]),
    ("duplicated card", &[Order]),
    ("lost card", &[Collateral, Order]),
    ("ghost card", &[Order]),
    ("resurrected card", &[Overwrite]),
    ("card gone", &[Collateral, Order]),
    ("card from nowhere", &[Consequence]),
    ("move lost", &[Collateral, Order]),
    ("misplaced card", &[Order]),
    ("limit breach", &[Unrefused]),
    // Counters and stock.
    ("lost increment", &[Overwrite]),
    ("duplicated increment", &[Collateral]),
    ("lost like", &[Collateral]),
    ("duplicated like", &[Overwrite]),
    ("like from nowhere", &[Consequence]),
    ("liked twice", &[Consequence]),
    ("counter off", &[Consequence]),
    ("oversold", &[Oversell, Twice, Unrefused]),
    ("lost booking", &[Collateral]),
    ("resurrected booking", &[Collateral]),
    ("lost stock", &[Overwrite]),
    ("stock from nowhere", &[Oversell]),
    ("cancelled twice", &[Unrefused]),
    ("stock off", &[Consequence]),
    ("booking from nowhere", &[Consequence]),
    ("rejected with stock left", &[Consequence]),
    // Queues.
    ("item delivered twice", &[Twice]),
    ("item resurrected", &[Twice, Order]),
    ("item duplicated", &[Twice, Order]),
    ("stack duplicated", &[Twice, Order]),
    ("item lost", &[Collateral]),
    ("reverse lost", &[Order]),
    ("misplaced item", &[Order]),
    ("wrong item taken", &[Order]),
    ("item gone", &[Collateral]),
    ("item from nowhere", &[Twice]),
    ("items out of order", &[Order]),
    // Texts and cells.
    ("lost character", &[Text, Overwrite]),
    ("duplicated character", &[Text]),
    ("resurrected character", &[Text]),
    ("misplaced character", &[Text]),
    ("interleaved run", &[Text]),
    ("wrong character erased", &[Text]),
    ("character from nowhere", &[Consequence]),
    ("lost cell", &[Collateral, Order]),
    ("duplicated cell", &[Order]),
    ("resurrected cell", &[Overwrite]),
    ("cell gone", &[Collateral, Order]),
    ("cell from nowhere", &[Consequence]),
    ("misplaced cell", &[Order]),
    ("orphaned edit", &[Overwrite]),
    ("stale output", &[Consequence]),
    ("lost output", &[Overwrite]),
    // Presence: the next movement of the cursor repairs it.
    ("ghost cursor", &[Consequence]),
    ("lost cursor", &[Consequence]),
    ("stale cursor", &[Consequence]),
    ("cursor of the crashed", &[Consequence]),
    ("cursor from nowhere", &[Consequence]),
];

/// What a finding does. For a kind of a product's own workload only its oracle knows more.
pub fn harms(finding: &Finding) -> &'static [Harm] {
    match HARMS.iter().find(|(kind, _)| *kind == finding.kind) {
        Some((_, harms)) => harms,
        None if finding.lost => &[Own],
        None => &[Consequence],
    }
}

/// The answer that does not allow this harm in this part of the data, by the name of its field, and what it says as a clause;
/// `None` where it is allowed.
pub fn forbids(answers: &Answers, harm: Harm, part: &Part) -> Option<(&'static str, &'static str)> {
    let invariant = answers.invariant;
    let text = answers.data.contains(&Data::Text) || part.is_named() && part.has_text();
    let broken = match invariant {
        Invariant::None => None,
        Invariant::NoOversell => Some(("booking", "nothing may be sold beyond the stock")),
        Invariant::EachItemOnce => Some(("booking", "nobody may get what somebody else got")),
        Invariant::AllOrNothing => Some(("record", "what one operation changes must be seen together")),
    };
    match harm {
        Overwrite if !answers.overwrite => Some(("overwrite", "no value may be replaced unseen")),
        // A team that lets one of two values win has not agreed that others are lost with it.
        Collateral if !answers.overwrite => Some(("overwrite", "no work may vanish unseen")),
        Collateral => Some(("data", "work is gone where nobody else worked at the same place")),
        Oversell if invariant == Invariant::NoOversell => broken.map(|(_, clause)| ("invariant", clause)),
        Twice if invariant == Invariant::EachItemOnce => broken.map(|(_, clause)| ("invariant", clause)),
        Torn if invariant == Invariant::AllOrNothing => broken.map(|(_, clause)| ("invariant", clause)),
        Own if !answers.overwrite => Some(("overwrite", "no work may vanish unseen")),
        Own => Some(("data", "what a user was told stands is not so")),
        Screen => {
            broken.filter(|(on, _)| part.is_named() || *on == part.workload).map(|(_, clause)| ("invariant", clause))
        }
        Unrefused if answers.refuse => Some(("refuse", "operations that others have made impossible must be refused")),
        Order if answers.order => Some(("order", "what users move must be there once, and where they put it")),
        Text if answers.long_text => Some(("long_text", "a text must say what was typed")),
        Text if text => Some(("data", "a text must say what was typed")),
        Undo if answers.undo => Some(("undo", "an undo must take back its operation, and nothing else")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use syncbench_harness::oracles;
    use syncbench_harness::workloads::WORKLOADS;

    use super::super::shapes::parts;
    use super::*;

    fn part(data: Data) -> Part {
        parts(&Answers { data: vec![data], ..Answers::default() }, WORKLOADS).remove(0)
    }

    #[test]
    fn every_kind_of_finding_has_its_harm_and_every_harm_is_of_a_kind() {
        let kinds = WORKLOADS.iter().flat_map(|spec| spec.kinds.iter()).chain(oracles::KINDS);
        let known: BTreeSet<&str> = kinds.map(|kind| kind.name).collect();
        let mapped: BTreeSet<&str> = HARMS.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(mapped, known);
        assert_eq!(mapped.len(), HARMS.len(), "a kind stands twice");
    }

    #[test]
    fn only_a_consequence_rules_nothing_out_whatever_is_answered() {
        let strict = |invariant| Answers {
            invariant,
            refuse: true,
            overwrite: false,
            order: true,
            long_text: true,
            undo: true,
            ..Answers::default()
        };
        for (kind, harms) in HARMS {
            let part = part(if *kind == "torn save" { Data::Records } else { Data::Stock });
            for harm in *harms {
                let ruled = Invariant::ALL.iter().any(|one| forbids(&strict(*one), *harm, &part).is_some());
                assert_eq!(ruled, *harm != Consequence, "{kind}: {harm:?}");
            }
        }
    }

    #[test]
    fn a_team_that_tolerates_overwriting_has_not_allowed_that_other_work_vanishes() {
        let relaxed = Answers { overwrite: true, ..Answers::default() };
        let records = part(Data::Records);
        assert_eq!(forbids(&relaxed, Overwrite, &records), None);
        assert_eq!(forbids(&relaxed, Collateral, &records).map(|(answer, _)| answer), Some("data"));
        let strict = Answers { overwrite: false, ..Answers::default() };
        assert_eq!(forbids(&strict, Overwrite, &records).map(|(answer, _)| answer), Some("overwrite"));
    }

    #[test]
    fn a_kind_that_nobody_here_knows_rules_out_whatever_is_answered_if_it_lost_an_operation() {
        let finding =
            |lost| Finding { kind: "vote lost".into(), count: 1, example: String::new(), lost, ops: Vec::new() };
        assert_eq!((harms(&finding(true)), harms(&finding(false))), (&[Own][..], &[Consequence][..]));
        for (overwrite, answer) in [(true, "data"), (false, "overwrite")] {
            let answers = Answers { overwrite, ..Answers::default() };
            assert_eq!(forbids(&answers, Own, &part(Data::Records)).map(|(answer, _)| answer), Some(answer));
        }
    }
}
