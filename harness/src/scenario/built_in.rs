//! The scenarios that are built in.

use std::collections::BTreeSet;
use std::path::Path;

use syncbench_strategies::registry;

use super::Scenario;

/// The default comparison, part by part: name and TOML text.
pub static DEFAULT_PARTS: &[(&str, &str)] = &[
    ("calm", include_str!("../../scenarios/calm.toml")),
    ("rough", include_str!("../../scenarios/rough.toml")),
    ("growth", include_str!("../../scenarios/growth.toml")),
];

/// The long run, part by part: a million operations through each strategy, on what it carries and what keeps its size.
pub static LONG_PARTS: &[(&str, &str)] = &[
    ("long-stack", include_str!("../../scenarios/long-stack.toml")),
    ("long-text", include_str!("../../scenarios/long-text.toml")),
    ("long-record", include_str!("../../scenarios/long-record.toml")),
    ("long-booking", include_str!("../../scenarios/long-booking.toml")),
    ("long-presence", include_str!("../../scenarios/long-presence.toml")),
];

/// Parts of which none belongs to a comparison or a long run: each runs when it is asked for.
pub static OTHER_PARTS: &[(&str, &str)] = &[
    ("product", include_str!("../../scenarios/product.toml")),
    ("offline-hour", include_str!("../../scenarios/offline-hour.toml")),
    ("offline-hour-text", include_str!("../../scenarios/offline-hour-text.toml")),
    ("offline-weeks", include_str!("../../scenarios/offline-weeks.toml")),
    ("offline-weeks-text", include_str!("../../scenarios/offline-weeks-text.toml")),
    ("server-loss-outage", include_str!("../../scenarios/server-loss-outage.toml")),
    ("server-loss-crash", include_str!("../../scenarios/server-loss-crash.toml")),
    ("server-loss-backup", include_str!("../../scenarios/server-loss-backup.toml")),
    ("server-loss-rebuild", include_str!("../../scenarios/server-loss-rebuild.toml")),
    ("contention", include_str!("../../scenarios/contention.toml")),
    ("purged", include_str!("../../scenarios/purged.toml")),
    ("throughput-two", include_str!("../../scenarios/throughput-two.toml")),
    ("throughput-four", include_str!("../../scenarios/throughput-four.toml")),
    ("throughput-eight", include_str!("../../scenarios/throughput-eight.toml")),
    ("throughput-sixteen", include_str!("../../scenarios/throughput-sixteen.toml")),
    ("throughput-thirty-two", include_str!("../../scenarios/throughput-thirty-two.toml")),
    ("throughput-sixty-four", include_str!("../../scenarios/throughput-sixty-four.toml")),
    ("throughput-hundred-twenty-eight", include_str!("../../scenarios/throughput-hundred-twenty-eight.toml")),
    ("throughput-batch", include_str!("../../scenarios/throughput-batch.toml")),
];

/// Names for several parts at once: each stands for the parts whose names begin with it and a hyphen.
pub static TOGETHER: &[(&str, &str)] = &[
    ("long", "# All parts of the long run at once, those whose names begin with long-"),
    (
        "offline",
        "# The hour and the three weeks without a connection at once, all parts whose names begin with offline-",
    ),
    (
        "server-loss",
        "# What strategies do when the server is away, and when it loses something: all parts whose names begin with server-loss-",
    ),
    (
        "throughput",
        "# What 2 to 128 clients carry, and what batches do to it: all parts whose names begin with throughput-",
    ),
];

/// The scenarios of the default comparison.
pub fn default_comparison() -> Vec<Scenario> {
    DEFAULT_PARTS.iter().map(|found| part(found, None)).collect()
}

/// The scenarios that are built in under this name: a part, or `long`, `offline`, `server-loss` or `throughput` for all of
/// their parts.
pub fn built_in(name: &str) -> Option<Vec<Scenario>> {
    built_in_replaying(name, None)
}

/// The same, with `trace` in place of their workloads.
pub fn built_in_replaying(name: &str, trace: Option<&Path>) -> Option<Vec<Scenario>> {
    let parts = DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS);
    let of_it = |written: &str| written.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let together = TOGETHER.iter().any(|(known, _)| *known == name);
    let found = parts.filter(|(written, _)| *written == name || (together && of_it(written)));
    let found: Vec<Scenario> = found.map(|found| part(found, trace)).collect();
    (!found.is_empty()).then_some(found)
}

/// Gives parts that differ in their workloads, such as those of `offline`, these workloads instead: each part keeps those that
/// are its own. One that no part has goes to the first part of each name. A part is left out that has none of them.
pub fn choose_workloads(parts: &mut Vec<Scenario>, asked: &[String]) {
    let name = |written: &str| written.split(':').next().unwrap_or_default().to_owned();
    let has = |part: &Scenario, asked: &str| part.workloads.iter().any(|own| own == "all" || name(own) == name(asked));
    let foreign: Vec<&String> = asked.iter().filter(|asked| !parts.iter().any(|part| has(part, asked))).collect();
    let mut met = BTreeSet::new();
    for part in &mut *parts {
        let first = met.insert(part.name.clone());
        let chosen = asked.iter().filter(|asked| has(part, asked) || (first && foreign.contains(asked)));
        part.workloads = chosen.cloned().collect();
    }
    parts.retain(|part| !part.workloads.is_empty());
}

/// A built-in scenario, without the strategies that this build leaves out.
fn part((_, text): &(&str, &str), trace: Option<&Path>) -> Scenario {
    // A test parses every part.
    let mut scenario: Scenario = Scenario::replaying(text, trace).expect("a built-in scenario");
    let name = |written: &str| written.split(':').next().unwrap_or_default().to_owned();
    scenario.strategies.retain(|written| !registry::left_out().any(|absent| absent.name == name(written)));
    scenario
}
