//! Filters over everything on the page; without a script there are none, and everything is shown.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::overview::Overview;

/// Fields for strategy, family, workload and network; those with a single choice are left out.
pub(super) fn filter(overview: &Overview<'_, '_>) -> Markup {
    let mut families: Vec<&str> = overview.strategies.iter().map(|strategy| strategy.family).collect();
    families.dedup();
    let networks: BTreeSet<&str> = overview
        .modes
        .iter()
        .flat_map(|mode| &mode.groups)
        .map(|group| group.condition.settings.network.as_str())
        .collect();
    let networks: Vec<_> = networks.into_iter().collect();
    html! {
        form.filter role="search" aria-label="Filter" {
            @if overview.strategies.len() > 1 {
                label { "Strategy " input type="search" name="s" placeholder="ot, crdt" title="Parts of names, separated by commas" autocomplete="off" spellcheck="false"; }
            }
            (choice("Family", "f", &families)) (choice("Workload", "w", &overview.workloads)) (choice("Network", "n", &networks))
            button type="reset" { "Show all" }
            output {}
        }
    }
}

fn choice(name: &str, key: &str, values: &[&str]) -> Markup {
    html! {
        @if values.len() > 1 {
            label { (name) " " select name=(key) {
                option value="" { "all" }
                @for value in values { option value=(value) { (value) } }
            } }
        }
    }
}
