//! The page: the story from a hundred people to as many as a product has, as Markdown with charts.

use std::fmt::Write;

use syncbench_harness::growth::{Axis, Curves};

use super::assumption::PEOPLE;
use super::charts::{COST_CHARTS, FEWEST};
use super::check::{Checked, TOLERANCE, held_out};
use super::costs::Costs;
use super::estimate::{Answer, Estimate};
use super::needs::Unit;
use super::prices::Prices;
use super::product::Product;
use super::text::findings;
use super::words::{
    LEFT_OUT, assumptions, ended_early, extrapolated, limit, need, people, product as shape, told, with_interval,
};
use crate::draw::panel::WIDTH;
use crate::format::{NONE, count, figure, list, percent};
use crate::report::ReportFile;

/// The last line of every page.
pub const MARK: &str = "<!-- the page of syncbench cost -->\n";

/// The needs of the first table.
const SHOWN: [&str; 6] = [
    "server_cores",
    "server_memory_bytes",
    "server_out_bits_per_s",
    "stored_bytes",
    "stored_bytes_added_per_month",
    "client_memory_bytes",
];

/// The page and its charts. `command` is what made it.
pub fn page(
    curves: &Curves,
    costs: &[Costs],
    product: &Product,
    prices: Option<&Prices>,
    command: &str,
) -> Vec<ReportFile> {
    let mut files = vec![ReportFile {
        path: "README.md".to_owned(),
        bytes: markdown(curves, costs, product, prices, command).into_bytes(),
    }];
    for chart in COST_CHARTS {
        let svg = chart.scene(costs, product, WIDTH).svg();
        files.push(ReportFile { path: format!("{}.svg", chart.name), bytes: svg.into_bytes() });
    }
    files
}

fn markdown(curves: &Curves, costs: &[Costs], product: &Product, prices: Option<&Prices>, command: &str) -> String {
    let answer = Answer::new(costs, product, prices);
    let most = product.get(&PEOPLE);
    let mut page = format!("# What it takes, from a hundred people to {}\n\n{}\n", count(most as u64), shape(product));
    for said in findings(&answer) {
        let _ = write!(page, "\n{said}\n");
    }
    let _ = write!(page, "\n## What {} people need\n\n", count(most as u64));
    page += &needs(&answer);
    page.push_str(
        "\nEach with its interval: from the exponent's, the spread of repetitions, and what is not known of how the axes \
         combine. **Bold**: where a strategy is furthest above the one that needs least, or with prices, what costs most.\n",
    );
    page.push_str("\n## From a hundred people on\n\n![What a product needs](people.svg)\n\n");
    page += &story(costs, product);
    page.push_str(
        "\nDocuments are independent: each is ordered by one core and spreads over no others, and more documents spread over \
         more cores. So everything grows in proportion to people, and no number of them breaks anything by itself. What \
         breaks is one document.\n\n## What breaks first\n\n![What one document takes](document.svg)\n\n",
    );
    page += &breaks(&answer);
    page.push_str("\n## What time adds\n\n![What time adds](months.svg)\n\n");
    page += &months(&answer);
    page.push_str("\n## Predictions, checked against simulation\n\n");
    page += &checks(&held_out(curves, Axis::Clients));
    page.push_str("\n## What is taken for granted\n\n");
    for said in assumptions(product) {
        let _ = writeln!(page, "- {said}");
    }
    let _ = write!(page, "\n{LEFT_OUT}\n");
    let far = extrapolated(&answer.strategies);
    if !far.is_empty() {
        let _ = write!(page, "\nExtrapolated: {}.\n", list(&far, far.len()));
    }
    if let Some(early) = ended_early(&answer.strategies) {
        let _ = write!(page, "\n{early}\n");
    }
    let _ = write!(
        page,
        "\nMade by `{command}` from curves of {}, on {}.\n\n{MARK}",
        curves.environment.describe_build(),
        curves.environment.cpu
    );
    page
}

fn heading(name: &str) -> &'static str {
    match name {
        "server_cores" => "server cores",
        "server_memory_bytes" => "server memory",
        "server_out_bits_per_s" => "out of the servers",
        "stored_bytes" => "stored",
        "stored_bytes_added_per_month" => "added a month",
        _ => "client memory",
    }
}

fn needs(answer: &Answer) -> String {
    let money = answer.strategies.iter().find_map(|one| one.money.as_ref());
    let mut heads: Vec<String> = SHOWN.iter().map(|name| heading(name).to_owned()).collect();
    heads.extend(money.map(|money| format!("{} a month", money.currency)));
    let mut text = format!("| | {} |\n|---|{}\n", heads.join(" | "), "---:|".repeat(heads.len()));
    for one in &answer.strategies {
        let cell = |name: &&str| {
            let Some((amount, need)) = one.need(name).and_then(|amount| Some((amount, need(name)?))) else {
                return NONE.to_owned();
            };
            let text = with_interval(need.unit, amount);
            if one.dearest == Some(*name) { format!("**{text}**") } else { text }
        };
        let mut cells: Vec<String> = SHOWN.iter().map(cell).collect();
        cells.extend(one.money.as_ref().map(|money| figure(money.total.value)));
        let _ = writeln!(text, "| {} | {} |", one.strategy, cells.join(" | "));
    }
    text
}

/// Cores, and what leaves the servers, at every power of ten.
fn story(costs: &[Costs], product: &Product) -> String {
    let most = product.get(&PEOPLE);
    let sizes: Vec<f64> =
        std::iter::successors(Some(FEWEST), |size| Some(size * 10.0)).take_while(|size| *size <= most).collect();
    let heads: Vec<String> = sizes.iter().map(|size| format!("{} people", count(*size as u64))).collect();
    let mut text = format!(
        "Server cores, and bandwidth out:\n\n| | {} |\n|---|{}\n",
        heads.join(" | "),
        "---:|".repeat(sizes.len())
    );
    let answers: Vec<Answer> =
        sizes.iter().map(|size| Answer::new(costs, &product.with(&PEOPLE, *size), None)).collect();
    for (row, strategy) in answers.first().into_iter().flat_map(|answer| &answer.strategies).enumerate() {
        let cell = |answer: &Answer| {
            let of = |name: &str| answer.strategies[row].need(name).map(|amount| amount.value);
            match (of("server_cores"), of("server_out_bits_per_s")) {
                (Some(cores), Some(out)) => format!("{}, {}", figure(cores), told(Unit::BitsPerS, out)),
                _ => NONE.to_owned(),
            }
        };
        let cells: Vec<String> = answers.iter().map(cell).collect();
        let _ = writeln!(text, "| {} | {} |", strategy.strategy, cells.join(" | "));
    }
    text
}

fn breaks(answer: &Answer) -> String {
    let mut text = String::from("People in one document at which each limit breaks, the first in bold:\n\n| | ");
    let limits: Vec<_> = super::limits::LIMITS.iter().collect();
    text += &limits.iter().map(|limit| limit.short).collect::<Vec<_>>().join(" | ");
    let _ = writeln!(text, " |\n|---|{}", "---:|".repeat(limits.len()));
    for one in &answer.strategies {
        let cell = |limit: &&&super::limits::Limit| {
            let Some(found) = one.breaks.iter().find(|found| found.limit == limit.name) else { return NONE.to_owned() };
            let Some(at) = found.people else { return "never".to_owned() };
            let text = format!("{} ({} to {})", people(at.value), people(at.low), people(at.high));
            let first = one.breaks.first().is_some_and(|first| first.limit == limit.name);
            if first { format!("**{text}**") } else { text }
        };
        let cells: Vec<String> = limits.iter().map(cell).collect();
        let _ = writeln!(text, "| {} | {} |", one.strategy, cells.join(" | "));
    }
    text.push('\n');
    for limit in limits {
        let _ = writeln!(text, "- {}: {}", limit.short, limit.what);
    }
    let far = |one: &Estimate| {
        let first = one.breaks.first().filter(|first| first.beyond > 1.0)?;
        let what = limit(first.limit)?.short;
        Some(format!("{} ({what}) {} times", one.strategy, figure(first.beyond)))
    };
    let far: Vec<_> = answer.strategies.iter().filter_map(far).collect();
    if !far.is_empty() {
        let _ = write!(text, "\nMore people than were measured: {}.\n", list(&far, far.len()));
    }
    text.push_str("\n*never*: not below ten million people.\n");
    text
}

fn months(answer: &Answer) -> String {
    let mut text = String::new();
    for one in &answer.strategies {
        if let Some(months) = one.months_until_client_memory_is_full {
            let (value, low, high) = (figure(months.value), figure(months.low), figure(months.high));
            let _ =
                writeln!(text, "- {}: a client's memory is full after {value} months ({low} to {high})", one.strategy);
        }
    }
    match text.is_empty() {
        true => "No strategy's history fills a client's memory within a century.\n".to_owned(),
        false => text,
    }
}

/// Which predictions hold, by figure, and each that does not.
fn checks(all: &[Checked]) -> String {
    if all.is_empty() {
        return "No curve of clients is long enough to predict its last point from those up to a tenth of it.\n"
            .to_owned();
    }
    let mut text = format!(
        "The last point of each curve of clients, predicted from its points up to a tenth of it. A prediction holds within {} \
         of what was simulated.\n\n| figure | hold | worst |\n|---|---:|---|\n",
        percent(TOLERANCE)
    );
    let mut figures: Vec<&str> = Vec::new();
    for one in all {
        if !figures.contains(&one.figure) {
            figures.push(one.figure);
        }
    }
    let worse = |a: &&Checked, b: &&Checked| a.off().abs().total_cmp(&b.off().abs());
    for figure in figures {
        let of: Vec<_> = all.iter().filter(|one| one.figure == figure).collect();
        let hold = of.iter().filter(|one| one.holds()).count();
        let Some(worst) = of.iter().copied().max_by(worse) else { continue };
        let _ = writeln!(text, "| {figure} | {hold} of {} | {} |", of.len(), off(worst));
    }
    let missed: Vec<_> = all.iter().filter(|one| !one.holds()).collect();
    if missed.is_empty() {
        text.push_str("\nAll hold.\n");
        return text;
    }
    text.push_str("\nThose that do not hold:\n\n");
    for one in missed {
        let _ = writeln!(
            text,
            "- {}: {}; predicted {} ({} to {}), simulated {}",
            one.figure,
            off(one),
            figure(one.predicted.value),
            figure(one.predicted.low),
            figure(one.predicted.high),
            figure(one.simulated)
        );
    }
    text
}

/// `+12% (ot, 10,000 clients from 1,000)`.
fn off(one: &Checked) -> String {
    let sign = if one.off() < 0.0 { "−" } else { "+" };
    let (share, at, known) = (percent(one.off().abs()), count(one.at), count(one.known));
    format!("{sign}{share} ({}, {at} {} from {known})", one.strategy, one.axis)
}

#[cfg(test)]
mod tests {
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::product::tests::million;
    use super::*;

    #[test]
    fn the_page_has_every_chart_and_ends_with_its_mark() {
        let curves = curves([axes("serial", fan_out), axes("crdt-yrs", keeps_history)].concat());
        let files = page(
            &curves,
            &Costs::all(&curves, &["serial", "crdt-yrs"]),
            &million(),
            None,
            "syncbench cost --page scale",
        );
        let page = String::from_utf8(files[0].bytes.clone()).unwrap();
        assert!(files[0].path == "README.md" && page.ends_with(MARK));
        for file in &files[1..] {
            assert!(page.contains(&format!("({})", file.path)), "{}", file.path);
        }
        assert_eq!(files.len(), 1 + COST_CHARTS.len());
        insta::assert_snapshot!(page);
    }
}
