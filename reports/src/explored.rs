//! The result of an exploration for a terminal: the bound, each kind of anomaly with its shortest story, and the outcomes.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use syncbench_harness::explore::{Anomaly, Ended, Explored, Severity};
use syncbench_harness::stories::Told;

use crate::format::{count, plain, plural, shorten, wrap};
use crate::story;

/// Columns of a line.
const WIDTH: usize = 80;
/// Most classes of outcomes that are shown: half a screen.
const ENDS: usize = 8;

/// An exploration of a workload, and the stories of its anomalies.
pub struct Page<'a> {
    /// What was found.
    pub found: &'a Explored,
    /// The workload, as it was written.
    pub workload: &'a str,
    /// The initial document, shortened.
    pub genesis: &'a str,
    /// The shortest story of each anomaly, in their order.
    pub stories: &'a [Told],
    /// The command that tells the story of an anomaly.
    pub again: &'a dyn Fn(&Anomaly) -> String,
    /// The time budget, in words; `None` if the user ended the search.
    pub budget: Option<&'a str>,
}

/// The page in parts, with lines of at most 80 columns.
pub fn parts(page: &Page<'_>) -> Vec<String> {
    let mut parts = vec![heading(page)];
    let anomalies = &page.found.anomalies;
    for (index, (anomaly, told)) in anomalies.iter().zip(page.stories).enumerate() {
        parts.push(anomaly_heading(page.found, anomaly));
        // One schedule may show several kinds.
        if let Some(above) = anomalies[..index].iter().find(|above| above.schedule == anomaly.schedule) {
            parts.push(format!("  its shortest story is the one of `{}` above\n", above.kind));
            continue;
        }
        parts.extend(story::body(told, true));
        parts.push(again(&(page.again)(anomaly)));
    }
    parts.push(ends(page.found));
    parts
}

/// Operations and clients, in words: `up to 3 operations by 2 clients`.
pub fn bound(found: &Explored) -> String {
    let disturbed = match found.disturbance.as_deref() {
        None => "",
        Some("break") => ", with one broken connection at every point",
        Some("crash") => ", with one crash at every point",
        Some(_) => ", with one late joiner at every point",
    };
    let (ops, clients) = (plural(found.ops as usize, "operation"), plural(found.clients as usize, "client"));
    format!("up to {ops} by {clients}{disturbed}")
}

fn heading(page: &Page<'_>) -> String {
    let (found, bold) = (page.found, Style::new().bold());
    let mut text = format!("{bold}{} on {}{bold:#}\n", found.strategy, page.workload);
    let alphabet = format!("{}, from {}", found.alphabet.join(", "), plain(page.genesis));
    text += &wrap(&format!("Operations: {alphabet}"), WIDTH, "  ");
    text += &wrap(&run(found), WIDTH, "");
    text.push('\n');
    let green = Style::new().fg_color(Some(AnsiColor::Green.into())).bold();
    let verdict = match (found.complete, found.anomalies.len()) {
        (true, 0) => {
            let proof = format!("None in all {} schedules of {}.", count(found.schedules), bound(found));
            format!("{green}{}{green:#}\nA proof within this bound.\n", wrap(&proof, WIDTH, "").trim_end())
        }
        (false, 0) => format!("Nothing found so far.{}", unfinished(page)),
        (true, kinds) => format!("{}, the worst first.\n", kinds_of(kinds)),
        (false, kinds) => format!("{} so far.{}", kinds_of(kinds), unfinished(page)),
    };
    text.push_str(&verdict);
    text
}

fn kinds_of(kinds: usize) -> String {
    if kinds == 1 { "1 kind of anomaly".to_owned() } else { format!("{kinds} kinds of anomalies") }
}

fn unfinished(page: &Page<'_>) -> String {
    let so_far = count(page.found.schedules);
    let whole = match page.found.complete_ops {
        0 => String::new(),
        ops => format!(" All of up to {} were run.", plural(ops as usize, "operation")),
    };
    let said = match page.budget {
        None => format!("Not all: {so_far} schedules until it was stopped.{whole}"),
        Some(budget) => {
            format!("Not all: {so_far} schedules within the budget of {budget}.{whole} Raise --budget, or lower --ops.")
        }
    };
    format!("\n{}", wrap(&said, WIDTH, ""))
}

fn run(found: &Explored) -> String {
    let longest = format!("the longest of {}", plural(found.longest as usize, "step"));
    match found.stand_for.filter(|all| found.reduced && *all > found.schedules) {
        Some(all) => format!(
            "{} schedules run, {longest}. They stand for {}: the others differ in the order of independent steps only.",
            count(found.schedules),
            count(all)
        ),
        None => format!("{} schedules run, {longest}.", count(found.schedules)),
    }
}

fn anomaly_heading(found: &Explored, anomaly: &Anomaly) -> String {
    let bad = match anomaly.severity {
        Severity::Noted => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(bad.into())).bold();
    let shows = format!(
        "{}; {}, {}; in {} of {} schedules",
        anomaly.severity.name(),
        plural(anomaly.ops as usize, "operation"),
        plural(anomaly.steps as usize, "step"),
        count(anomaly.schedules),
        count(found.schedules)
    );
    format!("\n{style}{}{style:#}\n{}", anomaly.kind, wrap(&shows, WIDTH, "  "))
}

/// A command in lines that a shell joins again. What is quoted stays whole, however long it is: a shell does not join lines in
/// quotes.
fn again(command: &str) -> String {
    let dim = Style::new().dimmed();
    let lines = match command.split_once(" --schedule ") {
        Some((begin, schedule)) if command.chars().count() > WIDTH => format!("{begin} \\\n  --schedule {schedule}"),
        _ => command.to_owned(),
    };
    format!("{dim}{lines}{dim:#}\n")
}

fn ends(found: &Explored) -> String {
    let bold = Style::new().bold();
    let classes = if found.ends.len() == 1 {
        "1 class".to_owned()
    } else {
        format!("{} classes", count(found.ends.len() as u64))
    };
    let mut text = format!("\n{bold}Outcomes{bold:#}  {classes} of final states and answers\n");
    for ended in found.ends.iter().take(ENDS) {
        let _ = writeln!(text, "{}", shorten(&line(ended), WIDTH));
    }
    if found.ends.len() > ENDS {
        let _ = writeln!(text, "  and {} more; --json has all of them", count((found.ends.len() - ENDS) as u64));
    }
    text
}

fn line(ended: &Ended) -> String {
    let states = plain(&ended.end.states.join("  "));
    format!("{:>8}  {states}  {}", count(ended.schedules), ended.end.fates.join("; "))
}
