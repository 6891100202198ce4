//! The report as one self-contained page; all data is escaped.

mod details;
mod glossary;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::caveat::caveats;
use crate::charts::{CHARTS, Data};
use crate::criterion::CriterionEstimate;
use crate::draw::svg::dark_style;
use crate::format::plural;
use crate::headline::headlines;
use syncbench_harness::results::Results;

/// The look of the page.
const STYLE: &str = include_str!("style.css");

/// The whole report.
pub fn page(results: &Results, criterion: &[CriterionEstimate]) -> String {
    let mut data = Data::new(results, criterion);
    data.bare = true;
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "syncbench report" }
                style { (PreEscaped(STYLE)) (PreEscaped(dark_style())) }
            }
            body {
                (header(&data))
                main {
                    (story(&data))
                    (limits(&data))
                    section id="figures" { h2 { "Figures" } (tables::all(&data.summary)) }
                    (charts(&data))
                    (details::findings(&data.summary))
                    (details::support(&data.summary))
                    (glossary::glossary(&data.summary))
                    (details::provenance(results))
                }
            }
        }
    };
    body.into_string()
}

fn header(data: &Data<'_>) -> Markup {
    let environment = &data.summary.results.environment;
    let seeds = data.summary.all_groups().map(|group| group.seeds()).max().unwrap_or(0);
    let counted = [
        plural(data.summary.strategies.len(), "strategy"),
        plural(data.summary.all_groups().count(), "condition"),
        format!("up to {}", plural(seeds, "seed")),
    ];
    let version =
        if environment.version.is_empty() { String::new() } else { format!("syncbench {}", environment.version) };
    // To the second; provenance has the rest.
    let started = match environment.started_at.split_once('.') {
        Some((second, _)) => format!("{second}Z"),
        None => environment.started_at.clone(),
    };
    let facts: Vec<_> = [&started, &version, &environment.cpu]
        .into_iter()
        .filter(|fact| !fact.is_empty())
        .map(String::as_str)
        .collect();
    let parts = [
        ("story", "What happened"),
        ("limits", "Limits"),
        ("figures", "Figures"),
        ("charts", "Charts"),
        ("findings", "Findings"),
        ("support", "Support"),
        ("glossary", "Glossary"),
        ("provenance", "Provenance"),
    ];
    html! {
        header {
            h1 { "syncbench report" }
            p.muted { (counted.join(", ")) "." @if !facts.is_empty() { " " (facts.join(", ")) "." } }
            nav { @for (id, name) in parts { a href={ "#" (id) } { (name) } " " } }
        }
    }
}

fn story(data: &Data<'_>) -> Markup {
    let headlines = headlines(&data.summary);
    html! {
        section id="story" {
            h2 { "What happened" }
            @if headlines.is_empty() { p { "Nothing was measured." } }
            dl.story {
                @for headline in &headlines {
                    dt { (headline.title) }
                    dd { (headline.sentences.join(" ")) }
                }
            }
        }
    }
}

fn limits(data: &Data<'_>) -> Markup {
    let caveats = caveats(&data.summary);
    html! {
        section id="limits" {
            h2 { "What limits these figures" }
            @if caveats.is_empty() { p { "The run itself noticed no limits." } }
            ul.caveats { @for caveat in &caveats { li { (caveat.to_string()) } } }
        }
    }
}

fn charts(data: &Data<'_>) -> Markup {
    let drawn: Vec<_> = CHARTS.iter().map(|chart| (chart, chart.scene(data))).collect();
    html! {
        section id="charts" {
            h2 { "Charts" }
            @for (chart, scene) in &drawn {
                @match &scene.empty {
                    Some(why) => p.muted { b { (chart.title) } ": not drawn. " (why) },
                    None => figure id={ "chart-" (chart.name) } {
                        h3 { (chart.title) }
                        figcaption { (chart.shows) }
                        (PreEscaped(scene.svg()))
                    },
                }
            }
        }
    }
}
