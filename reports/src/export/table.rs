//! The tables as data: their columns with what they mean.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number from 0.
    Count,
    /// True or false.
    Flag,
}

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it says.
    pub meaning: &'static str,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name, which is that of its file.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

const fn text(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Text, meaning }
}

const fn number(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Number, meaning }
}

const fn whole(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Count, meaning }
}

const fn flag(name: &'static str, meaning: &'static str) -> Column {
    Column { name, kind: Kind::Flag, meaning }
}

/// The column that joins the other tables with `cells`.
const CELL: Column = text("cell", "the cell: `id` in `cells`");

/// One row for each cell.
pub(super) static CELLS: Table = Table {
    name: "cells",
    columns: &[
        text("id", "digest of condition, seed, strategy and build; `cell` in the other tables"),
        text("run", "the folder that it was read from"),
        text("part", "part of the plan"),
        text("strategy", "strategy with the parameters that were given"),
        text("family", "folder of the strategy's sources"),
        text("params", "its parameters, defaults included, as a JSON object"),
        text("library", "library under test with its version"),
        text("topology", "`star` or `mesh`"),
        number("window_ms", "how long a client collects operations"),
        text("workload", "workload with the parameters that were given"),
        text("trace", "file of the trace that it replays"),
        text("network", "network profile with the parameters that were given"),
        text("faults", "all faults, separated by spaces"),
        text("transport", "what links promise"),
        text("engine", "`sim` or `threads`"),
        whole("clients", "number of clients"),
        whole("ops", "operations of all clients together"),
        number("rate_per_s", "operations per second of all clients together"),
        text("pace", "when users act"),
        number("undo", "share of actions that undo"),
        whole("size", "size of the initial document, in the workload's unit"),
        whole("seed", "seed of every random stream"),
        number("sample_ms", "how often states were looked at; empty for after every event"),
        number("budget_s", "how long the group might take to quiesce"),
        text("outcome", "`measured`, `failed`, `unsupported` or `not_run`"),
        text("reason", "why, unless it was measured"),
        text("claims_kept", "`yes`, `no` or `unknown`"),
        text("claims_reasons", "what that rests on"),
        flag("converged", "whether all replicas ended in one state"),
        flag("matches_reference", "whether that state is the one recorded with the trace"),
        text("digest", "the final state"),
        text("trace_digest", "all events in order"),
        text("replay", "the command that runs it again"),
        text("build", "digest of the build"),
        text("version", "version of syncbench"),
        text("commit", "commit of its sources"),
        text("profile", "`release` or `debug`"),
        text("cpu", "processor"),
        whole("cores", "processors that the run could use"),
        text("os", "operating system and architecture"),
        text("started_at", "start of the run, UTC"),
    ],
};

/// One row for each figure.
pub(super) static METRICS: Table = Table {
    name: "metrics",
    columns: &[
        CELL,
        text("metric", "its name: see `syncbench list metrics`"),
        text("stat", "`value` of a number, else the field: `p99`, `peak`, a kind of loss; `total` adds kinds up"),
        text("unit", "its unit"),
        number("value", "the figure"),
    ],
};

/// One row for each finding.
pub(super) static FINDINGS: Table = Table {
    name: "findings",
    columns: &[
        CELL,
        text("kind", "its kind"),
        flag("lost", "whether it counts lost operations; else it is a note"),
        whole("count", "how many"),
        text("example", "one instance in words"),
    ],
};

/// One row for each value of each distribution.
pub(super) static HISTOGRAM: Table = Table {
    name: "histogram",
    columns: &[
        CELL,
        text("metric", "its name"),
        whole("value_ns", "the value, in nanoseconds"),
        whole("count", "how many samples have it"),
    ],
};

/// Every table: add yours here.
pub static TABLES: [&Table; 4] = [&CELLS, &METRICS, &FINDINGS, &HISTOGRAM];

impl Kind {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Count => "whole number",
            Self::Flag => "true or false",
        }
    }
}

impl Table {
    /// Its columns as rows of a table in Markdown, as `bench-results/README.md` has them.
    pub fn documentation(&self) -> String {
        let row = |Column { name, kind, meaning }: &Column| {
            format!("| `{}` | `{name}` | {} | {meaning} |\n", self.name, kind.word())
        };
        self.columns.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_in_the_documentation_are_those_of_the_tables() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../bench-results/README.md");
        let text = std::fs::read_to_string(path).expect("the documentation");
        let wanted: String = TABLES.iter().map(|table| table.documentation()).collect();
        assert!(text.contains(&wanted), "put these rows into bench-results/README.md:\n{wanted}");
    }
}
