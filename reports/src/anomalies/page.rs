//! The map as a page of Markdown: a table of strategies by workloads, and below it the story behind each of its cells.

use std::fmt::Write;

use syncbench_harness::explore::Severity;

use super::{Found, Map, Pair, Worst, kinds};
use crate::format::{count, plural};

/// The last line of every page.
pub const MARK: &str = "<!-- the map of syncbench explore -->\n";

/// The map as Markdown.
pub fn markdown(map: &Map) -> String {
    let mut page = String::from("# What a few operations can come to\n\n");
    let (ops, clients) = (plural(map.ops as usize, "operation"), plural(map.clients as usize, "client"));
    let _ = write!(
        page,
        "Every schedule of up to {ops} by {clients}, for each strategy on the small case of each workload: every choice of \
         operations from the workload's alphabet, and every order of acting and delivering that the links allow. Each \
         schedule is run with real replicas and judged as a run is. A cell names the worst kind of anomaly and how many \
         operations it takes, and leads to its shortest story; *none* is a proof within the bound. Which strategies can come to which kind \
         stands [below](#by-kind-of-anomaly).\n\n\
         The worst comes first by severity: a claim of the strategy that is broken, users who are left with different \
         documents, a confirmed operation that is lost, a note. Of equal severity it is the one that takes the fewest \
         operations, then the one that more schedules show. Not tried: messages that are lost or copied, broken \
         connections, crashes, late joiners (`explore --break`, `--crash`, `--late` try them), and timers that fire while a \
         message is under way.\n\n"
    );
    page += &table(map);
    page.push_str("\n- **bold**: a confirmed operation is lost, or worse\n- plain: a note; no operation is lost\n");
    page.push_str("- –: the strategy does not carry this workload\n");
    let lowered: Vec<String> = map.pairs.iter().filter_map(|pair| lower(map, pair)).collect();
    if !lowered.is_empty() {
        let _ =
            write!(page, "\nWith a lower bound, since more take too long for a nightly run: {}.\n", lowered.join("; "));
    }
    page.push_str(
        "\nMade by `syncbench explore --all --out bench-results/anomalies`; `map.json` has all kinds of anomalies.\n",
    );
    if let Some(by) = &map.made_by {
        let _ = writeln!(page, "Versions: {by}.");
    }
    page += &kinds::sections(map);
    for strategy in &map.strategies {
        page += &stories(map, strategy);
    }
    page += &cases(map);
    page.push('\n');
    page.push_str(MARK);
    page
}

fn table(map: &Map) -> String {
    let mut text = format!("| | {} |\n|---|{}\n", map.workloads.join(" | "), "---|".repeat(map.workloads.len()));
    for strategy in &map.strategies {
        let cells: Vec<String> = map.workloads.iter().map(|workload| cell(map.pair(strategy, workload))).collect();
        let _ = writeln!(text, "| {strategy} | {} |", cells.join(" | "));
    }
    text
}

fn cell(pair: Option<&Pair>) -> String {
    let Some((pair, found)) = pair.and_then(|pair| Some((pair, pair.found.as_ref()?))) else { return "–".to_owned() };
    let Some(worst) = &found.worst else { return format!("none ({})", found.ops) };
    let words = format!("[{}](#{}) ({})", worst.anomaly.kind, anchor(pair), worst.anomaly.ops);
    if worst.loses() { format!("**{words}**") } else { words }
}

/// The name of a heading as GitHub makes it.
fn anchor(pair: &Pair) -> String {
    let usual = |c: char| if c == ' ' { Some('-') } else { (c.is_alphanumeric() || c == '-').then_some(c) };
    format!("{} on {}", pair.strategy, pair.workload).chars().filter_map(usual).collect()
}

/// Scripts beyond the bound or the defaults of the table.
fn cases(map: &Map) -> String {
    if map.cases.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n## Cases beyond the table\n\nMore operations than the bound, other parameters than the defaults, or a connection that \
         breaks or a client that joins late: each client in turn, at every point.\n\n",
    );
    text.push_str("| what users do | strategy | operations | worst |\n|---|---|---:|---|\n");
    for case in &map.cases {
        let Some(found) = &case.pair.found else { continue };
        let worst = match &found.worst {
            None => "none".to_owned(),
            Some(worst) if worst.loses() => format!("**{}**", worst.anomaly.kind),
            Some(worst) => worst.anomaly.kind.clone(),
        };
        let _ = writeln!(text, "| {} | {} | {} | {worst} |", case.name, case.pair.strategy, found.ops);
    }
    for case in &map.cases {
        if let Some((found, worst)) = case.pair.found.as_ref().and_then(|found| Some((found, found.worst.as_ref()?))) {
            let _ = write!(text, "\n### {}: {}\n\n", case.name, case.pair.strategy);
            text += &told(found, worst, &format!("This script: {} schedules", count(found.schedules)));
        }
    }
    text
}

fn lower(map: &Map, pair: &Pair) -> Option<String> {
    let ops = pair.found.as_ref()?.ops;
    (ops < map.ops).then(|| format!("{} on {} ({})", pair.strategy, pair.workload, plural(ops as usize, "operation")))
}

fn stories(map: &Map, strategy: &str) -> String {
    let told = map.pairs.iter().filter(|pair| pair.strategy == strategy);
    let told: Vec<String> = told.filter_map(|pair| Some(story(pair, pair.found.as_ref()?))).collect();
    if told.is_empty() { String::new() } else { format!("\n## {strategy}\n{}", told.join("")) }
}

fn story(pair: &Pair, found: &Found) -> String {
    let mut text = format!("\n### {} on {}\n\n", pair.strategy, pair.workload);
    let schedules = match found.stand_for.filter(|all| *all > found.schedules) {
        Some(all) => format!("{} schedules, which stand for {}", count(found.schedules), count(all)),
        None => format!("{} schedules", count(found.schedules)),
    };
    let bound = plural(found.ops as usize, "operation");
    match &found.worst {
        None => {
            let _ = writeln!(text, "None in all schedules of up to {bound}: {schedules}.");
        }
        Some(worst) => text += &told(found, worst, &format!("Up to {bound}: {schedules}")),
    }
    text
}

fn told(found: &Found, worst: &Worst, bound: &str) -> String {
    let severity = |severity: Severity| severity.name();
    let mut text = format!(
        "**{}** ({}), in {} of the schedules. {bound}.\n\n```text\n{}\n```\n\n```sh\n{}\n```\n",
        worst.anomaly.kind,
        severity(worst.anomaly.severity),
        count(worst.anomaly.schedules),
        worst.story.join("\n"),
        worst.command
    );
    let others: Vec<String> = found.anomalies[1..]
        .iter()
        .map(|other| {
            format!("{} ({}, {})", other.kind, severity(other.severity), plural(other.ops as usize, "operation"))
        })
        .collect();
    if !others.is_empty() {
        let _ = writeln!(text, "\nAlso: {}.", others.join("; "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_leads_to_its_story() {
        let map = Map::committed();
        let page = markdown(map);
        for pair in map.pairs.iter().filter(|pair| pair.found.as_ref().is_some_and(|found| found.worst.is_some())) {
            assert!(page.contains(&format!("](#{})", anchor(pair))), "{} {}", pair.strategy, pair.workload);
            assert!(page.contains(&format!("\n### {} on {}\n", pair.strategy, pair.workload)));
        }
    }

    #[test]
    fn the_committed_page_is_that_of_the_committed_map() {
        let committed = include_str!("../../../bench-results/anomalies/README.md");
        assert!(markdown(Map::committed()) == committed, "draw it again with `explore --all`");
    }
}
