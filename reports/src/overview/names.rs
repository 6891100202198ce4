//! Lists of strategies in few words.

/// `chosen`, each once: those whose names begin alike become `crdt-*` where all such names of `all` are chosen, and there
/// are two or more.
pub fn compressed(chosen: &[&str], all: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for name in chosen {
        let word = stem(name).filter(|stem| {
            let alike = |other: &&&str| other.starts_with(*stem);
            all.iter().filter(alike).count() > 1 && all.iter().filter(alike).all(|other| chosen.contains(other))
        });
        let word = word.map_or_else(|| (*name).to_owned(), |stem| format!("{stem}*"));
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// What a name shares with others of its kind: `crdt-`. Parameters belong to one strategy.
fn stem(name: &str) -> Option<&str> {
    let (word, _) = name.split_once(':').unwrap_or((name, "")).0.split_once('-')?;
    name.get(..=word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_all_names_that_begin_so() {
        let all = ["serial", "serial-cas", "ot", "crdt-automerge", "crdt-yrs:topology=mesh", "text-ids"];
        let chosen = ["ot", "crdt-automerge", "crdt-yrs:topology=mesh", "text-ids"];
        assert_eq!(compressed(&chosen, &all), ["ot", "crdt-*", "text-ids"]);
        assert_eq!(compressed(&chosen[..2], &all), ["ot", "crdt-automerge"], "another does not agree");
        assert_eq!(compressed(&["serial", "serial-cas"], &all), ["serial", "serial-cas"], "one name is not many");
        assert!(compressed(&[], &all).is_empty());
    }
}
