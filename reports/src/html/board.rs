//! The first screen: strategies by workloads as a heatmap for each mode, with bars, and what follows beside it.

use maud::{Markup, PreEscaped, html};

use super::bars::{AllBars, Bars, LeastKept};
use super::places::Places;
use super::spot::{STEPS, Spot};
use crate::exact::{exact, spread};
use crate::format::{NONE, figure, list, plural};
use crate::overview::{Mode, Overview, Strategy, follow};

/// Most modes that have a heatmap of their own; the worst is over all of them.
const MODES: usize = 12;

/// The heatmaps with their switch, and the lines beside them.
pub(super) fn board(overview: &Overview<'_, '_>, places: &Places<'_>) -> Markup {
    let bars = AllBars::of(overview);
    let several = overview.modes.len() > 1;
    let shown = &overview.modes[..overview.modes.len().min(MODES)];
    let lines = follow(overview);
    let worst: Vec<_> = bars.worst();
    html! {
        section.board id="overview" aria-label="Overview" {
            div.heats {
                @if several { (switch(shown)) }
                @if several {
                    @let heading = format!("Lost per 1,000 operations, in the worst of {}", plural(overview.modes.len(), "mode"));
                    (heatmap(overview, places, &bars, Heat { id: "worst", network: None, heading, modes: &overview.modes, bars: &worst }))
                }
                @for (index, mode) in shown.iter().enumerate() {
                    @let heading = format!("Lost per 1,000 operations, {}", mode.name);
                    @let own: Vec<_> = bars.0[index].iter().map(|bars| [bars, bars]).collect();
                    (heatmap(overview, places, &bars, Heat {
                        id: &format!("mode{index}"),
                        network: Some(&mode.groups[0].condition.settings.network),
                        heading,
                        modes: std::slice::from_ref(mode),
                        bars: &own,
                    }))
                }
                @if overview.modes.len() > MODES {
                    p.note { "The first " (MODES) " of " (plural(overview.modes.len(), "mode")) " have a heatmap of their own. The sections of the workloads have all of them." }
                }
                (key())
            }
            @if !lines.is_empty() {
                aside aria-labelledby="follows" {
                    h2 id="follows" { "What follows" @if several { small { "in the worst mode" } } }
                    dl { @for line in &lines { dt { (list(&line.holds, usize::MAX)) } dd { (line.said(usize::MAX)) } } }
                }
            }
        }
    }
}

/// One radio button for each heatmap. Style sheets do the switching, so that it works without a script.
fn switch(modes: &[Mode<'_, '_>]) -> Markup {
    let button = |id: &str, name: &str, network: Option<&str>, checked: bool| {
        html! {
            span data-n=[network] {
                input type="radio" name="mode" id={ "show-" (id) } checked[checked];
                label for={ "show-" (id) } { (name) }
            }
        }
    };
    let ids: Vec<_> = std::iter::once("worst".to_owned()).chain((0..modes.len()).map(|n| format!("mode{n}"))).collect();
    let rules: String =
        ids.iter().map(|id| format!(".heats:has(#show-{id}:checked) .heat:not(#{id}){{display:none}}")).collect();
    html! {
        fieldset.switch {
            legend { "Mode" }
            (button("worst", "worst", None, true))
            @for (index, mode) in modes.iter().enumerate() {
                (button(&ids[index + 1], &mode.name, Some(&mode.groups[0].condition.settings.network), false))
            }
        }
        style { "@media screen{" (PreEscaped(rules)) "}" }
    }
}

/// What one heatmap shows.
struct Heat<'h> {
    id: &'h str,
    network: Option<&'h str>,
    heading: String,
    modes: &'h [Mode<'h, 'h>],
    /// For each strategy, the figures of its echo bar and those of its bar of what was not kept.
    bars: &'h [[&'h Bars<'h>; 2]],
}

fn heatmap(overview: &Overview<'_, '_>, places: &Places<'_>, all: &AllBars<'_>, heat: Heat<'_>) -> Markup {
    let most = [all.most(|bars| bars.echo_ms()), all.most(|bars| bars.not_kept())];
    let known = overview.strategies.iter().any(|strategy| strategy.offline().is_some());
    // Results of older versions have none.
    let families = overview.strategies.iter().any(|strategy| !strategy.family.is_empty());
    html! {
        div.heat id=(heat.id) data-n=[heat.network] {
            h2 id={ (heat.id) "-head" } { (heat.heading) }
            div.wide tabindex="0" role="region" aria-labelledby={ (heat.id) "-head" } { table.data {
                caption.vh { (heat.heading) ", strategies by workloads" }
                thead { tr {
                    @if families { th.fam scope="col" { "family" } }
                    th scope="col" { "strategy" }
                    @for workload in &overview.workloads { th.spot scope="col" data-w=(workload) { (workload) } }
                    @if known { th scope="col" title="Whether users see their own changes without a connection: what the strategy claims" { "offline" } }
                    th.bar scope="col" title="From action to own screen, over all workloads that apply; the 90th percentile where fewer than 100 samples lie beyond the 99th" { "echo p99, ms" }
                    th.bar scope="col" title="Operations lost and refused of each 1,000, on the workload where this is most" { "lost + refused, worst" }
                } }
                tbody { @for (index, strategy) in overview.strategies.iter().enumerate() {
                    @let again = index > 0 && overview.strategies[index - 1].family == strategy.family;
                    @let [echo, kept] = heat.bars[index];
                    tr data-s=(strategy.label) data-f=(strategy.family) class=[(!again).then_some("first")] {
                        @if families { td.fam { span.vh[again] { (strategy.family) } } }
                        (name(strategy.label))
                        @for workload in &overview.workloads { (spot(overview, places, heat.modes, strategy, workload)) }
                        @if known { td.fact { (strategy.offline().map_or(NONE, |offline| offline.word())) } }
                        (echo_bar(strategy, echo, most[0])) (kept_bar(strategy, kept, most[1]))
                    }
                } }
            } }
        }
    }
}

fn spot(
    overview: &Overview<'_, '_>,
    places: &Places<'_>,
    modes: &[Mode<'_, '_>],
    strategy: &Strategy<'_>,
    workload: &str,
) -> Markup {
    let Some(spot) = Spot::worst(overview, modes, strategy.label, workload) else {
        return html! { td.spot.na title="not planned" {} };
    };
    let text = spot.text();
    html! {
        td class={ "spot " (spot.class()) } data-v=[spot.value()] title=(spot.sentence(strategy.label, workload)) {
            @if text.is_empty() { span.vh { "not applicable" } }
            @else { a href={ "#" (places.workload(workload)) } { (text) } }
        }
    }
}

/// A strategy's name, with its parameters on a line of their own.
fn name(label: &str) -> Markup {
    let (name, parameters) = label.split_at(label.find(':').unwrap_or(label.len()));
    html! { th scope="row" title=(label) { (name) @if !parameters.is_empty() { small { (parameters) } } } }
}

/// A bar's share of the longest one, in percent.
fn share(value: f64, most: f64) -> String {
    let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) * 100.0 } else { 0.0 };
    format!("{share:.1}%")
}

fn echo_bar(strategy: &Strategy<'_>, bars: &Bars<'_>, most: f64) -> Markup {
    let Some((echo, tail)) = bars.echo else { return html! { td.bar title="no figure" { (NONE) } } };
    let title = format!("{}, {}: echo {tail} {} ms ({})", strategy.label, bars.mode, exact(echo.value), spread(&echo));
    html! {
        td.bar data-v=(exact(echo.value)) title=(title) {
            span.track { i.echo style={ "width:" (share(echo.value, most)) } {} }
            (crate::format::millis(echo.value)) @if tail != "p99" { small { (tail) } }
        }
    }
}

fn kept_bar(strategy: &Strategy<'_>, bars: &Bars<'_>, most: f64) -> Markup {
    let Some(LeastKept { workload, lost, refused }) = bars.least_kept else {
        return html! { td.bar title="losses were not judged" { (NONE) } };
    };
    let words = match refused {
        Some(refused) => format!("{} refused ({})", exact(refused.value), spread(&refused)),
        None => "refusals unknown".to_owned(),
    };
    let title = format!(
        "{} on {workload}, {}: {} lost per 1,000 operations ({}), {words}",
        strategy.label,
        bars.mode,
        exact(lost.value),
        spread(&lost),
    );
    let refused = refused.map_or(0.0, |refused| refused.value);
    html! {
        td.bar data-v=(exact(bars.not_kept())) title=(title) {
            span.track {
                i.lost style={ "width:" (share(lost.value, most)) } {}
                i.refused style={ "width:" (share(refused, most)) } {}
            }
            (figure(lost.value)) " + " (figure(refused))
        }
    }
}

/// What the colours and hatches mean.
fn key() -> Markup {
    let step = |index: usize| match index {
        0 => "0".to_owned(),
        _ if index < STEPS.len() => format!("to {}", STEPS[index]),
        _ => format!("over {}", STEPS[STEPS.len() - 1]),
    };
    html! {
        p.key {
            "Lost: "
            @for index in 0..=STEPS.len() { span class={ "spot h" (index) } { (step(index)) } " " }
            span class="spot em" { "hatched" } " some edits are not native; blank: not applicable. "
            "Bars: " span.swatch.lost {} " lost " span.swatch.refused {} " refused per 1,000."
        }
    }
}
