//! The tables of clients that were away.

use maud::{Markup, html};

use crate::aggregate::Summary;
use crate::away::{AwayTable, MEANING, tables};

/// A section with a table for each condition in which a client was away, nothing where none was.
pub(super) fn section(summary: &Summary<'_>) -> Markup {
    let tables = tables(summary);
    html! {
        @if !tables.is_empty() {
            details.section {
                summary { h2 id="away" { "The client that was away" } " what it kept, and what it takes until it is up to date" }
                p { (MEANING) }
                @for away in &tables { (table(away)) }
            }
        }
    }
}

fn table(away: &AwayTable<'_>) -> Markup {
    html! {
        h3 { (away.title) }
        p.muted { (away.about) }
        div.wide tabindex="0" role="region" aria-label=(away.title) { table.data {
            caption.vh { (away.title) }
            thead { tr {
                th scope="col" { "strategy" }
                @for (head, unit) in &away.heads { th.num scope="col" { (head) br; small { (unit) } } }
            } }
            tbody { @for row in &away.rows { tr {
                th scope="row" { (row.strategy) }
                @for figure in &row.figures { td.num { (figure) } }
            } } }
        } }
    }
}
