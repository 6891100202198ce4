//! Charts as figures, each with its description and a way to the same figures as a table.

use maud::{Markup, PreEscaped, html};

use crate::charts::{Chart, Data};

/// The charts that have data, each in a scroller of its own; `place` is the section that has their tables, and `name` what it is about.
pub(super) fn figures<'c>(
    charts: impl Iterator<Item = &'c Chart>,
    data: &Data<'_>,
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
                div.chart tabindex="0" role="region" aria-label={ (name) ", chart: " (chart.title) } { (PreEscaped(scene.svg())) }
            }
        }
    }
}
