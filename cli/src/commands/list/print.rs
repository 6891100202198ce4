//! The catalog as text, as wide as the terminal.

use std::collections::BTreeMap;

use super::catalog::Catalog;
use super::entry::{CompiledIn, Param, Strategy};

use crate::args::Listed;
use crate::out::println;

/// Columns that are easy to read, and the width where there is no terminal.
const WIDEST: usize = 100;

/// The names of everything, kind by kind.
pub(super) fn overview(catalog: &Catalog, program: &str) {
    for (kind, entries) in catalog.sections() {
        let mut names: Vec<String> = entries.iter().map(|entry| entry.name().to_owned()).collect();
        if kind == Listed::Mutants {
            // Models have too many for an overview: it names their families.
            let models = |group: &str| group.starts_with("model of");
            let groups = entries.iter().filter_map(|entry| entry.group());
            let groups: Vec<&str> = groups.map(|group| if models(group) { "models" } else { group }).collect();
            names = groups.chunk_by(|a, b| a == b).map(|group| format!("{} ({})", group[0], group.len())).collect();
        }
        heading(kind);
        wrapped(2, 2, &names.join(", "));
    }
    println!();
    wrapped(
        0,
        0,
        &format!("`{program} list KIND` prints a line for each, and `{program} list NAME` all that is known of one."),
    );
}

/// A line for each.
pub(super) fn lines(catalog: &Catalog, program: &str) {
    for (kind, entries) in catalog.sections() {
        let longest = entries.iter().map(|entry| entry.name().chars().count()).max().unwrap_or(0);
        heading(kind);
        let mut group = None;
        for entry in &entries {
            if entry.group() != group {
                group = entry.group();
                group.iter().for_each(|group| println!("  {group}"));
            }
            let indent = if group.is_some() { 4 } else { 2 };
            let text = format!("{:<longest$}  {}", entry.name(), entry.summary());
            bold_name(entry.name(), indent, indent + longest + 2, &text);
        }
        println!();
        let (_, singular) = kind.words();
        wrapped(0, 0, &format!("`{program} list NAME` prints all that is known of one {singular}."));
    }
}

/// All that is known of each.
pub(super) fn whole(catalog: &Catalog) {
    section("strategies", catalog.strategies.as_deref(), |strategy| match strategy {
        Strategy::CompiledIn(strategy) => compiled_in(strategy),
        Strategy::LeftOut(left_out) => {
            named(left_out.name, left_out.summary);
            wrapped(4, 6, &left_out.why);
        }
    });
    section("workloads", catalog.workloads.as_deref(), |workload| {
        named(workload.name, workload.summary);
        field("product", workload.product);
        field("edits", &workload.edits.join(", "));
        field("size", &workload.size);
        params(&workload.params);
        for finding in &workload.finds {
            let lost = if finding.lost { "" } else { " (not lost)" };
            wrapped(4, 6, &format!("finds {}{lost}: {}", finding.kind, finding.meaning));
        }
        field("example", &workload.example);
    });
    section("networks", catalog.networks.as_deref(), |network| {
        named(network.name, network.summary);
        field("client's leg", &network.client_leg);
        field("server's leg", &network.server_leg);
        field("between legs", &network.between_legs);
        field("source", network.source);
        params(&network.params);
        field("example", &network.example);
    });
    section("faults", catalog.faults.as_deref(), |fault| {
        named(fault.name, fault.summary);
        field("real time", &fault.real_time);
        field("swarm", &fault.swarm);
        params(&fault.params);
        field("example", &fault.example);
    });
    section("metrics", catalog.metrics.as_deref(), |metric| {
        named(metric.name, metric.meaning);
        field("unit", metric.unit);
        field("better", metric.better);
        field("fields", &metric.fields.join(", "));
    });
    section("charts", catalog.charts.as_deref(), |chart| {
        named(chart.name, chart.summary);
        field("shows", chart.shows);
        field("metrics", &chart.metrics.join(", "));
    });
    section("scenarios", catalog.scenarios.as_deref(), |scenario| {
        named(scenario.name, scenario.summary);
        field("example", &scenario.example);
        println!("    toml:");
        let room = columns().saturating_sub(6).max(20);
        scenario.toml.trim_end().lines().flat_map(|line| toml(line, room)).for_each(|line| println!("      {line}"));
    });
    section("mutants", catalog.mutants.as_deref(), |mutant| {
        named(mutant.name, mutant.plants);
        field("a real one", mutant.history.unwrap_or_default());
        field("planted in", &format!("{} on {}", mutant.strategy, mutant.workload));
        field("network", mutant.network);
        field("faults", &mutant.faults.join(", "));
        field("caught by", &mutant.caught_by);
        field("example", &mutant.example);
    });
    section("stories", catalog.stories.as_deref(), |story| {
        named(story.name, story.title);
        field("shows", story.shows);
        field("example", &story.example);
    });
}

fn compiled_in(strategy: &CompiledIn) {
    named(strategy.name, strategy.summary);
    field("family", strategy.family);
    field("source", strategy.source);
    strategy.library.iter().for_each(|library| field("library", library));
    field("topology", &strategy.topology);
    field("claims", &strategy.claims.join(", "));
    field("saved means", strategy.saved);
    field("versions", &strategy.earlier_versions);
    let grows: Vec<_> = strategy.memory_grows.iter().map(|(with, kept)| format!("{with}: {kept}")).collect();
    field(
        "memory grows",
        if grows.is_empty() { "with the document only".to_owned() } else { grows.join("; ") }.as_str(),
    );
    field("support", &grouped(&strategy.support));
    field("carries", &grouped(&strategy.carries));
    field("undo", &strategy.undo);
    params(&strategy.params);
    field("example", &strategy.example);
}

fn section<T>(name: &str, entries: Option<&[T]>, print: impl Fn(&T)) {
    let bold = anstyle::Style::new().bold();
    for entry in entries.into_iter().flatten() {
        println!("{bold}{}{bold:#}", name.to_uppercase());
        print(entry);
    }
}

/// A kind in capitals.
fn heading(kind: Listed) {
    let bold = anstyle::Style::new().bold();
    println!("{bold}{}{bold:#}", kind.words().0.to_uppercase());
}

fn named(name: &str, summary: &str) {
    bold_name(name, 2, 4, &format!("{name}: {summary}"));
}

/// Nothing, where there is nothing to say.
fn field(name: &str, text: &str) {
    if !text.is_empty() {
        wrapped(4, 6, &format!("{name}: {text}"));
    }
}

fn params(params: &[Param]) {
    params.iter().for_each(param);
}

fn param(Param { name, kind, default, help }: &Param) {
    wrapped(4, 6, &format!("{name}=<{kind}> (default {default}): {help}"));
}

/// A paragraph as wide as the terminal, its first line and its further lines indented.
fn wrapped(first: usize, rest: usize, text: &str) {
    println!("{}", filled(first, rest, text));
}

/// The same for a paragraph that begins with a name, in bold.
fn bold_name(name: &str, first: usize, rest: usize, text: &str) {
    let bold = anstyle::Style::new().bold();
    let filled = filled(first, rest, text);
    match filled.trim_start().strip_prefix(name) {
        Some(behind) => println!("{}{bold}{name}{bold:#}{behind}", " ".repeat(first)),
        // In a terminal so narrow that the name is broken.
        None => println!("{filled}"),
    }
}

fn filled(first: usize, rest: usize, text: &str) -> String {
    let (first, rest) = (" ".repeat(first), " ".repeat(rest));
    let options = textwrap::Options::new(columns()).initial_indent(&first).subsequent_indent(&rest);
    textwrap::fill(text, options.word_splitter(textwrap::WordSplitter::NoHyphenation))
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
