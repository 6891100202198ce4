//! What an operation means: one pure function, the same for every strategy.
//!
//! A typed [`Model`] says what its operations do; [`erase`] turns it into the [`ErasedModel`] that strategies hold. To a
//! strategy an [`Operation`] is bytes that decode only inside the model, so what travels is what a product would send.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::document::{Document, Edit, EditError};
use crate::view::View;

/// A user's intent, encoded by its model.
#[derive(Clone, PartialEq, Eq)]
pub struct Operation(Arc<[u8]>);

/// As bytes: read one by one they would take several times as long.
impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Operation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of an operation")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Operation, E> {
                Ok(Operation::from_bytes(bytes))
            }

            // Formats without bytes of their own, such as JSON.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Operation, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Operation(bytes.into()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

impl Operation {
    /// Encodes a typed operation.
    pub fn encode<O: Serialize>(op: &O) -> Self {
        // Postcard refuses only sequences of unknown length, which no plain data type has.
        Self(postcard::to_stdvec(op).expect("operations are plain data").into())
    }

    /// From untrusted bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The typed operation; `None` if the bytes are none.
    pub fn decode<O: DeserializeOwned>(&self) -> Option<O> {
        match postcard::take_from_bytes(&self.0) {
            Ok((op, [])) => Some(op),
            _ => None,
        }
    }

    /// The bytes that travel.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({} bytes)", self.0.len())
    }
}

/// What an operation gives its user: the popped item, the booking number, nothing.
pub type Outcome = Document;

/// What an operation means on a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The changes, each on the state after the one before.
    pub edits: Vec<Edit>,
    /// What the user gets.
    pub outcome: Outcome,
}

impl Plan {
    /// A plan whose user gets nothing but the change itself.
    pub fn new(edits: Vec<Edit>) -> Self {
        Self { edits, outcome: Document::Null }
    }

    /// The same plan with an outcome.
    #[must_use]
    pub fn with_outcome(self, outcome: impl Into<Document>) -> Self {
        Self { outcome: outcome.into(), ..self }
    }
}

/// Why an operation is rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// A short word for counting: `empty`, `gone`, `malformed`.
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub detail: String,
}

impl Rejected {
    /// The code of an operation that the model would have allowed and the strategy gave up on: it did not happen.
    pub const STARVED: &'static str = "starved";

    /// A reason with its code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), detail: detail.into() }
    }

    /// An undo whose target is no longer remembered.
    pub(crate) fn too_old(target: impl fmt::Display) -> Self {
        Self::new("too_old", format!("{target} is no longer remembered"))
    }

    /// An undo that would also undo what others did since.
    pub(crate) fn depended_upon() -> Self {
        Self::new("depended_upon", "its places hold something else by now")
    }

    /// An operation whose number is in the order with another content: two clients run under one name.
    pub(crate) fn number_taken() -> Self {
        Self::new("number_taken", "another operation came under this client's name and number")
    }
}

/// A plan whose edits do not fit the state that it was made on.
impl From<EditError> for Rejected {
    fn from(error: EditError) -> Self {
        Self::new("edit_refused", error.to_string())
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// A product's operations and what they mean.
pub trait Model: Send + Sync + 'static {
    /// The operations, as plain data.
    type Op: Serialize + DeserializeOwned + fmt::Debug;

    /// "Given what I see, this operation means these edits and gives the user this outcome", or why it makes no sense.
    ///
    /// Pure: the same view and operation give the same answer, on every replica.
    fn plan(&self, view: &dyn View, op: &Self::Op) -> Result<Plan, Rejected>;
}

/// A [`Model`] without its type, as strategies hold it.
pub trait ErasedModel: Send + Sync {
    /// [`Model::plan`]; bytes that are no operation are rejected with the code `malformed`.
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected>;

    /// The operation in words, for traces and diagrams.
    fn describe(&self, operation: &Operation) -> String;
}

/// A shared, erased model.
pub type ModelRef = Arc<dyn ErasedModel>;

struct Erased<M>(M);

impl<M: Model> ErasedModel for Erased<M> {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        match operation.decode::<M::Op>() {
            Some(op) => self.0.plan(view, &op),
            None => Err(Rejected::new("malformed", "these bytes are no operation of the model")),
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        match operation.decode::<M::Op>() {
            Some(op) => format!("{op:?}"),
            None => "malformed".into(),
        }
    }
}

/// Erases a model's type.
pub fn erase<M: Model>(model: M) -> ModelRef {
    Arc::new(Erased(model))
}

/// The state reducer: plans `operation` on `document` and applies it there. If it is rejected, nothing has changed.
pub fn reduce(model: &dyn ErasedModel, document: &mut Document, operation: &Operation) -> Result<Outcome, Rejected> {
    let plan = model.plan(document, operation)?;
    match &plan.edits[..] {
        // One edit changes nothing if it fails, so no inverse is kept.
        [edit] => drop(document.apply(edit)?),
        edits => drop(document.apply_all(edits)?),
    }
    Ok(plan.outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_its_bytes_in_every_format() {
        let operation = Operation::encode(&"pop");
        let bytes = postcard::to_stdvec(&operation).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(operation.bytes()).unwrap());
        assert_eq!(postcard::from_bytes(&bytes), Ok(operation.clone()));
        assert!(postcard::from_bytes::<Operation>(&bytes[..2]).is_err());
        let json = serde_json::to_string(&operation).unwrap();
        assert_eq!(json, "[3,112,111,112]");
        assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), operation);
    }
}
