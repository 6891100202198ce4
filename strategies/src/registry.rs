//! Every strategy that is compiled in.

use std::collections::BTreeMap;
use std::fmt;

use crate::replica::Strategy;
use crate::selector::{Selector, SelectorError};
use crate::spec::{Params, Spec};

/// One line per strategy: add yours here, next to nothing else.
pub static STRATEGIES: &[&Spec] = &[
    &crate::serial::reducer::SPEC,
    &crate::serial::optimistic::SPEC,
    &crate::serial::patches::SPEC,
    &crate::serial::cas::SPEC,
    &crate::ot::jupiter::SPEC,
    #[cfg(feature = "automerge")]
    &crate::crdt::automerge::SPEC,
    #[cfg(feature = "yrs")]
    &crate::crdt::yrs::SPEC,
    &crate::lww::document::SPEC,
    &crate::ephemeral::presence::SPEC,
];

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
