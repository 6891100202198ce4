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
use syncbench_strategies::spec::{Param, ParamKind};

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
        println!("  {bold}{}{bold:#}  {}", field("name"), field("summary"));
        for (key, value) in entry.as_object().into_iter().flatten() {
            let text = match (key.as_str(), value) {
                ("name" | "summary", _) => continue,
                (_, Value::Null) => continue,
                (_, Value::Array(items)) if items.is_empty() => continue,
                ("params", Value::Array(params)) => {
                    for param in params {
                        let of = |key: &str| param[key].as_str().unwrap_or_default();
                        println!("      {}=<{}> (default {}): {}", of("name"), of("kind"), of("default"), of("help"));
                    }
                    continue;
                }
                (_, Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                (_, Value::Object(fields)) => {
                    let pair =
                        |(key, value): (&String, &Value)| format!("{key}: {}", value.as_str().unwrap_or_default());
                    fields.iter().map(pair).collect::<Vec<_>>().join("; ")
                }
                (_, Value::String(text)) => text.clone(),
                (_, other) => other.to_string(),
            };
            println!("      {}: {}", key.replace('_', " "), text.trim_end().replace('\n', "\n        "));
        }
    }
    println!();
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
        let grows: serde_json::Map<String, Value> = spec
            .guarantees
            .grows
            .named()
            .into_iter()
            .filter_map(|(with, what)| Some((with.to_owned(), Value::String(what?.to_owned()))))
            .collect();
        json!({
            "name": spec.name, "summary": spec.summary, "family": spec.family, "source": spec.source,
            "library": spec.library.map(|(name, version)| format!("{name} {version}")), "compiled_in": "yes",
            "topology": spec.topology.to_string(), "claims": claims,
            "memory_grows": if grows.is_empty() { json!("no: bounded by the document and its parameters") } else { Value::Object(grows) },
            "support": support, "params": params(spec.params),
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
        json!({
            "name": spec.name, "summary": spec.summary, "product": spec.product, "edits": edits, "finds": spec.kinds,
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
