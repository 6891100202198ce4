//! The specs of all strategies: complete, consistent, and true where a test can tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::subject::variants;
use syncbench_harness::results::StrategyFacts;
use syncbench_harness::workloads::WORKLOADS;
use syncbench_strategies::document::EditKind;
use syncbench_strategies::registry::{self, STRATEGIES};
use syncbench_strategies::replica::Topology;
use syncbench_strategies::spec::{Support, Versions};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lower-case letters and digits in parts, with one hyphen in between.
fn is_kebab(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.split('-').all(part)
}

/// The version that the lock file has for a package.
fn locked(package: &str) -> Option<String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the workspace has a lock file");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{package}\"\n")))?;
    let version = entry.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(version.trim_matches('"').to_owned())
}

#[test]
fn names_are_unique_and_plain() {
    let names: BTreeSet<_> = STRATEGIES.iter().map(|spec| spec.name).collect();
    assert_eq!(names.len(), STRATEGIES.len());
    for spec in STRATEGIES {
        assert!(is_kebab(spec.name), "{}", spec.name);
        // `all` stands for every strategy.
        assert_ne!(spec.name, "all");
        let params: BTreeSet<_> = spec.params.iter().map(|param| param.name).collect();
        assert_eq!(params.len(), spec.params.len(), "{}", spec.name);
    }
    assert!(["Serial", "a--b", "-a", "a_b", ""].iter().all(|name| !is_kebab(name)));
}

#[test]
fn a_parameter_changes_what_is_said_of_the_edits_that_it_carries_otherwise() {
    for (label, edit, says) in [
        ("serial-optimistic:text=embedded", EditKind::TextSplice, "characters have ids"),
        ("serial-cas:text=replanned", EditKind::TextSplice, "unmoved by what came between"),
        ("crdt-yrs:counter=sum", EditKind::Increment, "a put of the sum"),
    ] {
        let strategy = registry::configure(&label.parse().unwrap()).unwrap();
        let carried = StrategyFacts::of(&strategy).support;
        assert!(carried[edit.name()].contains(says), "{label}: {}", carried[edit.name()]);
        assert!(!(strategy.spec.support)(edit).to_string().contains(says), "{label}");
        for kind in EditKind::ALL.into_iter().filter(|kind| *kind != edit) {
            assert_eq!(strategy.support(kind), (strategy.spec.support)(kind), "{label}: {}", kind.name());
        }
    }
}

#[test]
fn every_description_says_something() {
    for spec in STRATEGIES {
        for text in [spec.summary, spec.source] {
            assert!(!text.trim().is_empty() && !text.ends_with('.') && !text.contains('\n'), "{}: {text:?}", spec.name);
        }
        for kind in EditKind::ALL {
            if let Support::Emulated(text) | Support::Unsupported(text) = (spec.support)(kind) {
                assert!(!text.trim().is_empty(), "{}: {}", spec.name, kind.name());
            }
        }
        for (with, kept) in spec.guarantees.grows.named() {
            assert!(kept.is_none_or(|kept| !kept.trim().is_empty() && !kept.ends_with('.')), "{}: {with}", spec.name);
        }
        let versions = spec.guarantees.versions;
        assert!(!versions.says().ends_with('.') && versions.says().len() > 20, "{}: {versions:?}", spec.name);
        let carried = WORKLOADS.iter().filter(|workload| {
            let supported = |kind: &EditKind| !matches!((spec.support)(*kind), Support::Unsupported(_));
            workload.edits.iter().all(supported)
        });
        assert!(carried.count() > 0, "{} carries no workload", spec.name);
    }
}

#[test]
fn defaults_are_valid_and_help_is_there() {
    for spec in STRATEGIES {
        let configured = registry::configure(&spec.name.parse().unwrap()).unwrap();
        assert_eq!(configured.params.len(), spec.params.len());
        for param in spec.params {
            assert!(!param.help.trim().is_empty(), "{}: {}", spec.name, param.name);
            let written = format!("{}:{}={}", spec.name, param.name, param.default);
            let explicit = registry::configure(&written.parse().unwrap()).unwrap();
            assert_eq!(explicit.params, configured.params, "{written}");
        }
    }
    for label in variants() {
        assert!(registry::configure(&label.parse().unwrap()).is_ok(), "{label}");
    }
}

#[test]
fn a_strategy_that_needs_a_server_has_one() {
    for label in variants() {
        let strategy = registry::configure(&label.parse().unwrap()).unwrap();
        assert_eq!(strategy.guarantees().needs_server, strategy.topology() == Topology::Star, "{label}");
        assert!(label != strategy.spec.name || strategy.topology() == strategy.spec.topology, "{label}");
    }
}

#[test]
fn claims_do_not_contradict_each_other() {
    for label in STRATEGIES.iter().map(|spec| spec.name.to_owned()).chain(variants()) {
        let spec = registry::configure(&label.parse().unwrap()).unwrap();
        let claims = spec.guarantees();
        // One order of everything is one final state.
        assert!(!claims.serializable || claims.converges, "{label}");
        // A write that loses to a clock was confirmed.
        assert!(!claims.serializable || !claims.depends_on_clocks, "{label}");
        // What every replica keeps makes it grow, and what goes with its user has no versions.
        assert!(!matches!(claims.versions, Versions::Replica(_)) || claims.grows.operations.is_some(), "{label}");
        assert!(!claims.ephemeral || claims.versions == Versions::Nowhere, "{label}");
        // A server that cannot be asked keeps nothing.
        assert!(!matches!(claims.versions, Versions::Server(_)) || claims.needs_server, "{label}");
        // The spec has the claims of the defaults.
        assert!(label != spec.spec.name || claims.named() == spec.spec.guarantees.named(), "{label}");
        let named: BTreeSet<_> = claims.named().iter().map(|(name, _)| *name).collect();
        assert_eq!(named.len(), claims.named().len());
    }
}

/// The text of every file in a folder and below it.
fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(path).unwrap()] };
    entries.flat_map(text).collect()
}

/// Every file of a strategy is in the registry, in the folder that its spec names.
#[test]
fn family_is_the_folder() {
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(root().join("strategies/src")).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for text in sources(&folder) {
            if let Some((_, spec)) = text.split_once("pub static SPEC: Spec = Spec {") {
                let name = spec.split('"').nth(1).expect("a spec begins with its name");
                found.insert((name.to_owned(), folder.file_name().unwrap().to_str().unwrap().to_owned()));
            }
        }
    }
    let listed: BTreeSet<_> = STRATEGIES.iter().map(|spec| (spec.name.to_owned(), spec.family.to_owned())).collect();
    found.retain(|(name, _)| registry::left_out().all(|optional| optional.name != name));
    assert_eq!(listed, found);
}

#[test]
fn library_versions_are_those_that_are_built() {
    let mut libraries = 0;
    for (name, version) in STRATEGIES.iter().filter_map(|spec| spec.library) {
        assert_eq!(locked(name).as_deref(), Some(version), "{name}");
        libraries += 1;
    }
    assert!(libraries > 0 || !cfg!(feature = "automerge"));
    assert_eq!(locked("no-such-library"), None);
}
