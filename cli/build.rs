//! Tells the program which commit and which compiler it was built with, for `--version` and the provenance of results.
//!
//! Whether the sources differ from the commit depends on two things only: where `HEAD` points, and the files that make
//! the program. Both are watched, and nothing else is: git rewrites its index at a mere `git status`, so watching the
//! index would rebuild the program although nothing changed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace; a build script runs in the folder of its package.
const ROOT: &str = "..";

/// What the program is made of.
const SOURCES: [&str; 11] = [
    "Cargo.toml",
    "Cargo.lock",
    "cli/Cargo.toml",
    "cli/build.rs",
    "cli/src",
    "harness/Cargo.toml",
    "harness/src",
    "reports/Cargo.toml",
    "reports/src",
    "strategies/Cargo.toml",
    "strategies/src",
];

fn main() {
    let sources = SOURCES.map(|source| Path::new(ROOT).join(source));
    for path in sources.into_iter().chain(head()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    let own = own_repository();
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).filter(|_| own).unwrap_or_default();
    let status: Vec<_> = ["status", "--porcelain", "--untracked-files=no", "--"].into_iter().chain(SOURCES).collect();
    let dirty = own && git(&status).is_some_and(|status| !status.is_empty());
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = answer(Command::new(rustc).arg("--version")).unwrap_or_default();
    println!("cargo::rustc-env=SYNCBENCH_COMMIT={commit}");
    println!("cargo::rustc-env=SYNCBENCH_DIRTY={dirty}");
    println!("cargo::rustc-env=SYNCBENCH_RUSTC={rustc}");
}

/// Whether the sources are a repository of their own. Where a product's repository holds a copy of them, git would answer
/// with the product's commit.
fn own_repository() -> bool {
    let top = git(&["rev-parse", "--show-toplevel"]).and_then(|top| Path::new(&top).canonicalize().ok());
    top.is_some() && top == Path::new(ROOT).canonicalize().ok()
}

/// The files that change when `HEAD` moves to another commit: `HEAD` itself and the branch it names.
fn head() -> Vec<PathBuf> {
    let file = |name: &str| Some(Path::new(ROOT).join(git(&["rev-parse", "--git-path", name])?));
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]).and_then(|name| file(&name));
    // A packed branch has no file of its own until its next commit: watch the folder in which that appears.
    let branch = branch.and_then(|path| path.ancestors().find(|path| path.exists()).map(Path::to_owned));
    [file("HEAD"), branch].into_iter().flatten().collect()
}

/// What git answers, without the locks and writes that an answer does not need.
fn git(args: &[&str]) -> Option<String> {
    answer(Command::new("git").arg("--no-optional-locks").args(args).current_dir(ROOT))
}

fn answer(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
