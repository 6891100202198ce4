//! Which modules of a crate use which others.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Names, Source};

/// For each module with modules below it: which of these use which others, each with a module that does so.
pub(super) struct Graph {
    siblings: BTreeMap<Names, BTreeMap<String, BTreeMap<String, String>>>,
    top: BTreeSet<String>,
}

impl Graph {
    pub(super) fn new(modules: &[Source]) -> Self {
        let by_path: BTreeMap<&[String], &Source> = modules.iter().map(|module| (&module.path[..], module)).collect();
        let mut siblings: BTreeMap<Names, BTreeMap<String, BTreeMap<String, String>>> = BTreeMap::new();
        for module in modules {
            for used in module.uses.iter().filter_map(|path| resolve(path, &by_path)) {
                let common = module.path.iter().zip(&used).take_while(|(a, b)| a == b).count();
                // Without both there is a parent and a child, or a module and itself.
                if let (Some(user), Some(used)) = (module.path.get(common), used.get(common)) {
                    let edges = siblings.entry(module.path[..common].to_vec()).or_default();
                    edges.entry(user.clone()).or_default().entry(used.clone()).or_insert_with(|| module.name());
                }
            }
        }
        Self { siblings, top: modules.iter().filter_map(|module| module.path.first().cloned()).collect() }
    }

    /// Uses among the crate's topmost modules that go against the order, and where the order and the crate differ.
    pub(super) fn upward(&self, layers: &[&[&str]]) -> Vec<String> {
        let layer = |name: &str| layers.iter().position(|layer| layer.contains(&name));
        let mut found = Vec::new();
        for name in self.top.iter().filter(|name| layer(name).is_none()) {
            found.push(format!("{name} is in no layer"));
        }
        for name in layers.iter().flat_map(|layer| layer.iter()).filter(|name| !self.top.contains(**name)) {
            found.push(format!("the layers name {name}, which is not there"));
        }
        for (user, used) in self.siblings.get(&Names::new()).into_iter().flatten() {
            for (used, witness) in used {
                let (Some(from), Some(to)) = (layer(user), layer(used)) else { continue };
                let where_to = if to == from { "the same" } else { "a higher" };
                if to >= from {
                    found.push(format!("{witness} uses {used}, which is in {where_to} layer"));
                }
            }
        }
        found
    }

    /// Siblings that use each other, over however many others; one cycle for each tangle.
    pub(super) fn cycles(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (parent, edges) in &self.siblings {
            let mut done: BTreeSet<&str> = BTreeSet::new();
            for start in edges.keys() {
                if done.contains(start.as_str()) {
                    continue;
                }
                let Some(cycle) = shortest_cycle(start, edges) else { continue };
                done.extend(&cycle);
                let step = |(user, used): (&&str, &&str)| format!(" -> {used} (in {})", edges[*user][*used]);
                let steps: String = cycle.iter().zip(cycle.iter().cycle().skip(1)).map(step).collect();
                let place = if parent.is_empty() { "the root".to_owned() } else { parent.join("::") };
                found.push(format!("{place}: {start}{steps}"));
            }
        }
        found
    }
}

/// The module that a path leads to, if it is one of this crate: what is imported there leads on.
fn resolve(path: &[String], modules: &BTreeMap<&[String], &Source>) -> Option<Names> {
    let mut path = path.to_vec();
    // Imports may be circular; in these crates, no other chain of them has this many links.
    for _ in 0..8 {
        let names = path.strip_prefix(&["crate".to_owned()][..])?;
        let length = (0..=names.len()).rev().find(|length| modules.contains_key(&names[..*length]))?;
        let (module, rest) = names.split_at(length);
        let imported = rest.first().and_then(|name| modules[module].imports.get(name));
        let Some(imported) = imported.filter(|imported| *imported != &path) else { return Some(module.to_vec()) };
        let mut next = match imported.first().map(String::as_str) {
            Some("crate") => imported.clone(),
            // A module below that one, if it is none of another crate.
            _ => ["crate".to_owned()].iter().chain(module).chain(imported).cloned().collect(),
        };
        let known = next.get(..module.len() + 2).is_none_or(|known| modules.contains_key(&known[1..]));
        if imported[0] != "crate" && !known {
            return Some(module.to_vec());
        }
        next.extend(rest[1..].iter().cloned());
        path = next;
    }
    None
}

/// The shortest way from a module back to itself, over those that it uses.
fn shortest_cycle<'a>(start: &'a str, edges: &'a BTreeMap<String, BTreeMap<String, String>>) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut met = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in &ways {
            for used in edges.get(*way.last()?).into_iter().flat_map(BTreeMap::keys) {
                if used == start {
                    return Some(way.clone());
                }
                if met.insert(used.as_str()) {
                    longer.push(way.iter().copied().chain([used.as_str()]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}
