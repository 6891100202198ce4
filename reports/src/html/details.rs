//! What lies behind the figures: findings, support, machine, scenario, and how to repeat a cell.

use std::collections::BTreeMap;

use maud::{Markup, html};
use syncbench_harness::metrics::{CONFIRMED_MS, REPLICATED_MS};
use syncbench_harness::results::{Cell, Environment, Results};

use crate::aggregate::{Group, Row, Summary};
use crate::format::{NONE, count, plural};

/// What oracles found, with one example of each kind and the command that repeats it.
pub(super) fn findings(summary: &Summary<'_>) -> Markup {
    let groups: Vec<_> = summary.by_workload().into_iter().filter(|group| group.rows.iter().any(noteworthy)).collect();
    html! {
        section id="findings" {
            h2 { "Findings" }
            @if groups.is_empty() { p { "The oracles found nothing, and no claim was broken." } }
            @for group in groups { (of_group(group)) }
        }
    }
}

fn noteworthy(row: &Row<'_>) -> bool {
    row.measured().any(|cell| !cell.findings.is_empty() || !cell.claims_reasons.is_empty())
}

fn of_group(group: &Group<'_>) -> Markup {
    let rows: Vec<_> = group.rows.iter().filter(|row| noteworthy(row)).collect();
    html! {
        details {
            summary { (group.title) ": " (plural(rows.len(), "strategy")) }
            @for row in rows {
                h4 { (row.strategy) }
                ul {
                    @for reason in row.measured().flat_map(|cell| &cell.claims_reasons).take(3) { li.bad { (reason) } }
                    @for (kind, (total, lost, cell, example)) in kinds(row) {
                        li {
                            b { (count(total)) " " (kind) }
                            @if !lost { " (not a lost intent)" }
                            ". Seed " (cell.seed) ": " (example)
                            (replay(cell))
                        }
                    }
                }
            }
        }
    }
}

/// By kind: how many over all seeds, whether they count as lost, and the first instance.
fn kinds<'a>(row: &Row<'a>) -> BTreeMap<&'a str, (u64, bool, &'a Cell, &'a str)> {
    let mut kinds = BTreeMap::new();
    for cell in row.measured() {
        for finding in &cell.findings {
            let entry = kinds.entry(finding.kind.as_str()).or_insert((0, finding.lost, cell, finding.example.as_str()));
            entry.0 += finding.count;
        }
    }
    kinds
}

fn replay(cell: &Cell) -> Markup {
    html! { @if !cell.replay.is_empty() { code.command { (cell.replay) } } }
}

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
    let says = summary.strategies.iter().any(|strategy| !saved(strategy).is_empty());
    html! {
        section id="support" {
            h2 { "Support" }
            @if says {
                h3 { "What \"saved\" means" }
                p { "What is true of an operation at the moment at which its user is told that it stands. Until it is replicated, a promise that rests on one device goes with that device: compare " code { (CONFIRMED_MS.name) } " and " code { (REPLICATED_MS.name) } "." }
                dl.facts { @for strategy in &summary.strategies {
                    @if !saved(strategy).is_empty() { dt { (strategy) } dd { (saved(strategy)) } }
                } }
                h3 { "Edits" }
            }
            p { "How each strategy carries the edits that the workloads make. An anomaly of an emulated edit may come from its encoding." }
            div.wide { table {
                thead { tr { th { "strategy" } @for edit in table.keys() { th { (edit) } } } }
                tbody { @for strategy in &summary.strategies { tr {
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

/// Where and with what the run was measured, machine by machine, and how to repeat it.
pub(super) fn provenance(results: &Results) -> Markup {
    let facts: Vec<_> = results.machines().flat_map(machine).collect();
    // A value parsed from JSON, so that printing it again cannot fail.
    let scenario = serde_json::to_string_pretty(&results.scenario).unwrap_or_default();
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            dl.facts {
                @for (name, fact) in facts { dt { (name) } dd { (fact) } }
                dt { "schema" } dd { (results.schema) }
            }
            details { summary { "Scenario" } pre { (scenario) } }
            details {
                summary { "Run a cell again" }
                p { "Each command repeats one strategy under one condition with its first seed." }
                ul.commands { @for cell in first_cells(results) { li { (cell.strategy) ", " (cell.workload) " (" (cell.part) ")" (replay(cell)) } } }
            }
        }
    }
}

/// What is known of a machine and of the build that ran there.
fn machine(environment: &Environment) -> Vec<(&'static str, String)> {
    let commit = if environment.commit.is_empty() { "unknown" } else { environment.commit.as_str() };
    let libraries: Vec<_> = environment.libraries.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let product = environment.product.as_ref().map(|product| ("product", product.to_string()));
    let all = [
        ("started", environment.started_at.clone()),
        (
            "syncbench",
            format!("{}, commit {commit}{}", environment.version, if environment.dirty { " with changes" } else { "" }),
        ),
        (
            "built with",
            format!("{}, {}, features: {}", environment.rustc, environment.profile, environment.features.join(", ")),
        ),
        ("libraries", libraries.join(", ")),
        ("machine", format!("{}, {}, {}", environment.cpu, plural(environment.cores, "core"), environment.os)),
    ];
    product.into_iter().chain(all).collect()
}

/// The first cell of each strategy, workload, part and size.
fn first_cells(results: &Results) -> Vec<&Cell> {
    let mut seen = std::collections::BTreeSet::new();
    let key = |cell: &&Cell| (cell.part.clone(), cell.workload.clone(), cell.strategy.clone());
    results.cells.iter().filter(|cell| seen.insert(key(cell))).collect()
}
