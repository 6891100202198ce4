//! The first screen of the terminal: one table, what follows from it, and what limits it.
//!
//! A wider terminal shows more columns. What does not fit is counted, and named where it is to be found.

mod facts;
mod layout;
mod lines;

use syncbench_harness::results::Results;

use crate::aggregate::Summary;
use crate::format::{self, list, plain, plural, wrap};
use crate::overview::{Judged, Mode, Overview};
use facts::FACTS;
use layout::{Column, Field, Tone};

/// The narrowest screen; a narrower terminal wraps its lines.
const NARROWEST: usize = 60;

/// How wide names of strategies without their parameters may be before they are broken.
const NAME: usize = 32;

/// Most modes that are told apart in one field.
const APART: usize = 3;

/// The table, what follows from it and the caveats, in lines of at most `width` columns. It says nothing about where the
/// report is.
pub fn screen(results: &Results, width: u16, color: bool) -> String {
    let width = usize::from(width).max(NARROWEST);
    let summary = Summary::new(results);
    let overview = Overview::new(&summary);
    if overview.strategies.is_empty() {
        return format!("Nothing was measured.\n{}", lines::limits(&overview, 0, width, color));
    }
    // An engine that only counts judges no operation.
    let counts = overview.strategies.iter().any(|one| overview.carried(one.label).is_some());
    let losses = losses(&overview, false);
    let judged = !counts || losses.iter().flat_map(|column| &column.cells).any(|field| field.text != facts::UNKNOWN);
    let table = if judged { Shown::fitting(&overview, width) } else { Shown::with(&overview, width, Vec::new()) };
    let title = table.title(&overview, judged);
    let (follows, more) = lines::follows(&overview, width);
    let mut text = wrap(&title, width, "");
    text.push_str(&layout::drawn(&table.columns, table.staggered, color));
    if let Some(legend) = table.legend() {
        text.push_str(&wrap(&legend, width, ""));
    }
    text.push_str(&lines::broken(&overview, width, color));
    text.push_str(&follows);
    text.push_str(&lines::limits(&overview, more, width, color));
    text
}

/// Every strategy with its worst figures and what it claims, without the losses by workload. Nothing where there is no
/// strategy.
pub fn strategies(summary: &Summary<'_>, width: usize, color: bool) -> Option<String> {
    let overview = Overview::new(summary);
    if overview.strategies.is_empty() {
        return None;
    }
    let table = Shown::with(&overview, width, Vec::new());
    let title = table.title(&overview, false);
    let drawn = layout::drawn(&table.columns, table.staggered, color);
    let legend = table.legend().map(|legend| wrap(&legend, width, "")).unwrap_or_default();
    Some(format!("{}{drawn}{legend}", wrap(&format!("Strategies. {title}"), width, "")))
}

/// The table as it fits.
struct Shown {
    columns: Vec<Column>,
    /// Whether heads stand on two lines, so that they reach over their neighbours.
    staggered: bool,
    /// Whether losses are shown for each mode.
    apart: bool,
    /// Columns of losses that do not fit.
    dropped: usize,
    /// Further columns that a wider terminal shows.
    wider: usize,
}

impl Shown {
    fn fitting(overview: &Overview<'_, '_>, width: usize) -> Self {
        Self::with(overview, width, losses(overview, false))
    }

    /// With these columns of losses.
    fn with(overview: &Overview<'_, '_>, width: usize, mut losses: Vec<Column>) -> Self {
        let facts: Vec<Column> = FACTS.iter().map(|fact| (fact.fill)(overview)).collect();
        let known = |index: &usize| facts[*index].cells.iter().any(|field| field.text != format::NONE);
        let mut extra: Vec<usize> = (0..FACTS.len()).filter(|index| FACTS[*index].rank > 0).filter(known).collect();
        extra.sort_by_key(|index| FACTS[*index].rank);
        let mut shown: Vec<usize> = (0..FACTS.len()).filter(|index| FACTS[*index].rank == 0).filter(known).collect();
        let columns = |name: usize, losses: &[Column], shown: &[usize]| -> Vec<Column> {
            let mut shown = shown.to_vec();
            shown.sort_unstable();
            let facts = shown.iter().map(|index| facts[*index].clone());
            [names(overview, name)].into_iter().chain(losses.iter().cloned()).chain(facts).collect()
        };
        let fits = |columns: &[Column], staggered| layout::width(columns, staggered) <= width;
        let mut name = usize::MAX;
        if !fits(&columns(name, &losses, &shown), true) {
            // Parameters take lines of their own.
            let bare = |label: &str| label.split(':').next().unwrap_or_default().chars().count() + 1;
            name = overview.strategies.iter().map(|one| bare(one.label)).max().unwrap_or(1).min(NAME);
        }
        let all = losses.len();
        while losses.len() > 1 && !fits(&columns(name, &losses, &shown), true) {
            losses.pop();
        }
        let dropped = all - losses.len();
        let mut wider = 0;
        for index in extra {
            let more = [&shown[..], &[index]].concat();
            if dropped == 0 && fits(&columns(name, &losses, &more), true) {
                shown = more;
            } else {
                wider += 1;
            }
        }
        let several = !losses.is_empty() && (2..=APART).contains(&overview.modes.len()) && overview.workloads.len() > 1;
        let parted = if several && wider == 0 && dropped == 0 { self::losses(overview, true) } else { Vec::new() };
        let apart = !parted.is_empty() && fits(&columns(name, &parted, &shown), true);
        let columns = columns(name, if apart { &parted } else { &losses }, &shown);
        let staggered = !fits(&columns, false);
        Self { columns, staggered, apart, dropped, wider }
    }

    /// What the figures are, and under which conditions. `lost`: there are columns of losses.
    fn title(&self, overview: &Overview<'_, '_>, lost: bool) -> String {
        let comparable: Vec<_> = overview.workloads.iter().flat_map(|one| overview.comparable(one)).collect();
        let compared = |mode: &&Mode<'_, '_>| self.apart || comparable.iter().any(|one| one.name == mode.name);
        let modes: Vec<&Mode<'_, '_>> = overview.modes.iter().filter(compared).collect();
        let left_out = overview.modes.len() - modes.len();
        let (first, modes) = (modes.first().copied(), modes.iter().map(|mode| mode.name.as_str()).collect::<Vec<_>>());
        let on = match overview.workloads.as_slice() {
            [one] => format!(" on {one}"),
            _ => String::new(),
        };
        let conditions = match (modes.as_slice(), self.apart || by_mode(overview)) {
            ([one], false) if left_out > 0 => format!("; {one}"),
            ([_], false) => format!("; {}", first.map(conditions).unwrap_or_default()),
            (_, true) if self.apart => format!("; {}", modes.join("/")),
            (_, true) => String::new(),
            ([one, other], _) => format!("; worse of {one} and {other}"),
            _ if modes.len() <= 4 => format!("; worst of {}", list(&modes, usize::MAX)),
            _ => format!("; worst of {} conditions", modes.len()),
        };
        let conditions = match left_out {
            0 => conditions,
            _ if by_mode(overview) => conditions,
            1 => format!("{conditions}; 1 more condition lacks some strategies"),
            n => format!("{conditions}; {} lack some strategies", plural(n, "more condition")),
        };
        let seeds = overview.modes.iter().flat_map(|mode| mode.groups.iter().map(|group| group.seeds())).max();
        let seeds = seeds.filter(|seeds| *seeds > 0).map(|seeds| format!("; {}", plural(seeds, "seed")));
        let figures = if lost { "Lost per" } else { "Per" };
        plain(&format!("{figures} 1,000 operations{on}, refused at most{conditions}{}", seeds.unwrap_or_default()))
    }

    /// What marks and units mean; only those that are there.
    fn legend(&self) -> Option<String> {
        let any = |what: &dyn Fn(&Field) -> bool| self.columns.iter().flat_map(|column| &column.cells).any(what);
        let names = self.columns.first().map(|names| names.cells.as_slice()).unwrap_or_default();
        let more = match (self.dropped, self.wider) {
            (0, 0) => None,
            (0, n) => Some(format!("{} if wider", plural(n, "more column"))),
            (n, _) => Some(format!("{} in the report", plural(n, "more column"))),
        };
        let mut words: Vec<String> = Vec::new();
        let mut add = |shown: bool, what: &str| words.extend(shown.then(|| what.to_owned()));
        let headed = |with: &str| self.columns.iter().any(|column| column.head.iter().any(|line| line == with));
        add(headed("p99"), "p99 in ms");
        add(headed("p90") && !headed("p99"), "p90 in ms");
        add(any(&|field| field.text.ends_with('\'')), "' p90");
        add(names.iter().any(|field| field.text.ends_with('*')), "* emulates edits");
        add(any(&|field| field.text == format::NONE), "– does not apply");
        add(any(&|field| field.text.contains(facts::UNPLANNED)), "· not measured");
        add(any(&|field| field.text.starts_with(facts::FEWER)), "~ in fewer conditions");
        add(any(&|field| field.text.contains('?')), "? not known");
        add(any(&|field| field.text.contains(facts::FAILED)), "fail: a cell failed");
        words.extend(more);
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// With one workload the columns are the modes.
fn by_mode(overview: &Overview<'_, '_>) -> bool {
    overview.workloads.len() == 1 && overview.modes.len() > 1
}

/// Network and faults of a mode.
fn conditions(mode: &Mode<'_, '_>) -> String {
    let [_, network, faults, ..] = mode.groups[0].condition.facets();
    format!("{network}, {faults}")
}

/// One column of losses for each workload, or for each mode where there is one workload.
fn losses(overview: &Overview<'_, '_>, apart: bool) -> Vec<Column> {
    let column = |head: &str, field: &dyn Fn(&str) -> Field| Column {
        head: vec![plain(head)],
        cells: overview.strategies.iter().map(|strategy| field(strategy.label)).collect(),
    };
    if by_mode(overview) {
        let workload = overview.workloads[0];
        let of = |mode| move |label: &str| facts::share(overview.lost(std::slice::from_ref(mode), label, workload));
        return overview.modes.iter().map(|mode| column(&mode.name, &of(mode))).collect();
    }
    let field = |label: &str, workload: &str| {
        if !apart {
            return facts::most(overview.lost_at_most(label, workload));
        }
        let each: Vec<Judged> =
            overview.modes.iter().map(|mode| overview.lost(std::slice::from_ref(mode), label, workload)).collect();
        facts::shares(&each)
    };
    overview.workloads.iter().map(|workload| column(workload, &|label| field(label, workload))).collect()
}

/// The names, family by family: a bracket joins those of one family. A name longer than `most` takes several lines.
fn names(overview: &Overview<'_, '_>, most: usize) -> Column {
    let strategies = &overview.strategies;
    let family = |index: usize| strategies.get(index).map(|strategy| strategy.family);
    let mut cells = Vec::new();
    for (index, strategy) in strategies.iter().enumerate() {
        let before = index > 0 && family(index - 1) == family(index);
        let after = family(index + 1) == family(index);
        let (bracket, below) = match (before, after) {
            (false, true) => ('┌', '│'),
            (true, true) => ('│', '│'),
            (true, false) => ('└', ' '),
            (false, false) => (' ', ' '),
        };
        let mark = if overview.emulates(strategy.label) { "*" } else { "" };
        let lines = layout::broken(&(plain(strategy.label) + mark), most);
        let lines = lines.iter().enumerate();
        let lines = lines.map(|(at, line)| format!("{}{line}", if at == 0 { bracket } else { below }));
        cells.push(Field { text: lines.collect::<Vec<_>>().join("\n"), tone: Tone::Plain });
    }
    Column { head: vec![" strategy".to_owned()], cells }
}
