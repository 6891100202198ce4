//! Rust's tokens, as far as paths need them: names, double colons, and every other character by itself.

use std::collections::BTreeSet;

/// The tokens of a text; comments, strings, characters, numbers and lifetimes are left out.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let (mut tokens, mut index) = (Vec::new(), 0);
    while index < chars.len() {
        let char = at(index);
        if char == '/' && at(index + 1) == '/' {
            index = (index..chars.len()).find(|end| at(*end) == '\n').unwrap_or(chars.len());
        } else if char == '/' && at(index + 1) == '*' {
            index = (index..chars.len()).find(|end| at(*end) == '*' && at(end + 1) == '/').unwrap_or(chars.len()) + 2;
        } else if char == '"' {
            index = string(&chars, index + 1);
        } else if char == '\'' {
            index = quoted(&chars, index);
        } else if char.is_alphabetic() || char == '_' {
            let end = word(&chars, index);
            let name: String = chars[index..end].iter().collect();
            let raw = ["r", "br", "cr"].contains(&name.as_str()) && (at(end) == '"' || at(end) == '#');
            let hashes = chars[end..].iter().take_while(|char| **char == '#').count();
            if raw && at(end + hashes) == '"' {
                index = raw_string(&chars, end + hashes + 1, hashes);
            } else {
                tokens.push(name);
                index = end;
            }
        } else if char.is_ascii_digit() {
            index = word(&chars, index);
        } else if char == ':' && at(index + 1) == ':' {
            tokens.push("::".into());
            index += 2;
        } else {
            if !char.is_whitespace() {
                tokens.push(char.into());
            }
            index += 1;
        }
    }
    tokens
}

fn word(chars: &[char], start: usize) -> usize {
    let part = |char: &char| char.is_alphanumeric() || *char == '_';
    start + chars[start..].iter().take_while(|char| part(char)).count()
}

/// Behind a string whose quote was opened before `index`.
fn string(chars: &[char], mut index: usize) -> usize {
    while index < chars.len() && chars[index] != '"' {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

fn raw_string(chars: &[char], start: usize, hashes: usize) -> usize {
    let closes =
        |end: &usize| chars[*end] == '"' && chars[end + 1..].iter().take_while(|char| **char == '#').count() >= hashes;
    (start..chars.len()).find(closes).unwrap_or(chars.len()) + 1 + hashes
}

/// Behind a character, or a lifetime.
fn quoted(chars: &[char], start: usize) -> usize {
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    if at(start + 1) == '\\' {
        return (start + 3..chars.len()).find(|end| at(*end) == '\'').unwrap_or(chars.len()) + 1;
    }
    if at(start + 2) == '\'' { start + 3 } else { word(chars, start + 1).max(start + 1) }
}

/// The tokens without what only tests have, and the names of the modules among that.
pub(super) fn without_tests(tokens: Vec<String>) -> (Vec<String>, BTreeSet<String>) {
    let (mut kept, mut modules, mut index) = (Vec::new(), BTreeSet::new(), 0);
    while index < tokens.len() {
        let Some(start) = test_attribute(&tokens, index) else {
            kept.push(tokens[index].clone());
            index += 1;
            continue;
        };
        let end = item(&tokens, start);
        let named = tokens[start..end].iter().position(|token| token == "mod");
        modules.extend(named.and_then(|at| tokens.get(start + at + 1).cloned()));
        index = end;
    }
    (kept, modules)
}

/// Behind the attribute that begins at `index`, if it is one that only tests have.
fn test_attribute(tokens: &[String], index: usize) -> Option<usize> {
    let begins = tokens[index..].iter().map(String::as_str).take(4).eq(["#", "[", "cfg", "("]);
    let end = index + tokens[index..].iter().position(|token| token == "]")? + 1;
    let attribute = &tokens[index..end];
    let only_tests = begins
        && attribute.iter().any(|token| token == "test")
        && !attribute.iter().any(|token| token == "not" || token == "any");
    only_tests.then_some(end)
}

/// Behind the item that begins at `start`: its semicolon, or its last brace.
fn item(tokens: &[String], start: usize) -> usize {
    let is_use = tokens[start..].iter().take_while(|token| *token != ";").any(|token| token == "use");
    let is_use = is_use && tokens[start..].iter().position(|token| token == "use") < Some(6);
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(start) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth -= 1;
                if depth == 0 && token == "}" && !is_use {
                    return index + 1;
                }
            }
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}
