//! "Did you mean": the names that a misspelt one was probably meant to be. One rule for everything that has a name.

/// Most names of one suggestion: with more, the list of all says as much.
const MOST: usize = 3;

/// The names that `written` was probably meant to be, best first; none where nothing is near.
///
/// Near are, in this order: names a few letters away, names with a part that is (`automerg` for `crdt-automerge`), and names
/// whose description has the word (`yjs`). `known` are names with their descriptions.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<&'a str> {
    let written = written.to_lowercase();
    let known: Vec<_> = known.into_iter().collect();
    let whole = known.iter().filter_map(|(name, _)| Some((distance(&written, name)?, *name)));
    let part = |name: &'a str| parts(name).filter_map(|part| distance(&written, part)).min();
    let parts = known.iter().filter_map(|(name, _)| Some((part(name)?, *name)));
    let said = known.iter().filter(|(_, about)| says(about, &written)).map(|(name, _)| (0, *name));
    let mut near = closest(whole);
    if near.is_empty() {
        near = closest(parts);
    }
    if near.is_empty() {
        near = closest(said);
    }
    near
}

/// A text that may have any length as it stands in a message: most of its beginning, and its end, where parsers tell the line.
pub fn short(text: &str, most: usize) -> String {
    let tail = most / 3;
    let Some((begin, _)) = text.char_indices().nth(most - tail) else { return text.to_owned() };
    match text[begin..].char_indices().nth_back(tail.saturating_sub(1)) {
        Some((end, _)) if end > 0 => format!("{} ... {}", &text[..begin], &text[begin + end..]),
        _ => text.to_owned(),
    }
}

/// `did you mean `serial`?`, or nothing where no name is near.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let near: Vec<_> = nearest(written, known).into_iter().map(|name| format!("`{name}`")).collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

/// What to say of a name that nothing has: `no such network: did you mean `wifi`? expected one of ...`. `kind` is the singular,
/// and `others` what may be written besides the names, such as `all or `.
pub fn unknown<'a>(
    kind: &str,
    written: &str,
    others: &str,
    known: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    let meant = did_you_mean(written, known).map_or(String::new(), |meant| meant + " ");
    format!("no such {kind}: {meant}expected {others}one of {}", names.join(", "))
}

/// How many letters are wrong, if few enough are: one of five, and one in shorter names, of which a letter must be right.
fn distance(written: &str, name: &str) -> Option<usize> {
    let (written_len, name_len) = (written.chars().count(), name.chars().count());
    let letters = written_len.max(name_len);
    let most = (letters / 5).max(1);
    // Each letter that one has more is wrong. Without this, a hostile text takes its length times that of every name.
    if written_len.abs_diff(name_len) > most {
        return None;
    }
    let distance = strsim::osa_distance(written, &name.to_lowercase());
    (distance <= most && distance < letters).then_some(distance)
}

/// The parts of a name between hyphens and underscores, where there are several; those of few letters are near to too much.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    const FEWEST: usize = 3;
    name.split(['-', '_']).filter(move |part| part.len() >= FEWEST && part.len() < name.len())
}

/// Whether a description has this word, of more than two letters. `word` is in lower case.
fn says(about: &str, word: &str) -> bool {
    if word.len() <= 2 || !word.chars().all(char::is_alphanumeric) {
        return false;
    }
    let about = about.to_lowercase();
    about.match_indices(word).any(|(begin, _)| {
        let (before, after) = (about[..begin].chars().next_back(), about[begin + word.len()..].chars().next());
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// Those of the least distance, unless they are so many that they say nothing.
fn closest<'a>(near: impl Iterator<Item = (usize, &'a str)>) -> Vec<&'a str> {
    let near: Vec<_> = near.collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    let closest = near.into_iter().filter(|(distance, _)| Some(*distance) == least).map(|(_, name)| name);
    closest.take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        for text in ["", "a", "abcdef", "äöüßéè"] {
            assert_eq!(short(text, 6), text);
        }
        assert_eq!(short("abcdefghi", 6), "abcd ... hi");
        assert_eq!(short(&"é".repeat(1_000_000), 300).chars().count(), 300 + " ... ".len());
    }
    use crate::registry::{OPTIONAL, STRATEGIES};

    fn strategies() -> impl Iterator<Item = (&'static str, &'static str)> {
        let optional = OPTIONAL.iter().map(|optional| (optional.name, optional.summary));
        let every = STRATEGIES.iter().map(|spec| (spec.name, spec.summary));
        every.chain(optional.filter(|(name, _)| STRATEGIES.iter().all(|spec| spec.name != *name)))
    }

    #[test]
    fn a_wrong_missing_doubled_or_swapped_letter_is_understood_in_every_strategys_name() {
        for (name, _) in strategies() {
            for at in 0..name.len() {
                let (before, rest) = name.split_at(at);
                let mut swapped: Vec<u8> = name.bytes().collect();
                swapped.swap(at, (at + 1).min(name.len() - 1));
                for typo in [
                    format!("{before}{}", &rest[1..]),
                    format!("{before}q{}", &rest[1..]),
                    format!("{before}{}{rest}", &rest[..1]),
                    String::from_utf8(swapped).unwrap(),
                    name.to_uppercase(),
                ] {
                    // One letter of a name of two letters may as well be another's.
                    let near = nearest(&typo, strategies());
                    assert!(near.contains(&name) || typo.len() < 2, "{typo}: {near:?}, not {name}");
                }
            }
        }
    }

    #[test]
    fn a_part_of_a_name_and_a_word_of_its_description_are_understood() {
        assert_eq!(nearest("automerge", strategies()), ["crdt-automerge"]);
        assert_eq!(nearest("optimstic", strategies()), ["serial-optimistic"]);
        assert_eq!(nearest("yjs", strategies()), ["crdt-yrs"]);
        assert_eq!(nearest("lamport", strategies()), [""; 0]);
        assert_eq!(nearest("", strategies()), [""; 0]);
        assert_eq!(nearest(&"x".repeat(10_000), strategies()), [""; 0]);
    }

    #[test]
    fn an_unknown_name_is_told_with_what_was_meant_and_with_all_names() {
        let known = [("lan", ""), ("wan", ""), ("satellite", "far")];
        let said = unknown("network", "ln", "", known);
        assert_eq!(said, "no such network: did you mean `lan`? expected one of lan, wan, satellite");
        assert_eq!(did_you_mean("an", known).as_deref(), Some("did you mean `lan` or `wan`?"));
        assert_eq!(
            unknown("network", "5g", "all or ", known),
            "no such network: expected all or one of lan, wan, satellite"
        );
    }
}
