//! When a server has less than its clients, or another document: it was restored from a backup, or made anew.
//!
//! An order of operations alone does not tell: place 7 of the order that was lost looks like place 7 of the one that came
//! after it. So a server that was installed anew has an *epoch*, drawn then, and a client joins with the epoch of what it
//! has. A client of another epoch gets the whole state, and starts over with it. The epoch of the first install is 0 and is
//! neither sent nor saved.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::Rejected;
use crate::replica::{ProtocolError, Setup};
use crate::wire::{decode, encode};

/// The epoch of a server's order.
pub(crate) fn epoch(setup: &Setup) -> u64 {
    if setup.identity().install == 0 { 0 } else { xxh3_64(&setup.id_seed().to_le_bytes()) | 1 }
}

/// In front of what only servers and clients of a later epoch send; no message of theirs begins so otherwise.
const LATER: u8 = 0xff;

/// What a client of another epoch gets: everything.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun<S> {
    pub(crate) epoch: u64,
    /// The place in the order at which this is the state.
    pub(crate) seq: u64,
    pub(crate) state: S,
    /// The receiver's last operation in it.
    pub(crate) last: u64,
}

impl<S: Serialize> Begun<S> {
    /// As a message.
    pub(crate) fn write(&self) -> Vec<u8> {
        [&[LATER][..], &encode(self)].concat()
    }
}

impl<S: DeserializeOwned> Begun<S> {
    /// From a message to a client; `None` where it is another.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, ProtocolError> {
        bytes.strip_prefix(&[LATER]).map(decode).transpose()
    }
}

/// A join of a client whose state is of this epoch.
pub(crate) fn join_in<T: Serialize>(epoch: u64, join: &T) -> Vec<u8> {
    if epoch == 0 { encode(join) } else { [&[LATER][..], &encode(&epoch), &encode(join)].concat() }
}

/// A message to a server, and the epoch that it names.
pub(crate) fn named(bytes: &[u8]) -> Result<(u64, &[u8]), ProtocolError> {
    match bytes.strip_prefix(&[LATER]) {
        Some(rest) => postcard::take_from_bytes(rest).map_err(ProtocolError::malformed),
        None => Ok((0, bytes)),
    }
}

/// What a client saves that has a state of this epoch.
pub(crate) fn save<T: Serialize>(state: &T, epoch: u64) -> Vec<u8> {
    let mut bytes = encode(state);
    if epoch != 0 {
        bytes.extend(encode(&epoch));
    }
    bytes
}

/// What [`save`] has saved.
pub(crate) fn load<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, u64), ProtocolError> {
    let (state, rest) = postcard::take_from_bytes(bytes).map_err(ProtocolError::malformed)?;
    let epoch = if rest.is_empty() { 0 } else { decode(rest)? };
    Ok((state, epoch))
}

/// Why an operation has no verdict that was pending when its client started over: the order has its number already.
pub(crate) fn outcome_unknown() -> Rejected {
    Rejected::new("outcome_unknown", "the server no longer knows what became of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_epoch_takes_no_room_and_others_are_saved() {
        let state = (7u64, "text".to_owned());
        assert_eq!(save(&state, 0), encode(&state));
        for epoch in [0, 1, u64::MAX] {
            assert_eq!(load::<(u64, String)>(&save(&state, epoch)).unwrap(), (state.clone(), epoch));
        }
        let begun = Begun { epoch: 5, seq: 7, state: "text".to_owned(), last: 2 };
        assert!(Begun::<String>::read(&begun.write()).unwrap().is_some_and(|read| (read.epoch, read.last) == (5, 2)));
        assert!(Begun::<String>::read(&[0, 7]).unwrap().is_none() && Begun::<String>::read(&[LATER, 5]).is_err());
        for epoch in [0, 1, 300] {
            let join = join_in(epoch, &7u64);
            let (named, join) = named(&join).unwrap();
            assert_eq!((named, decode::<u64>(join)), (epoch, Ok(7)));
        }
        assert!(load::<(u64, String)>(&[save(&state, 3), vec![0]].concat()).is_err());
    }
}
