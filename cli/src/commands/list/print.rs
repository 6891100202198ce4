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
        println!("      toml:");
        let room = columns().saturating_sub(8).max(20);
        scenario.toml.trim_end().lines().flat_map(|line| toml(line, room)).for_each(|line| println!("        {line}"));
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
    let width = columns();
    let (first, rest) = (" ".repeat(indent), " ".repeat(indent + 2));
    println!("{}", textwrap::fill(text, textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&rest)));
}

fn columns() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.or(terminal).map_or(WIDEST, |width: usize| width.min(WIDEST))
}

/// A line of TOML in lines that fit into so many columns and say the same: a comment goes on in further comments, one behind
/// a value goes before it, and an array goes on behind a comma.
fn toml(line: &str, room: usize) -> Vec<String> {
    let fill = |text: &str, options: textwrap::Options<'_>| -> Vec<String> {
        textwrap::wrap(text, options.break_words(false)).into_iter().map(String::from).collect()
    };
    let plain = || textwrap::Options::new(room).word_splitter(textwrap::WordSplitter::NoHyphenation);
    if textwrap::core::display_width(line) <= room {
        return vec![line.to_owned()];
    }
    let comment = |text: &str| {
        let spaces = text[1..].len() - text[1..].trim_start().len();
        fill(text, plain().subsequent_indent(&format!("#{}", " ".repeat(spaces))))
    };
    if line.starts_with('#') {
        return comment(line);
    }
    let (value, behind) = match line.rsplit_once(" # ").filter(|(value, _)| value.matches('"').count() % 2 == 0) {
        Some((value, behind)) => (value.trim_end(), comment(&format!("# {behind}"))),
        None => (line, Vec::new()),
    };
    let array = value.ends_with([']', ',']) && !value.starts_with('[');
    let value = if array { fill(value, plain().subsequent_indent("    ")) } else { vec![value.to_owned()] };
    [behind, value].concat()
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
    fn toml_that_is_wrapped_says_the_same() {
        let text = "# Every strategy, on a network that is neither fast nor slow.\nnames = [\"one-of-many\", \"two-of-many\", \
                    \"three-of-many\"]\nops = 400 # of all clients together, as many for each strategy";
        let lines: Vec<String> = text.lines().flat_map(|line| toml(line, 40)).collect();
        assert!(lines.len() > 5 && lines.iter().all(|line| line.len() <= 40), "{lines:?}");
        let read =
            |text: &str| text.split_whitespace().filter(|word| *word != "#").map(str::to_owned).collect::<Vec<_>>();
        let (mut before, mut after) = (read(text), read(&lines.join("\n")));
        before.sort();
        after.sort();
        assert_eq!(before, after);
        assert!(lines.iter().all(|line| !line.contains(" # ")), "{lines:?}");
        assert_eq!(toml("ops = 400 # few", 40), ["ops = 400 # few"]);
    }

    #[test]
    fn keys_with_the_same_text_are_grouped_native_first() {
        let fields = |all: &[(&'static str, &str)]| all.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        assert_eq!(grouped(&fields(&[("a", "native"), ("b", "native")])), "all: native");
        let mixed = fields(&[("a", "emulated: so"), ("b", "native"), ("c", "emulated: so")]);
        assert_eq!(grouped(&mixed), "b: native; a, c: emulated: so");
    }
}
