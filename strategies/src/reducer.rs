//! A product's own reducer as a model.
//!
//! The product keeps its state as plain data and changes it in place. The operation runs on a copy of the user's view; its
//! edits are the difference between before and after, as in Immer's `produceWithPatches`.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use syncbench_strategies::document::{Document, Edit, to_document};
//! use syncbench_strategies::model::{Model, Rejected};
//! use syncbench_strategies::path;
//! use syncbench_strategies::reducer::{Reduced, Reducer};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Light {
//!     on: bool,
//! }
//!
//! struct Switch;
//!
//! impl Reducer for Switch {
//!     type State = Light;
//!     type Op = bool;
//!     type Outcome = ();
//!
//!     fn reduce(&self, light: &mut Light, on: &bool) -> Result<(), Rejected> {
//!         if light.on == *on {
//!             return Err(Rejected::new("as_it_is", "nothing to do"));
//!         }
//!         light.on = *on;
//!         Ok(())
//!     }
//! }
//!
//! let dark = to_document(&Light { on: false })?;
//! let plan = Reduced(Switch).plan(&dark, &true).unwrap();
//! assert_eq!(plan.edits, [Edit::Put { path: path!["on"], value: true.into() }]);
//! assert_eq!(Reduced(Switch).plan(&dark, &false).unwrap_err().code, "as_it_is");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{BridgeError, diff, from_document, to_document};
use crate::model::{Model, Plan, Rejected};
use crate::view::View;

/// State and operations as plain data, and how an operation changes the state.
pub trait Reducer: Send + Sync + 'static {
    /// The state. Fields that are edited by adding or splicing say so: see [`crate::document::serde_bridge`].
    type State: Serialize + DeserializeOwned;
    /// The operations.
    type Op: Serialize + DeserializeOwned + fmt::Debug;
    /// What the user gets.
    type Outcome: Serialize;

    /// Changes the state, or says why the operation makes no sense on it; then all changes are dropped.
    ///
    /// Pure: the same state and operation give the same result on every replica.
    fn reduce(&self, state: &mut Self::State, op: &Self::Op) -> Result<Self::Outcome, Rejected>;
}

/// A [`Reducer`] as a [`Model`]. Rejects with `unreadable` if the view is no state of the product (a merge may have left
/// half of one), and with `unwritable` if the new state cannot be a document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reduced<R>(pub R);

impl<R: Reducer> Model for Reduced<R> {
    type Op = R::Op;

    fn plan(&self, view: &dyn View, op: &R::Op) -> Result<Plan, Rejected> {
        let before = view.document();
        let mut state: R::State =
            from_document(&before).map_err(|error| Rejected::new("unreadable", error.to_string()))?;
        let outcome = self.0.reduce(&mut state, op)?;
        let unwritable = |error: BridgeError| Rejected::new("unwritable", error.to_string());
        let after = to_document(&state).map_err(unwritable)?;
        Ok(Plan::new(diff(&before, &after)).with_outcome(to_document(&outcome).map_err(unwritable)?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::document::Document;
    use crate::model::{Operation, erase, reduce};

    struct Votes;

    impl Reducer for Votes {
        type State = BTreeMap<String, i64>;
        type Op = String;
        type Outcome = i64;

        fn reduce(&self, votes: &mut BTreeMap<String, i64>, name: &String) -> Result<i64, Rejected> {
            let count = votes.get_mut(name).ok_or_else(|| Rejected::new("unknown", name.as_str()))?;
            *count += 1;
            Ok(*count)
        }
    }

    #[test]
    fn an_operation_becomes_its_edits_and_outcome() {
        let mut document = Document::map([("a", Document::Int(1)), ("b", Document::Int(5))]);
        let model = erase(Reduced(Votes));
        let vote = |name: &str| Operation::encode(&name.to_owned());
        assert_eq!(reduce(&*model, &mut document, &vote("b")), Ok(Document::Int(6)));
        assert_eq!(document.to_string(), "{a:1,b:6}");
        assert_eq!(reduce(&*model, &mut document, &vote("c")).unwrap_err().code, "unknown");
        let mut broken = Document::map([("a", "many")]);
        assert_eq!(reduce(&*model, &mut broken, &vote("a")).unwrap_err().code, "unreadable");
        assert_eq!(broken, Document::map([("a", "many")]));
    }
}
