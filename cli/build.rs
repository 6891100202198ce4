//! Notes the commit and the compiler, for `--version` and for the provenance of results.

use std::process::Command;

fn main() {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_default();
    let dirty = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|status| !status.is_empty());
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    println!("cargo::rustc-env=SYNCBENCH_COMMIT={commit}");
    println!("cargo::rustc-env=SYNCBENCH_DIRTY={dirty}");
    println!("cargo::rustc-env=SYNCBENCH_RUSTC={version}");
    for path in ["../.git/HEAD", "../.git/index", "../.git/refs/heads"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    for folder in ["src", "../strategies/src", "../harness/src", "../reports/src"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
