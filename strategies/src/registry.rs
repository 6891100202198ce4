//! Every strategy that is compiled in.

use std::collections::BTreeMap;
use std::fmt;

use crate::replica::Strategy;
use crate::selector::{Selector, SelectorError};
use crate::spec::{Guarantees, Params, Spec};

/// One line per strategy: add yours here, next to nothing else.
pub static STRATEGIES: &[&Spec] = &[
    &crate::serial::reducer::SPEC,
    &crate::serial::optimistic::SPEC,
    &crate::serial::patches::SPEC,
    &crate::serial::cas::SPEC,
    &crate::ot::jupiter::SPEC,
    &crate::hybrid::router::SPEC,
    &crate::ids::text_ids::SPEC,
    #[cfg(feature = "automerge")]
    &crate::crdt::automerge::SPEC,
    #[cfg(feature = "yrs")]
    &crate::crdt::yrs::SPEC,
    #[cfg(feature = "loro")]
    &crate::crdt::loro::SPEC,
    #[cfg(feature = "diamond")]
    &crate::crdt::diamond::SPEC,
    &crate::lww::document::SPEC,
    &crate::lww::property::SPEC,
    &crate::lww::hlc::SPEC,
    &crate::lww::hlc::relay::SPEC,
    &crate::escrow::bounded::SPEC,
    &crate::ephemeral::presence::SPEC,
];

/// A strategy that a feature compiles in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optional {
    /// Its name.
    pub name: &'static str,
    /// What `--features` needs.
    pub feature: &'static str,
    /// One line, the same as on its card.
    pub summary: &'static str,
}

impl Optional {
    /// Why it is not there, and what to do about it.
    pub fn reason(&self) -> String {
        format!("not compiled in: build with --features {}", self.feature)
    }
}

/// Every strategy that some builds leave out: what is known of them where their cards are not.
pub static OPTIONAL: &[Optional] = &[
    Optional {
        name: "crdt-automerge",
        feature: "automerge",
        summary: "automerge: every client merges everybody's changes",
    },
    Optional { name: "crdt-yrs", feature: "yrs", summary: "Yjs in Rust: every client merges everybody's updates" },
    Optional {
        name: "crdt-loro",
        feature: "loro",
        summary: "Loro: every client merges everybody's updates, with moves and counters of the library's own",
    },
    Optional {
        name: "crdt-diamond",
        feature: "diamond",
        summary: "diamond-types: every client merges everybody's patches of one plain text",
    },
];

/// Those of [`OPTIONAL`] that this build leaves out.
pub fn left_out() -> impl Iterator<Item = &'static Optional> {
    OPTIONAL.iter().filter(|optional| find(optional.name).is_none())
}

/// A strategy with its parameters, ready to make replicas.
pub struct Configured {
    /// As it was written; the name in tables.
    pub label: String,
    /// Its card.
    pub spec: &'static Spec,
    /// Every parameter with its value.
    pub params: BTreeMap<String, String>,
    /// Makes replicas.
    pub strategy: Box<dyn Strategy>,
}

impl Configured {
    /// What it claims with these parameters.
    pub fn guarantees(&self) -> Guarantees {
        self.strategy.guarantees(self.spec.guarantees)
    }
}

impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// The card with this name.
pub fn find(name: &str) -> Option<&'static Spec> {
    STRATEGIES.iter().copied().find(|spec| spec.name == name)
}

/// Makes the strategy that `selector` names, with its parameters checked.
pub fn configure(selector: &Selector) -> Result<Configured, SelectorError> {
    configure_from(STRATEGIES, selector)
}

/// The same among strategies of one's own choice.
pub fn configure_from(specs: &[&'static Spec], selector: &Selector) -> Result<Configured, SelectorError> {
    let spec = specs.iter().copied().find(|spec| spec.name == selector.name).ok_or_else(|| {
        if let Some(optional) = left_out().find(|optional| optional.name == selector.name) {
            return SelectorError::new(selector.to_string(), optional.reason());
        }
        let names: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        SelectorError::new(
            selector.to_string(),
            format!("no such strategy: expected all or one of {}", names.join(", ")),
        )
    })?;
    if selector.window.is_some() {
        return Err(SelectorError::new(selector.to_string(), "a strategy has no time window"));
    }
    let params = Params::check(selector, spec.params)?;
    Ok(Configured { label: selector.to_string(), spec, params: params.shown(), strategy: (spec.build)(&params) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_may_leave_out_is_known_in_the_words_of_its_card() {
        let features = [
            ("automerge", cfg!(feature = "automerge")),
            ("yrs", cfg!(feature = "yrs")),
            ("loro", cfg!(feature = "loro")),
            ("diamond", cfg!(feature = "diamond")),
        ];
        assert_eq!(
            OPTIONAL.iter().map(|optional| optional.feature).collect::<Vec<_>>(),
            features.map(|(name, _)| name)
        );
        for (optional, (feature, on)) in OPTIONAL.iter().zip(features) {
            let card = find(optional.name);
            assert_eq!(card.is_some(), on, "{feature}");
            assert_eq!(left_out().any(|left_out| left_out == optional), !on, "{feature}");
            assert!(card.is_none_or(|card| card.summary == optional.summary), "{}", optional.name);
        }
    }
}
