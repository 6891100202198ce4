//! Fewer clients.

use std::collections::BTreeSet;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::Selector;
use syncbench_strategies::spec::{Param, ParamKind};

use super::actions::scripted;
use super::search::Search;
use crate::actions::ScriptedAction;
use crate::faults::FaultSpec;
use crate::run::Planned;

/// Above this many actions users are not merged: every pair of clients is a run.
const FEW: usize = 64;

/// Removes clients whose users do nothing, and merges two users into one.
pub(super) fn fewer(search: &mut Search<'_>) {
    let clients = search.best().settings.clients;
    let acting = |planned: &Planned| -> BTreeSet<u32> {
        planned.script.iter().flat_map(|script| script.iter()).map(|action| action.client.0).collect()
    };
    // All at once, otherwise one after the other, from the last.
    let idle = |planned: &Planned| -> Vec<u32> {
        let acting = acting(planned);
        (1..=planned.settings.clients).rev().filter(|client| !acting.contains(client)).collect()
    };
    let all = idle(search.best());
    if all.len() > 1 && (all.len() as u32) < clients {
        let candidate = without(search.best(), &all);
        search.take(candidate);
    }
    for client in idle(search.best()) {
        if search.best().settings.clients > 1 {
            let candidate = without(search.best(), &[client]);
            search.take(candidate);
        }
    }
    let script = |search: &Search<'_>| search.best().script.as_ref().map_or(0, |script| script.len());
    if script(search) > FEW {
        return;
    }
    let users = acting(search.best());
    for from in users.iter().rev() {
        for to in users.iter().filter(|to| *to < from) {
            let together = moved(search.best(), NodeId(*from), NodeId(*to));
            if search.take(without(&together, &[*from])) {
                break;
            }
        }
    }
    let in_order = numbered(search.best());
    if in_order.script != search.best().script {
        search.take(in_order);
    }
}

/// The same run in which the user at `to` does what the one at `from` did.
fn moved(planned: &Planned, from: NodeId, to: NodeId) -> Planned {
    relabeled(planned, |client| if client == from.0 { to.0 } else { client })
}

/// The same run without some clients, whose users do nothing: later ones move up.
fn without(planned: &Planned, gone: &[u32]) -> Planned {
    let clients = planned.settings.clients;
    let place = |client: u32| client - gone.iter().filter(|gone| **gone < client).count() as u32;
    let mut fewer = relabeled(planned, place);
    fewer.settings.clients = clients - gone.len() as u32;
    // A fault of a removed client hits the first.
    renamed_in(&mut fewer, planned, |client| match client {
        0 if !gone.contains(&clients) => 0,
        client if client == 0 || gone.contains(&client) => 1,
        client => place(client),
    });
    fewer
}

/// The same run in which clients are numbered in the order in which they first act.
fn numbered(planned: &Planned) -> Planned {
    let mut order: Vec<u32> = Vec::new();
    let acting = planned.script.iter().flat_map(|script| script.iter()).map(|action| action.client.0);
    for client in acting.chain(1..=planned.settings.clients) {
        if !order.contains(&client) {
            order.push(client);
        }
    }
    let place = |client: u32| order.iter().position(|other| *other == client).map_or(client, |at| at as u32 + 1);
    let mut numbered = relabeled(planned, place);
    renamed_in(&mut numbered, planned, |client| place(if client == 0 { planned.settings.clients } else { client }));
    numbered
}

/// The same run with clients renumbered.
fn relabeled(planned: &Planned, new: impl Fn(u32) -> u32) -> Planned {
    let script = planned.script.iter().flat_map(|script| script.iter());
    let moved = script.map(|action| ScriptedAction { client: NodeId(new(action.client.0)), ..*action });
    let mut actions: Vec<_> = moved.collect();
    actions.sort_by_key(|action| action.at);
    scripted(planned, &actions)
}

/// Makes the faults of `changed` hit the new numbers of the clients that those of `planned` hit.
fn renamed_in(changed: &mut Planned, planned: &Planned, new: impl Fn(u32) -> u32) {
    for fault in &mut changed.settings.faults {
        if let Some(renamed) = renamed(fault, &planned.product.known.faults, &new) {
            *fault = renamed;
        }
    }
}

/// A fault with the new numbers of its clients; `None` if it is written as before.
fn renamed(fault: &str, known: &[&'static FaultSpec], new: &impl Fn(u32) -> u32) -> Option<String> {
    let mut selector: Selector = fault.parse().ok()?;
    let spec = known.iter().find(|spec| spec.name == selector.name)?;
    // A value without a key belongs to the first parameter.
    if let Some(first) = spec.params.first().filter(|first| names_client(first))
        && let Some(value) = selector.values.pop()
    {
        selector.named.insert(first.name.to_owned(), value);
    }
    let mut changed = false;
    for param in spec.params.iter().filter(|param| names_client(param)) {
        let written = selector.named.get(param.name).map_or(param.default, String::as_str);
        // `server` stays where it is.
        let Ok(client) = written.parse::<u32>() else { continue };
        if new(client) != client {
            changed = true;
            selector.named.insert(param.name.to_owned(), new(client).to_string());
        }
    }
    changed.then(|| selector.to_string())
}

/// Whether a parameter of a fault is the number of a client.
fn names_client(param: &Param) -> bool {
    param.kind == ParamKind::Node || (param.kind == ParamKind::Count && CLIENTS.contains(&param.name))
}

/// The names of parameters that hold the number of a client.
const CLIENTS: [&str; 2] = ["client", "of"];
