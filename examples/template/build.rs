//! Tells the program which commit it was built from: results carry it, so figures of two builds are never put together.

use std::process::Command;

fn main() {
    // Whether there are changes is asked again when there are some, and when another commit is checked out.
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=Cargo.toml");
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    if let Some(commit) = git(&["describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=-modified"]) {
        println!("cargo::rustc-env=PRODUCT_COMMIT={commit}");
    }
}

/// What git answers; nothing where there is no git, or no repository with a commit.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("--no-optional-locks").args(args).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !answer.is_empty()).then_some(answer)
}
