//! Columns of text: the first to the left, all others to the right; heads on one line or two.

use crate::format::shorten;

/// How a field stands out in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Bad,
    Faint,
}

/// One field; several lines in the first column only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) tone: Tone,
}

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// One line, which may stand on either of two, or two.
    pub(super) head: Vec<String>,
    pub(super) cells: Vec<Field>,
}

/// The longest head.
const HEAD: usize = 24;

/// Where the columns end, and their heads.
struct Laid {
    ends: Vec<usize>,
    heads: [String; 2],
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// How wide the columns are together.
pub(super) fn width(columns: &[Column], staggered: bool) -> usize {
    lay(columns, staggered).ends.last().copied().unwrap_or(0)
}

/// Places columns from left to right, each as narrow as its fields allow and its head finds room. Single heads go on the lower
/// line, or over it where a neighbour's is in the way.
fn lay(columns: &[Column], staggered: bool) -> Laid {
    let mut laid = Laid { ends: Vec::new(), heads: Default::default() };
    for (index, column) in columns.iter().enumerate() {
        let lines = column.cells.iter().flat_map(|field| field.text.lines());
        let mut wide = lines.map(chars).max().unwrap_or(0).max(1);
        let head: Vec<String> = column.head.iter().map(|line| shorten(line, HEAD)).collect();
        let start = laid.ends.last().map_or(0, |end| end + 1);
        if index == 0 {
            wide = wide.max(chars(&head[0]));
            laid.heads[1] = head[0].clone();
            laid.ends.push(wide);
            continue;
        }
        // By how much a head would overlap what stands on its line.
        let short = |line: usize, text: &str, end: usize, heads: &[String; 2]| {
            let free = if heads[line].is_empty() { 0 } else { chars(&heads[line]) + 1 };
            (free + chars(text)).saturating_sub(end)
        };
        let end = start + wide;
        let placed: Vec<(usize, &String)> = match head.as_slice() {
            [upper, lower] => {
                wide += short(0, upper, end, &laid.heads).max(short(1, lower, end, &laid.heads));
                vec![(0, upper), (1, lower)]
            }
            [only, ..] => {
                let (lower, upper) = (short(1, only, end, &laid.heads), short(0, only, end, &laid.heads));
                let line = usize::from(!staggered || lower <= upper);
                wide += if line == 1 { lower } else { upper };
                vec![(line, only)]
            }
            [] => Vec::new(),
        };
        let end = start + wide;
        for (line, text) in placed {
            let pad = end - chars(text) - chars(&laid.heads[line]);
            laid.heads[line].push_str(&format!("{}{text}", " ".repeat(pad)));
        }
        laid.ends.push(end);
    }
    laid
}

/// The table as text: heads, then rows.
pub(super) fn drawn(columns: &[Column], staggered: bool, color: bool) -> String {
    let laid = lay(columns, staggered);
    let mut text = String::new();
    for head in laid.heads.iter().filter(|head| !head.trim().is_empty()) {
        text += &painted(head, color.then_some("1"));
        text.push('\n');
    }
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        let mut line = String::new();
        let mut names = columns[0].cells[row].text.lines();
        let name = names.next().unwrap_or_default();
        line += &format!("{name:<width$}", width = laid.ends[0]);
        for (index, column) in columns.iter().enumerate().skip(1) {
            let Field { text, tone } = &column.cells[row];
            let wide = laid.ends[index] - laid.ends[index - 1];
            let code = match tone {
                Tone::Plain => None,
                Tone::Good => Some("32"),
                Tone::Bad => Some("31"),
                Tone::Faint => Some("2"),
            };
            line += &" ".repeat(wide.saturating_sub(chars(text)));
            line += &painted(text, code.filter(|_| color));
        }
        text += line.trim_end();
        text.push('\n');
        for more in names {
            text += &format!("{}\n", more.trim_end());
        }
    }
    text
}

/// `text` in the style of an ANSI code.
pub(super) fn painted(text: &str, code: Option<&str>) -> String {
    match code {
        Some(code) if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        _ => text.to_owned(),
    }
}

/// A name in lines of at most `most` characters: its parameters on lines of their own, and nothing left out.
pub(super) fn broken(name: &str, most: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    if chars(name) <= most {
        return vec![name.to_owned()];
    }
    let (first, parameters) = name.split_once(':').unwrap_or((name, ""));
    let mut lines = pieces(first, most);
    let room = most.saturating_sub(INDENT.len()).max(1);
    let mut line = String::new();
    for (index, parameter) in parameters.split(',').filter(|parameter| !parameter.is_empty()).enumerate() {
        let parameter = format!("{}{parameter}", if index == 0 { ':' } else { ',' });
        if !line.is_empty() && chars(&line) + chars(&parameter) > room {
            lines.extend(pieces(&line, room).iter().map(|piece| format!("{INDENT}{piece}")));
            line.clear();
        }
        line.push_str(&parameter);
    }
    lines.extend(pieces(&line, room).iter().map(|piece| format!("{INDENT}{piece}")));
    lines
}

/// `text` in pieces of at most `most` characters.
fn pieces(text: &str, most: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(most.max(1)).map(|piece| piece.iter().collect()).collect()
}
