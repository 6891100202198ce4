//! Helpers for tests that hold files and registries together.

use std::path::Path;

/// Asserts that a folder of this crate has one file per line of its registry, besides those that are `shared`.
pub(crate) fn assert_registered(folder: &str, shared: &[&str], lines: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .expect("the folder of this registry")
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .filter(|stem| !shared.contains(&stem.as_str()))
        .collect();
    files.sort();
    assert_eq!(files.len(), lines, "{}: files {files:?} and registry lines differ", folder.display());
}
