//! The whole document, put together from both strategies' states.

use imbl::ordmap::DiffItem;

use super::route::{Route, name, path_of};
use crate::document::{Document, Edit, Key, diff};
use crate::path;

/// Both strategies' states as one document, kept up to date by the changes in them.
pub(super) struct Merged {
    pub(super) document: Document,
    rest: Document,
    texts: Document,
}

impl Merged {
    pub(super) fn new(route: &Route, texts: &Document, rest: &Document) -> Self {
        let mut merged = Self { document: rest.clone(), rest: rest.clone(), texts: Document::map::<Key, Document>([]) };
        merged.refresh(route, texts, rest);
        merged
    }

    /// Whether the text with this name has a place.
    pub(super) fn shows(&self, name: &str) -> bool {
        matches!(self.document.at(&path_of(name)), Some(Document::Text(_)))
    }

    /// Takes the changes since the last call.
    pub(super) fn refresh(&mut self, route: &Route, texts: &Document, rest: &Document) {
        let mut again = Vec::new();
        for edit in diff(&self.rest, rest) {
            match &edit {
                // Once the text strategy has a text, its splices come from there.
                Edit::TextSplice { path, .. } if self.texts.at(&path![name(path)]).is_some() => continue,
                Edit::Put { path, value } => route.below(&mut path.to_vec(), value, &mut again),
                _ => {}
            }
            if self.document.apply(&edit).is_err() {
                // The documents differ in texts only, which other edits do not read.
                self.document = rest.clone();
                again = route.texts(rest);
                break;
            }
        }
        self.rest = rest.clone();
        let mut changed: Vec<Key> = again.into_iter().map(|(name, _)| name).collect();
        if let (Document::Map(before), Document::Map(after)) = (&self.texts, texts) {
            changed.extend(before.diff(after).into_iter().map(|item| match item {
                DiffItem::Add(name, _) | DiffItem::Remove(name, _) => name.clone(),
                DiffItem::Update { new: (name, _), .. } => name.clone(),
            }));
        }
        self.texts = texts.clone();
        for name in changed {
            let path = path_of(&name);
            // A text whose place is gone stays with the text strategy and is not shown.
            if let Some(Document::Text(_)) = self.document.at(&path)
                && let Some(text) = texts.at(&path![name])
            {
                let shown = self.document.apply(&Edit::Put { path, value: text.clone() });
                debug_assert!(shown.is_ok(), "the place is there");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hybrid::overlaid::{Base, Overlaid};
    use crate::view::View;

    #[test]
    fn two_states_are_shown_as_one() {
        let route = Route::new("cells/*");
        let rest = Document::map([
            ("cells", Document::map([("a", Document::text("first")), ("b", Document::text("as made"))])),
            ("title", Document::from("t")),
        ]);
        let texts = Document::map([("/cells/a", Document::text("typed")), ("/cells/gone", Document::text("hidden"))]);
        let mut merged = Merged::new(&route, &texts, &rest);
        assert_eq!(merged.document.to_string(), r#"{cells:{a:"typed",b:"as made"},title:"t"}"#);
        let base = Base { texts: texts.clone(), rest: rest.clone() };
        let overlaid = Overlaid { rest: &rest, base: &base, route: &route };
        assert_eq!(overlaid.document(), merged.document);
        assert_eq!(overlaid.get(&path!["cells"]), merged.document.at(&path!["cells"]).cloned());
        assert_eq!(overlaid.text_slice(&path!["cells", "a"], 0..3).as_deref(), Some("typ"));
        // What is made anew is read as it was made.
        let anew = Document::map([("cells", Document::map([("a", Document::text("anew"))]))]);
        let overlaid = Overlaid { rest: &anew, base: &base, route: &route };
        assert_eq!(
            (overlaid.document(), overlaid.get(&path!["cells", "a"])),
            (anew.clone(), Some(Document::text("anew")))
        );
        // A place that is removed and restored shows what was typed there.
        let mut without = rest.clone();
        without.apply(&Edit::Remove { path: path!["cells", "a"] }).unwrap();
        merged.refresh(&route, &texts, &without);
        assert_eq!(merged.document.to_string(), r#"{cells:{b:"as made"},title:"t"}"#);
        merged.refresh(&route, &texts, &rest);
        assert_eq!(merged.document.at(&path!["cells", "a"]), Some(&Document::text("typed")));
        assert_eq!(route.made(&without, &rest), [("/cells/a".into(), Document::text("first"))]);
    }
}
