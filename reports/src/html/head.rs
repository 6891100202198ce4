//! The question, what was compared, and under which conditions.

use std::collections::BTreeSet;

use maud::{Markup, html};
use syncbench_harness::settings::{Engine, Settings};

use super::places::Places;
use crate::aggregate::Group;
use crate::format::{figure, list, plural};
use crate::overview::Overview;

/// What everybody who opens the page wants to know.
pub(super) const QUESTION: &str = "Which sync model should this product use?";

/// How many modes are described one by one.
const MODES: usize = 4;

/// Title, conditions, and ways into the page.
pub(super) fn head(
    overview: &Overview<'_, '_>,
    places: &Places<'_>,
    sections: &[(&str, &str)],
    caveats: usize,
) -> Markup {
    html! {
        header {
            h1 { (QUESTION) small { (compared(overview)) } }
            p.conditions {
                @if let Some(sentence) = conditions(overview) { (sentence) " " } @else { "Nothing was measured. " }
                @if caveats > 0 { a href="#caveats" { (plural(caveats, "caveat")) } "." }
            }
            nav aria-label="Sections" {
                @for workload in &places.workloads { a href={ "#" (places.workload(workload)) } data-w=(workload) { (workload) } " " }
                @for (id, name) in sections { a href={ "#" (id) } { (name) } " " }
            }
        }
    }
}

/// `15 strategies of 9 families, on 9 workloads`.
pub(super) fn compared(overview: &Overview<'_, '_>) -> String {
    let families: BTreeSet<_> = overview.strategies.iter().map(|strategy| strategy.family).collect();
    let workloads: BTreeSet<_> = overview.summary.all_groups().map(|group| group.condition.workload).collect();
    let (strategies, workloads) = (plural(overview.strategies.len(), "strategy"), plural(workloads.len(), "workload"));
    if families.len() > 1 {
        format!("{strategies} of {} on {workloads}", families_of(families.len()))
    } else {
        format!("{strategies} on {workloads}")
    }
}

fn families_of(n: usize) -> String {
    plural(n, "family")
}

/// One sentence: networks and faults of each mode, the load, the seeds, the clock.
fn conditions(overview: &Overview<'_, '_>) -> Option<String> {
    let mut groups: Vec<&Group<'_>> = overview.modes.iter().flat_map(|mode| mode.groups.iter().copied()).collect();
    if groups.is_empty() {
        groups = overview.summary.all_groups().collect();
    }
    let settings: Vec<&Settings> = groups.iter().map(|group| group.condition.settings).collect();
    let first = settings.first()?;
    let mode = |group: &Group<'_>| {
        let Settings { network, faults, .. } = group.condition.settings;
        format!("{network} and {}", if faults.is_empty() { "no faults".to_owned() } else { list(faults, usize::MAX) })
    };
    let modes: Vec<_> = overview.modes.iter().map(|one| format!("{} is {}", one.name, mode(one.groups[0]))).collect();
    let places = match modes.len() {
        0 => mode(groups[0]),
        1 => mode(overview.modes[0].groups[0]),
        2..=MODES => modes.join("; "),
        more => {
            let networks: BTreeSet<_> = settings.iter().map(|one| one.network.as_str()).collect();
            let networks: Vec<_> = networks.into_iter().collect();
            format!("{} over {}", plural(more, "mode"), list(&networks, MODES))
        }
    };
    let range = |of: &dyn Fn(&Settings) -> f64| {
        let values = || settings.iter().map(|one| of(one));
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if least == most { figure(least) } else { format!("{} to {}", figure(least), figure(most)) }
    };
    let clients = range(&|one| one.clients as f64);
    let (ops, rate) = (range(&|one| one.ops as f64), range(&|one| one.rate_per_s));
    let seeds = groups.iter().map(|group| group.seeds()).max().unwrap_or(0);
    let clock = if first.engine == Engine::Sim { "virtual time" } else { "real time" };
    let word = |n: &str, word: &str| if n == "1" { word.to_owned() } else { format!("{word}s") };
    Some(format!(
        "{places}; {clients} {}, {ops} {} at {rate}/s, {} in {clock}.",
        word(&clients, "client"),
        word(&ops, "operation"),
        plural(seeds, "seed"),
    ))
}
