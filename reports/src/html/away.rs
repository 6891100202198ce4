//! The tables of clients that were away.

use maud::{Markup, html};

use crate::aggregate::Summary;
use crate::away::{AwayTable, MEANING, tables};

/// A section with a table for each condition in which a client was away, nothing where none was.
pub(super) fn section(summary: &Summary<'_>) -> Markup {
    let tables = tables(summary);
    html! {
        @if !tables.is_empty() {
            section id="away" {
                h2 { "The client that was away" }
                p { (MEANING) }
                @for away in &tables { (table(away)) }
            }
        }
    }
}

fn table(away: &AwayTable<'_>) -> Markup {
    html! {
        h3 { (away.title) }
        div.wide { table {
            caption { (away.about) }
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
