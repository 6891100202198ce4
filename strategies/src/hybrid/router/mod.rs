//! `hybrid`: texts by one strategy, everything else by another, over one connection, as in Livebook.
//!
//! In Livebook the source of a cell is edited by operational transformation, and all else (cells, their order, their
//! outputs) goes through one process in one order; the deltas have their places in that same order. Here any two strategies
//! that share a server can be combined so. An operation that only types in texts on the route goes to the text strategy;
//! every other one is planned by the other strategy on the whole document, with the texts as they are in that place. Both
//! use one connection, which keeps the order between them.
//!
//! A text comes into being where the other strategy puts it. The server sees that and begins it at the text strategy,
//! through a client in the same process (the *resident*), right after it has told everybody of the operation that made the
//! place: replicas that reduce that operation read the texts before.
//! Typing in a text that the text strategy does not have yet waits: if the other strategy is optimistic, until the
//! server has ordered the text. What was typed in a text whose place is removed is kept, and shows again when the place
//! is restored as it was, as a cell is restored from Livebook's bin.
//!
//! `serial` gives a returning client a snapshot, as Livebook does: missed operations would have to be reduced again among
//! the texts of their time. For the same reason the rest joins again after the text strategy has been behind: when it had to
//! pass over what it was told (a document while a change is inflight, a place that somebody else's change took under its
//! name), what the rest was told meanwhile belongs to texts that never were on this client.
//!
//! Source: Livebook's `Session.Data`; the routing by path is ours.
//!
//! Trade-offs: typing is as fast as the text strategy, and everything that must not go wrong is ordered; but an operation
//! cannot do both. An operation that is reduced again because another one was undone reads the texts as they are by then.

mod again;
mod client;
mod lanes;
mod replica;
mod request;
mod server;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::book::{Book, Lane};
use super::merged::Merged;
use super::models::{Reading, RestModel, TextModel};
use super::overlaid::Base;
use super::route::Route;
use crate::document::{Document, EditKind};
use crate::model::erase;
use crate::node::NodeId;
use crate::replica::{ProtocolError, Replica, Setup, Strategy, Topology};
use crate::selector::{Selector, format_span};
use crate::spec::{Configured, Content, Growth, Guarantees, Param, ParamKind, Params, Spec, Support, Versions, WINDOW};
use crate::wire::{decode, encode};
use crate::{ids, lww, ot, serial};
use replica::{Router, base_view};
use server::RESIDENT;
use state::{ClientState, ServerState};

/// The spec.
pub static SPEC: Spec = Spec {
    name: "hybrid",
    family: "hybrid",
    summary: "texts by operational transformation, everything else through the server's order, over one connection",
    source: "Livebook (Session.Data)",
    library: None,
    topology: Topology::Star,
    guarantees: Guarantees {
        converges: true,
        tolerates_duplicates: true,
        works_offline_in_part: true,
        can_refuse: true,
        needs_server: true,
        grows: Growth::absence("the server keeps every change of a text that it has missed"),
        versions: Versions::Server("its logs have the last operations and the last changes of texts"),
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "route",
            kind: ParamKind::Paths,
            default: "**",
            help: "the texts that go to the text strategy: keys between slashes, * for any one, ** for any number of them, \
                   such as cells/*/source. The default takes all texts reached through maps, as every cell's source is \
                   in Livebook",
        },
        Param {
            name: "text",
            kind: ParamKind::Choice(&["ot", "text-ids"]),
            default: "ot",
            help: "the strategy for texts; ot as in Livebook",
        },
        Param {
            name: "rest",
            kind: ParamKind::Choice(&["serial", "serial-optimistic", "serial-patches", "lww-property", "ot"]),
            default: "serial",
            help: "the strategy for everything else; serial as in Livebook",
        },
        Param {
            name: "buffer",
            kind: ParamKind::Choice(&["composed", "queued"]),
            default: "composed",
            help: "passed to `ot`: how operations wait while a change is inflight",
        },
        WINDOW,
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Emulated("by the strategy that carried the operation"),
    build: |params: &Params| Box::new(Hybrid::new(params)),
};

/// The choices of the parameter `text`.
static TEXT: &[&Spec] = &[&ot::jupiter::SPEC, &ids::text_ids::SPEC];

/// The choices of the parameter `rest`.
static REST: &[&Spec] = &[
    &serial::reducer::SPEC,
    &serial::optimistic::SPEC,
    &serial::patches::SPEC,
    &lww::property::SPEC,
    &ot::jupiter::SPEC,
];

/// The strategy among `choices` with this name.
fn part(choices: &[&'static Spec], name: &str, params: &Params) -> Configured {
    let own = match name {
        "ot" => vec![("buffer", params.choice("buffer").into()), ("ahead", "start-over".into())],
        "serial" => vec![("rejoin", "snapshot".into())],
        _ => Vec::new(),
    };
    let window = (WINDOW.name, format_span(params.span(WINDOW.name)));
    let named = own.into_iter().chain([window]).map(|(key, value)| (key.into(), value)).collect();
    let selector = Selector { name: name.into(), values: Vec::new(), named, window: None };
    let spec = choices.iter().find(|spec| spec.name == name);
    spec.expect("a choice of the parameter").configure(&selector).expect("settings of its own parameters")
}

struct Hybrid {
    route: Arc<Route>,
    text: Configured,
    rest: Configured,
}

impl Hybrid {
    fn new(params: &Params) -> Self {
        Self {
            route: Arc::new(Route::new(params.paths("route"))),
            text: part(TEXT, params.choice("text"), params),
            rest: part(REST, params.choice("rest"), params),
        }
    }

    /// Puts the parts together; `make` makes one of them.
    fn assemble(
        &self,
        setup: &Setup,
        mut make: impl FnMut(Lane, &dyn Strategy, &Setup) -> Result<Box<dyn Replica>, ProtocolError>,
        client: ClientState,
        server: ServerState,
    ) -> Result<Box<dyn Replica>, ProtocolError> {
        let (texts, rest): (Vec<u8>, Vec<u8>) = decode(&setup.genesis)?;
        let reading = Reading::default();
        let rest_model = RestModel { model: setup.model.clone(), route: self.route.clone(), reading: reading.clone() };
        let mut text_setup = Setup { model: erase(TextModel), genesis: texts.into(), ..setup.clone() };
        let rest_setup = Setup { model: Arc::new(rest_model), genesis: rest.into(), ..setup.clone() };
        let mut resident = None;
        if setup.node == NodeId::SERVER {
            let own = Setup { node: RESIDENT, peers: vec![NodeId::SERVER], ..text_setup.clone() };
            resident = Some(make(Lane::Resident, &*self.text.strategy, &own)?);
            text_setup.peers.push(RESIDENT);
        }
        let text = make(Lane::Text, &*self.text.strategy, &text_setup)?;
        // Pending operations of the rest are planned while it is made.
        reading.set(Base { texts: base_view(&*text), rest: Document::Null });
        let mut rest = make(Lane::Rest, &*self.rest.strategy, &rest_setup)?;
        if client.book.has_unresolved() {
            // By now it is known what they were planned on.
            reading.set(Base { texts: base_view(&*text), rest: base_view(&*rest) });
            rest = make(Lane::Rest, &*self.rest.strategy, &rest_setup)?;
        }
        let merged = Merged::new(&self.route, &text.view().document(), &rest.view().document());
        Ok(Box::new(Router {
            model: setup.model.clone(),
            route: self.route.clone(),
            reading,
            text,
            rest,
            resident_connected: resident.is_none(),
            resident,
            again: Default::default(),
            merged,
            tags: Default::default(),
            client,
            server,
            undo: setup.undo,
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    text: Vec<u8>,
    rest: Vec<u8>,
    resident: Vec<u8>,
    client: ClientState,
    server: ServerState,
}

impl Strategy for Hybrid {
    /// That of both strategies, each of which sends in windows of its own.
    fn send_window(&self) -> Duration {
        self.text.strategy.send_window()
    }

    fn genesis(&self, document: &Document) -> Vec<u8> {
        let texts = Document::map(self.route.texts(document));
        encode(&(self.text.strategy.genesis(&texts), self.rest.strategy.genesis(document)))
    }

    fn guarantees(&self, defaults: Guarantees) -> Guarantees {
        let (text, rest) = (self.text.guarantees(), self.rest.guarantees());
        let works_offline = text.works_offline && rest.works_offline;
        Guarantees {
            converges: text.converges && rest.converges,
            tolerates_duplicates: text.tolerates_duplicates && rest.tolerates_duplicates,
            works_offline,
            works_offline_in_part: !works_offline && (text.works_offline || rest.works_offline),
            can_refuse: rest.can_refuse,
            grows: text.grows.or(rest.grows),
            ..defaults
        }
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let mut server = ServerState::default();
        if setup.node == NodeId::SERVER
            && let Ok((texts, _)) = decode::<(Vec<u8>, Vec<u8>)>(&setup.genesis)
            && let Ok(Document::Map(texts)) = Document::decode(&texts)
        {
            server.begun = texts.iter().map(|(name, text)| (name.clone(), text.digest())).collect();
        }
        let client = ClientState { book: Book::of_install(setup.identity().install), ..ClientState::default() };
        let router = self.assemble(setup, |_, strategy, setup| Ok(strategy.replica(setup)), client, server);
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        router.expect("genesis is two documents")
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let Saved { text, rest, resident, client, server } = decode(durable)?;
        let restore = |lane, strategy: &dyn Strategy, setup: &Setup| {
            let durable = match lane {
                Lane::Text => &text,
                Lane::Rest => &rest,
                Lane::Resident => &resident,
            };
            strategy.restore(setup, durable)
        };
        self.assemble(setup, restore, client, server)
    }
}
