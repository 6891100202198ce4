//! One workload: its tables, its charts and what was found, together.

use maud::{Markup, html};

use super::charts::figures;
use super::findings::findings;
use super::mapped::Mapped;
use super::places::Places;
use super::spot::{Fate, Spot};
use super::tables::table;
use crate::aggregate::Group;
use crate::charts::{CHARTS, Data};
use crate::draw::inline::Shared;
use crate::format::{NONE, figure, list};
use crate::headline::Headline;
use crate::overview::Overview;

/// The width of a chart in pixels: two stand side by side on a screen of 1280.
const WIDTH: f64 = 600.0;

/// The charts that have a section of their own.
const ELSEWHERE: [&str; 2] = ["growth", "estimates"];

/// A folded section for a workload.
pub(super) fn section(
    data: &Data<'_>,
    overview: &Overview<'_, '_>,
    (places, mapped): (&Places<'_>, &Mapped<'_, '_>),
    headlines: &[Headline],
    shared: &mut Shared,
    workload: &str,
) -> Markup {
    let groups: Vec<&Group<'_>> = overview
        .modes
        .iter()
        .flat_map(|mode| mode.groups.iter().copied())
        .filter(|group| group.condition.workload == workload)
        .collect();
    let facts = overview.summary.results.facts.workloads.get(workload);
    let (holds, product) = facts.map_or(("", ""), |facts| (facts.holds.as_str(), facts.product.as_str()));
    let mut only = data.only(workload);
    only.width = WIDTH;
    let charts = CHARTS.iter().copied().filter(|chart| !ELSEWHERE.contains(&chart.name));
    let place = places.workload(workload);
    html! {
        details.section.first[places.workloads.first() == Some(&workload)] data-w=(workload) {
            summary { h2 id=(place) { (workload) } " " (holds) span.gist { (gist(overview, workload)) } }
            @if !product.is_empty() { p.muted { "Stands for " (product) "." } }
            dl.story { @for group in &groups {
                @if let Some(headline) = headlines.iter().find(|headline| headline.title == group.title) {
                    div data-n=(group.condition.settings.network) { dt { (headline.title) } dd { (headline.sentences.join(" ")) } }
                }
            } }
            @for group in &groups { div data-n=(group.condition.settings.network) { (table(group, places)) } }
            (mapped.on(workload, &place))
            div.figures { (figures(charts, &only, shared, (&place, workload))) }
            @for group in &groups {
                @if let Some(found) = findings(group, places) { div data-n=(group.condition.settings.network) { (found) } }
            }
        }
    }
}

/// From the fewest to the most losses in the worst mode.
fn gist(overview: &Overview<'_, '_>, workload: &str) -> String {
    let worst = |strategy: &str| match Spot::worst(overview, &overview.modes, strategy, workload)?.fate {
        Fate::Measured(lost, _) => lost.map(|lost| lost.value),
        Fate::Missing(..) => None,
    };
    let lost: Vec<_> = overview.strategies.iter().filter_map(|one| Some((worst(one.label)?, one.label))).collect();
    let ends = lost.iter().map(|(lost, _)| *lost);
    let (Some(least), Some(most)) = (ends.clone().reduce(f64::min), ends.reduce(f64::max)) else {
        return NONE.to_owned();
    };
    if least == most {
        return format!("{} lost per 1,000 with every strategy", figure(least));
    }
    let of = |end: f64| lost.iter().filter(|(lost, _)| *lost == end).map(|(_, name)| *name).collect::<Vec<_>>();
    format!("{} to {} lost per 1,000 (most with {})", figure(least), figure(most), list(&of(most), 2))
}
