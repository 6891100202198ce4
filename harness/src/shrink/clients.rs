//! Fewer clients.

use std::collections::BTreeSet;

use syncbench_strategies::replica::NodeId;
use syncbench_strategies::selector::Selector;

use super::actions::scripted;
use super::search::Search;
use crate::actions::ScriptedAction;
use crate::faults::FaultSpec;
use crate::run::Planned;

/// Above so many actions, users are not put together: every pair of clients is a run.
const FEW: usize = 64;

/// Removes clients whose user does nothing, and lets one user do what two did.
pub(super) fn fewer(search: &mut Search<'_>) {
    let clients = search.best().settings.clients;
    let acting = |planned: &Planned| -> BTreeSet<u32> {
        planned.script.iter().flat_map(|script| script.iter()).map(|action| action.client.0).collect()
    };
    // At once, or else one after the other, from the last.
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
}

/// The same run in which the user at `to` does what the one at `from` did.
fn moved(planned: &Planned, from: NodeId, to: NodeId) -> Planned {
    let script = planned.script.iter().flat_map(|script| script.iter());
    let at = |action: &ScriptedAction| if action.client == from { to } else { action.client };
    let mut actions: Vec<_> = script.map(|action| ScriptedAction { client: at(action), ..*action }).collect();
    actions.sort_unstable();
    scripted(planned, &actions)
}

/// The same run without some clients, whose users do nothing: those behind them move up.
fn without(planned: &Planned, gone: &[u32]) -> Planned {
    let place = |client: u32| client - gone.iter().filter(|gone| **gone < client).count() as u32;
    let script = planned.script.iter().flat_map(|script| script.iter());
    let moved = script.map(|action| ScriptedAction { client: NodeId(place(action.client.0)), ..*action });
    let mut actions: Vec<_> = moved.collect();
    actions.sort_unstable();
    let mut fewer = scripted(planned, &actions);
    let clients = planned.settings.clients;
    fewer.settings.clients = clients - gone.len() as u32;
    let new = |client: u32| match client {
        0 if gone.contains(&clients) => 1,
        0 => 0,
        client if gone.contains(&client) => 1,
        client => place(client),
    };
    for fault in &mut fewer.settings.faults {
        if let Some(renamed) = renamed(fault, &planned.product.known.faults, new) {
            *fault = renamed;
        }
    }
    fewer
}

/// A fault that hits the client that its own is called now.
fn renamed(fault: &str, known: &[&'static FaultSpec], new: impl Fn(u32) -> u32) -> Option<String> {
    const CLIENT: &str = "client";
    let mut selector: Selector = fault.parse().ok()?;
    let spec = known.iter().find(|spec| spec.name == selector.name)?;
    let param = spec.params.iter().find(|param| param.name == CLIENT)?;
    // A value without a key belongs to the first parameter.
    let first = spec.params.first().is_some_and(|first| first.name == CLIENT);
    let bare = if first { selector.values.pop() } else { None };
    let written = bare.or_else(|| selector.named.get(CLIENT).cloned()).unwrap_or_else(|| param.default.to_owned());
    selector.named.insert(CLIENT.to_owned(), new(written.parse().ok()?).to_string());
    Some(selector.to_string())
}
