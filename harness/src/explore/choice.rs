//! Which steps are tried next.
//!
//! Two steps at different nodes are independent: neither changes what the other consumes, so no replica can tell their order
//! and one of them may always come first. Where only its current steps can happen next at a node, no step of another node
//! changes what it does. Then the steps of that node alone are tried (a persistent set, Godefroid 1996), and those of
//! all other nodes follow after each.

use syncbench_strategies::replica::NodeId;

use super::group::{Group, Stage};
use super::step::Step;

/// The steps to try now, in a fixed order, users first: those of one node where that is enough, otherwise all.
pub(super) fn choices(group: &Group<'_>, reduced: bool) -> Vec<Step> {
    let mut shared = Vec::new();
    group.shared_steps(&mut shared);
    let mut at: Vec<(NodeId, Vec<Step>)> = Vec::new();
    for node in group.members() {
        let mut steps = Vec::new();
        group.steps_at(node, &mut steps);
        if !steps.is_empty() {
            at.push((node, steps));
        }
    }
    if reduced {
        let closed = at.iter().filter(|(node, steps)| closed(group, *node, steps));
        if let Some((_, steps)) = closed.min_by_key(|(_, steps)| steps.len()) {
            return steps.clone();
        }
    }
    let mut all: Vec<Step> = at.into_iter().flat_map(|(_, steps)| steps).chain(shared).collect();
    all.sort();
    all
}

/// Whether nothing but these steps can happen at this node before one of them does.
fn closed(group: &Group<'_>, node: NodeId, steps: &[Step]) -> bool {
    let receives = steps.iter().any(|step| matches!(step, Step::Deliver { .. }));
    let acts = steps.iter().any(|step| matches!(step, Step::Act(_)));
    // A timer fires only when no message is under way, so one that waits here comes first.
    if group.timers_wait() && !receives {
        return false;
    }
    // Where all actions have one order, another user's may come before.
    if acts && group.clocked && group.clients().any(|other| other != node && group.left(other) > 0) {
        return false;
    }
    let disturbed = concerned(group);
    if disturbed.contains(&node) {
        return false;
    }
    let silent = || {
        let mut moving = disturbed.clone();
        moving.extend(group.members().filter(|other| can_move(group, *other)));
        reach(group, node, moving)
    };
    let empty: Vec<NodeId> = group.peers(node).into_iter().filter(|peer| !group.under_way(*peer, node)).collect();
    empty.is_empty() || {
        let moving = silent();
        empty.iter().all(|peer| !moving.contains(peer))
    }
}

/// The nodes at which a disturbance is still to begin or to end.
fn concerned(group: &Group<'_>) -> Vec<NodeId> {
    match group.disturbance {
        Some((_, client)) if group.stage != Stage::After => group.peers(client).into_iter().chain([client]).collect(),
        _ => Vec::new(),
    }
}

fn can_move(group: &Group<'_>, node: NodeId) -> bool {
    (node != NodeId::SERVER && group.left(node) > 0) || group.members().any(|from| group.under_way(from, node))
}

/// All nodes that may take a step while `node` takes none: those that can step now, and those that these may send to.
fn reach(group: &Group<'_>, node: NodeId, moving: Vec<NodeId>) -> Vec<NodeId> {
    let mut open: Vec<NodeId> = moving.into_iter().filter(|other| *other != node).collect();
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        if found.contains(&next) {
            continue;
        }
        found.push(next);
        open.extend(group.peers(next).into_iter().filter(|peer| *peer != node));
    }
    found
}
