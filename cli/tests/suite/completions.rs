//! Completion scripts know every name, and bash completes them.

use std::process::Command;

use syncbench_harness::faults::FAULTS;
use syncbench_harness::network::NETWORKS;
use syncbench_harness::scenario::{DEFAULT_PARTS, LONG_PARTS, OTHER_PARTS};
use syncbench_harness::stories::STORIES;
use syncbench_harness::workloads::WORKLOADS;
use syncbench_strategies::registry::STRATEGIES;

use crate::common::{Place, skipped};

#[test]
fn the_scripts_of_all_shells_have_all_names() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(&["completions", shell]).out;
        let words: Vec<_> = script.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).collect();
        let scenarios = DEFAULT_PARTS.iter().chain(LONG_PARTS).chain(OTHER_PARTS).map(|(name, _)| *name);
        let names = STRATEGIES.iter().map(|spec| spec.name).chain(WORKLOADS.iter().map(|spec| spec.name));
        let names = names.chain(NETWORKS.iter().map(|spec| spec.name)).chain(FAULTS.iter().map(|spec| spec.name));
        // Neither elvish's nor powershell's scripts complete values.
        let values = !matches!(shell, "powershell" | "elvish");
        for name in names.chain(STORIES.iter().map(|story| story.name)).chain(scenarios).filter(|_| values) {
            assert!(words.contains(&name), "{shell}: no {name}");
        }
        for name in ["strategy", "resume", "completions"] {
            assert!(words.iter().any(|word| word.trim_start_matches('-') == name), "{shell}: no {name}");
        }
    }
}

/// What bash offers at the end of a line.
fn completed(place: &Place, line: &str) -> Option<Vec<String>> {
    let script = r#"source ./completions; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _syncbench_lists "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\n' "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.current_dir(place.path(".")).args(["--norc", "-c", script, "bash"]).args(line.split(' '));
    let output = bash.output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_names_alone_and_in_lists() {
    let place = Place::new();
    place.write("completions", place.run(&["completions", "bash"]).out);
    for (line, offered) in [
        ("syncbench run --strategy serial-o", "serial-optimistic"),
        ("syncbench run -s serial,lww-h", "serial,lww-hlc"),
        ("syncbench run --workload kan", "kanban"),
        ("syncbench run -n sat", "satellite"),
        ("syncbench run --fault part", "partition"),
        ("syncbench run --engine th", "threads"),
        ("syncbench run gro", "growth"),
        ("syncbench list fau", "faults"),
        ("syncbench list visible_h", "visible_half_ms"),
        ("syncbench list strategies serial-o", "serial-optimistic"),
        ("syncbench list story ra", "race"),
        ("syncbench list faults par", "partition"),
        ("syncbench list strategy ", "escrow"),
        ("syncbench demo ra", "race"),
        ("syncbench speed gossip-100-p", "gossip-100-probes"),
        ("syncbench speed map-put drawi", "drawing"),
        ("syncbench verify -s escr", "escrow"),
        ("syncbench comp", "completions"),
    ] {
        let Some(all) = completed(&place, line) else {
            skipped("completing in bash: no bash");
            return;
        };
        assert!(all.iter().any(|other| other == offered), "{line}: {all:?}");
    }
    assert_eq!(completed(&place, "syncbench list stories ser").unwrap(), [""], "no strategy is a story");
    assert_eq!(
        completed(&place, "syncbench list faults s").unwrap().iter().filter(|name| *name == "serial").count(),
        0
    );
    // Where no name fits, a file may: bash looks for one.
    assert_eq!(completed(&place, "syncbench run my-sc").unwrap(), [""]);
}

/// What fish offers at the end of a line.
fn offered_by_fish(place: &Place, line: &str) -> Option<Vec<String>> {
    let mut fish = Command::new("fish");
    fish.current_dir(place.path(".")).env("HOME", place.path("."));
    fish.args(["--no-config", "-c", &format!("source ./completions; complete -C '{line}'")]);
    let output = fish.output().ok()?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.split('\t').next().unwrap_or(line).to_owned()).collect())
}

#[test]
fn fish_completes_names_in_lists_and_names_of_a_kind() {
    let place = Place::new();
    place.write("completions", place.run(&["completions", "fish"]).out);
    for (line, offered) in [
        ("syncbench run --strategy serial-o", "serial-optimistic"),
        ("syncbench run --strategy serial,lww-h", "serial,lww-hlc"),
        ("syncbench run -s serial,lww-h", "serial,lww-hlc"),
        ("syncbench list fau", "faults"),
        ("syncbench list faults par", "partition"),
        ("syncbench demo ra", "race"),
    ] {
        let Some(all) = offered_by_fish(&place, line) else {
            skipped("completing in fish: no fish");
            return;
        };
        assert!(all.iter().any(|other| other == offered), "{line}: {all:?}");
    }
}

/// zsh completes only on a terminal: its script is parsed, and has lists and kinds.
#[test]
fn zsh_takes_its_script_with_lists_and_kinds() {
    let place = Place::new();
    let script = place.run(&["completions", "zsh"]).out;
    assert!(script.contains(":NAMES:_values -s , NAMES serial serial-optimistic "), "{script}");
    // Words with descriptions stay single ones.
    assert_eq!(script.matches(":NAMES:(").count(), script.matches(":NAMES:((").count(), "{script}");
    let kinds = "faults|fault) compadd -- ";
    assert!(script.contains(kinds) && script.matches(":_syncbench_of_kind'").count() == 1, "{script}");
    let (what, name) = (script.find("'::what -- ").unwrap(), script.find(":_syncbench_of_kind'").unwrap());
    assert!(what < name, "the kind stands before its name");
    place.write("completions", script);
    match Command::new("zsh").args(["-f", "-n"]).arg(place.path("completions")).output() {
        Ok(parsed) => assert!(parsed.status.success(), "{}", String::from_utf8_lossy(&parsed.stderr)),
        Err(_) => skipped("completing in zsh: no zsh"),
    }
}
