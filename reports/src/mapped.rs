//! What few operations can come to, beside what a run has found: the map of anomalies for the strategies and workloads that
//! were measured.

use std::collections::{BTreeMap, BTreeSet};

use crate::aggregate::{Row, Summary};
use crate::anomalies::{Maps, Quote, Worst, bound};
use crate::format::{NONE, count, counts, plain, shorten, wrap};
use syncbench_harness::metrics::OPS_ISSUED;

/// What the tables say, in sentences.
pub const MEANING: &str = "Every schedule of a few operations on a small document, without faults: the worst that one of them \
                           comes to, and how many operations that takes; or none, in all schedules of up to so many. Here: \
                           how many operations of these runs were lost in that way. Beyond: lost here in ways that no such \
                           schedule has, since they take more operations or clients, a fault, an undo, or a timer while a \
                           message is under way.";

/// A workload that was measured.
#[derive(Clone, Debug)]
pub struct MappedTable<'s, 'm> {
    /// The workload with its parameters.
    pub workload: &'s str,
    /// One for each strategy that was measured.
    pub rows: Vec<MappedRow<'s, 'm>>,
    /// The shortest stories, each once.
    pub stories: Vec<Told<'m>>,
}

/// One strategy.
#[derive(Clone, Debug)]
pub struct MappedRow<'s, 'm> {
    /// Its label.
    pub strategy: &'s str,
    /// Its family.
    pub family: &'s str,
    /// What the map says; absent where it does not have the pair.
    pub quote: Option<Quote<'m>>,
    /// Its story, by its place in the table's list.
    pub story: Option<usize>,
    /// Operations that were issued.
    ops: u64,
    /// Operations that were lost, by kind.
    lost: BTreeMap<&'s str, u64>,
}

/// A story that several strategies may share.
#[derive(Clone, Debug)]
pub struct Told<'m> {
    /// What it shows.
    pub worst: &'m Worst,
    /// The strategy under which it is told.
    pub strategy: &'m str,
    /// What users do.
    pub actions: String,
}

/// A table for each workload; recorded traces have none.
pub fn tables<'s, 'm>(summary: &'s Summary<'_>, maps: &'m Maps) -> Vec<MappedTable<'s, 'm>> {
    let mut workloads: Vec<(&str, Vec<&Row<'_>>)> = Vec::new();
    for group in summary.all_groups() {
        let workload = group.condition.workload;
        let rows = group.measured().filter(|row| row.measured().all(|cell| cell.trace.is_none()));
        match workloads.iter_mut().find(|(known, _)| *known == workload) {
            Some((_, known)) => known.extend(rows),
            None => workloads.push((workload, rows.collect())),
        }
    }
    workloads.retain(|(_, rows)| !rows.is_empty());
    workloads.into_iter().map(|(workload, rows)| table(workload, &rows, maps)).collect()
}

fn table<'s, 'm>(workload: &'s str, rows: &[&'s Row<'_>], maps: &'m Maps) -> MappedTable<'s, 'm> {
    let mut table = MappedTable { workload, rows: Vec::new(), stories: Vec::new() };
    let mut met = BTreeSet::new();
    for strategy in rows.iter().map(|row| row.strategy).filter(|strategy| met.insert(*strategy)) {
        let cells: Vec<_> = rows.iter().filter(|row| row.strategy == strategy).flat_map(|row| row.measured()).collect();
        let quote = maps.quote(strategy, workload);
        let mut lost: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in cells.iter().flat_map(|cell| &cell.findings).filter(|finding| finding.lost) {
            let known = lost.entry(&finding.kind).or_default();
            *known = known.saturating_add(finding.count);
        }
        let story = quote.and_then(|quote| table.told(quote));
        table.rows.push(MappedRow {
            strategy,
            family: cells.first().map_or("", |cell| cell.family.as_str()),
            quote,
            story,
            // What is read from a file may be any number.
            ops: cells
                .iter()
                .map(|cell| cell.number(&OPS_ISSUED, "").unwrap_or(0.0) as u64)
                .fold(0, u64::saturating_add),
            lost,
        });
    }
    table
}

impl<'m> MappedTable<'_, 'm> {
    /// The place of a story, which is told once.
    fn told(&mut self, quote: Quote<'m>) -> Option<usize> {
        let (worst, actions) = (quote.worst()?, quote.actions()?);
        let same = |told: &Told<'_>| told.worst.anomaly.kind == worst.anomaly.kind && told.actions == actions;
        let known = self.stories.iter().position(same);
        Some(known.unwrap_or_else(|| {
            self.stories.push(Told { worst, strategy: &quote.pair.strategy, actions });
            self.stories.len() - 1
        }))
    }

    /// Whether the map has nothing of this workload.
    pub fn is_unexplored(&self) -> bool {
        self.rows.iter().all(|row| row.quote.is_none())
    }

    /// Strategies that the map does not have on this workload.
    fn unexplored(&self) -> Vec<&str> {
        self.rows.iter().filter(|row| row.quote.is_none()).map(|row| row.strategy).collect()
    }

    /// By kind: which strategies lost operations here in a way that no schedule within the bound has, in a sentence without
    /// its full stop; empty where none did.
    pub fn beyond(&self) -> String {
        let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in &self.rows {
            let Some(quote) = row.quote else { continue };
            for (kind, lost) in row.lost.iter().filter(|(kind, _)| !quote.has(kind)) {
                kinds.entry(kind).or_default().push(format!("{} {}", row.strategy, count(*lost)));
            }
        }
        let kinds: Vec<_> = kinds.iter().map(|(kind, of)| format!("{kind}: {}", of.join(", "))).collect();
        kinds.join("; ")
    }

    /// The bound of all of it, where that is one: `up to 3 operations by 2 clients`.
    pub fn bound(&self) -> Option<String> {
        let mut bounds: Vec<String> = self.rows.iter().filter_map(|row| Some(row.quote?.bound())).collect();
        bounds.dedup();
        if bounds.len() == 1 { bounds.pop() } else { None }
    }
}

impl MappedRow<'_, '_> {
    /// The worst kind of anomaly within the bound.
    pub fn worst(&self) -> &str {
        match self.quote {
            None => "not explored",
            Some(quote) => quote.worst().map_or("none", |worst| &worst.anomaly.kind),
        }
    }

    /// Whether a confirmed operation is lost within the bound, or worse.
    pub fn loses(&self) -> bool {
        self.quote.and_then(|quote| quote.worst()).is_some_and(Worst::loses)
    }

    /// What is to be known of the cell: that it is a note, or that the strategy was explored with its defaults.
    pub fn note(&self) -> Option<String> {
        let quote = self.quote?;
        let noted = quote.worst().is_some_and(|worst| !worst.loses());
        let notes = [(noted, "a note, nothing lost"), (quote.defaults, "explored with its defaults")];
        let notes: Vec<_> = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| *note).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// How many operations it takes, or up to how many there is none.
    pub fn takes(&self) -> String {
        match self.quote {
            None => NONE.to_owned(),
            Some(quote) => {
                quote.worst().map_or_else(|| format!("≤ {}", quote.found.ops), |worst| worst.anomaly.ops.to_string())
            }
        }
    }

    /// How many operations of the runs were lost in this way, of how many; or lost at all, where there is none.
    pub fn here(&self) -> String {
        let lost = match self.quote.map(|quote| quote.worst()) {
            Some(Some(worst)) if worst.loses() => self.lost.get(worst.anomaly.kind.as_str()).copied().unwrap_or(0),
            Some(_) if self.lost.is_empty() => 0,
            _ => return NONE.to_owned(),
        };
        format!("{} of {}", count(lost), count(self.ops))
    }

    /// What these runs lost in ways that no schedule within the bound has; `None` where there is no such loss, or no bound.
    pub fn beyond(&self) -> Option<String> {
        let quote = self.quote?;
        let beyond: BTreeMap<&str, u64> =
            self.lost.iter().filter(|(kind, _)| !quote.has(kind)).map(|(kind, count)| (*kind, *count)).collect();
        (!beyond.is_empty()).then(|| counts(&beyond))
    }
}

/// What the map does not have, and the command that explores it so that a report can quote it.
pub fn unexplored(table: &MappedTable<'_, '_>, program: &str) -> Option<(String, String)> {
    let (left, workload) = (table.unexplored(), table.workload);
    let command = |of: &str| format!("{program} explore --all{of} -w {workload} --out map");
    if left.is_empty() {
        None
    } else if table.is_unexplored() {
        Some(("Not on the map of anomalies".to_owned(), command("")))
    } else {
        let flags: String = left.iter().map(|strategy| format!(" -s {strategy}")).collect();
        Some((format!("Not on the map of anomalies: {}", left.join(", ")), command(&flags)))
    }
}

/// What comes after such a command.
pub const THEN: &str = "report --map map/map.json";

/// The program with which commands begin.
pub fn program<'a>(summary: &Summary<'a>) -> &'a str {
    let mut replays = summary.results.cells.iter().filter_map(|cell| cell.replay.split(' ').next());
    replays.find(|program| !program.is_empty()).unwrap_or("syncbench")
}

/// All tables as text of at most `width` columns; nothing where the map has nothing of what was measured.
pub fn text(summary: &Summary<'_>, maps: &Maps, width: usize, color: bool) -> Option<String> {
    let tables = tables(summary, maps);
    if tables.iter().all(MappedTable::is_unexplored) {
        return None;
    }
    let (bold, plain_again) = if color { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let mut text = format!("{bold}What few operations can come to{plain_again}\n");
    text += &wrap(&format!("{MEANING} From {}.", plain(&maps.source())), width, "  ");
    for table in &tables {
        text += &format!("\n{}\n", shorten(&plain(table.workload), width));
        text += &table.lines(width, program(summary));
    }
    Some(text)
}

/// Most characters of a strategy's name, and of a kind of anomaly.
const MOST: usize = 26;

impl MappedTable<'_, '_> {
    fn lines(&self, width: usize, program: &str) -> String {
        let mut text = String::new();
        let known: Vec<_> = self.rows.iter().filter(|row| row.quote.is_some()).collect();
        let cells = |row: &&MappedRow<'_, '_>| {
            let mark = if row.note().is_some() { "*" } else { "" };
            [plain(row.strategy) + mark, row.worst().to_owned(), row.takes(), row.here()]
                .map(|cell| shorten(&cell, MOST))
        };
        let mut lines: Vec<[String; 4]> = vec![["strategy", "worst", "ops", "here"].map(str::to_owned)];
        lines.extend(known.iter().map(cells));
        let wide = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let [name, worst, ops, here] = [0, 1, 2, 3].map(wide);
        for [a, b, c, d] in lines.iter().filter(|_| !known.is_empty()) {
            text += &format!("  {a:<name$}  {b:<worst$}  {c:>ops$}  {d:>here$}\n");
        }
        for row in &known {
            let said = [row.note(), row.beyond().map(|beyond| format!("beyond: {beyond}"))];
            let said: Vec<_> = said.into_iter().flatten().collect();
            if !said.is_empty() {
                text += &wrap(&plain(&format!("{}: {}", row.strategy, said.join("; "))), width, "  ");
            }
        }
        for told in &self.stories {
            let anomaly = &told.worst.anomaly;
            let line = format!("{}: {}; {}", anomaly.kind, told.actions, anomaly.example);
            text += &wrap(&shorten(&plain(&line), 3 * width), width, "  ");
        }
        if let Some((what, command)) = unexplored(self, program) {
            text += &wrap(&plain(&format!("{what}. To explore: {command}, then: {THEN}")), width, "  ");
        }
        text
    }
}

/// A bound in words, for a heading.
pub fn within(table: &MappedTable<'_, '_>) -> String {
    let first = table.rows.iter().find_map(|row| row.quote);
    let most = first.map(|quote| bound(quote.map.ops, quote.map.clients));
    table.bound().or(most).unwrap_or_default()
}
