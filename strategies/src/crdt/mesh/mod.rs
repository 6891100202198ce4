//! A client whose library merges updates: everything it needs to be a strategy.
//!
//! A client plans on its own view, commits, and sends the library's own update to its peers. There is no server. Updates that
//! arrive in one turn of the event loop are merged in one call. When a connection opens, peers tell each other their versions
//! and send what the other lacks; every later update follows. An update that arrives before its dependencies waits inside the
//! library's document.
//!
//! A forged update with a valid checksum may make a library panic, which leaves its document unusable. The client then
//! starts again from the genesis, under a new author, and asks its peers for the rest. A product has to authenticate its peers.

mod format;
mod gossip;
mod library;
mod peer;
#[cfg(all(test, any(feature = "loro", feature = "diamond")))]
mod tests;
mod window;

use std::marker::PhantomData;

#[cfg(any(feature = "loro", feature = "diamond"))]
pub(super) use self::format::Sealed;
pub(super) use self::format::{Format, Message};
use self::gossip::Gossip;
pub(super) use self::library::{Committed, Difference, Library, Merged, Missing, begin, restore};
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(super) use self::library::{Span, beyond, new_author};
#[cfg(feature = "automerge")]
pub(super) use self::peer::MERGE;
pub(super) use self::peer::{Exchange, Local, Peer};
pub(super) use self::window::Window;
use crate::document::Document;
use crate::replica::{ProtocolError, Replica, Setup, Strategy};

/// A mesh of such clients.
pub(super) struct Mesh<L> {
    window: Window,
    library: PhantomData<fn() -> L>,
}

impl<L: Library> Mesh<L> {
    pub(super) fn new(window: Window) -> Self {
        Self { window, library: PhantomData }
    }

    fn peer(&self, setup: &Setup, doc: L) -> Box<dyn Replica> {
        Box::new(Peer::new(self.window.clone(), setup, doc, Gossip::new(setup)))
    }
}

impl<L: Library> Strategy for Mesh<L> {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        L::genesis(document)
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.peer(setup, begin(&setup.genesis))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.peer(setup, restore(durable)?))
    }
}
