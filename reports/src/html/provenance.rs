//! Where and with what a run was measured, and how to repeat it.

use maud::{Markup, html};
use syncbench_harness::results::{Cell, Environment};

use crate::aggregate::{Group, Row, Summary};
use crate::format::plural;

/// Where and with what the run was measured, machine by machine, and how to repeat it.
pub(super) fn provenance(summary: &Summary<'_>) -> Markup {
    let results = summary.results;
    let facts: Vec<_> = results.machines().flat_map(machine).collect();
    let firsts: Vec<(&str, &Cell)> = summary.all_groups().filter_map(first).collect();
    // A value parsed from JSON, so that printing it again cannot fail.
    let scenario = serde_json::to_string_pretty(&results.scenario).unwrap_or_default();
    html! {
        details.section {
            summary { h2 id="provenance" { "Provenance" } " where and with what this was measured, and how to repeat it" }
            dl.facts {
                @for (name, fact) in facts { dt { (name) } dd { (fact) } }
                dt { "schema" } dd { (results.schema) }
            }
            details { summary { "Scenario" } pre { (scenario) } }
            details {
                summary { "Run a cell again" }
                p { "Each command repeats one condition with the first strategy and seed that it was measured with. Other names after " code { "--strategy" } " and numbers after " code { "--seeds" } " repeat the others." }
                ul.cells { @for (title, cell) in firsts { li { (title) br; code { (cell.replay) } } } }
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

/// The first measured cell of a condition that can be run again.
fn first<'g>(group: &'g Group<'_>) -> Option<(&'g str, &'g Cell)> {
    let cell = group.measured().flat_map(Row::measured).find(|cell| !cell.replay.is_empty())?;
    Some((&group.title, cell))
}
