//! Data that is too large for this repository. A test without its data is skipped, and that must not look like a pass.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use syncbench_harness::trace::{Trace, Units};

/// A recorded trace from the folder that `SYNCBENCH_TRACES` names, or from the usual one beside the repository.
pub fn recorded_trace(name: &str) -> Option<Trace> {
    let named = env::var_os("SYNCBENCH_TRACES").map(PathBuf::from);
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/editing-traces");
    let path = named.clone().unwrap_or_else(usual).join(format!("{name}.json.gz"));
    if path.exists() {
        return Some(Trace::read(path, Units::CodePoints).unwrap());
    }
    // A folder that is named explicitly must hold the trace.
    assert!(named.is_none(), "SYNCBENCH_TRACES names a folder without {}", path.display());
    skipped(&format!(
        "recorded trace {name}: no {name}.json.gz in ../shared/data/editing-traces beside the repository"
    ));
    None
}

/// Says what is skipped where the test's own output would be captured: `.ci/run` lists these lines at its end.
fn skipped(what: &str) {
    io::stderr().write_all(format!("skipped: {what}\n").as_bytes()).unwrap();
}
