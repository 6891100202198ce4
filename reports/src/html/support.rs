//! What strategies claim, what "saved" means with each, and how they carry edits.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use syncbench_harness::metrics::{CONFIRMED_MS, REPLICATED_MS};

use crate::aggregate::Summary;
use crate::format::NONE;

/// How each strategy carries each kind of edit.
pub(super) fn support(summary: &Summary<'_>) -> Markup {
    let mut table: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for cell in summary.all_groups().flat_map(|group| &group.rows).flat_map(|row| &row.cells) {
        for (edit, how) in cell.support.iter() {
            table.entry(edit).or_default().insert(&cell.strategy, how);
        }
    }
    let facts = &summary.results.facts.strategies;
    let saved = |strategy: &str| facts.get(strategy).map_or("", |facts| facts.saved.as_str());
    let family = |strategy: &str| facts.get(strategy).map_or("", |facts| facts.family.as_str());
    let says = summary.strategies.iter().any(|strategy| !saved(strategy).is_empty());
    html! {
        details.section {
            summary { h2 id="support" { "Support" } " what each strategy claims, and how it carries edits" }
            (claims(summary))
            @if says {
                h3 { "What \"saved\" means" }
                p { "What is true of an operation at the moment at which its user is told that it stands. Until it is replicated, a promise that rests on one device goes with that device: compare " code { (CONFIRMED_MS.name) } " and " code { (REPLICATED_MS.name) } "." }
                dl.facts { @for strategy in &summary.strategies {
                    @if !saved(strategy).is_empty() { dt { (strategy) } dd { (saved(strategy)) } }
                } }
                h3 { "Edits" }
            }
            p { "How each strategy carries the edits that the workloads make. An anomaly of an emulated edit may come from its encoding." }
            div.wide tabindex="0" role="region" aria-label="Edits" { table.data {
                caption.vh { "How each strategy carries each edit" }
                thead { tr { th scope="col" { "strategy" } @for edit in table.keys() { th scope="col" { (edit.replace('_', " ")) } } } }
                tbody { @for strategy in &summary.strategies { tr data-s=(strategy) data-f=(family(strategy)) {
                    th scope="row" { (strategy) }
                    @for by_strategy in table.values() {
                        @let how = by_strategy.get(strategy).copied().unwrap_or(NONE);
                        td class={ "words " (if how == "native" || how == NONE { "muted" } else { "emulated" }) } { (how) }
                    }
                } } }
            } }
        }
    }
}

/// Every claim that some strategy makes, and who makes it; nothing in results of older versions.
fn claims(summary: &Summary<'_>) -> Markup {
    let facts = &summary.results.facts.strategies;
    let known = summary.strategies.iter().filter_map(|strategy| Some((*strategy, facts.get(*strategy)?)));
    let known: Vec<_> = known.filter(|(_, facts)| !facts.claims.is_empty()).collect();
    let claims: BTreeSet<_> = known.iter().flat_map(|(_, facts)| &facts.claims).collect();
    html! {
        @if !claims.is_empty() {
            h3 { "Claims" }
            p { "What each strategy says about itself. Whether it kept its claims stands in the tables." }
            div.wide tabindex="0" role="region" aria-label="Claims" { table.data {
                caption.vh { "What each strategy claims" }
                thead { tr { th scope="col" { "strategy" } @for claim in &claims { th scope="col" { (claim) } } } }
                tbody { @for (strategy, facts) in &known { tr data-s=(strategy) data-f=(facts.family) {
                    th scope="row" { (strategy) }
                    @for claim in &claims {
                        @if facts.claims.contains(*claim) { td { "yes" } } @else { td.muted { "no" } }
                    }
                } } }
            } }
        }
    }
}
