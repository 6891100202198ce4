//! `syncbench list`: what there is to choose from.

use std::process::ExitCode;

use anstream::println;
use serde_json::{Value, json};
use syncbench_harness::faults::FAULTS;
use syncbench_harness::network::NETWORKS;
use syncbench_harness::scenario::{DEFAULT_PARTS, LONG_PARTS};
use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::charts::CHARTS;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry::{STRATEGIES, left_out};
use syncbench_strategies::spec::{Content, Param, ParamKind};

use crate::args::{ListArgs, Listed};
use crate::failure::Done;

const ALL: [(Listed, &str, fn() -> Vec<Value>); 6] = [
    (Listed::Strategies, "strategies", strategies),
    (Listed::Workloads, "workloads", workloads),
    (Listed::Networks, "networks", networks),
    (Listed::Faults, "faults", faults),
    (Listed::Charts, "charts", charts),
    (Listed::Scenarios, "scenarios", scenarios),
];

pub(crate) fn list(args: &ListArgs) -> Done {
    let chosen = ALL.iter().filter(|(what, ..)| args.what.is_none_or(|wanted| wanted == *what));
    let mut document = serde_json::Map::from_iter([("schema".to_owned(), json!(1))]);
    for (_, name, entries) in chosen {
        let entries = entries();
        if args.json {
            document.insert((*name).into(), Value::Array(entries));
        } else {
            print(name, &entries);
        }
    }
    if args.json {
        println!("{}", Value::Object(document));
    }
    Ok(ExitCode::SUCCESS)
}

/// Name and summary of each entry, and everything else that it has below.
fn print(name: &str, entries: &[Value]) {
    let bold = anstyle::Style::new().bold();
    println!("{bold}{}{bold:#}", name.to_uppercase());
    for entry in entries {
        let field = |key: &str| entry[key].as_str().unwrap_or_default();
        println!("  {bold}{}{bold:#}", field("name"));
        wrapped(4, field("summary"));
        for (key, value) in entry.as_object().into_iter().flatten() {
            let text = match (key.as_str(), value) {
                ("name" | "summary", _) => continue,
                (_, Value::Null) => continue,
                (_, Value::Array(items)) if items.is_empty() => continue,
                ("params", Value::Array(params)) => {
                    for param in params {
                        let of = |key: &str| param[key].as_str().unwrap_or_default();
                        let (name, kind, default, help) = (of("name"), of("kind"), of("default"), of("help"));
                        wrapped(6, &format!("{name}=<{kind}> (default {default}): {help}"));
                    }
                    continue;
                }
                (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                ("memory_grows", Value::Object(fields)) if fields.is_empty() => "with the document only".to_owned(),
                ("memory_grows", Value::Object(fields)) => {
                    let said =
                        |(with, kept): (&String, &Value)| format!("{with}: {}", kept.as_str().unwrap_or_default());
                    fields.iter().map(said).collect::<Vec<_>>().join("; ")
                }
                (_, Value::Object(fields)) => grouped(fields),
                (_, Value::String(text)) => text.clone(),
                (_, other) => other.to_string(),
            };
            let key = key.replace('_', " ");
            if text.trim_end().contains('\n') {
                // A file, as it is.
                println!("      {key}:\n        {}", text.trim_end().replace('\n', "\n        "));
            } else {
                wrapped(6, &format!("{key}: {text}"));
            }
        }
    }
    println!();
}

/// A paragraph, indented, as wide as the terminal; the lines after its first hang.
fn wrapped(indent: usize, text: &str) {
    /// What is read with ease, and the width where there is no terminal.
    const WIDEST: usize = 100;
    let width = terminal_size::terminal_size().map_or(WIDEST, |(width, _)| usize::from(width.0).min(WIDEST));
    let (first, rest) = (" ".repeat(indent), " ".repeat(indent + 2));
    println!("{}", textwrap::fill(text, textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&rest)));
}

/// What is the same for several keys is said once: `put, remove: native; list_move: emulated: ...`.
fn grouped(fields: &serde_json::Map<String, Value>) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (key, value) in fields {
        let value = value.as_str().unwrap_or_default();
        match groups.iter_mut().find(|(said, _)| *said == value) {
            Some((_, keys)) => keys.push(key),
            None => groups.push((value, vec![key])),
        }
    }
    if let [(said, _)] = groups[..] {
        return format!("all: {said}");
    }
    groups.sort_by_key(|(said, _)| *said != "native");
    let group = |(said, keys): &(&str, Vec<&str>)| format!("{}: {said}", keys.join(", "));
    groups.iter().map(group).collect::<Vec<_>>().join("; ")
}

fn params(params: &[Param]) -> Value {
    let kind = |param: &Param| match param.kind {
        ParamKind::Span => "span".to_owned(),
        ParamKind::Count => "number".to_owned(),
        ParamKind::Share => "share".to_owned(),
        ParamKind::Choice(words) => words.join("|"),
        ParamKind::Paths => "paths".to_owned(),
    };
    let entry =
        |param: &Param| json!({"name": param.name, "kind": kind(param), "default": param.default, "help": param.help});
    params.iter().map(entry).collect()
}

fn strategies() -> Vec<Value> {
    let entry = |spec: &&syncbench_strategies::spec::Spec| {
        let claims: Vec<&str> =
            spec.guarantees.named().into_iter().filter(|(_, claimed)| *claimed).map(|(name, _)| name).collect();
        let support: serde_json::Map<String, Value> = EditKind::ALL
            .iter()
            .map(|kind| (kind.name().to_owned(), Value::String((spec.support)(*kind).to_string())))
            .collect();
        let carries: serde_json::Map<String, Value> = Content::ALL
            .iter()
            .map(|content| (content.name().to_owned(), Value::String((spec.content)(*content).to_string())))
            .collect();
        let grows = spec.guarantees.grows.named();
        let grows = grows.into_iter().filter_map(|(with, kept)| Some((with.to_owned(), json!(kept?))));
        let grows: serde_json::Map<String, Value> = grows.collect();
        json!({
            "name": spec.name, "summary": spec.summary, "family": spec.family, "source": spec.source,
            "library": spec.library.map(|(name, version)| format!("{name} {version}")), "compiled_in": "yes",
            "topology": spec.topology.to_string(), "claims": claims, "memory_grows": grows, "support": support,
            "carries": carries, "undo": spec.undo.to_string(), "params": params(spec.params),
        })
    };
    let absent = left_out().map(|optional| {
        json!({"name": optional.name, "summary": optional.summary, "compiled_in": "no", "feature": optional.feature,
            "why": optional.reason()})
    });
    STRATEGIES.iter().map(entry).chain(absent).collect()
}

fn workloads() -> Vec<Value> {
    let entry = |spec: &&syncbench_harness::workload::WorkloadSpec| {
        let edits: Vec<&str> = spec.edits.iter().map(|kind| kind.name()).collect();
        let kinds: Vec<&str> = spec.kinds.iter().map(|kind| kind.name).collect();
        json!({
            "name": spec.name, "summary": spec.summary, "product": spec.product, "edits": edits, "finds": kinds,
            "size": format!("{} {} by default", spec.default_size, spec.size_unit), "params": params(spec.params),
        })
    };
    WORKLOADS.iter().map(entry).collect()
}

fn networks() -> Vec<Value> {
    let entry = |spec: &&syncbench_harness::network::NetworkSpec| json!({"name": spec.name, "summary": spec.summary, "source": spec.source, "params": params(spec.params)});
    NETWORKS.iter().map(entry).collect()
}

fn faults() -> Vec<Value> {
    let entry = |spec: &&syncbench_harness::faults::FaultSpec| {
        json!({
            "name": spec.name, "summary": spec.summary, "real_time": spec.threads.to_string(),
            "params": params(spec.params),
        })
    };
    FAULTS.iter().map(entry).collect()
}

fn charts() -> Vec<Value> {
    CHARTS.iter().map(|chart| json!({"name": chart.name, "summary": chart.title, "shows": chart.shows})).collect()
}

fn scenarios() -> Vec<Value> {
    let entry = |(name, text): &(&str, &str)| {
        let summary = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        json!({"name": name, "summary": summary, "toml": text})
    };
    DEFAULT_PARTS.iter().chain(LONG_PARTS).map(entry).collect()
}
