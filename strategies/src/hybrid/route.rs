//! Which texts of a document go to the text strategy.

use crate::document::{Document, Edit, Key, Path, Step, diff};

/// The paths of the texts that the text strategy carries. Only through maps: the path of a list's item changes with its
/// index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route(Vec<String>);

impl Route {
    /// From keys between slashes, `*` for any one, `**` for any number of them.
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.split('/').map(str::to_owned).collect())
    }

    /// Whether a text at `path` goes to the text strategy.
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

    /// All texts in `document` that go to the text strategy, with their names there.
    pub(super) fn texts(&self, document: &Document) -> Vec<(Key, Document)> {
        let mut found = Vec::new();
        self.below(&mut Vec::new(), document, &mut found);
        found
    }

    /// The same for a node at `path`.
    pub(super) fn below(&self, path: &mut Vec<Step>, node: &Document, found: &mut Vec<(Key, Document)>) {
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

    /// The texts that were made or replaced between two states of the other strategy.
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
pub(super) fn path_of(name: &str) -> Path {
    let keys = name.split('/').skip(1);
    keys.map(|key| Step::from(&key.replace("~1", "/").replace("~0", "~"))).collect::<Vec<_>>().into()
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
    fn names_read_back_as_paths() {
        for path in [path!["a/b", "~", "~1"], path![""], path![]] {
            assert_eq!(path_of(&name(&path)), path);
        }
    }
}
