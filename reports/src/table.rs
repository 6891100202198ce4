//! The summary as text for a terminal.

use std::collections::BTreeSet;

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle,
    Row as Line, Table, TableStyle, Width,
};
use syncbench_harness::metric::{MetricSpec, TOTAL};
use syncbench_harness::metrics::{CPU_US_LOCAL, CPU_US_REMOTE, LOST_INTENTS};
use syncbench_harness::results::{ClaimsKept, Outcome, Results};

use crate::aggregate::{Group, Row, Status, Summary, Sweep};
use crate::anomalies::Maps;
use crate::away;
use crate::caveat::caveats;
use crate::columns::{COLUMNS, Filled, Source::NotKept};
use crate::format::{self, count, figure, plain, plural, wrap};
use crate::mapped;
use crate::screen;

/// Two spaces between columns, a rule under the heading, nothing else.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none().junction(' '));

/// The narrowest table; a narrower terminal wraps its lines.
const NARROWEST: usize = 60;

/// Most characters that the last column claims before others are dropped.
const WORDS: usize = 16;

/// The heading of the last column.
const LAST: &str = "lost by kind";

/// The longest name on one line.
const NAME: usize = 18;

/// Every condition as a table with one row for each strategy, then the caveats. Fits into `width` columns.
pub fn summary(results: &Results, width: u16, color: bool) -> String {
    summary_with(results, &Maps::default(), width, color)
}

/// The same with these maps of anomalies.
pub fn summary_with(results: &Results, maps: &Maps, width: u16, color: bool) -> String {
    let page = Page { width: usize::from(width).max(NARROWEST), color };
    let summary = Summary::new(results);
    let mut blocks = Vec::new();
    if results.cells.is_empty() {
        blocks.push("Nothing was measured.\n".to_owned());
    }
    blocks.extend(screen::strategies(&summary, page.width, color));
    blocks.extend(summary.groups.iter().map(|group| page.group(group)));
    blocks.extend(summary.sweeps.iter().map(|sweep| page.sweep(sweep)));
    blocks.extend(away::text(&summary, page.width, color));
    blocks.extend(mapped::text(&summary, maps, page.width, color));
    blocks.extend(page.notes(&summary));
    blocks.join("\n")
}

struct Page {
    width: usize,
    color: bool,
}

impl Page {
    fn group(&self, group: &Group<'_>) -> String {
        let columns = self.fitting(group);
        let mut table = self.table();
        let losses = columns.iter().take_while(|filled| filled.column.is_loss()).count();
        let mut heads = vec![Cell::new("strategy")];
        heads.extend(columns.iter().map(|filled| right(&format!("{}\n{}", filled.column.head, filled.unit))));
        heads.insert(1 + losses, Cell::new("claims kept"));
        heads.push(Cell::new(LAST));
        table.set_header(Line::from(heads));
        let all = group.uneven_seeds();
        for (index, row) in group.rows.iter().enumerate() {
            let (claims, lost) = (claims_kept(row), row.total(&LOST_INTENTS, TOTAL).is_some_and(|n| n > 0.0));
            let bad = claims.starts_with(|c: char| c.is_uppercase());
            let mut cells = vec![Cell::new(name(row, all.as_ref()))];
            cells
                .extend(columns.iter().map(|filled| self.mark(right(&filled.texts[index]), filled.best[index], false)));
            cells.insert(1 + losses, self.mark(Cell::new(claims), false, bad));
            cells.push(self.mark(Cell::new(words(row, all.is_none())), false, lost));
            table.add_row(cells);
        }
        self.constrain(&mut table);
        [self.heading(group), rendered(&table), self.reasons(group)].concat()
    }

    fn heading(&self, group: &Group<'_>) -> String {
        let about = format!("{}, {}", group.condition.describe(), seeds(group));
        let mut text = format!("{}\n{}", self.title(&group.title), wrap(&plain(&about), self.width, "  "));
        for met in group.coverage() {
            text.push_str(&wrap(&plain(&met.sentence()), self.width, "  "));
        }
        text + "\n"
    }

    /// Why claims are not known to be kept, one reason for each strategy.
    fn reasons(&self, group: &Group<'_>) -> String {
        let mut text = String::new();
        for (kept, word) in [(ClaimsKept::No, "broke claims"), (ClaimsKept::Unknown, "unknown")] {
            for row in group.measured() {
                let Some(cell) = row.measured().find(|cell| cell.claims_kept == Some(kept)) else { continue };
                let reason = cell.claims_reasons.first().map_or("no reason given", String::as_str);
                text.push_str(&wrap(&plain(&format!("{} {word}: {reason}", row.strategy)), self.width, "  "));
            }
        }
        text
    }

    /// The columns that this group has figures for, as many as fit. Those with the highest ranks are dropped first.
    fn fitting(&self, group: &Group<'_>) -> Vec<Filled> {
        let mut columns: Vec<_> = COLUMNS.iter().filter_map(|column| Filled::new(column, group)).collect();
        let all = group.uneven_seeds();
        let longest = |text: &dyn Fn(&Row<'_>) -> String| {
            let texts = group.rows.iter().map(text);
            texts.flat_map(|text| text.lines().map(width).collect::<Vec<_>>()).max().unwrap_or(0)
        };
        let words = longest(&|row| words(row, all.is_none())).clamp(LAST.len(), WORDS);
        let fixed = longest(&|row| name(row, all.as_ref())).max(8) + longest(&claims_kept).max(7) + words + 4;
        let wide = |filled: &Filled| {
            let texts = filled.texts.iter().map(String::as_str).chain([filled.column.head, &filled.unit]);
            texts.map(width).max().unwrap_or(0) + 2
        };
        while fixed + columns.iter().map(wide).sum::<usize>() > self.width {
            let ranked = columns.iter().enumerate().max_by_key(|(_, filled)| filled.column.rank);
            let Some((last, _)) = ranked else { break };
            columns.remove(last);
        }
        columns
    }

    fn sweep(&self, sweep: &Sweep<'_>) -> String {
        let title = format!("{}: what an operation costs as the document grows", sweep.groups[0].sizeless);
        let about = format!(
            "{}, {}. Median processor time in µs: at its issuer / at another replica.",
            sweep.groups[0].condition.describe_sizes(),
            seeds(&sweep.groups[0])
        );
        let mut sizes: Vec<_> = sweep.groups.iter().collect();
        let mut table = self.costs(&sizes);
        while sizes.len() > 2 && table.lines().any(|line| width(&line) > self.width) {
            sizes.remove(sizes.len() / 2);
            table = self.costs(&sizes);
        }
        let title: Vec<_> = wrap(&plain(&title), self.width, "").lines().map(|line| self.title(line)).collect();
        format!("{}\n{}\n{}", title.join("\n"), wrap(&plain(&about), self.width, "  "), rendered(&table))
    }

    fn costs(&self, sizes: &[&Group<'_>]) -> Table {
        let mut table = self.table();
        table.set_content_arrangement(ContentArrangement::Disabled);
        let heads = sizes.iter().map(|group| right(&format!("size {}", count(group.condition.size()))));
        table.set_header(Line::from([Cell::new("strategy")].into_iter().chain(heads).collect::<Vec<_>>()));
        for row in &sizes[0].rows {
            let cells = sizes.iter().map(|group| {
                let row = group.rows.iter().find(|other| other.strategy == row.strategy);
                right(&row.map_or(format::NONE.to_owned(), cost))
            });
            table.add_row([Cell::new(name(row, None))].into_iter().chain(cells).collect::<Vec<_>>());
        }
        table.column_iter_mut().for_each(|column| _ = column.set_padding((0, 1)));
        table
    }

    fn notes(&self, summary: &Summary<'_>) -> Option<String> {
        let mut text = String::new();
        if summary.groups.iter().any(|group| group.rows.iter().any(|row| !row.emulated().is_empty())) {
            text.push_str(&wrap("* some edits are emulated or unsupported: see below", self.width, ""));
        }
        let (uneven, even): (Vec<_>, Vec<_>) =
            summary.groups.iter().filter(|group| group.seeds() > 1).partition(|group| group.uneven_seeds().is_some());
        let counts = match (even.is_empty(), uneven.is_empty()) {
            (false, true) => "counts of ops are sums over the seeds.",
            (true, false) => "counts of ops are means per seed.",
            _ => "counts of ops are sums over the seeds, or means where the heading says /seed.",
        };
        if !(even.is_empty() && uneven.is_empty()) {
            text.push_str(&wrap(&format!("Quantiles are of all seeds together; {counts}"), self.width, ""));
        }
        let not_kept = |group: &Group<'_>| self.fitting(group).iter().any(|filled| filled.column.source == NotKept);
        if summary.groups.iter().any(not_kept) {
            text.push_str(&wrap("Not kept: lost and rejected together.", self.width, ""));
        }
        for caveat in caveats(summary) {
            text.push_str(&wrap(&plain(&format!("! {caveat}")), self.width, "  "));
        }
        (!text.is_empty()).then_some(text)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(self.width).unwrap_or(u16::MAX)).force_no_tty();
        if self.color {
            table.enforce_styling();
        }
        table
    }

    /// Keeps every column whole except the last one.
    fn constrain(&self, table: &mut Table) {
        let widths = table.column_max_content_widths();
        let taken: usize = widths.iter().rev().skip(1).map(|width| usize::from(*width) + 2).sum();
        let rest = u16::try_from(self.width.saturating_sub(taken).max(WORDS / 2)).unwrap_or(u16::MAX);
        let last = widths.len() - 1;
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, u16::from(index < last)));
            let rest = ColumnConstraint::UpperBoundary(Width::Fixed(rest));
            column.set_constraint(if index < last { ColumnConstraint::ContentWidth } else { rest });
        }
    }

    /// Bold for the best of a column, red for what is bad.
    fn mark(&self, cell: Cell, best: bool, bad: bool) -> Cell {
        match self.color {
            true if bad => cell.fg(Color::Red),
            true if best => cell.add_attribute(Attribute::Bold),
            _ => cell,
        }
    }

    fn title(&self, title: &str) -> String {
        let title = plain(title);
        if self.color { format!("\u{1b}[1m{title}\u{1b}[0m") } else { title }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Local and remote cost of an operation, or why there is none.
fn cost(row: &Row<'_>) -> String {
    let shown = |metric: &MetricSpec| row.quantile(metric, 0.5).map(|median| figure(median.value));
    match (shown(&CPU_US_LOCAL), shown(&CPU_US_REMOTE)) {
        (None, None) => claims_if_missing(row),
        (local, remote) => [local, remote].map(|cost| cost.unwrap_or_else(|| format::NONE.to_owned())).join("/"),
    }
}

fn rendered(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// How many seeds a group has.
pub(crate) fn seeds(group: &Group<'_>) -> String {
    match group.uneven_seeds() {
        Some(all) => format!("{}, not all of them in every row", plural(all.len(), "seed")),
        None if group.seeds() == 0 => "measured with no seed".to_owned(),
        None => plural(group.seeds(), "seed"),
    }
}

/// The strategy, its parameters on a second line when it is long, with a star when it emulates edits; then its window, and
/// its seeds where others have others than it.
fn name(row: &Row<'_>, all: Option<&BTreeSet<u64>>) -> String {
    let mark = if row.emulated().is_empty() { "" } else { "*" };
    let mut name = plain(row.strategy) + mark;
    if let Some((strategy, parameters)) = name.split_once(':').filter(|_| width(&name) > NAME) {
        name = format!("{strategy}\n  :{parameters}");
    }
    if let Some(window) = row.window_ms() {
        name.push_str(&format!("\n  window {} ms", figure(window)));
    }
    if let Some(all) = all {
        name.push_str(&format!("\n  {} of {} seeds", row.seeds().len(), all.len()));
    }
    name
}

/// `yes`, `NO 2/5`, or why nobody can tell.
pub(crate) fn claims_kept(row: &Row<'_>) -> String {
    let [kept, broken, unknown] = row.claims();
    let of = |n: usize, word: &str| {
        if n == kept + broken + unknown { word.to_owned() } else { format!("{word} {n}/{}", kept + broken + unknown) }
    };
    match row.status() {
        Status::Missing(..) => claims_if_missing(row),
        Status::Measured if broken > 0 => of(broken, "NO"),
        Status::Measured if kept > 0 => of(kept, "yes"),
        Status::Measured if unknown > 0 => "unknown".to_owned(),
        Status::Measured => format::NONE.to_owned(),
    }
}

fn claims_if_missing(row: &Row<'_>) -> String {
    let word = match row.status() {
        Status::Missing(Outcome::Failed, _) => "BROKEN",
        Status::Missing(Outcome::Unsupported, _) => "n/a",
        Status::Missing(..) => "not run",
        Status::Measured => format::NONE,
    };
    word.to_owned()
}

/// The last column: losses by kind, for each seed where sums do not compare, or why there are none.
fn words(row: &Row<'_>, even: bool) -> String {
    let text = match (row.status(), row.counts(&LOST_INTENTS)) {
        (Status::Missing(Outcome::Unsupported, reason), _) => format!("unsupported: {reason}"),
        (Status::Missing(_, reason), _) => reason.to_owned(),
        (_, None) => format::NONE.to_owned(),
        (_, Some(kinds)) if kinds.is_empty() => "0".to_owned(),
        (_, Some(kinds)) if even => format::counts(&kinds),
        (_, Some(kinds)) => format::list(&kinds.keys().collect::<Vec<_>>(), usize::MAX),
    };
    plain(&text)
}
