//! A module's source, as far as it names other modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::tokens::{tokens, without_tests};

/// A path of names: of a module from its crate's root, or of something that a module names.
pub(super) type Names = Vec<String>;

/// One file, as a module of its crate.
pub(super) struct Source {
    /// Its path in the crate; empty for the root.
    pub(super) path: Names,
    /// The paths that it names: from the crate's root where they begin with `crate`, else from another crate.
    pub(super) uses: BTreeSet<Names>,
    /// What names stand for that it imports.
    pub(super) imports: BTreeMap<String, Names>,
    /// Modules below it that only tests have.
    tests: BTreeSet<String>,
}

impl Source {
    /// All modules below a crate's `src`, without those that only tests have.
    pub(super) fn read(src: &Path) -> Vec<Self> {
        let mut found = Vec::new();
        collect(src, &[], &mut found);
        let tests = |source: &Self| source.tests.iter().map(|name| join(&source.path, name)).collect::<Vec<_>>();
        let tests: Vec<Names> = found.iter().flat_map(tests).collect();
        found.retain(|source| !tests.iter().any(|test| source.path.starts_with(test)));
        found
    }

    /// The module at `path`, written with colons, with this text.
    pub(super) fn new(path: &str, text: &str) -> Self {
        let path: Names = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let (tokens, tests) = without_tests(tokens(text));
        let (uses, imports) = Reader::new(&path).read(&tokens);
        Self { path, uses, imports, tests }
    }

    pub(super) fn name(&self) -> String {
        if self.path.is_empty() { "the root".into() } else { self.path.join("::") }
    }

    /// Whether it names something of the library `name`.
    pub(super) fn uses_crate(&self, name: &str) -> bool {
        self.uses.iter().any(|path| path.first().is_some_and(|first| first == name))
    }
}

fn join(path: &[String], name: &str) -> Names {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

/// Goes through a folder whose module is at `path`.
fn collect(folder: &Path, path: &[String], found: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).expect("a folder of sources");
    let mut entries: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if entry.is_dir() {
            collect(&entry, &join(path, name), found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let module = if ["lib", "main", "mod"].contains(&name) { path.to_vec() } else { join(path, name) };
            let text = fs::read_to_string(&entry).expect("a source file");
            found.push(Source::new(&module.join("::"), &text));
        }
    }
}

/// Reads the paths in a module's tokens.
struct Reader {
    /// The module's path, with those of the inline modules that are open.
    module: Names,
    /// At which depth of braces each open inline module began.
    inline: Vec<usize>,
    depth: usize,
    uses: BTreeSet<Names>,
    imports: BTreeMap<String, Names>,
}

impl Reader {
    fn new(path: &[String]) -> Self {
        let (uses, imports) = Default::default();
        Self { module: path.to_vec(), inline: Vec::new(), depth: 0, uses, imports }
    }

    fn read(mut self, tokens: &[String]) -> (BTreeSet<Names>, BTreeMap<String, Names>) {
        let word = |index: usize| tokens.get(index).map_or("", String::as_str);
        let mut index = 0;
        while index < tokens.len() {
            match word(index) {
                "use" if word(index + 1) != "<" => {
                    let end = (index..tokens.len()).find(|end| word(*end) == ";").unwrap_or(tokens.len());
                    self.tree(&tokens[index + 1..end], &[]);
                    index = end;
                }
                "mod" if word(index + 2) == "{" => {
                    self.module.push(word(index + 1).to_owned());
                    self.inline.push(self.depth);
                    index += 1;
                }
                "{" => self.depth += 1,
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.inline.last() == Some(&self.depth) {
                        self.inline.pop();
                        self.module.pop();
                    }
                }
                _ if word(index + 1) == "::" && !matches!(word(index.wrapping_sub(1)), "::" | ".") => {
                    let mut path = vec![word(index).to_owned()];
                    while word(index + 1) == "::" && is_name(word(index + 2)) {
                        path.push(word(index + 2).to_owned());
                        index += 2;
                    }
                    self.expression(path);
                }
                _ => {}
            }
            index += 1;
        }
        (self.uses, self.imports)
    }

    /// What stands between `use` and its semicolon, below `prefix`.
    fn tree(&mut self, tokens: &[String], prefix: &[String]) {
        let mut path = prefix.to_vec();
        for (index, token) in tokens.iter().enumerate() {
            match token.as_str() {
                "::" => {}
                "{" => {
                    let inner = &tokens[index + 1..tokens.len() - 1];
                    split(inner).into_iter().for_each(|branch| self.tree(branch, &path));
                    return;
                }
                "as" => {
                    let name = tokens.get(index + 1).cloned().unwrap_or_default();
                    return self.import(name, path);
                }
                "self" if !path.is_empty() => {}
                name => path.push(name.to_owned()),
            }
        }
        if let Some(name) = path.last().cloned() {
            self.import(name, path);
        }
    }

    fn import(&mut self, name: String, path: Names) {
        let path = self.absolute(path);
        self.uses.insert(path.clone());
        if self.inline.is_empty() {
            self.imports.insert(name, path);
        }
    }

    /// A path in the code: it may begin with something imported.
    fn expression(&mut self, path: Names) {
        let path = match self.imports.get(&path[0]) {
            Some(imported) => imported.iter().cloned().chain(path[1..].iter().cloned()).collect(),
            None => self.absolute(path),
        };
        self.uses.insert(path);
    }

    /// The path from the crate's root, if it is one of this crate.
    fn absolute(&self, path: Names) -> Names {
        let mut module = self.module.clone();
        let mut rest = &path[..];
        match rest.first().map(String::as_str) {
            Some("crate") => return path,
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|first| first == "super") {
                    module.pop();
                    rest = &rest[1..];
                }
            }
            // A module below this one, or another crate.
            _ => return path,
        }
        ["crate".to_owned()].into_iter().chain(module).chain(rest.iter().cloned()).collect()
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The branches of a tree of imports, at their commas.
fn split(tokens: &[String]) -> Vec<&[String]> {
    let (mut branches, mut depth, mut start) = (Vec::new(), 0, 0);
    for (index, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                branches.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    branches.push(&tokens[start..]);
    branches.retain(|branch| !branch.is_empty());
    branches
}
