//! The report as one self-contained page; all data is escaped, and the script holds none.

mod away;
mod bars;
mod board;
mod charts;
mod filter;
mod findings;
mod glossary;
mod growth;
mod head;
mod mapped;
mod places;
mod provenance;
mod spot;
mod support;
mod tables;
mod workload;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::anomalies::Maps;
use crate::caveat::{Caveat, caveats};
use crate::charts::{CHARTS, Chart, Data};
use crate::criterion::CriterionEstimate;
use crate::draw::inline::Shared;
use crate::format::plural;
use crate::headline::headlines;
use crate::overview::Overview;
use places::Places;
use syncbench_harness::results::Results;

/// The look of the page: on screens, of its first screen, and in print.
const STYLES: [&str; 3] = [include_str!("page.css"), include_str!("board.css"), include_str!("print.css")];

/// Sorting, filtering, and figures on hover and focus. The page is whole without it.
const SCRIPTS: [&str; 5] = [
    include_str!("sort.js"),
    include_str!("tip.js"),
    include_str!("chart.js"),
    include_str!("filter.js"),
    include_str!("unfold.js"),
];

/// What the page may load: nothing but what is in it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The sections after those of the workloads: anchor and name.
const SECTIONS: [(&str, &str); 5] = [
    ("growth", "Growth"),
    ("support", "Support"),
    ("glossary", "Glossary"),
    ("provenance", "Provenance"),
    ("caveats", "Caveats"),
];

/// The whole report.
pub fn page(results: &Results, criterion: &[CriterionEstimate]) -> String {
    page_with(results, criterion, CHARTS, &Maps::default())
}

/// The same with these charts and maps of anomalies: charts that are not built in have a section of their own.
pub fn page_with(results: &Results, criterion: &[CriterionEstimate], registered: &[&Chart], maps: &Maps) -> String {
    let mut data = Data::new(results, criterion);
    data.bare = true;
    let overview = Overview::new(&data.summary);
    let (places, headlines) = (Places::of(&overview), headlines(&data.summary));
    let (caveats, mapped) = (caveats(&data.summary), mapped::Mapped::of(&data.summary, maps));
    let mut shared = Shared::default();
    let sections = html! {
        @for workload in &places.workloads { (workload::section(&data, &overview, (&places, &mapped), &headlines, &mut shared, workload)) }
        (away::section(&data.summary))
        @if let Some(growth) = growth::growth(&data, &overview, &places, &mut shared) { (growth) }
        (own(&data, registered, &mut shared))
        (estimates(&data, &mut shared))
    };
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (head::QUESTION) " " (head::compared(&overview)) }
                style { @for style in STYLES { (PreEscaped(style)) } (PreEscaped(shared.sheet())) }
            }
            body {
                a.skip href="#main" { "Skip to the figures" }
                (head::head(&overview, &places, &linked(&sections), caveats.len()))
                main id="main" tabindex="-1" {
                    @if !overview.modes.is_empty() { (filter::filter(&overview)) (board::board(&overview, &places)) (tables::reading(&mapped)) }
                    (PreEscaped(shared.definitions()))
                    (sections)
                    (support::support(&data.summary))
                    (glossary::glossary(&data.summary))
                    (provenance::provenance(&data.summary))
                    (limits(&caveats))
                }
                (charts::numbers(&data, &shared))
                script { (PreEscaped("\"use strict\";(() => {\n")) @for part in SCRIPTS { (PreEscaped(part)) } "})();" }
            }
        }
    };
    lean(&body.into_string())
}

/// The sections that the page has: without anything measured over sizes, there is none about growth.
fn linked(sections: &Markup) -> Vec<(&'static str, &'static str)> {
    let has = |(id, _): &(&str, &str)| *id != "growth" || sections.0.contains("id=\"growth\"");
    SECTIONS.into_iter().filter(has).collect()
}

/// The page without the end tags of cells, rows and items that HTML lets out: a tenth of its tables.
fn lean(page: &str) -> String {
    LEFT_OUT.iter().fold(page.to_owned(), |page, (tags, kept)| page.replace(tags, kept))
}

/// End tags that what follows implies, and what is left of both.
const LEFT_OUT: [(&str, &str); 19] = [
    ("</td><td", "<td"),
    ("</td></tr>", "</tr>"),
    ("</th><th", "<th"),
    ("</th><td", "<td"),
    ("</th></tr>", "</tr>"),
    ("</tr><tr", "<tr"),
    ("</tr></t", "</t"),
    ("</thead><tbody", "<tbody"),
    ("</tbody></table>", "</table>"),
    ("</li><li", "<li"),
    ("</p><p", "<p"),
    ("</p><div", "<div"),
    ("</p><dl", "<dl"),
    ("</p><ul", "<ul"),
    ("</dt><dd", "<dd"),
    ("</dd><dt", "<dt"),
    ("</dd></dl>", "</dl>"),
    ("</option><option", "<option"),
    ("</li></ul>", "</ul>"),
];

/// The charts that a product brings; nothing without them.
fn own(data: &Data<'_>, registered: &[&Chart], shared: &mut Shared) -> Markup {
    let built_in = |chart: &&Chart| CHARTS.iter().any(|other| std::ptr::eq(*other, *chart));
    let own: Vec<_> = registered.iter().copied().filter(|chart| !built_in(chart)).collect();
    html! {
        @if !own.is_empty() {
            details.section {
                summary { h2 id="own" { "Own charts" } " " (plural(own.len(), "chart")) }
                (charts::figures(own.into_iter(), data, shared, ("own", "own charts")))
            }
        }
    }
}

/// Criterion's estimates; nothing without them.
fn estimates(data: &Data<'_>, shared: &mut Shared) -> Markup {
    html! {
        @if !data.criterion.is_empty() {
            details.section {
                summary { h2 id="estimates" { "Criterion" } " " (plural(data.criterion.len(), "estimate")) }
                (charts::figures(CHARTS.iter().copied().filter(|chart| chart.name == "estimates"), data, shared, ("estimates", "Criterion")))
            }
        }
    }
}

/// What limits the figures: never folded.
fn limits(caveats: &[Caveat]) -> Markup {
    html! {
        section.section {
            h2 id="caveats" { "Caveats" }
            @if caveats.is_empty() { p { "The run itself noticed no limits." } }
            @else { ul.caveats { @for caveat in caveats { li { (caveat.to_string()) } } } }
        }
    }
}
