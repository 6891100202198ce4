//! The environment of a run, for its provenance.

use std::collections::BTreeMap;

use syncbench_harness::results::{Environment, ProductBuild};
use syncbench_strategies::registry::{OPTIONAL, find};
use syncbench_strategies::spec::Spec;

use crate::date::Date;

/// Version and commit, for `--version`: of the product, if it is one's, and of syncbench.
pub(crate) fn version(product: Option<&ProductBuild>) -> String {
    let (commit, dirty) = (env!("SYNCBENCH_COMMIT"), env!("SYNCBENCH_DIRTY") == "true");
    let own = match commit {
        "" => env!("CARGO_PKG_VERSION").into(),
        commit => format!("{} ({commit}{})", env!("CARGO_PKG_VERSION"), if dirty { ", modified" } else { "" }),
    };
    let known = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
    match product {
        None => own,
        Some(product) => {
            format!("{} (commit {}), with syncbench {own}", known(&product.version), known(&product.commit))
        }
    }
}

/// The environment of a run of these strategies that starts now.
pub(crate) fn now(product: Option<ProductBuild>, strategies: &[&'static Spec]) -> Environment {
    let libraries: BTreeMap<String, String> = strategies
        .iter()
        .filter_map(|spec| spec.library)
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    let features = OPTIONAL.iter().filter(|optional| find(optional.name).is_some());
    Environment {
        product,
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
