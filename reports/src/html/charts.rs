//! Charts as figures, each with its description and a way to the same figures as a table.

use maud::{Markup, PreEscaped, html};

use crate::charts::{Chart, Data};
use crate::draw::inline::Shared;

/// The charts that have data, each in a scroller of its own; `place` is the section that has their tables, and `name` what it is about.
pub(super) fn figures<'c>(
    charts: impl Iterator<Item = &'c Chart>,
    data: &Data<'_>,
    shared: &mut Shared,
    (place, name): (&str, &str),
) -> Markup {
    let drawn = charts.map(|chart| (chart, chart.scene(data)));
    let drawn: Vec<_> = drawn.filter(|(_, scene)| scene.empty.is_none()).collect();
    html! {
        @for (chart, scene) in &drawn {
            @let id = format!("{place}-{}", chart.name);
            figure id=(id) aria-labelledby={ (id) "-title" } aria-describedby={ (id) "-shows" } {
                h3 id={ (id) "-title" } { (chart.title) }
                figcaption id={ (id) "-shows" } { (chart.shows) " " a href={ "#" (place) } { "The figures as a table." } }
                div.chart tabindex="0" role="region" aria-label={ (name) ", chart: " (chart.title) } { (PreEscaped(scene.inline(shared))) }
            }
        }
    }
}

/// What the numbers in charts stand for, for the script: strategies with their families, conditions with their workload and
/// network.
pub(super) fn numbers(data: &Data<'_>, shared: &Shared) -> Markup {
    let families = data.summary.families();
    let condition = |title: &str| data.summary.all_groups().find(|group| group.title == *title);
    html! {
        template id="numbers" {
            ol { @for label in &shared.strategies { li data-s=(label) data-f=[families.get(label.as_str())] {} } }
            ol { @for title in &shared.conditions {
                @match condition(title) {
                    Some(group) => li data-w=(group.condition.workload) data-n=(group.condition.settings.network) { (title) },
                    // Of criterion's estimates only the workload is known.
                    None => li data-w=(title) { (title) },
                }
            } }
        }
    }
}
