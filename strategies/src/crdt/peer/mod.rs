//! Replicas whose library merges updates: everything they need to be a strategy.
//!
//! A client plans on its own view, commits, and sends the library's own update: to the relay in a star, to every other client
//! in a mesh. The relay holds a copy of the library's document. It merges what arrives and then forwards the update as it
//! arrived. Updates that arrive in one turn of the event loop are merged in one call. When a connection opens, its two ends
//! tell each other their versions and send what the other lacks; every later update follows. So a newcomer gets everything
//! from the relay, and what a client missed waits there for it. An update that arrives before its dependencies waits inside
//! the library's document.
//!
//! A forged update with a valid checksum may make a library panic, which leaves its document unusable. The replica then
//! starts again from the genesis, under a new author, and asks its peers for the rest. A product has to authenticate its peers.

mod format;
mod gossip;
mod library;
mod replica;
#[cfg(all(test, any(feature = "loro", feature = "diamond")))]
mod tests;
mod window;

use std::marker::PhantomData;
use std::time::Duration;

#[cfg(any(feature = "loro", feature = "diamond"))]
pub(super) use self::format::Sealed;
pub(super) use self::format::{Format, Message};
use self::gossip::Gossip;
pub(super) use self::library::{Committed, Difference, Library, Merged, Missing, begin, restore};
#[cfg(any(feature = "loro", feature = "diamond"))]
pub(super) use self::library::{Span, beyond, new_author};
#[cfg(feature = "automerge")]
pub(super) use self::replica::MERGE;
use self::replica::Peer;
pub(super) use self::replica::{Exchange, Local};
#[cfg(feature = "automerge")]
pub(super) use self::window::FLUSH;
pub(super) use self::window::Window;
use crate::document::Document;
use crate::params::Params;
use crate::relay;
use crate::replica::{Mishap, NodeId, ProtocolError, Replica, Setup, Strategy, Topology};
use crate::send_window::SendWindow;
use crate::spec::{Guarantees, Support, WINDOW};

/// A group of such replicas.
pub(super) struct Peers<L, X = Gossip<L>> {
    topology: Topology,
    window: Window,
    replicas: PhantomData<fn() -> (L, X)>,
}

impl<L: Library, X: Exchange<L>> Peers<L, X> {
    /// With the parameters that all libraries have.
    pub(super) fn new(params: &Params) -> Self {
        let window = Window::new(SendWindow::new(params.span(WINDOW.name)));
        Self { topology: relay::topology(params), window, replicas: PhantomData }
    }

    /// All operations that go out together become one change.
    #[cfg(feature = "automerge")]
    pub(super) fn with_whole_windows(self) -> Self {
        Self { window: self.window.into_one_change(), ..self }
    }

    fn peer(&self, setup: &Setup, doc: L) -> Box<dyn Replica> {
        // A relay has no user who undoes anything.
        let setup = Setup { undo: setup.undo && setup.node != NodeId::SERVER, ..setup.clone() };
        Box::new(Peer::<L, X>::new(self.window.clone(), &setup, doc))
    }
}

impl<L: Library, X: Exchange<L>> Strategy for Peers<L, X> {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        L::genesis(document)
    }

    fn rebuild(&self, document: &Document, seed: u64) -> Vec<u8> {
        L::rebuild(document, seed)
    }

    fn mishap(&self, mishap: Mishap) -> Support {
        L::mishap(mishap)
    }

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        relay::claims(self.topology, X::guarantees(defaults))
    }

    fn topology(&self, _: Topology) -> Topology {
        self.topology
    }

    fn send_window(&self) -> Duration {
        self.window.span()
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        self.peer(setup, begin(&setup.genesis))
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        Ok(self.peer(setup, restore(durable)?))
    }
}
