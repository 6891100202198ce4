//! What a typist saw at a keystroke, as evidence for the oracle.

use syncbench_strategies::document::Document;
use syncbench_strategies::path;

/// What the oracle must know of a typist's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The left neighbour of the typed character; `None` at the beginning of the text.
    pub(crate) left: Option<char>,
    /// The right neighbour of the typed character; `None` at the end of the text.
    pub(crate) right: Option<char>,
    /// The character that was to go.
    pub(crate) erased: Option<char>,
    /// The number of the run, among the user's own, that this keystroke belongs to.
    pub(crate) run: i64,
}

impl Seen {
    pub(crate) fn document(self) -> Document {
        let chars = [("left", self.left), ("right", self.right), ("erased", self.erased)];
        let chars = chars.into_iter().filter_map(|(key, char)| Some((key, Document::from(char?.to_string()))));
        Document::map(chars.chain([("run", self.run.into())]))
    }

    /// `None` for what is not a keystroke's evidence.
    pub(crate) fn read(document: &Document) -> Option<Self> {
        let char = |key: &str| document.at(&path![key]).and_then(Document::as_str).and_then(|text| text.chars().next());
        let number = |key: &str| document.at(&path![key]).and_then(Document::as_int);
        Some(Self { left: char("left"), right: char("right"), erased: char("erased"), run: number("run")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_survives_its_document() {
        let seen = Seen { left: Some('漢'), right: None, erased: Some('a'), run: 3 };
        assert_eq!(Seen::read(&seen.document()), Some(seen));
        assert_eq!(Seen::read(&Document::Null), None);
    }
}
