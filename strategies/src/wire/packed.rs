//! Values that are kept as they travel.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{bytes, decode, encode};
use crate::replica::ProtocolError;

/// A value in its encoded form, for what is kept more often than read: many small edits, as index by index through a list,
/// are several times as large once decoded.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Packed<T: ?Sized>(#[serde(with = "bytes")] Arc<[u8]>, #[serde(skip)] PhantomData<fn(&T)>);

impl<T: ?Sized + Serialize + ToOwned<Owned: DeserializeOwned>> Packed<T> {
    pub(crate) fn of(value: &T) -> Self {
        Self(encode(&value).into(), PhantomData)
    }

    /// The value. Fails on bytes that are none.
    pub(crate) fn unpack(&self) -> Result<T::Owned, ProtocolError> {
        decode(&self.0)
    }
}

impl<T: ?Sized> Clone for Packed<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T: ?Sized> PartialEq for Packed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: ?Sized> Eq for Packed<T> {}

impl<T: ?Sized> fmt::Debug for Packed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.0.len())
    }
}
