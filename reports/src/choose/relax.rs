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
    let sentence = |(answers, labels): (BTreeSet<&str>, Vec<&str>)| {
        let answers: Vec<_> = answers.into_iter().map(|answer| format!("`{answer}`")).collect();
        format!("without {}: {}", answers.join(" and "), labels.join(", "))
    };
    least.map(sentence).collect()
}
