//! The scenarios that are built in.

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
pub static OTHER_PARTS: &[(&str, &str)] = &[("product", include_str!("../../scenarios/product.toml"))];

/// The scenarios of the default comparison.
pub fn default_comparison() -> Vec<Scenario> {
    DEFAULT_PARTS.iter().map(|found| part(found, None)).collect()
}

/// The scenarios that are built in under this name: a part, or `long` for all parts of the long run.
pub fn built_in(name: &str) -> Option<Vec<Scenario>> {
    built_in_replaying(name, None)
}

/// The same, with `trace` in place of their workloads.
pub fn built_in_replaying(name: &str, trace: Option<&Path>) -> Option<Vec<Scenario>> {
    if name == "long" {
        return Some(LONG_PARTS.iter().map(|found| part(found, trace)).collect());
    }
    let found = DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS).find(|(part, _)| *part == name);
    found.map(|found| vec![part(found, trace)])
}

/// A built-in scenario, without the strategies that this build leaves out.
fn part((_, text): &(&str, &str), trace: Option<&Path>) -> Scenario {
    // A test parses every part.
    let mut scenario: Scenario = Scenario::replaying(text, trace).expect("a built-in scenario");
    let name = |written: &str| written.split(':').next().unwrap_or_default().to_owned();
    scenario.strategies.retain(|written| !registry::left_out().any(|absent| absent.name == name(written)));
    scenario
}
