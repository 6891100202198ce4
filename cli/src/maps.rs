//! The maps of anomalies that a command quotes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use syncbench_harness::workloads::WORKLOADS;
use syncbench_reports::anomalies::{self, Maps};
use syncbench_strategies::registry::STRATEGIES;

use crate::catalog::Catalog;
use crate::failure::Failure;

/// The map in a file before the committed one, or that alone. Of what a product has replaced, the committed map says nothing.
pub(crate) fn quoted(catalog: &Catalog, path: Option<&Path>) -> Result<Maps, Failure> {
    let strategies = catalog.plans.strategies().iter();
    let strategies = strategies.filter(|spec| !STRATEGIES.iter().any(|built_in| std::ptr::eq(*built_in, **spec)));
    let workloads = catalog.plans.workloads().iter();
    let workloads = workloads.filter(|spec| !WORKLOADS.iter().any(|built_in| std::ptr::eq(*built_in, **spec)));
    let own = strategies.map(|spec| spec.name).chain(workloads.map(|spec| spec.name)).map(str::to_owned);
    let maps = path.map_or(Ok(Maps::default()), read)?;
    Ok(maps.replaced(own))
}

fn read(path: &Path) -> Result<Maps, Failure> {
    let wrong = |reason: String| Failure::usage(format!("--map {}: {reason}", path.display()));
    let unreadable =
        |error: std::io::Error| wrong(format!("{error}; expected the map.json of `explore --all --out DIR`"));
    let mut bytes = Vec::new();
    // One more than are allowed tells a file that is too large, or has no end.
    let most = anomalies::MOST_BYTES as u64 + 1;
    File::open(path).map_err(unreadable)?.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    let map = anomalies::read(&bytes).map_err(wrong)?;
    Ok(Maps::with(&path.display().to_string(), map))
}
