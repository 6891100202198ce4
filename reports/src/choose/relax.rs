//! Where nothing is safe: which answers a team could relax.

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Veto;
use super::entry::Entry;

/// The fewest answers without which something remains, and what remains, a sentence for each way.
pub fn relax<'e>(ruled_out: impl Iterator<Item = &'e (Entry, Vec<Veto>)>) -> Vec<String> {
    let mut ways: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (entry, vetoes) in ruled_out {
        let answers: BTreeSet<&str> = vetoes.iter().map(|veto| veto.answer.as_str()).collect();
        // What a product consists of cannot be relaxed.
        if !answers.contains("data") {
            ways.entry(answers).or_default().push(&entry.label);
        }
    }
    let Some(fewest) = ways.keys().map(BTreeSet::len).min() else {
        return vec!["no strategy keeps all parts of the data: measure them as products of their own".to_owned()];
    };
    let least = ways.into_iter().filter(|(answers, _)| answers.len() == fewest);
    least.map(|(answers, labels)| sentence(&answers, &labels)).collect()
}

/// What would have to hold instead, in the words of the questions, and what would then remain.
fn sentence(answers: &BTreeSet<&str>, labels: &[&str]) -> String {
    let instead: Vec<_> = answers.iter().map(|answer| instead(answer)).collect();
    let remain = if labels.len() == 1 { "this one remains" } else { "these remain" };
    format!("If {}, {remain}: {}", instead.join(" and "), labels.join(", "))
}

/// The answer that rules nothing out, in the words of its question.
fn instead(answer: &str) -> String {
    let (words, to) = match answer {
        "offline" => ("no user works without a connection", "0s"),
        "refuse" => ("the server need not be able to refuse", "no"),
        "invariant" => ("nothing has to hold at every moment", "none"),
        "overwrite" => ("one value may silently replace another", "yes"),
        "order" => ("users neither order lists nor move items", "no"),
        "long_text" => ("no two people edit one long text at a time", "no"),
        "peers" => ("clients always have a server of the product", "no"),
        "undo" => ("users do not undo their own operations", "no"),
        "history" => ("no earlier versions are kept", "no"),
        _ => return format!("`{answer}` is answered otherwise"),
    };
    format!("{words} ({answer}: {to})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choose::questions::fields;

    #[test]
    fn every_answer_that_can_be_relaxed_has_its_words() {
        for field in fields().filter(|field| !["data", "round_trip", "people"].contains(&field.name)) {
            assert!(!instead(field.name).contains('`'), "{}", field.name);
        }
        let one = sentence(&["overwrite"].into(), &["serial", "lww-document"]);
        assert_eq!(
            one,
            "If one value may silently replace another (overwrite: yes), these remain: serial, lww-document"
        );
    }
}
