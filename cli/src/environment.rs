//! The environment of a run, for its provenance.

use std::collections::BTreeMap;

use syncbench_harness::results::Environment;
use syncbench_strategies::registry::{OPTIONAL, STRATEGIES, find};

use crate::date::Date;

/// Version and commit, for `--version`.
pub(crate) fn version() -> String {
    let (commit, dirty) = (env!("SYNCBENCH_COMMIT"), env!("SYNCBENCH_DIRTY") == "true");
    match commit {
        "" => env!("CARGO_PKG_VERSION").into(),
        commit => format!("{} ({commit}{})", env!("CARGO_PKG_VERSION"), if dirty { ", modified" } else { "" }),
    }
}

/// The environment of a run that starts now.
pub(crate) fn now() -> Environment {
    let libraries: BTreeMap<String, String> = STRATEGIES
        .iter()
        .filter_map(|spec| spec.library)
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    let features = OPTIONAL.iter().filter(|optional| find(optional.name).is_some());
    Environment {
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("SYNCBENCH_COMMIT").into(),
        dirty: env!("SYNCBENCH_DIRTY") == "true",
        rustc: env!("SYNCBENCH_RUSTC").into(),
        profile: if cfg!(debug_assertions) { "debug".into() } else { "release".into() },
        features: features.map(|optional| optional.feature.to_owned()).collect(),
        libraries,
        cpu: cpu(),
        cores: cores(),
        os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        started_at: Date::now().rfc3339(),
    }
}

/// How many processors this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_owned())
}
