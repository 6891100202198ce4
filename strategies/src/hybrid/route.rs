//! Which texts of a document go to which strategy, and the document put together again.

use std::sync::{Arc, Mutex, PoisonError};

use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};

use crate::document::{Document, Edit, Key, Kind, Path, Step, diff};
use crate::model::{ErasedModel, Model, ModelRef, Operation, Outcome, Plan, Rejected};
use crate::view::View;

/// The paths of the texts that the text strategy carries. Only through maps: an item of a list has no path of its own that
/// stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route(Vec<String>);

impl Route {
    /// From keys between slashes, `*` for any one, `**` for any number of them.
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.split('/').map(str::to_owned).collect())
    }

    /// Whether a text at `path` is the text strategy's.
    pub(super) fn takes(&self, path: &[Step]) -> bool {
        fn fits(pattern: &[String], path: &[Step]) -> bool {
            match (pattern.split_first(), path.split_first()) {
                (None, None) => true,
                (Some((part, rest)), _) if part == "**" => {
                    fits(rest, path) || path.split_first().is_some_and(|(_, below)| fits(pattern, below))
                }
                (Some((part, rest)), Some((Step::Key(key), below))) => {
                    (part == "*" || **part == **key) && fits(rest, below)
                }
                _ => false,
            }
        }
        path.iter().all(|step| matches!(step, Step::Key(_))) && fits(&self.0, path)
    }

    /// All texts in `document` that are the text strategy's, with their names there.
    pub(super) fn texts(&self, document: &Document) -> Vec<(Key, Document)> {
        let mut found = Vec::new();
        self.below(&mut Vec::new(), document, &mut found);
        found
    }

    /// The same for a node at `path`.
    fn below(&self, path: &mut Vec<Step>, node: &Document, found: &mut Vec<(Key, Document)>) {
        match node {
            Document::Text(_) if self.takes(path) => found.push((name(path), node.clone())),
            Document::Map(entries) => {
                for (key, node) in entries {
                    path.push(key.clone().into());
                    self.below(path, node, found);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// The texts that were made or replaced between two states of what the other strategy carries.
    pub(super) fn made(&self, before: &Document, after: &Document) -> Vec<(Key, Document)> {
        let mut found = Vec::new();
        for edit in diff(before, after) {
            match edit {
                Edit::Put { path, value } => self.below(&mut path.to_vec(), &value, &mut found),
                Edit::TextSplice { path, .. } if self.takes(&path) => {
                    found.extend(after.at(&path).map(|text| (name(&path), text.clone())));
                }
                _ => {}
            }
        }
        found
    }
}

/// The name of a text among the texts: its path as a JSON pointer.
pub(super) fn name(path: &[Step]) -> Key {
    let keys = path.iter().filter_map(|step| match step {
        Step::Key(key) => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Step::Index(_) => None,
    });
    keys.collect::<String>().into()
}

/// The path behind a name.
fn path_of(name: &str) -> Path {
    let keys = name.split('/').skip(1);
    keys.map(|key| Step::from(&key.replace("~1", "/").replace("~0", "~"))).collect::<Vec<_>>().into()
}

/// Both strategies' states as one document, kept up to date by what changes in them.
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

    /// Takes over what has changed.
    pub(super) fn refresh(&mut self, route: &Route, texts: &Document, rest: &Document) {
        let mut again = Vec::new();
        for edit in diff(&self.rest, rest) {
            match &edit {
                // The text strategy's, as soon as it has it.
                Edit::TextSplice { path, .. } if self.texts.at(&crate::path![name(path)]).is_some() => continue,
                Edit::Put { path, value } => route.below(&mut path.to_vec(), value, &mut again),
                _ => {}
            }
            if self.document.apply(&edit).is_err() {
                // The two differ in texts alone, which no other edit looks at.
                self.document = rest.clone();
                again = route.texts(rest);
                break;
            }
        }
        self.rest = rest.clone();
        let mut changed: Vec<Key> = again.into_iter().map(|(name, _)| name).collect();
        if let (Document::Map(before), Document::Map(after)) = (&self.texts, texts) {
            changed.extend(before.diff(after).map(|item| match item {
                DiffItem::Add(name, _) | DiffItem::Remove(name, _) => name.clone(),
                DiffItem::Update { new: (name, _), .. } => name.clone(),
            }));
        }
        self.texts = texts.clone();
        for name in changed {
            let path = path_of(&name);
            // A text whose place is gone stays where it is, and is not shown.
            if let Some(Document::Text(_)) = self.document.at(&path)
                && let Some(text) = texts.at(&crate::path![name])
            {
                let shown = self.document.apply(&Edit::Put { path, value: text.clone() });
                debug_assert!(shown.is_ok(), "the place is there");
            }
        }
    }
}

/// The other strategy's state, with the texts as they are at the text strategy.
struct Overlaid<'a> {
    rest: &'a dyn View,
    texts: &'a Document,
    route: &'a Route,
}

impl Overlaid<'_> {
    fn text(&self, path: &[Step]) -> Option<&Document> {
        let text = self.route.takes(path).then(|| self.texts.at(&crate::path![name(path)])).flatten()?;
        (self.rest.kind(path) == Some(Kind::Text)).then_some(text)
    }

    /// Puts the texts into a node that was taken out at `path`.
    fn filled(&self, path: &[Step], mut node: Document) -> Document {
        let mut found = Vec::new();
        self.route.below(&mut path.to_vec(), &node, &mut found);
        for (name, _) in found {
            let inside: Path = path_of(&name)[path.len()..].to_vec().into();
            if let Some(text) = self.texts.at(&crate::path![name]) {
                // The place was found in this very node.
                let _ = node.apply(&Edit::Put { path: inside, value: text.clone() });
            }
        }
        node
    }
}

impl View for Overlaid<'_> {
    fn kind(&self, path: &[Step]) -> Option<Kind> {
        self.rest.kind(path)
    }

    fn get(&self, path: &[Step]) -> Option<Document> {
        Some(self.filled(path, self.rest.get(path)?))
    }

    fn len(&self, path: &[Step]) -> Option<usize> {
        self.text(path).map_or_else(|| self.rest.len(path), Document::size)
    }

    fn keys(&self, path: &[Step]) -> Option<Vec<Key>> {
        self.rest.keys(path)
    }

    fn items(&self, path: &[Step]) -> Option<Vec<Document>> {
        self.rest.items(path)
    }

    fn text_slice(&self, path: &[Step], range: std::ops::Range<usize>) -> Option<String> {
        match self.text(path) {
            Some(text) => text.text_slice(&[], range),
            None => self.rest.text_slice(path, range),
        }
    }

    fn document(&self) -> Document {
        self.filled(&[], self.rest.document())
    }
}

/// The texts as the other strategy's plans are to see them; shared between a replica and the model that it gave away.
#[derive(Clone, Default)]
pub(super) struct Reading(Arc<Mutex<Document>>);

impl Reading {
    pub(super) fn set(&self, texts: Document) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = texts;
    }

    fn get(&self) -> Document {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The product's model, as the other strategy sees it: plans are made on the whole, and none of them types.
pub(super) struct RestModel {
    pub(super) model: ModelRef,
    pub(super) route: Arc<Route>,
    pub(super) reading: Reading,
}

impl ErasedModel for RestModel {
    fn plan(&self, view: &dyn View, operation: &Operation) -> Result<Plan, Rejected> {
        let texts = self.reading.get();
        let plan = self.model.plan(&Overlaid { rest: view, texts: &texts, route: &self.route }, operation)?;
        let typed = plan.edits.iter().find_map(|edit| match edit {
            Edit::TextSplice { path, .. } if self.route.takes(path) => Some(path),
            _ => None,
        });
        match typed.map(|path| view.kind(path)) {
            None => Ok(plan),
            Some(Some(Kind::Text)) => {
                Err(Rejected::new("mixed", "typing is the text strategy's, and cannot come with anything else"))
            }
            Some(_) => Err(Rejected::new("gone", "the text is not there")),
        }
    }

    fn describe(&self, operation: &Operation) -> String {
        self.model.describe(operation)
    }
}

/// A splice of a text with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Typing {
    pub(super) text: Key,
    pos: usize,
    delete: usize,
    insert: String,
}

/// What the text strategy is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TextOp {
    /// There is a text with this name.
    Begin(Key, Document),
    /// Somebody types, and gets this.
    Type(Vec<Typing>, Outcome),
}

/// What a plan types, if typing in the text strategy's texts is all that it does.
pub(super) fn typing(route: &Route, plan: &Plan) -> Option<Vec<Typing>> {
    let splice = |edit: &Edit| match edit {
        Edit::TextSplice { path, pos, delete, insert } if route.takes(path) => {
            Some(Typing { text: name(path), pos: *pos, delete: *delete, insert: insert.clone() })
        }
        _ => None,
    };
    plan.edits.iter().map(splice).collect::<Option<Vec<_>>>().filter(|typed| !typed.is_empty())
}

/// The texts by name, as a model of their own.
pub(super) struct TextModel;

impl Model for TextModel {
    type Op = TextOp;

    fn plan(&self, view: &dyn View, op: &TextOp) -> Result<Plan, Rejected> {
        match op {
            TextOp::Begin(name, text) => {
                Ok(Plan::new(vec![Edit::Put { path: crate::path![name.clone()], value: text.clone() }]))
            }
            TextOp::Type(typed, outcome) => {
                let edit = |typing: &Typing| {
                    let Typing { text, pos, delete, insert } = typing.clone();
                    let path = crate::path![text];
                    match view.kind(&path) {
                        Some(Kind::Text) => Ok(Edit::TextSplice { path, pos, delete, insert }),
                        _ => Err(Rejected::new("gone", "the text is not there")),
                    }
                };
                let edits = typed.iter().map(edit).collect::<Result<_, _>>()?;
                Ok(Plan { edits, outcome: outcome.clone() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;

    #[test]
    fn routes_go_through_maps() {
        let cells = Route::new("cells/*/source");
        assert!(cells.takes(&path!["cells", "a", "source"]));
        assert!(!cells.takes(&path!["cells", "a"]) && !cells.takes(&path!["cells", "a", "b", "source"]));
        assert!(!cells.takes(&path!["cells", 1, "source"]));
        let all = Route::new("**");
        assert!(all.takes(&path![]) && all.takes(&path!["a", "b"]) && !all.takes(&path!["a", 0]));
        let ends = Route::new("**/text");
        assert!(ends.takes(&path!["text"]) && ends.takes(&path!["a", "text"]) && !ends.takes(&path!["text", "a"]));
    }

    #[test]
    fn names_are_paths() {
        for path in [path!["a/b", "~", "~1"], path![""], path![]] {
            assert_eq!(path_of(&name(&path)), path);
        }
    }

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
        let overlaid = Overlaid { rest: &rest, texts: &texts, route: &route };
        assert_eq!(overlaid.document(), merged.document);
        assert_eq!(overlaid.get(&path!["cells"]), merged.document.at(&path!["cells"]).cloned());
        assert_eq!(overlaid.text_slice(&path!["cells", "a"], 0..3).as_deref(), Some("typ"));
        // A place that goes and comes back shows what was typed there.
        let mut without = rest.clone();
        without.apply(&Edit::Remove { path: path!["cells", "a"] }).unwrap();
        merged.refresh(&route, &texts, &without);
        assert_eq!(merged.document.to_string(), r#"{cells:{b:"as made"},title:"t"}"#);
        merged.refresh(&route, &texts, &rest);
        assert_eq!(merged.document.at(&path!["cells", "a"]), Some(&Document::text("typed")));
        assert_eq!(route.made(&without, &rest), [("/cells/a".into(), Document::text("first"))]);
    }
}
