//! A story as text: a line for each step, coloured by replica, 80 columns wide.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use syncbench_harness::results::Finding;
use syncbench_harness::stories::orders::{Case, Tally};
use syncbench_harness::stories::{Answer, Run, Step, Told, brief};
use syncbench_reports::format;
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, OpId};

/// Columns of a line.
const WIDTH: usize = 80;
/// Columns of the action; the state follows it.
const ACTION: usize = 48;
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();
const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))).bold();

/// The story in parts: the heading, every step, every end, the tally. `--pace` pauses between them.
pub(crate) fn parts(told: &Told) -> Vec<String> {
    let mut parts = vec![heading(told)];
    for run in &told.runs {
        parts.push(opening(told, run));
        parts.extend(run.steps.iter().map(|step| line(told, run, step)));
        parts.push(ending(told, run));
    }
    parts.extend(told.tally.iter().map(|tally| orders(told, tally)));
    if told.runs.len() > 1 {
        parts.push(summary(told));
    }
    for skipped in &told.skipped {
        parts.push(format::wrap(&format!("skipped {}: {}\n", skipped.strategy, skipped.reason), WIDTH, "  "));
    }
    parts
}

fn heading(told: &Told) -> String {
    format!("{BOLD}{}{BOLD:#}\n\n{}\n", told.title, paragraph(told.shows))
}

fn paragraph(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        if lines.last().is_some_and(|line| line.chars().count() + 1 + word.chars().count() > WIDTH - 2) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() { "" } else { " " };
            let _ = write!(line, "{gap}{word}");
        }
    }
    lines.join("\n")
}

fn opening(told: &Told, run: &Run) -> String {
    let mut text = format!("\n{BOLD}{}{BOLD:#}\n{}\n", run.strategy, paragraph(run.summary));
    let ways: Vec<String> = run.nodes.iter().filter_map(|node| way(told, run, *node)).collect();
    let _ = writeln!(text, "{DIM}one-way delay: {}; initial state: {}{DIM:#}", ways.join(", "), brief(&run.genesis));
    text
}

/// The one-way delay of a client.
fn way(told: &Told, run: &Run, node: NodeId) -> Option<String> {
    let ms = run.one_way_ms(node).filter(|_| node != NodeId::SERVER)?;
    Some(format!("{} {} ms", told.name(node), format::figure(ms)))
}

/// When, who, what, and the state after it.
fn line(told: &Told, run: &Run, step: &Step) -> String {
    let style = style(told, step.node);
    let (action, bad) = action(told, run, step);
    let shown = format::shorten(&action, ACTION);
    let pad = " ".repeat(ACTION.saturating_sub(shown.chars().count()));
    let shown = if bad { format!("{BAD}{shown}{BAD:#}") } else { shown };
    let state = short(&step.state, WIDTH - ACTION - 19);
    let state = if step.changed { format!("{style}{state}{style:#}") } else { format!("{DIM}{state}{DIM:#}") };
    format!("{:>6} ms {style}{:<7}{style:#} {shown}{pad} {state}\n", format::figure(step.at_ms), told.name(step.node))
}

/// What happens in a step, and whether an operation is rejected in it.
fn action(told: &Told, run: &Run, step: &Step) -> (String, bool) {
    let words = |op: &OpId| run.call(*op).map_or("?", |made| made.words.as_str());
    let mut parts = Vec::new();
    if let Some(op) = &step.issued {
        parts.push(words(op).to_owned());
    }
    // Own and rejected operations are described below.
    let received = step.took.iter().filter(|op| step.issued != Some(**op) && !step.refused.contains(op));
    let received: Vec<String> = received.map(|op| describe(told, run, step, *op)).collect();
    if !received.is_empty() {
        let verb = if step.node == NodeId::SERVER { "orders" } else { "receives" };
        parts.push(format!("{verb} {}", received.join(", ")));
    }
    parts.extend(step.rolled_back.iter().map(|op| format!("rolls back {}", words(op))));
    for op in &step.confirmed {
        match run.call(*op).map(|made| &made.answer) {
            Some(Answer::Stands(Document::Null)) | None => {}
            Some(Answer::Stands(outcome)) => parts.push(format!("gets {}", brief(outcome))),
            Some(Answer::None | Answer::Refused { .. }) => {}
        }
    }
    for op in &step.refused {
        if let Some(Answer::Refused { detail, .. }) = run.call(*op).map(|made| &made.answer) {
            parts.push(format!("{} rejected: {detail}", words(op)));
        }
    }
    if parts.is_empty() && !step.confirmed.is_empty() {
        let confirmed: Vec<&str> = step.confirmed.iter().map(words).collect();
        parts.push(format!("confirms {}", confirmed.join(", ")));
    }
    if parts.is_empty() {
        parts.push("shows another state".into());
    }
    (parts.join(", "), !step.refused.is_empty())
}

/// An operation as its receiver sees it.
fn describe(told: &Told, run: &Run, step: &Step, op: OpId) -> String {
    let (words, void) = match run.call(op) {
        Some(made) => (made.words.as_str(), matches!(made.answer, Answer::Refused { .. })),
        None => ("?", false),
    };
    let whose =
        if op.client == step.node { format!("its {words}") } else { format!("{words} of {}", told.name(op.client)) };
    if void && !step.changed { format!("{whose}: no effect") } else { whose }
}

fn short(state: &Document, most: usize) -> String {
    format::shorten(&brief(state), most)
}

fn ending(told: &Told, run: &Run) -> String {
    let mut text = String::new();
    let states: Vec<String> = run.finals.iter().map(|last| named(told, last.node, &short(&last.state, 16))).collect();
    let (style, word) = if run.equal { (GOOD, "equal") } else { (BAD, "not equal") };
    let _ = writeln!(text, "final states: {}: {style}{word}{style:#}", states.join(", "));
    for finding in &run.findings {
        text += &found(finding);
    }
    let called: Vec<OpId> = run.calls.iter().map(|made| made.op).collect();
    let ordered = run.server_order();
    if ordered.len() == called.len() && ordered != called {
        let _ = writeln!(text, "issued:   {}\nordered:  {}", row(told, run, &called), row(told, run, &ordered));
    }
    text
}

fn found(finding: &Finding) -> String {
    let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
    let example = format::shorten(&finding.example, WIDTH - 4);
    format!("{BAD}{}{times}{BAD:#}\n  {example}\n", finding.kind)
}

/// Operations in a row, each with the initial and the colour of its user.
fn row(told: &Told, run: &Run, ops: &[OpId]) -> String {
    let part = |op: &OpId| {
        let (style, initial) = (style(told, op.client), told.name(op.client).chars().take(1));
        let words = run.call(*op).map_or("?", |made| made.words.as_str());
        format!("{style}{}:{words}{style:#}", initial.collect::<String>())
    };
    let parts: Vec<String> = ops.iter().map(part).collect();
    parts.join(&format!(" {DIM}>{DIM:#} "))
}

fn orders(told: &Told, tally: &Tally) -> String {
    let Some(run) = told.runs.first() else { return String::new() };
    let mut text = format!("\n{BOLD}All orders that keep each client's own{BOLD:#}  {} runs\n", tally.cases.len());
    for case in &tally.cases {
        text += &order(told, run, case);
    }
    let times = |n: u64| if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let ends: Vec<String> = tally.ends.iter().map(|end| format!("{} {}", end.state, times(end.orders))).collect();
    let (style, equal) = if tally.equal() == tally.cases.len() { (GOOD, "all") } else { (BAD, "not all") };
    let _ = writeln!(text, "final states: {BOLD}{}{BOLD:#}", ends.join(", "));
    let _ = writeln!(
        text,
        "in {} of {} orders {style}{equal} replicas end equal{style:#}",
        tally.equal(),
        tally.cases.len()
    );
    text
}

fn order(told: &Told, run: &Run, case: &Case) -> String {
    let differs = if case.equal { String::new() } else { format!(" {BAD}not equal{BAD:#}") };
    format!("  {}  {BOLD}{}{BOLD:#}{differs}\n", row(told, run, &case.order), case.state)
}

/// One line for each strategy: operations confirmed and rejected, and what the oracles found.
fn summary(told: &Told) -> String {
    let mut text = format!("\n{BOLD}Side by side{BOLD:#}\n");
    let widest = told.runs.iter().map(|run| run.strategy.chars().count()).max().unwrap_or(0).min(30);
    for run in &told.runs {
        let count = |wanted: fn(&Answer) -> bool| run.calls.iter().filter(|made| wanted(&made.answer)).count();
        let confirmed = count(|answer| matches!(answer, Answer::Stands(_)));
        let rejected = count(|answer| matches!(answer, Answer::Refused { .. }));
        let kinds: Vec<&str> = run.findings.iter().map(|finding| finding.kind.as_str()).collect();
        let (style, verdict) = match (kinds.is_empty(), run.equal) {
            (true, true) => (GOOD, "nothing lost".to_owned()),
            (true, false) => (BAD, "replicas differ".to_owned()),
            (false, _) => (BAD, kinds.join(", ")),
        };
        let name = format::shorten(&run.strategy, widest);
        let room = WIDTH.saturating_sub(widest + 31);
        let verdict = format::shorten(&verdict, room);
        let _ =
            writeln!(text, "  {name:<widest$} {confirmed} confirmed, {rejected} rejected  {style}{verdict}{style:#}");
    }
    text
}

fn named(told: &Told, node: NodeId, what: &str) -> String {
    let style = style(told, node);
    format!("{style}{}{style:#} {what}", told.name(node))
}

/// A replica named after a colour is written in it; the server and others are cyan.
fn style(told: &Told, node: NodeId) -> Style {
    let color = match told.name(node) {
        "green" => AnsiColor::Green,
        "yellow" => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(color.into()))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use syncbench_harness::stories;

    use super::*;

    fn told(name: &str, strategies: &[&str]) -> Told {
        let names: Vec<String> = strategies.iter().map(|name| (*name).to_owned()).collect();
        (stories::find(name).unwrap().tell)(&names).unwrap()
    }

    /// Without colours, and within 80 columns.
    fn plain(told: &Told) -> String {
        let text = strip_str(&parts(told).concat()).to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
        }
        text
    }

    #[test]
    fn stack() {
        insta::assert_snapshot!(plain(&told("stack", &["serial"])));
    }

    #[test]
    fn race() {
        insta::assert_snapshot!(plain(&told("race", &["serial", "lww-document"])));
    }

    #[test]
    fn patches() {
        insta::assert_snapshot!(plain(&told("patches", &["serial-patches", "serial"])));
    }

    #[test]
    fn every_compiled_in_strategy_fits_its_lines() {
        for story in stories::STORIES {
            plain(&(story.tell)(&story.cast().0).unwrap());
        }
    }

    #[test]
    fn replicas_that_differ_are_not_called_equal() {
        let mut told = told("race", &["serial"]);
        told.runs[0].equal = false;
        assert!(plain(&told).contains("not equal"));
        let mut told = self::told("stack", &["serial"]);
        told.tally.as_mut().unwrap().cases[3].equal = false;
        assert!(plain(&told).contains("in 14 of 15 orders not all replicas end equal"));
    }
}
