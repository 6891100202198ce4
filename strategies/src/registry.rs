//! Every strategy that is compiled in.

use crate::names;
use crate::selector::{Selector, SelectorError};
use crate::spec::{Configured, Spec};

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
    &crate::escrow::SPEC,
    &crate::ephemeral::presence::SPEC,
];

/// A strategy that a feature compiles in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optional {
    /// Its name.
    pub name: &'static str,
    /// What `--features` needs.
    pub feature: &'static str,
    /// One line, the same as in its spec.
    pub summary: &'static str,
}

impl Optional {
    /// Why it is missing, and what to do about it.
    pub fn reason(&self) -> String {
        format!("not compiled in: build with --features {}", self.feature)
    }
}

/// Every strategy that some builds leave out; its spec is missing there.
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

/// The spec with this name.
pub fn find(name: &str) -> Option<&'static Spec> {
    STRATEGIES.iter().copied().find(|spec| spec.name == name)
}

/// Makes the strategy that `selector` names, with its parameters checked.
pub fn configure(selector: &Selector) -> Result<Configured, SelectorError> {
    configure_from(STRATEGIES, selector)
}

/// The same from a list of specs, such as this one with a custom strategy added.
pub fn configure_from(specs: &[&'static Spec], selector: &Selector) -> Result<Configured, SelectorError> {
    if let Some(spec) = specs.iter().copied().find(|spec| spec.name == selector.name) {
        return spec.configure(selector);
    }
    let expected = match left_out().find(|optional| optional.name == selector.name) {
        Some(optional) => optional.reason(),
        None => unknown(specs, &selector.name),
    };
    Err(SelectorError::new(selector.to_string(), expected))
}

/// What to say of a name that neither `specs` nor those that this build leaves out have.
fn unknown(specs: &[&'static Spec], written: &str) -> String {
    let known = || specs.iter().map(|spec| (spec.name, spec.summary));
    let every = known().chain(left_out().map(|optional| (optional.name, optional.summary)));
    let meant = names::nearest(written, every);
    match left_out().find(|optional| meant == [optional.name]) {
        Some(Optional { name, feature, .. }) => {
            format!("no such strategy: did you mean `{name}`? It is not compiled in: build with --features {feature}")
        }
        None => names::unknown("strategy", written, "all or ", known()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strategies_that_a_build_may_leave_out_are_listed_with_the_summary_of_their_spec() {
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
            let spec = find(optional.name);
            assert_eq!(spec.is_some(), on, "{feature}");
            assert_eq!(left_out().any(|left_out| left_out == optional), !on, "{feature}");
            assert!(spec.is_none_or(|spec| spec.summary == optional.summary), "{}", optional.name);
        }
    }
}
