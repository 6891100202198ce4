//! What oracles found under a condition, each with the commands that repeat and tell it.

use std::collections::BTreeMap;

use maud::{Markup, html};
use syncbench_harness::finding::Finding;
use syncbench_harness::results::Cell;

use super::places::Places;
use super::tables::family;
use crate::aggregate::{Group, Row};
use crate::format::{count, plural};

/// Most broken claims of a row that are told.
const REASONS: usize = 3;

/// What was found in each row of a group; nothing where nothing was found.
pub(super) fn findings(group: &Group<'_>, places: &Places<'_>) -> Option<Markup> {
    let rows: Vec<_> = group.rows.iter().filter(|row| noteworthy(row)).collect();
    if rows.is_empty() {
        return None;
    }
    Some(html! {
        details.findings {
            summary { "What was found in " (group.title) ": " (plural(rows.len(), "strategy")) }
            p.muted.screen { "A command tells the first loss of a cell step by step; the words in its quotes run the cell again." }
            @for row in rows { div data-s=(row.strategy) data-f=(family(row)) {
                h4 id=(places.findings(group, row.strategy)) { (row.strategy) }
                ul {
                    @for reason in row.measured().flat_map(|cell| &cell.claims_reasons).take(REASONS) { li.bad { (reason) } }
                    @for (cell, found) in by_cell(row) {
                        @for Found { kind, total, lost, example } in found {
                            li {
                                b { (count(total)) " " (kind) }
                                @if !lost { " (not a lost intent)" }
                                ". Seed " (cell.seed) ": " (example)
                            }
                        }
                        (commands(cell))
                    }
                }
            } }
        }
    })
}

fn noteworthy(row: &Row<'_>) -> bool {
    row.measured().any(|cell| !cell.findings.is_empty() || !cell.claims_reasons.is_empty())
}

/// A kind of finding in a row.
#[derive(Clone, Copy)]
struct Found<'a> {
    kind: &'a str,
    /// Over all seeds.
    total: u64,
    lost: bool,
    example: &'a str,
}

/// What was found, kind by kind, with the cell that has the first instance of it.
fn by_cell<'a>(row: &Row<'a>) -> Vec<(&'a Cell, Vec<Found<'a>>)> {
    let mut cells: Vec<(&Cell, Vec<Found<'a>>)> = Vec::new();
    // By kind: where it stands in `cells`.
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for cell in row.measured() {
        cells.push((cell, Vec::new()));
        let last = cells.len() - 1;
        for Finding { kind, count, lost, example, .. } in &cell.findings {
            let (place, index) = *kinds.entry(kind).or_insert((last, cells[last].1.len()));
            if index == cells[place].1.len() {
                cells[place].1.push(Found { kind, total: 0, lost: *lost, example });
            }
            cells[place].1[index].total += count;
        }
    }
    cells.retain(|(_, found)| !found.is_empty());
    cells
}

/// The command that tells a cell's first loss step by step; the words in quotes run it again.
fn commands(cell: &Cell) -> Markup {
    html! { @if !cell.replay.is_empty() { li.commands { code { (program(&cell.replay)) " demo --cell " (quoted(&cell.replay)) } } } }
}

/// The program that replays a cell.
fn program(replay: &str) -> &str {
    replay.split(' ').next().unwrap_or_default()
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quote_in_a_command_stays_in_its_word() {
        assert_eq!(super::quoted("run --strategy 'a b'"), r"'run --strategy '\''a b'\'''");
    }
}
