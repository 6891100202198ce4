//! The answer on a terminal: a table on one screen, what breaks first, then what it rests on.

use syncbench_harness::results::Environment;

use super::amount::Amount;
use super::estimate::{Answer, Estimate};
use super::needs::Unit;
use super::words::{
    LEFT_OUT, assumptions, ended_early, exponent, extrapolated, limit, need, people, product, told, with_interval,
};
use crate::format::{NONE, figure, list, shorten, wrap};

/// The widest line.
const WIDEST: usize = 80;
/// The widest name of a strategy in the table.
const NAME: usize = 24;

/// Everything, the answer first; with intervals and exponents where `details` is set.
pub fn text(answer: &Answer, details: bool, width: usize) -> String {
    let width = width.clamp(40, WIDEST);
    let mut out = wrap(&product(&answer.product), width, "");
    out.push('\n');
    for said in findings(answer) {
        out += &wrap(&said, width, "");
    }
    out.push('\n');
    out += &table(answer);
    out.push('\n');
    for said in notes(answer) {
        out += &wrap(&said, width, "");
    }
    if details {
        out += &answer.strategies.iter().map(|estimate| whole(estimate, width)).collect::<String>();
    }
    out += "\nAssumed (change one with --assume NAME=VALUE or a line of --product FILE):\n";
    for said in assumptions(&answer.product) {
        out += &wrap(&said, width, "  ");
    }
    out
}

/// Which build measured the curves, on what machine.
pub fn measured_by(environment: &Environment, built_in: bool, width: usize) -> String {
    let by = format!("{} on {}", environment.describe_build(), environment.cpu);
    let said = match built_in {
        true => format!(
            "Curves: built in, measured by {by}. `growth --out growth` measures those of this machine, --curves \
             growth/growth.json takes them."
        ),
        false => format!("Curves: measured by {by}."),
    };
    wrap(&said, width.clamp(40, WIDEST), "")
}

/// The answer in sentences.
pub(super) fn findings(answer: &Answer) -> Vec<String> {
    let mut said = Vec::new();
    let least = |value: &dyn Fn(&Estimate) -> Option<f64>| {
        let known = answer.strategies.iter().filter_map(|one| Some((one, value(one)?)));
        let sorted = |(one, value): (&Estimate, f64)| (one.strategy.clone(), value);
        let mut known: Vec<_> = known.map(sorted).collect();
        known.sort_by(|a, b| a.1.total_cmp(&b.1));
        Some((known.first()?.clone(), known.last()?.clone()))
    };
    let money = |one: &Estimate| Some(one.money.as_ref()?.total.value);
    if let Some((cheap, dear)) = least(&money) {
        let currency = answer.strategies.iter().find_map(|one| Some(one.money.as_ref()?.currency.clone()));
        let currency = currency.unwrap_or_default();
        said.push(format!(
            "A month costs from {} {currency} ({}) to {} {currency} ({}).",
            figure(cheap.1),
            cheap.0,
            figure(dear.1),
            dear.0
        ));
    } else if let Some((cheap, dear)) = least(&|one| Some(one.need("server_cores")?.value)) {
        said.push(format!(
            "Servers take from {} cores ({}) to {} ({}).",
            figure(cheap.1),
            cheap.0,
            figure(dear.1),
            dear.0
        ));
    }
    let first = answer.strategies.iter().filter_map(|one| Some((one, one.first_break()?)));
    if let Some((one, (broken, at))) = first.min_by(|a, b| a.1.1.value.total_cmp(&b.1.1.value)) {
        let what = limit(broken.limit).map_or(broken.limit, |limit| limit.what);
        said.push(format!(
            "As more people come into one document, {} breaks first: {what} has no more room at {} people.",
            one.strategy,
            people(at.value)
        ));
    }
    let over = |one: &Estimate| {
        let broken = one.breaks.iter().filter(|broken| broken.taken.value >= 1.0);
        let names: Vec<_> = broken.filter_map(|broken| Some(limit(broken.limit)?.short)).collect();
        (!names.is_empty()).then(|| format!("{} ({})", one.strategy, list(&names, names.len())))
    };
    let over: Vec<_> = answer.strategies.iter().filter_map(over).collect();
    if !over.is_empty() {
        said.push(format!("No room already with these documents: {}.", list(&over, over.len())));
    }
    let filled = |one: &Estimate| one.months_until_client_memory_is_full.map(|months| (one.strategy.clone(), months));
    let mut filled: Vec<(String, Amount)> = answer.strategies.iter().filter_map(filled).collect();
    filled.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let months = |(strategy, months): &(String, Amount)| match months.value <= 1.0 {
        true => format!("{strategy} within a month"),
        false => format!("{strategy} {} months", figure(months.value)),
    };
    if !filled.is_empty() {
        let filled: Vec<_> = filled.iter().map(months).collect();
        said.push(format!("History alone fills a client's memory after: {}.", list(&filled, 6)));
    }
    if said.is_empty() {
        said.push("The curves say nothing of these strategies.".to_owned());
    }
    said
}

/// One row per strategy.
fn table(answer: &Answer) -> String {
    let mut columns: Vec<&str> = vec!["server_cores", "server_memory_bytes", "server_out_bits_per_s", "stored_bytes"];
    columns.push("client_memory_bytes");
    let money = answer.strategies.iter().find_map(|one| one.money.as_ref());
    if money.is_none() {
        columns.push("client_processor_share");
    }
    let headings = columns.iter().filter_map(|name| Some(need(name)?.heading.to_owned()));
    let mut rows = vec![std::iter::once("strategy".to_owned()).chain(headings).collect::<Vec<_>>()];
    if let Some(money) = money {
        rows[0].push(format!("{}/month", money.currency));
    }
    rows[0].push("breaks at".to_owned());
    for one in &answer.strategies {
        let mut row = vec![shorten(&one.strategy, NAME)];
        row.extend(columns.iter().map(|name| cell(one, name)));
        if money.is_some() {
            row.push(one.money.as_ref().map_or(NONE.to_owned(), |money| figure(money.total.value)));
        }
        row.push(one.first_break().map_or(NONE.to_owned(), |(broken, at)| {
            format!("{} {}", people(at.value), limit(broken.limit).map_or(broken.limit, |limit| limit.short))
        }));
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let last = widths.len() - 1;
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).enumerate().map(|(place, (text, width))| match place {
            0 => format!("{text:<width$} "),
            _ if place == last => text.clone(),
            _ => format!("{text:>width$} "),
        });
        padded.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A need as a cell: short units, and a mark where it is the dearest.
fn cell(one: &Estimate, name: &str) -> String {
    let Some((amount, need)) = one.need(name).and_then(|amount| Some((amount, need(name)?))) else {
        return NONE.to_owned();
    };
    let paid = |dearest: &str| dearest == name || (dearest == "out_bytes_per_month" && name == "server_out_bits_per_s");
    let mark = if one.dearest.is_some_and(paid) { "*" } else { "" };
    let text = told(need.unit, amount.value);
    let text = match need.unit {
        Unit::BitsPerS => text.replace("bit/s", "b/s"),
        _ => text,
    };
    format!("{mark}{}", text.replace(' ', ""))
}

/// What the table means, and how far it can be trusted.
fn notes(answer: &Answer) -> Vec<String> {
    let mut said = Vec::new();
    let any_money = answer.strategies.iter().any(|one| one.money.is_some());
    if answer.strategies.iter().any(|one| one.dearest.is_some()) {
        said.push(match any_money {
            true => "* what costs most".to_owned(),
            false => "* where a strategy is furthest above the one that needs least".to_owned(),
        });
    }
    said.push(
        "cores, memory, out: of all servers while people are online; stored: at the end of the month; client: memory of \
         a document at a client; cpu: of a client's processor; breaks at: so many people in one document, and what has no \
         more room then."
            .to_owned(),
    );
    let far = extrapolated(&answer.strategies);
    if !far.is_empty() {
        said.push(format!("Extrapolated: {}.", list(&far, far.len())));
    }
    said.extend(ended_early(&answer.strategies));
    said.push(LEFT_OUT.to_owned());
    said
}

/// A strategy with intervals, exponents and every limit.
fn whole(one: &Estimate, width: usize) -> String {
    let mut out = format!("\n{} ({})\n", one.strategy, list(&one.workloads, 3));
    for needed in &one.needs {
        let Some(need) = need(needed.need) else { continue };
        let amount = needed.amount.map_or(NONE.to_owned(), |amount| with_interval(need.unit, amount));
        out += &wrap(&format!("{}: {amount}", need.name), width, "  ");
    }
    if let Some(money) = &one.money {
        let Amount { value, low, high } = money.total;
        let (value, low, high) = (figure(value), figure(low), figure(high));
        out += &wrap(&format!("a month: {value} {} ({low} to {high})", money.currency), width, "  ");
    }
    out += "  They rest on:\n";
    for basis in one.bases() {
        out += &wrap(&exponent(basis), width, "    ");
    }
    out += "  As more people come into one document:\n";
    for broken in &one.breaks {
        let what = limit(broken.limit).map_or(broken.limit, |limit| limit.what);
        let at = match broken.people {
            None => "does not break".to_owned(),
            Some(at) => {
                let far = match broken.beyond > 1.0 {
                    true => format!(", {} times as many as were measured", figure(broken.beyond)),
                    false => String::new(),
                };
                format!("breaks at {} people ({} to {}){far}", people(at.value), people(at.low), people(at.high))
            }
        };
        out += &wrap(&format!("{what}: {} taken; {at}", told(Unit::Share, broken.taken.value)), width, "    ");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::costs::Costs;
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::needs::NEEDS;
    use super::super::prices::Prices;
    use super::super::product::tests::million;
    use super::*;

    fn answer(prices: Option<&Prices>) -> Answer {
        let mut all = [axes("serial", fan_out), axes("crdt-yrs", keeps_history)].concat();
        all[3].stopped = Some("at 1000000: about 40 s, of 10 s that the budget left to it".to_owned());
        Answer::new(&Costs::all(&curves(all), &["serial", "crdt-yrs"]), &million(), prices)
    }

    #[test]
    fn the_answer_comes_first_and_all_fits_into_eighty_columns() {
        let text = text(&answer(None), false, 200);
        assert!(text.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn details_have_every_interval_and_exponent() {
        let prices = Prices {
            currency: "EUR".into(),
            core_hour: 0.05,
            memory_gb_month: 2.0,
            out_gb: 0.05,
            stored_gb_month: 0.1,
        };
        let text = text(&answer(Some(&prices)), true, 80);
        assert!(text.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{text}");
        for need in NEEDS {
            assert!(text.contains(&format!("  {}: ", need.name)), "{}", need.name);
        }
        insta::assert_snapshot!(text);
    }
}
