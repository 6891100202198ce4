//! Strategies that share a place are named once.

use crate::format::list;

/// Names that share a place, in few words: `ot, text-ids and crdt-* (4)`. A `*` stands for all of `shown` with that
/// beginning. Past `most` words the rest is counted.
pub fn named(members: &[&str], shown: &[&str], most: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut starred = false;
    for member in members {
        let word = match prefix(member) {
            Some(prefix) if alike(prefix, members) > 1 && alike(prefix, members) == alike(prefix, shown) => {
                starred = true;
                format!("{prefix}-*")
            }
            _ => (*member).to_owned(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let text = list(&words, most.max(2));
    if starred || words.len() > most.max(2) { format!("{text} ({})", members.len()) } else { text }
}

/// What stands before the first hyphen of a name.
fn prefix(label: &str) -> Option<&str> {
    let name = label.split(':').next().unwrap_or(label);
    name.split_once('-').map(|(prefix, _)| prefix).filter(|prefix| !prefix.is_empty())
}

fn alike(wanted: &str, labels: &[&str]) -> usize {
    labels.iter().filter(|label| prefix(label) == Some(wanted)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_all_that_are_shown_and_no_fewer() {
        let shown = ["serial", "ot", "crdt-yrs", "crdt-loro", "lww-document", "lww-hlc"];
        assert_eq!(named(&["ot", "crdt-yrs", "crdt-loro"], &shown, 4), "ot and crdt-* (3)");
        assert_eq!(named(&["ot", "lww-hlc"], &shown, 4), "ot and lww-hlc");
        assert_eq!(named(&["serial"], &shown, 4), "serial");
    }

    #[test]
    fn many_names_are_counted() {
        assert_eq!(named(&["a", "b", "c", "d"], &["a", "b", "c", "d"], 2), "a and 3 more (4)");
    }
}
