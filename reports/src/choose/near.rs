//! The nearest of some names to a misspelt one.

use strsim::damerau_levenshtein;

/// `; did you mean X?` with the nearest of `names`, where one is near: a third of the letters differ at most.
pub(super) fn hint(written: &str, names: &[&str]) -> String {
    let written: String = written.chars().take(64).flat_map(char::to_lowercase).collect();
    let nearest = names.iter().map(|name| (damerau_levenshtein(&written, name), *name)).min();
    match nearest {
        Some((distance, name)) if distance <= name.chars().count().div_ceil(3) => format!("; did you mean {name}?"),
        _ => String::new(),
    }
}
