//! `hybrid`: texts by one strategy, everything else by another, over one connection, as in Livebook.
//!
//! In Livebook the source of a cell is edited by operational transformation, and all else (cells, their order, their
//! outputs) goes through one process in one order; the deltas have their places in that same order. Here any two strategies
//! that share a server can be put together so. An operation that only types in texts on the route goes to the text
//! strategy; every other one is planned by the other strategy on the whole document, with the texts as they stand in that
//! place. Both talk over one connection, which keeps the order among them.
//!
//! A text comes into being where the other strategy puts it. The server sees that and begins it at the text strategy, as a
//! client of its own in the same process (`House`), before it tells anybody of the operation that made the place. Who
//! types in a text that the text strategy does not have yet waits: that is, where the other strategy is optimistic, for
//! the server's word. What was typed in a text whose place goes is kept, and is there again when the place comes back as it
//! was, as a cell comes back from Livebook's bin.
//!
//! `serial` hands out snapshots to who returns, as Livebook does: operations that were missed would have to be reduced
//! again among the texts of their time.
//!
//! Source: Livebook's `Session.Data`; the routing by path is ours.
//!
//! Trade-offs: typing is as fast as the text strategy lets it be, and what must not go wrong is ordered; an operation cannot
//! do both. An operation that is carried out again because somebody undid another one reads the texts as they are by then.
//!
//! Longer than most files: both ends of a connection are read together.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::book::{Book, Lane, Tags, tag};
use super::route::{Merged, Reading, RestModel, Route, TextModel, TextOp, Typing, typing};
use crate::document::{Digest, Document, EditKind, Key};
use crate::model::{ModelRef, Operation, Rejected, erase};
use crate::path;
use crate::registry::{self, Configured};
use crate::replica::{
    Context, Effect, LinkState, NodeId, OpId, ProtocolError, Replica, Report, Setup, Strategy, Topology,
};
use crate::selector::Selector;
use crate::sidecar::Sidecar;
use crate::spec::{Content, Growth, Guarantees, Param, ParamKind, Params, Spec, Support};
use crate::view::View;
use crate::wire::{decode, encode};

/// The strategy's card.
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
        ..Guarantees::NONE
    },
    params: &[
        Param {
            name: "route",
            kind: ParamKind::Paths,
            default: "**",
            help: "the texts that go to the text strategy: keys between slashes, * for any one, ** for any number of them, \
                   such as cells/*/source; all that are reached through maps, as every cell's source is in Livebook",
        },
        Param {
            name: "text",
            kind: ParamKind::Choice(&["ot", "text-ids"]),
            default: "ot",
            help: "the strategy for texts, as Livebook has it",
        },
        Param {
            name: "rest",
            kind: ParamKind::Choice(&["serial", "serial-optimistic", "serial-patches", "lww-property", "ot"]),
            default: "serial",
            help: "the strategy for everything else, as Livebook has it",
        },
        Param {
            name: "buffer",
            kind: ParamKind::Choice(&["composed", "queued"]),
            default: "composed",
            help: "handed on to `ot`: how what is typed while a change is inflight waits",
        },
    ],
    support: |_: EditKind| Support::Native,
    content: Content::any,
    undo: Support::Emulated("by the one of the two that carried it"),
    build: |params: &Params| Box::new(Hybrid::new(params)),
};

/// The number of the server's own client of the text strategy; no client of a run gets that far.
const HOUSE: NodeId = NodeId(u32::MAX);

struct Hybrid {
    route: Arc<Route>,
    text: Configured,
    rest: Configured,
}

impl Hybrid {
    fn new(params: &Params) -> Self {
        let part = |name: &str, settings: &[(&str, &str)]| {
            let named = settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
            let selector = Selector { name: params.choice(name).into(), values: Vec::new(), named, window: None };
            // The words to choose from are names of strategies that are always there, with parameters that they have.
            registry::configure(&selector).expect("a strategy that can be chosen")
        };
        let buffer = ("buffer", params.choice("buffer"));
        let settings = |name: &str| match params.choice(name) {
            "ot" => vec![buffer],
            "serial" => vec![("rejoin", "snapshot")],
            _ => Vec::new(),
        };
        Self {
            route: Arc::new(Route::new(params.paths("route"))),
            text: part("text", &settings("text")),
            rest: part("rest", &settings("rest")),
        }
    }

    /// Sets up the parts; `make` makes one of them.
    fn assemble(
        &self,
        setup: &Setup,
        mut make: impl FnMut(Lane, &dyn Strategy, &Setup) -> Result<Box<dyn Replica>, ProtocolError>,
        state: State,
    ) -> Result<Box<dyn Replica>, ProtocolError> {
        let (texts, rest): (Vec<u8>, Vec<u8>) = decode(&setup.genesis)?;
        let reading = Reading::default();
        let rest_model = RestModel { model: setup.model.clone(), route: self.route.clone(), reading: reading.clone() };
        let mut text_setup = Setup { model: erase(TextModel), genesis: texts.into(), ..setup.clone() };
        let rest_setup = Setup { model: Arc::new(rest_model), genesis: rest.into(), ..setup.clone() };
        let mut house = None;
        if setup.node == NodeId::SERVER {
            let own = Setup { node: HOUSE, peers: vec![NodeId::SERVER], ..text_setup.clone() };
            house = Some(make(Lane::House, &*self.text.strategy, &own)?);
            text_setup.peers.push(HOUSE);
        }
        let text = make(Lane::Text, &*self.text.strategy, &text_setup)?;
        let rest = make(Lane::Rest, &*self.rest.strategy, &rest_setup)?;
        let merged = Merged::new(&self.route, &text.view().document(), &rest.view().document());
        Ok(Box::new(Router {
            model: setup.model.clone(),
            route: self.route.clone(),
            reading,
            text,
            rest,
            housed: house.is_none(),
            house,
            merged,
            tags: Tags::default(),
            state,
        }))
    }
}

#[derive(Serialize, Deserialize)]
struct Saved {
    text: Vec<u8>,
    rest: Vec<u8>,
    house: Vec<u8>,
    state: State,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct State {
    book: Book,
    /// Own typing in texts that the text strategy does not have yet.
    waiting: VecDeque<(u64, Operation)>,
    /// What the texts that the server has begun looked like then.
    born: BTreeMap<Key, Digest>,
    /// Operations of the server's own client.
    begun: u64,
}

impl Strategy for Hybrid {
    fn genesis(&self, document: &Document) -> Vec<u8> {
        let texts = Document::map(self.route.texts(document));
        encode(&(self.text.strategy.genesis(&texts), self.rest.strategy.genesis(document)))
    }

    fn guarantees(&self, card: Guarantees) -> Guarantees {
        let (text, rest) = (self.text.guarantees(), self.rest.guarantees());
        let works_offline = text.works_offline && rest.works_offline;
        Guarantees {
            converges: text.converges && rest.converges,
            tolerates_duplicates: text.tolerates_duplicates && rest.tolerates_duplicates,
            works_offline,
            works_offline_in_part: !works_offline && (text.works_offline || rest.works_offline),
            can_refuse: rest.can_refuse,
            grows: text.grows.or(rest.grows),
            ..card
        }
    }

    fn replica(&self, setup: &Setup) -> Box<dyn Replica> {
        let mut state = State::default();
        if setup.node == NodeId::SERVER
            && let Ok((texts, _)) = decode::<(Vec<u8>, Vec<u8>)>(&setup.genesis)
            && let Ok(Document::Map(texts)) = Document::decode(&texts)
        {
            state.born = texts.iter().map(|(name, text)| (name.clone(), text.digest())).collect();
        }
        let router = self.assemble(setup, |_, strategy, setup| Ok(strategy.replica(setup)), state);
        // Genesis is this strategy's own encoding, made by `Strategy::genesis` a moment ago.
        router.expect("genesis is two documents")
    }

    fn restore(&self, setup: &Setup, durable: &[u8]) -> Result<Box<dyn Replica>, ProtocolError> {
        let Saved { text, rest, house, state } = decode(durable)?;
        let restore = |lane, strategy: &dyn Strategy, setup: &Setup| {
            let durable = match lane {
                Lane::Text => &text,
                Lane::Rest => &rest,
                Lane::House => &house,
            };
            strategy.restore(setup, durable)
        };
        self.assemble(setup, restore, state)
    }
}

struct Router {
    model: ModelRef,
    route: Arc<Route>,
    /// What plans of the rest read.
    reading: Reading,
    text: Box<dyn Replica>,
    rest: Box<dyn Replica>,
    house: Option<Box<dyn Replica>>,
    /// Whether the server's own client is connected, or there is none.
    housed: bool,
    merged: Merged,
    tags: Tags,
    state: State,
}

/// A message between the server and its own client.
struct Inside {
    to: Lane,
    bytes: Arc<[u8]>,
    sidecar: Arc<Sidecar>,
}

impl Router {
    /// Calls one of the parts with a context of its own; gives what it wants to happen.
    fn call<R>(
        &mut self,
        lane: Lane,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
    ) -> (R, Vec<Effect>) {
        let mut effects = Vec::new();
        let node = if lane == Lane::House { HOUSE } else { cx.node() };
        let part = match lane {
            Lane::Text => &mut self.text,
            Lane::Rest => &mut self.rest,
            // Only its own messages and timers, which it has only when it is there, come here.
            Lane::House => self.house.as_mut().unwrap_or(&mut self.text),
        };
        let (now, wall) = (cx.now(), cx.wall_clock());
        let mut inner = Context::new(node, now, wall, cx.rng(), &mut effects);
        (handler(&mut **part, &mut inner), effects)
    }

    /// Calls one of the parts, and passes on what it wants to happen.
    fn run<R>(
        &mut self,
        lane: Lane,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> R,
    ) -> R {
        let (result, effects) = self.call(lane, cx, handler);
        self.pass_on(lane, effects, cx);
        result
    }

    /// Passes on what a part wants to happen, and what comes of that inside the server.
    fn pass_on(&mut self, lane: Lane, effects: Vec<Effect>, cx: &mut Context<'_>) {
        let mut inside = VecDeque::new();
        self.translate(lane, effects, &mut inside, cx);
        while let Some(Inside { to, bytes, sidecar }) = inside.pop_front() {
            let from = if to == Lane::House { NodeId::SERVER } else { HOUSE };
            let (result, effects) = self.call(to, cx, |part, cx| part.receive(from, &bytes, &sidecar, cx));
            if result.is_err() {
                cx.count("refused_inside", 1);
            }
            self.translate(to, effects, &mut inside, cx);
        }
    }

    fn translate(&mut self, lane: Lane, effects: Vec<Effect>, inside: &mut VecDeque<Inside>, cx: &mut Context<'_>) {
        let mut wrapped: Option<(Arc<[u8]>, Arc<[u8]>)> = None;
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, sidecar } if lane == Lane::House || to == HOUSE => {
                    let to = if lane == Lane::House { Lane::Text } else { Lane::House };
                    inside.push_back(Inside { to, bytes, sidecar });
                }
                Effect::Send { to, bytes, sidecar } => {
                    let message = match &wrapped {
                        Some((inner, outer)) if Arc::ptr_eq(inner, &bytes) => outer.clone(),
                        _ => [&[lane.number() as u8], &*bytes].concat().into(),
                    };
                    wrapped = Some((bytes, message.clone()));
                    cx.send(to, message, self.tags.of(to, lane, &sidecar));
                }
                Effect::SetTimer { after, tag } => cx.set_timer(after, tag << 2 | lane.number()),
                Effect::Report(Report::Reflected(id)) => cx.reflected_tag(tag(lane, id)),
                Effect::Report(Report::ReflectedTags(first, last)) => cx.reflected_tags(first, last),
                Effect::Report(Report::ReflectedThrough(clock)) => {
                    for (client, n) in clock {
                        let (first, last) = self.tags.through(lane, client, n);
                        cx.reflected_tags(first, last);
                    }
                }
                Effect::Report(Report::Count(name, by)) => cx.count(name, by),
                Effect::Report(Report::Shown(id))
                | Effect::Report(Report::Tagged(id, _))
                | Effect::Report(Report::Void(id))
                | Effect::Report(Report::RolledBack(id))
                | Effect::Report(Report::Confirmed(id, _))
                | Effect::Report(Report::Rejected(id, _)) => {
                    let book = &mut self.state.book;
                    let Some(n) = book.own(lane, id.n).filter(|_| id.client == cx.node()) else { continue };
                    let id = OpId { client: id.client, n };
                    match effect {
                        Effect::Report(Report::Shown(_)) => cx.shown(id),
                        Effect::Report(Report::Tagged(_, tag)) => cx.tagged(id, tag),
                        Effect::Report(Report::Void(_)) => cx.void(id),
                        Effect::Report(Report::RolledBack(_)) => cx.rolled_back(id),
                        Effect::Report(Report::Confirmed(_, outcome)) => {
                            book.settle(n);
                            cx.confirmed(id, outcome);
                        }
                        Effect::Report(Report::Rejected(_, reason)) => {
                            book.settle(n);
                            cx.rejected(id, reason);
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// A message for one of the parts. Where it makes texts at the server, they are begun before anybody hears of them.
    fn arrived(
        &mut self,
        lane: Lane,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, &mut Context<'_>) -> Result<(), ProtocolError>,
    ) -> Result<(), ProtocolError> {
        let before = self.rest.view().document();
        let (result, effects) = self.call(lane, cx, handler);
        result?;
        if self.house.is_some() && lane == Lane::Rest {
            for (name, text) in self.route.made(&before, &self.rest.view().document()) {
                self.begin(name, text, cx);
            }
        }
        self.pass_on(lane, effects, cx);
        self.refresh(cx);
        Ok(())
    }

    /// Begins a text, unless what was typed in it is still there from before.
    fn begin(&mut self, name: Key, text: Document, cx: &mut Context<'_>) {
        let digest = text.digest();
        if self.state.born.insert(name.clone(), digest) != Some(digest) {
            self.state.begun += 1;
            let id = OpId { client: HOUSE, n: self.state.begun };
            let operation = Operation::encode(&TextOp::Begin(name, text));
            self.run(Lane::House, cx, |house, cx| house.submit(id, &operation, cx));
        }
    }

    /// Shows what both parts show, and lets waiting operations go where they can.
    fn refresh(&mut self, cx: &mut Context<'_>) {
        loop {
            self.merged.refresh(&self.route, &self.text.view().document(), &self.rest.view().document());
            let settled = self.text.confirmed().unwrap_or(self.text.view());
            self.reading.set(settled.document());
            let Some((n, operation)) = self.state.waiting.pop_front() else { return };
            let id = OpId { client: cx.node(), n };
            if !self.try_to(id, &operation, cx) {
                return self.state.waiting.push_front((n, operation));
            }
        }
    }

    /// Hands an operation to the part that it is for. False if it has to wait for the text that it types in.
    fn try_to(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) -> bool {
        let plan = self.model.plan(&self.merged.document, operation).ok();
        let typed = plan.and_then(|plan| Some((typing(&self.route, &plan)?, plan.outcome)));
        let on_screen = |typed: &[Typing]| typed.iter().all(|typing| self.merged.shows(&typing.text));
        let Some((typed, outcome)) = typed.filter(|(typed, _)| on_screen(typed)) else {
            self.hand(Lane::Rest, id, cx, |part, id, cx| part.submit(id, operation, cx));
            return true;
        };
        if !typed.iter().all(|typing| self.text.view().kind(&path![typing.text.clone()]).is_some()) {
            return false;
        }
        let operation = Operation::encode(&TextOp::Type(typed, outcome));
        self.hand(Lane::Text, id, cx, |part, id, cx| part.submit(id, &operation, cx));
        true
    }

    /// Gives an own operation its number in a lane.
    fn hand(
        &mut self,
        lane: Lane,
        id: OpId,
        cx: &mut Context<'_>,
        handler: impl FnOnce(&mut dyn Replica, OpId, &mut Context<'_>),
    ) {
        let part = OpId { client: id.client, n: self.state.book.enter(lane, id.n) };
        cx.tagged(id, tag(lane, part));
        self.run(lane, cx, |replica, cx| handler(replica, part, cx));
    }

    /// Connects the server's own client, once.
    fn move_in(&mut self, cx: &mut Context<'_>) {
        if !mem::replace(&mut self.housed, true) {
            self.run(Lane::Text, cx, |text, cx| text.link(HOUSE, LinkState::Up, cx));
            self.run(Lane::House, cx, |house, cx| house.link(NodeId::SERVER, LinkState::Up, cx));
        }
    }
}

impl Replica for Router {
    fn submit(&mut self, id: OpId, operation: &Operation, cx: &mut Context<'_>) {
        if self.house.is_some() {
            return cx.rejected(id, Rejected::new("no_user", "nobody sits at the server"));
        }
        if !self.state.waiting.is_empty() || !self.try_to(id, operation, cx) {
            self.state.waiting.push_back((id.n, operation.clone()));
        }
        self.refresh(cx);
    }

    fn undo(&mut self, id: OpId, target: OpId, cx: &mut Context<'_>) {
        let home = self.state.book.home(target.n).filter(|_| target.client == id.client);
        let Some((lane, number)) = home else {
            return cx.rejected(id, Rejected::new("too_old", format!("{target} is no longer remembered")));
        };
        let target = OpId { client: target.client, n: number };
        self.hand(lane, id, cx, |part, id, cx| part.undo(id, target, cx));
        self.refresh(cx);
    }

    fn receive(
        &mut self,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        let (lane, message) = match bytes.split_first() {
            Some((0, message)) => (Lane::Text, message),
            Some((1, message)) => (Lane::Rest, message),
            _ => return Err(ProtocolError::malformed("a message for neither of the two strategies")),
        };
        self.arrived(lane, cx, |part, cx| part.receive(from, message, sidecar, cx))
    }

    fn timer(&mut self, tag: u64, cx: &mut Context<'_>) {
        let Some(lane) = Lane::of(tag & 3) else { return };
        // A timer is never refused.
        let _ = self.arrived(lane, cx, |part, cx| {
            part.timer(tag >> 2, cx);
            Ok(())
        });
    }

    fn link(&mut self, peer: NodeId, state: LinkState, cx: &mut Context<'_>) {
        self.tags.forget(peer);
        self.move_in(cx);
        // Texts first: by the time that the rest is up to date, so are they.
        self.run(Lane::Text, cx, |text, cx| text.link(peer, state, cx));
        self.run(Lane::Rest, cx, |rest, cx| rest.link(peer, state, cx));
        self.refresh(cx);
    }

    fn view(&self) -> &dyn View {
        &self.merged.document
    }

    fn durable(&self) -> Vec<u8> {
        encode(&Saved {
            text: self.text.durable(),
            rest: self.rest.durable(),
            house: self.house.as_ref().map(|house| house.durable()).unwrap_or_default(),
            state: self.state.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
