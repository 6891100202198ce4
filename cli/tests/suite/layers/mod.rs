//! Layers point one way, in every crate: no module uses one of a higher layer, and no two siblings use each other.
//!
//! The sources themselves are read, without their tests: `use` lines, and paths that begin with `crate`, `self`,
//! `super` or another crate of the workspace. A module and its own parent may use each other; everything else may not.

mod graph;
mod order;
mod source;
mod tokens;

use std::path::Path;

use graph::Graph;
use order::CRATES;
use source::Source;

/// What is wrong with the modules of a crate, a line each.
fn complaints(modules: &[Source], layers: &[&[&str]]) -> Vec<String> {
    let graph = Graph::new(modules);
    let mut complaints = graph.upward(layers);
    complaints.extend(graph.cycles());
    complaints
}

#[test]
fn layers_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut complaints = Vec::new();
    for (place, (folder, layers)) in CRATES.iter().enumerate() {
        let modules = Source::read(&root.join(folder).join("src"));
        assert!(modules.len() > 10, "{folder}: {} modules", modules.len());
        complaints.extend(self::complaints(&modules, layers).into_iter().map(|line| format!("{folder}: {line}")));
        for (higher, _) in &CRATES[place + 1..] {
            let uses = modules.iter().filter(|module| module.uses_crate(&order::library(higher)));
            complaints.extend(uses.map(|module| format!("{folder}: {} uses {higher}", module.name())));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// Modules made up from their paths and texts.
fn made_up(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(module, text)| Source::new(module, text)).collect()
}

const LAYERS: &[&[&str]] = &[&["clock", "rng"], &["ledger"], &["engine"]];

#[test]
fn a_tidy_crate_has_no_complaints() {
    let tidy = made_up(&[
        ("", "pub mod clock; mod rng; mod ledger; mod engine;"),
        ("clock", "// use crate::engine;\nconst WORDS: &str = \"crate::engine::Engine\";"),
        ("rng", "#[cfg(test)] mod tests { use crate::engine::Engine; }\n#[cfg(test)] use crate::ledger::Ledger;"),
        ("ledger", "mod entry; use crate::clock::Clock; pub use entry::Entry; use crate::rng;"),
        ("ledger::entry", "use super::Ledger; fn now() -> crate::clock::Time { crate::clock::Time(0) }"),
        ("engine", "use crate::{clock, ledger::{self, entry::Entry}};"),
    ]);
    assert_eq!(complaints(&tidy, LAYERS), Vec::<String>::new());
}

#[test]
fn an_upward_edge_is_caught_however_it_is_written() {
    for text in [
        "use crate::engine::Engine;",
        "use crate::{clock::Time, engine};",
        "use super::engine;",
        "pub(crate) use crate::engine::*;",
        "fn f() { crate::engine::run() }",
        "use crate::{\n    clock::{self},\n    engine::{Engine as E},\n};",
        "mod inner { use super::super::engine::Engine; }",
        "fn f() { use crate::engine::Engine; }",
    ] {
        let planted = made_up(&[("", ""), ("clock", ""), ("rng", ""), ("ledger", text), ("engine", "")]);
        assert_eq!(complaints(&planted, LAYERS), ["ledger uses engine, which is in a higher layer"], "{text}");
    }
    let beside = made_up(&[("clock", "use crate::rng::stream;"), ("rng", ""), ("ledger", ""), ("engine", "")]);
    assert_eq!(complaints(&beside, LAYERS), ["clock uses rng, which is in the same layer"]);
    let unknown = made_up(&[("clock", ""), ("rng", ""), ("ledger", ""), ("engine", ""), ("extra", "")]);
    assert_eq!(complaints(&unknown, LAYERS), ["extra is in no layer"]);
    let stale = made_up(&[("clock", ""), ("rng", ""), ("ledger", "")]);
    assert_eq!(complaints(&stale, LAYERS), ["the layers name engine, which is not there"]);
}

#[test]
fn a_cycle_is_caught_at_any_depth() {
    let all = |text: &'static str| {
        let siblings = [("engine::sim", text), ("engine::sim::wire", "use super::super::threads::Mail;")];
        let mut files = vec![("clock", ""), ("rng", ""), ("ledger", ""), ("engine", "mod sim; mod threads;")];
        files.extend(siblings);
        files.push(("engine::threads", "use super::sim::Parcel;"));
        made_up(&files)
    };
    // A child of `sim` uses `threads`, and `threads` uses `sim`.
    let found = complaints(&all(""), LAYERS);
    assert_eq!(found, ["engine: sim -> threads (in engine::sim::wire) -> sim (in engine::threads)"]);
    let three = made_up(&[
        ("clock", ""),
        ("rng", ""),
        ("ledger", "mod a; mod b; mod c;"),
        ("ledger::a", "use super::b;"),
        ("ledger::b", "fn f() { super::c::g() }"),
        ("ledger::c", "use crate::ledger::a::A;"),
        ("engine", ""),
    ]);
    assert_eq!(complaints(&three, LAYERS), ["ledger: a -> b (in ledger::a) -> c (in ledger::b) -> a (in ledger::c)"]);
}
