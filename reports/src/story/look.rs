//! How a story looks in a terminal: styles, or none; times; the names of replicas.

use anstyle::{AnsiColor, Style};
use syncbench_harness::stories::Told;
use syncbench_strategies::replica::NodeId;

use crate::format;

/// Columns of a line.
pub(super) const WIDTH: usize = 80;

/// Styles of a terminal, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    colored: bool,
}

impl Look {
    pub(super) fn new(colored: bool) -> Self {
        Self { colored }
    }

    fn style(self, style: Style) -> Style {
        if self.colored { style } else { Style::new() }
    }

    pub(super) fn bold(self) -> Style {
        self.style(Style::new().bold())
    }

    pub(super) fn dim(self) -> Style {
        self.style(Style::new().dimmed())
    }

    pub(super) fn bad(self) -> Style {
        self.style(AnsiColor::Red.on_default().bold())
    }

    pub(super) fn good(self) -> Style {
        self.style(AnsiColor::Green.on_default().bold())
    }

    /// A replica named after a colour is written in it; the server is cyan, and other clients take turns.
    pub(super) fn of(self, told: &Told, node: NodeId) -> Style {
        const OTHERS: [AnsiColor; 4] = [AnsiColor::Green, AnsiColor::Yellow, AnsiColor::Magenta, AnsiColor::Blue];
        let color = match (told.name(node), node) {
            ("green", _) => AnsiColor::Green,
            ("yellow", _) => AnsiColor::Yellow,
            (_, NodeId::SERVER) => AnsiColor::Cyan,
            _ => OTHERS[(node.0 as usize - 1) % OTHERS.len()],
        };
        self.style(color.on_default())
    }
}

/// A moment of a run in nine columns: milliseconds up to a hundred seconds, then hours, minutes and seconds.
pub(super) fn moment(ms: f64) -> String {
    if ms < 100_000.0 {
        return format!("{:>6} ms", format::figure(ms));
    }
    let seconds = (ms / 1e3).round() as u64;
    format!("{:>9}", format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

/// Prose in lines of at most 78 columns.
pub(super) fn paragraph(text: &str) -> String {
    let wrapped = format::wrap(text, WIDTH - 2, "");
    // Lines after the first are indented by two, as in lists.
    wrapped.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_take_nine_columns() {
        let cases =
            [(105.0, "   105 ms"), (99_999.0, "  100k ms"), (3_661_000.0, "  1:01:01"), (1.8144e9, "504:00:00")];
        for (ms, text) in cases {
            assert_eq!(moment(ms), text, "{ms}");
        }
    }
}
