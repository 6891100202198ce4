//! Figures and lists in words.

use std::collections::BTreeMap;

/// Shown where there is no figure.
pub const NONE: &str = "–";

/// A figure with two or three significant digits: `0.042`, `4.2`, `82`, `3100`, `12.4k`, `1.5M`.
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    let size = value.abs();
    match size {
        _ if size == 0.0 => "0".to_owned(),
        _ if !(0.0005..9.995e14).contains(&size) => format!("{value:.0e}"),
        _ if size < 0.095 => trimmed(value, 3),
        _ if size < 9.95 => trimmed(value, if size < 0.995 { 2 } else { 1 }),
        _ if size < 9999.5 => format!("{value:.0}"),
        _ if size < 99_950.0 => trimmed(value / 1e3, 1) + "k",
        _ if size < 999_500.0 => format!("{:.0}k", value / 1e3),
        _ if size < 9.995e8 => trimmed(value / 1e6, if size < 99.5e6 { 1 } else { 0 }) + "M",
        _ => trimmed(value / 1e9, 1) + "G",
    }
}

/// Longest span, in milliseconds, that is told in the unit of its column.
const LONG_MS: f64 = 120_000.0;

/// Milliseconds without their unit, as a column shows them; a long span with its own: `82`, `2.4 h`.
pub fn millis(ms: f64) -> String {
    if ms > LONG_MS { span(ms / 1e3) } else { figure(ms) }
}

/// Seconds without their unit; a long span with its own: `82`, `2.4 h`.
pub fn seconds(seconds: f64) -> String {
    if seconds * 1e3 > LONG_MS { span(seconds) } else { figure(seconds) }
}

/// A span with its unit: `38 s`, `4 min`, `2.4 h`, `18 d`.
pub fn span(seconds: f64) -> String {
    match seconds.abs() {
        size if !size.is_finite() => NONE.to_owned(),
        size if size < 120.0 => figure(seconds) + " s",
        size if size < 7_200.0 => figure(seconds / 60.0) + " min",
        size if size < 172_800.0 => figure(seconds / 3_600.0) + " h",
        _ => figure(seconds / 86_400.0) + " d",
    }
}

/// How often something happens: `2/s`, and where that is very seldom, `one in 3.1 h`.
pub fn rate(per_s: f64) -> String {
    if per_s > 0.0 && per_s < 0.0005 { format!("one in {}", span(1.0 / per_s)) } else { figure(per_s) + "/s" }
}

/// A share as a percentage: `0`, `<0.1 %`, `4.2 %`, `37 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if !percent.is_finite() => NONE.to_owned(),
        percent if percent > 0.0 && percent < 0.1 => "<0.1%".to_owned(),
        percent => figure(percent) + "%",
    }
}

/// A count with thousands set apart: `12,345`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Counts by name, the largest first: `3× item delivered twice, 2× torn save`.
pub fn counts<S: AsRef<str>>(counts: &BTreeMap<S, u64>) -> String {
    let mut sorted: Vec<_> = counts.iter().map(|(name, count)| (*count, name.as_ref())).collect();
    sorted.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let words: Vec<_> = sorted.iter().map(|(n, name)| format!("{}× {name}", count(*n))).collect();
    words.join(", ")
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`; past `most`, `a, b and 3 more`.
pub fn list<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [.., last] if names.len() <= most => format!("{} and {last}", names[..names.len() - 1].join(", ")),
        _ => format!("{} and {} more", names[..most - 1].join(", "), names.len() + 1 - most),
    }
}

/// `1 seed`, `5 seeds`, `5 strategies`.
pub fn plural(n: usize, word: &str) -> String {
    match word.strip_suffix('y') {
        _ if n == 1 => format!("1 {word}"),
        Some(stem) => format!("{} {stem}ies", count(n as u64)),
        None => format!("{} {word}s", count(n as u64)),
    }
}

/// `text`, cut to `most` characters with an ellipsis.
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `text` without control characters, so that data cannot control a terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `text` broken at spaces into lines of at most `width` characters, each after `indent`; lines after the first are
/// indented by two more. A word that is longer than a line, such as a state, is broken after commas.
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(indent.len() + 2);
    let mut lines = vec![indent.to_owned()];
    let mut empty = true;
    for word in text.split_whitespace() {
        let long = word.chars().count() > room;
        for (place, piece) in word.split_inclusive(|c| long && c == ',').enumerate() {
            let blank = usize::from(place == 0 && !empty);
            let line = lines.last().map_or(0, |line| line.chars().count());
            if !empty && line + blank + piece.chars().count() > width {
                lines.push(format!("{indent}  "));
                empty = true;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(if empty || place > 0 { "" } else { " " });
                line.push_str(piece);
                empty = false;
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The same with at most `most` lines, of which the last ends with an ellipsis where it is not the end.
pub fn wrap_most(text: &str, width: usize, indent: &str, most: usize) -> String {
    let wrapped = wrap(text, width, indent);
    let cut = wrapped.lines().count() > most;
    let line = |(place, line): (usize, &str)| match cut && place + 1 == most {
        true => shorten(&format!("{line} …"), width) + "\n",
        false => format!("{line}\n"),
    };
    wrapped.lines().take(most).enumerate().map(line).collect()
}

fn trimmed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_two_or_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.00001, "1e-5"),
            (0.0421, "0.042"),
            (0.5, "0.5"),
            (4.23, "4.2"),
            (9.96, "10"),
            (82.4, "82"),
            (3100.0, "3100"),
            (12_420.0, "12.4k"),
            (999_600.0, "1M"),
            (1.5e6, "1.5M"),
            (2.0e9, "2G"),
            (3.0e200, "3e200"),
            (-4.23, "-4.2"),
            (f64::NAN, NONE),
        ];
        for (value, text) in cases {
            assert_eq!(figure(value), text, "{value}");
        }
        assert_eq!((percent(0.0004), percent(0.373), percent(0.0)), ("<0.1%".into(), "37%".into(), "0%".into()));
    }

    #[test]
    fn long_spans_are_told_with_their_unit() {
        let cases = [(82.4, "82"), (120_000.0, "120k"), (180_000.0, "3 min"), (8.64e6, "2.4 h"), (1.6e9, "19 d")];
        for (ms, text) in cases {
            assert_eq!(millis(ms), text);
        }
        assert_eq!((millis(f64::NAN), seconds(119.0), seconds(1.8e6)), (NONE.into(), "119".into(), "21 d".into()));
        assert_eq!((rate(2.0), rate(0.001), rate(9e-5)), ("2/s".into(), "0.001/s".into(), "one in 3.1 h".into()));
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d"], 3), "a, b and 2 more");
        assert_eq!(
            counts(&BTreeMap::from([("torn save", 2), ("item delivered twice", 1300)])),
            "1,300× item delivered twice, 2× torn save"
        );
        assert_eq!((shorten("abcdef", 4), shorten("abc", 4)), ("abc…".into(), "abc".into()));
    }
}
