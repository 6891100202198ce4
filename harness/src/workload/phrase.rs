//! Operations in plain words.

use std::fmt::{self, Debug, Display, Formatter};

/// An operation as a user would say it: `SavePair { low: 4, after: Some("c1-2") }` is `save pair low 4 after c1-2`. It is put into
/// words only where it is shown.
pub fn phrase(operation: impl Debug) -> impl Display {
    Phrase(operation)
}

struct Phrase<T>(T);

impl<T: Debug> Display for Phrase<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&format!("{:?}", self.0)))
    }
}

/// The same of an operation that is written down already. What stands in quotes keeps its letters, and its quotes where it is no
/// plain word.
pub(crate) fn plain(described: &str) -> String {
    let end = described.find(|c: char| !c.is_alphanumeric()).unwrap_or(described.len());
    let (name, arguments) = described.split_at(end);
    let mut out: String =
        name.chars().flat_map(|c| [Some(' ').filter(|_| c.is_uppercase()), Some(c)]).flatten().collect();
    out = out.to_lowercase();
    // Every other part is in quotes.
    for (place, part) in quoted(arguments).into_iter().enumerate() {
        if place % 2 == 0 {
            let bare = part.replace("Some(", " ").replace(['(', '{'], " ").replace([')', '}', ':', ','], "");
            push_words(&bare.to_lowercase(), &mut out);
        } else if !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/')) {
            out.push_str(part);
        } else {
            out.extend(["\"", part, "\""]);
        }
    }
    out.trim().to_owned()
}

/// A text without quotes, what stands in the quotes after it, and so on. A quote that a backslash escapes ends nothing.
fn quoted(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(&text[begin..]);
    parts
}

/// Adds a text with one space between its words.
fn push_words(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            c if !c.is_whitespace() => out.push(c),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_like_words() {
        assert_eq!(plain("Push(1)"), "push 1");
        assert_eq!(plain("Reverse"), "reverse");
        assert_eq!(plain("SavePair { low: 4, after: Some(\"c1-2\") }"), "save pair low 4 after c1-2");
        assert_eq!(plain("Add { counter: \"count\", by: 2 }"), "add counter count by 2");
        assert_eq!(plain("Set { path: [\"o5\", \"in\"], value: \"c1.2\" }"), "set path [o5 in] value c1.2");
    }

    #[test]
    fn quoted_text_keeps_its_letters() {
        assert_eq!(plain("Type { at: 3, insert: \"A (b), \\\"c\\\"\" }"), "type at 3 insert \"A (b), \\\"c\\\"\"");
        assert_eq!(plain("Title { title: \"\", after: None }"), "title title \"\" after none");
        assert_eq!(plain("Type(\"Word\")"), "type Word");
    }
}
