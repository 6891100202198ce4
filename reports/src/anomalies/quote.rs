//! What the map says of one strategy on one workload, in the words of those who quote it.

use std::collections::BTreeSet;

use syncbench_harness::workloads::WORKLOADS;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry;
use syncbench_strategies::selector::Selector;

use super::{Found, Map, Pair, Worst};
use crate::format::{count, plural};

/// Parameters that change nothing in a small case where no client is away: when messages go, over which paths, and what a
/// server keeps for clients that return.
const ELSEWHERE: [&str; 5] = ["window", "topology", "history", "rejoin", "snapshot"];

/// Parameters about one kind of edit: without it in the workload they change nothing.
const ABOUT: [(&str, EditKind); 2] = [("text", EditKind::TextSplice), ("counter", EditKind::Increment)];

/// The maps that are quoted: one that a user names comes before the committed one.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    own: Option<(String, Map)>,
    /// Strategies and workloads of which the committed map has others of the same name.
    replaced: BTreeSet<String>,
}

/// What a map says of a strategy on a workload.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'m> {
    /// The map.
    pub map: &'m Map,
    /// The pair as it was explored.
    pub pair: &'m Pair,
    /// What was found.
    pub found: &'m Found,
    /// Whether parameters differ from those that were explored, and change nothing there.
    pub defaults: bool,
}

impl Maps {
    /// With a map of a user's own, and its file's name.
    pub fn with(name: &str, map: Map) -> Self {
        Self { own: Some((name.to_owned(), map)), ..Self::default() }
    }

    /// Without what the committed map says of these strategies and workloads, which a product has replaced by its own.
    #[must_use]
    pub fn replaced(self, names: impl IntoIterator<Item = String>) -> Self {
        Self { replaced: names.into_iter().collect(), ..self }
    }

    /// What the maps say of a strategy on a workload, both as they were written; `None` where it was not explored.
    pub fn quote(&self, strategy: &str, workload: &str) -> Option<Quote<'_>> {
        let own = self.own.as_ref().and_then(|(_, map)| map.quote(strategy, workload));
        let bare = |label: &str| label.split(':').next().unwrap_or_default().to_owned();
        let built_in = [strategy, workload].iter().all(|label| !self.replaced.contains(&bare(label)));
        own.or_else(|| built_in.then(|| Map::committed().quote(strategy, workload)).flatten())
    }

    /// Which maps these are, and by which versions they were made.
    pub fn source(&self) -> String {
        let by = |map: &Map| map.made_by.as_ref().map(|by| format!(", made by {by}")).unwrap_or_default();
        match &self.own {
            Some((name, map)) => format!("{name}{}; what it does not have, in the map of this build", by(map)),
            None => format!("the map of this build{}", by(Map::committed())),
        }
    }
}

impl Map {
    /// What it says of a strategy on a workload, both with their parameters; `None` where the pair, or one that does the same
    /// in a small case, was not explored.
    pub fn quote(&self, strategy: &str, workload: &str) -> Option<Quote<'_>> {
        let of = |pair: &'_ Pair| pair.strategy == strategy && pair.workload == workload;
        let (exact, pair) = match self.pairs.iter().find(|pair| of(pair)) {
            Some(pair) => (true, pair),
            None => {
                let own: Selector = strategy.parse().ok()?;
                let (name, kind) = (own.name.as_str(), workload.split(':').next().unwrap_or_default());
                let params = differing(&own, kind)?;
                // A workload's parameters say how often users do what; in a small case they do all of it.
                (params.is_empty() && kind == workload, self.pair(name, kind)?)
            }
        };
        Some(Quote { map: self, pair, found: pair.found.as_ref()?, defaults: !exact })
    }
}

/// The parameters that a strategy does not have at their defaults; `None` where one of them may matter in a small case of
/// this workload.
fn differing(strategy: &Selector, workload: &str) -> Option<Vec<String>> {
    let spec = registry::find(&strategy.name);
    let first = spec.and_then(|spec| spec.params.first()).map_or("", |param| param.name);
    let positional = strategy.values.iter().map(|value| (first, value.as_str()));
    let named = strategy.named.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let edits = WORKLOADS.iter().find(|spec| spec.name == workload).map(|spec| spec.edits);
    let default =
        |name: &str| spec.and_then(|spec| spec.params.iter().find(|param| param.name == name)).map(|p| p.default);
    let without = |name: &str| {
        let edit = ABOUT.iter().find(|(about, _)| *about == name).map(|(_, edit)| edit);
        edit.zip(edits).is_some_and(|(edit, edits)| !edits.contains(edit))
    };
    let mut differing = Vec::new();
    for (name, _) in positional.chain(named).filter(|one| default(one.0) != Some(one.1)) {
        if !ELSEWHERE.contains(&name) && !without(name) {
            return None;
        }
        differing.push(name.to_owned());
    }
    Some(differing)
}

impl<'m> Quote<'m> {
    /// The worst anomaly within the bound; `None` where there is none.
    pub fn worst(&self) -> Option<&'m Worst> {
        self.found.worst.as_ref()
    }

    /// Whether a kind of anomaly was found within the bound.
    pub fn has(&self, kind: &str) -> bool {
        self.found.anomalies.iter().any(|anomaly| anomaly.kind == kind)
    }

    /// All schedules within the bound, those included that differ in the order of independent steps only.
    pub fn schedules(&self) -> u64 {
        self.found.stand_for.unwrap_or(self.found.schedules)
    }

    /// The bound: `up to 3 operations by 2 clients`.
    pub fn bound(&self) -> String {
        bound(self.found.ops, self.map.clients)
    }

    /// What users do in the shortest schedule with the worst anomaly.
    pub fn actions(&self) -> Option<String> {
        self.worst().map(|worst| actions(&worst.anomaly.schedule))
    }

    /// In a clause: the worst and how many operations it takes, or that there is none.
    pub fn verdict(&self) -> String {
        let all = || format!("all {} schedules of {}", count(self.schedules()), self.bound());
        match self.worst() {
            None => format!("none in {}", all()),
            Some(worst) => {
                let shortest = format!("{}, {}", worst.anomaly.kind, with(worst.anomaly.ops));
                if worst.loses() { shortest } else { format!("no loss in {}; a note: {shortest}", all()) }
            }
        }
    }
}

/// A bound: `up to 3 operations by 2 clients`.
pub fn bound(ops: u32, clients: u32) -> String {
    format!("up to {} by {}", plural(ops as usize, "operation"), plural(clients as usize, "client"))
}

/// `with 2 operations`.
pub fn with(ops: u64) -> String {
    format!("with {}", plural(usize::try_from(ops).unwrap_or(usize::MAX), "operation"))
}

/// What users do in a schedule, in the order in which they act: `client 1: set; client 2: delete; neither has seen the
/// other's`.
fn actions(schedule: &str) -> String {
    let steps: Vec<&str> = schedule.split(',').collect();
    let acts: Vec<(&str, &str)> = steps.iter().filter_map(|step| acted(step)).collect();
    let mut said: Vec<String> = Vec::new();
    let mut last = "";
    for (client, letter) in &acts {
        match said.last_mut().filter(|_| last == *client) {
            Some(said) => *said += &format!(", then {letter}"),
            None => said.push(format!("client {client}: {letter}")),
        }
        last = client;
    }
    let mut clients: Vec<&str> = acts.iter().map(|(client, _)| *client).collect();
    clients.sort_unstable();
    clients.dedup();
    let end = steps.iter().rposition(|step| acted(step).is_some()).unwrap_or(0);
    let unseen = steps[..end].iter().all(|step| acted(step).is_some());
    match (clients.len(), unseen) {
        (2, true) => said.push("neither has seen the other's".to_owned()),
        (3.., true) => said.push("none has seen another's".to_owned()),
        _ => {}
    }
    said.join("; ")
}

/// The client and the letter of a step that is a user's.
fn acted(step: &str) -> Option<(&str, &str)> {
    let (client, letter) = step.strip_prefix('c')?.split_once('=')?;
    client.bytes().all(|byte| byte.is_ascii_digit()).then_some((client, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_say_who_does_what_and_who_has_seen_it() {
        assert_eq!(
            actions("c1=set,c2=delete,c1>s,s>c1"),
            "client 1: set; client 2: delete; neither has seen the other's"
        );
        assert_eq!(actions("c1=delete,c1>s,s>c2,c1=type,c1>s"), "client 1: delete, then type");
        assert_eq!(actions("c1=erase,c2=type,c2>s,c1=erase"), "client 1: erase; client 2: type; client 1: erase");
        assert_eq!(actions("c1=a,c2=b,c3=a,timer"), "client 1: a; client 2: b; client 3: a; none has seen another's");
        assert_eq!(actions(""), "");
    }

    #[test]
    fn every_story_of_the_committed_map_has_actions() {
        for pair in &Map::committed().pairs {
            let Some(quote) = Map::committed().quote(&pair.strategy, &pair.workload) else { continue };
            assert!(!quote.defaults);
            assert_eq!(quote.actions().is_some(), quote.worst().is_some());
            assert!(quote.actions().is_none_or(|actions| actions.starts_with("client ")), "{:?}", quote.actions());
        }
    }

    #[test]
    fn parameters_are_quoted_with_the_defaults_only_where_they_change_nothing() {
        let map = Map::committed();
        let explored = |strategy: &str, workload: &str| map.quote(strategy, workload).map(|quote| quote.defaults);
        for (strategy, workload, expected) in [
            ("serial", "stack", Some(false)),
            ("hybrid:text=ot,rest=serial", "stack", Some(false)),
            ("serial:window=100ms", "stack", Some(true)),
            ("serial:0", "stack", Some(true)),
            ("lww-hlc:topology=mesh", "stack", Some(true)),
            ("serial-optimistic:text=embedded", "stack", Some(true)),
            ("serial-optimistic:text=embedded", "text", None),
            ("serial-optimistic:text=embedded", "notebook", None),
            ("ot:buffer=queued", "stack", None),
            ("serial:window=100ms,retries=1", "stack", None),
            ("serial", "booking:tickets=3", Some(true)),
            ("escrow", "text", None),
            ("no-such", "stack", None),
            ("serial", "no-such", None),
            ("", "", None),
        ] {
            assert_eq!(explored(strategy, workload), expected, "{strategy} on {workload}");
        }
    }

    #[test]
    fn a_verdict_names_the_worst_or_the_bound() {
        let map = Map::committed();
        let said = |strategy: &str, workload: &str| map.quote(strategy, workload).map(|quote| quote.verdict());
        assert_eq!(said("lww-document", "counter").as_deref(), Some("lost increment, with 2 operations"));
        assert!(
            said("serial", "stack").is_some_and(|said| said.starts_with("none in all ")
                && said.ends_with(" schedules of up to 3 operations by 2 clients"))
        );
        assert!(said("ot", "text").is_some_and(|said| said.starts_with("no loss in all ")
            && said.ends_with("; a note: no serial order, with 2 operations")));
    }

    #[test]
    fn what_a_product_has_replaced_is_not_quoted_from_the_committed_map() {
        let maps = Maps::default().replaced(["record".to_owned(), "ot".to_owned()]);
        let known = |strategy: &str, workload: &str| maps.quote(strategy, workload).is_some();
        assert!(known("serial", "stack") && !known("serial", "record") && !known("ot:window=1ms", "stack"));
    }

    #[test]
    fn a_users_own_map_comes_before_the_committed_one() {
        let mut own = Map::committed().clone();
        own.pairs.retain(|pair| pair.strategy == "ot" && pair.workload == "stack");
        own.pairs[0].strategy = "serial".into();
        own.made_by = Some("forms 2.0".into());
        let maps = Maps::with("own.json", own);
        assert!(maps.quote("serial", "stack").is_some_and(|quote| quote.worst().is_some()));
        assert!(maps.quote("serial", "counter").is_some_and(|quote| quote.worst().is_none()));
        assert!(
            maps.source().starts_with("own.json, made by forms 2.0; what it does not have, in the map of this build")
        );
    }
}
