//! The profiles of products in `examples/profiles`, through the binary: what their comments argue is what is measured.

use std::fs;
use std::path::{Path, PathBuf};

use syncbench_reports::choose::read;
use syncbench_strategies::registry::{OPTIONAL, STRATEGIES};

/// What a comment expects: `# expect veto lww-*: refuse`, `# expect candidate serial`.
struct Expected {
    veto: bool,
    /// A strategy, or a beginning with a `*`.
    strategy: String,
    /// The answer that rules it out, where the comment says one.
    answer: Option<String>,
}

impl Expected {
    fn read(line: &str) -> Option<Self> {
        let rest = line.strip_prefix("# expect ")?;
        let (what, rest) = rest.split_once(' ')?;
        let (strategy, answer) = rest.split_once(": ").map_or((rest, None), |(name, answer)| (name, Some(answer)));
        assert!(["veto", "candidate"].contains(&what), "{line}");
        Some(Self { veto: what == "veto", strategy: strategy.into(), answer: answer.map(Into::into) })
    }

    /// Whether it speaks of this label.
    fn is_of(&self, label: &str) -> bool {
        match self.strategy.strip_suffix('*') {
            Some(beginning) => label.starts_with(beginning),
            None => label == self.strategy,
        }
    }
}

fn profiles() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/profiles");
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn expected(text: &str) -> Vec<Expected> {
    text.lines().filter_map(Expected::read).collect()
}

#[test]
fn ten_profiles_answer_every_question_and_argue_what_they_expect() {
    let profiles = profiles();
    assert_eq!(profiles.len(), 10);
    for (path, text) in profiles {
        let answers = read::read(text.as_bytes(), &path.display().to_string()).unwrap();
        assert!(!answers.product.is_empty(), "{}", path.display());
        for field in syncbench_reports::choose::questions::fields() {
            let given = text.lines().any(|line| line.split(" = ").next() == Some(field.name));
            assert!(given, "{}: {} is not answered", path.display(), field.name);
        }
        let argued = text.lines().filter(|line| line.starts_with("# ") && Expected::read(line).is_none());
        assert!(argued.map(str::len).sum::<usize>() > 300, "{}: the comment is short", path.display());
        let expected = expected(&text);
        assert!(expected.iter().any(|one| one.veto) && expected.iter().any(|one| !one.veto), "{}", path.display());
    }
}

#[test]
fn profiles_expect_strategies_and_answers_that_there_are() {
    let known: Vec<_> = STRATEGIES.iter().map(|spec| spec.name).chain(OPTIONAL.iter().map(|one| one.name)).collect();
    for (path, text) in profiles() {
        for one in expected(&text) {
            let file = path.display();
            assert!(known.iter().any(|name| one.is_of(name)), "{file}: {}", one.strategy);
            let answer = one.answer.as_deref();
            assert!(answer.is_none_or(|name| syncbench_reports::choose::questions::find(name).is_some()), "{file}");
        }
    }
}
