//! The catalog as text, as wide as the terminal.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::entry::{CompiledIn, Param, Strategy};

use crate::out::println;

/// Columns that are easy to read, and the width where there is no terminal.
const WIDEST: usize = 100;

pub(super) fn print(catalog: &Catalog) {
    section("strategies", catalog.strategies.as_deref(), |strategy| match strategy {
        Strategy::CompiledIn(strategy) => compiled_in(strategy),
        Strategy::LeftOut(left_out) => {
            heading(left_out.name, left_out.summary);
            wrapped(6, &left_out.why);
        }
    });
    section("workloads", catalog.workloads.as_deref(), |workload| {
        heading(workload.name, workload.summary);
        field("product", workload.product);
        field("edits", &workload.edits.join(", "));
        field("size", &workload.size);
        params(&workload.params);
        for finding in &workload.finds {
            let lost = if finding.lost { "" } else { " (not lost)" };
            wrapped(6, &format!("finds {}{lost}: {}", finding.kind, finding.meaning));
        }
    });
    let explained: RefCell<Vec<Param>> = RefCell::default();
    section("networks", catalog.networks.as_deref(), |network| {
        heading(network.name, network.summary);
        field("client's leg", &network.client_leg);
        field("server's leg", &network.server_leg);
        field("between legs", &network.between_legs);
        field("source", network.source);
        // Parameters that every network has are explained once.
        let (known, new): (Vec<_>, Vec<_>) =
            network.params.iter().partition(|param| explained.borrow().contains(param));
        new.iter().copied().for_each(param);
        let names: Vec<_> = known.iter().map(|param| param.name).collect();
        if !names.is_empty() {
            field(&names.join(", "), "as above");
        }
        explained.borrow_mut().extend(new.into_iter().cloned());
    });
    section("faults", catalog.faults.as_deref(), |fault| {
        heading(fault.name, fault.summary);
        field("real time", &fault.real_time);
        params(&fault.params);
    });
    section("metrics", catalog.metrics.as_deref(), |metric| {
        heading(metric.name, metric.meaning);
        field("unit", metric.unit);
        field("better", metric.better);
        field("fields", &metric.fields.join(", "));
    });
    section("charts", catalog.charts.as_deref(), |chart| {
        heading(chart.name, chart.summary);
        field("shows", chart.shows);
        field("metrics", &chart.metrics.join(", "));
    });
    section("scenarios", catalog.scenarios.as_deref(), |scenario| {
        heading(scenario.name, scenario.summary);
        println!("      toml:\n        {}", scenario.toml.trim_end().replace('\n', "\n        "));
    });
}

fn compiled_in(strategy: &CompiledIn) {
    heading(strategy.name, strategy.summary);
    field("family", strategy.family);
    field("source", strategy.source);
    strategy.library.iter().for_each(|library| field("library", library));
    field("topology", &strategy.topology);
    field("claims", &strategy.claims.join(", "));
    field("saved means", strategy.saved);
    let grows: Vec<_> = strategy.memory_grows.iter().map(|(with, kept)| format!("{with}: {kept}")).collect();
    field(
        "memory grows",
        if grows.is_empty() { "with the document only".to_owned() } else { grows.join("; ") }.as_str(),
    );
    field("support", &grouped(&strategy.support));
    field("carries", &grouped(&strategy.carries));
    field("undo", &strategy.undo);
    params(&strategy.params);
}

fn section<T>(name: &str, entries: Option<&[T]>, print: impl Fn(&T)) {
    let Some(entries) = entries else { return };
    let bold = anstyle::Style::new().bold();
    println!("{bold}{}{bold:#}", name.to_uppercase());
    entries.iter().for_each(print);
    println!();
}

fn heading(name: &str, summary: &str) {
    let bold = anstyle::Style::new().bold();
    println!("  {bold}{name}{bold:#}");
    wrapped(4, summary);
}

/// Nothing, where there is nothing to say.
fn field(name: &str, text: &str) {
    if !text.is_empty() {
        wrapped(6, &format!("{name}: {text}"));
    }
}

fn params(params: &[Param]) {
    params.iter().for_each(param);
}

fn param(Param { name, kind, default, help }: &Param) {
    wrapped(6, &format!("{name}=<{kind}> (default {default}): {help}"));
}

/// A paragraph, indented, as wide as the terminal; further lines are indented by two more.
fn wrapped(indent: usize, text: &str) {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let width = columns.or(terminal).map_or(WIDEST, |width: usize| width.min(WIDEST));
    let (first, rest) = (" ".repeat(indent), " ".repeat(indent + 2));
    println!("{}", textwrap::fill(text, textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&rest)));
}

/// Keys with the same text go together: `put, remove: native; list_move: emulated: ...`.
fn grouped(fields: &BTreeMap<&str, String>) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, text) in fields {
        match groups.iter_mut().find(|(other, _)| other == text) {
            Some((_, keys)) => keys.push(key),
            None => groups.push((text, vec![key])),
        }
    }
    if let [(text, _)] = groups[..] {
        return format!("all: {text}");
    }
    groups.sort_by_key(|(text, _)| *text != "native");
    let group = |(text, keys): &(&str, Vec<&str>)| format!("{}: {text}", keys.join(", "));
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_the_same_text_are_grouped_native_first() {
        let fields = |all: &[(&'static str, &str)]| all.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        assert_eq!(grouped(&fields(&[("a", "native"), ("b", "native")])), "all: native");
        let mixed = fields(&[("a", "emulated: so"), ("b", "native"), ("c", "emulated: so")]);
        assert_eq!(grouped(&mixed), "b: native; a, c: emulated: so");
    }
}
