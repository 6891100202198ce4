//! A run of a story as text: a line for each step, coloured by replica, at most 80 columns wide.

use std::fmt::Write;

use syncbench_harness::results::Finding;
use syncbench_harness::stories::orders::{Case, Tally};
use syncbench_harness::stories::{Answer, Run, Step, Told, brief};
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, OpId};

use super::look::{Look, WIDTH, moment, paragraph};
use crate::format;

/// Columns of the action where a whole state follows it.
const ACTION: usize = 48;
/// Columns of a state beside an action: those that time, name, action and blanks leave.
const STATE: usize = WIDTH - ACTION - 19;
/// Columns of the shortest names.
const NAME: usize = 7;

/// A told story with how it looks.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) told: &'a Told,
    pub(super) look: Look,
}

impl Text<'_> {
    pub(super) fn heading(&self) -> String {
        let bold = self.look.bold();
        format!("{bold}{}{bold:#}\n\n{}\n", self.told.title, paragraph(&self.told.shows))
    }

    /// The run in parts: its heading, every step, its end.
    pub(super) fn run(&self, run: &Run) -> Vec<String> {
        let mut parts = vec![self.opening(run)];
        parts.extend(self.body(run));
        parts
    }

    /// Every step of the run, and its end.
    pub(super) fn body(&self, run: &Run) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(part) = run.part.as_ref().filter(|_| self.by_step()) {
            let dim = self.look.dim();
            let shown = format!("shown of the document: {part}, at first {}", run.genesis);
            parts.push(format!("{dim}{}{dim:#}\n", whole(&shown, WIDTH, "").trim_end()));
        }
        parts.extend(run.steps.iter().map(|step| self.step(run, step)));
        parts.push(self.ending(run));
        parts
    }

    fn opening(&self, run: &Run) -> String {
        let (bold, dim) = (self.look.bold(), self.look.dim());
        let mut text = format!("\n{bold}{}{bold:#}\n{}\n", run.strategy, paragraph(run.summary));
        let ways: Vec<String> = run.nodes.iter().filter_map(|node| self.way(run, *node)).collect();
        match &run.part {
            None => {
                let _ = writeln!(
                    text,
                    "{dim}one-way delay: {}; initial state: {}{dim:#}",
                    ways.join(", "),
                    short(&run.genesis, 30)
                );
            }
            Some(part) => {
                let shown = format!("shown of the document: {part}, at first {}", run.genesis);
                text += &format!("{dim}{}{dim:#}\n", whole(&shown, WIDTH, "").trim_end());
            }
        }
        text
    }

    /// The one-way delay of a client.
    fn way(&self, run: &Run, node: NodeId) -> Option<String> {
        let ms = run.one_way_ms(node).filter(|_| node != NodeId::SERVER)?;
        Some(format!("{} {} ms", self.told.name(node), format::figure(ms)))
    }

    /// Whether every state of the run has room beside the actions.
    fn in_columns(&self, run: &Run) -> bool {
        run.part.is_none() && run.steps.iter().all(|step| format::plain(&brief(&step.state)).chars().count() <= STATE)
    }

    /// When, who, what, and the state after it: beside the action where it has room, else below it where it changed.
    fn step(&self, run: &Run, step: &Step) -> String {
        let style = self.look.of(self.told, step.node);
        let name = self.told.names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(NAME);
        let (action, bad) = self.action(run, step);
        let (dim, red) = (self.look.dim(), self.look.bad());
        let paint = |text: &str| if bad { format!("{red}{text}{red:#}") } else { text.to_owned() };
        let at = if self.by_step() { format!("{:>5}    ", step.at_ms) } else { moment(step.at_ms) };
        let who = format!("{at} {style}{:<name$}{style:#}", self.told.name(step.node));
        if self.in_columns(run) {
            let action_columns = ACTION + NAME - name;
            let shown = format::shorten(&action, action_columns);
            let pad = " ".repeat(action_columns.saturating_sub(shown.chars().count()));
            let state = short(&step.state, STATE);
            let tint = if step.changed { style } else { dim };
            return format!("{who} {}{pad} {tint}{state}{tint:#}\n", paint(&shown));
        }
        let room = WIDTH - 9 - 1 - name - 1;
        let indent = " ".repeat(WIDTH - room);
        let wrapped = format::wrap(&action, room, "");
        let lines: Vec<String> = wrapped.lines().map(|line| paint(&format::shorten(line, room))).collect();
        let mut text = format!("{who} {}\n", lines.join(&format!("\n{indent}")));
        if step.changed {
            let shows = whole(&format!("shows {}", step.state), WIDTH, &indent);
            let _ = writeln!(text, "{style}{}{style:#}", shows.trim_end());
        }
        text
    }

    /// What happens in a step, and whether an operation is rejected in it.
    fn action(&self, run: &Run, step: &Step) -> (String, bool) {
        let mut parts = Vec::new();
        // Where a story shows a part of the document, it says what a screen would.
        let told = run.part.is_some() && !self.by_number();
        if let Some(op) = &step.issued {
            parts.push(if self.by_number() { format!("{op}: {}", words(run, *op)) } else { words(run, *op) });
        }
        parts.extend(step.change.map(|change| change.words().to_owned()));
        // Own and rejected operations are described below.
        let received = step.took.iter().filter(|op| step.issued != Some(**op) && !step.refused.contains(op));
        let received: Vec<String> = received.map(|op| self.describe(run, step, *op)).collect();
        if !received.is_empty() {
            let verb = if step.node == NodeId::SERVER { "orders" } else { "receives" };
            parts.push(format!("{verb} {}", received.join(", ")));
        }
        parts.extend(
            step.rolled_back
                .iter()
                .map(|op| format!("{} {}", if told { "takes back" } else { "rolls back" }, self.called(run, *op))),
        );
        let mut silent = Vec::new();
        for op in &step.confirmed {
            match run.call(*op).map(|made| &made.answer) {
                Some(Answer::Stands(Document::Null)) | None => silent.push(self.called(run, *op)),
                Some(Answer::Stands(outcome)) => parts.push(format!("gets {}", brief(outcome))),
                Some(Answer::None | Answer::Refused { .. }) => {}
            }
        }
        for op in &step.refused {
            if let Some(Answer::Refused { detail, .. }) = run.call(*op).map(|made| &made.answer) {
                let what = self.called(run, *op);
                parts.push(match told {
                    true => format!("told \"refused\" for {what}: {detail}"),
                    false => format!("{what} rejected: {detail}"),
                });
            }
        }
        if told && !silent.is_empty() {
            let own = step.confirmed.len() == 1 && step.issued == step.confirmed.first().copied();
            let what = if own { String::new() } else { format!(" for {}", silent.join(", ")) };
            parts.push(format!("told \"saved\"{what}"));
        } else if !silent.is_empty() && (parts.is_empty() || run.part.is_some()) {
            parts.push(format!("confirms {}", silent.join(", ")));
        }
        if parts.is_empty() {
            parts.push("shows another state".into());
        }
        (parts.join(", "), !step.refused.is_empty())
    }

    /// An operation as its receiver sees it.
    fn describe(&self, run: &Run, step: &Step, op: OpId) -> String {
        let refused = run.call(op).is_some_and(|made| matches!(made.answer, Answer::Refused { .. }));
        let whose = match self.by_number() {
            true => op.to_string(),
            false if op.client == step.node => format!("its {}", words(run, op)),
            false => format!("{} of {}", words(run, op), self.told.name(op.client)),
        };
        if refused && !step.changed { format!("{whose}: no effect") } else { whose }
    }

    fn ending(&self, run: &Run) -> String {
        let mut text = String::new();
        let (style, word) = if run.equal { (self.look.good(), "equal") } else { (self.look.bad(), "not equal") };
        match run.part {
            _ if self.by_step() => text += &self.all_states(run),
            None => {
                let states = run.finals.iter().map(|last| self.named(last.node, &short(&last.state, 16)));
                let states: Vec<String> = states.collect();
                let _ = writeln!(text, "final states: {}: {style}{word}{style:#}", states.join(", "));
            }
            // One line for each state, since a part of a document may be long.
            Some(_) => {
                let _ = writeln!(text, "final states: {style}{word}{style:#}");
                let mut told: Vec<(&Document, Vec<&str>)> = Vec::new();
                for last in &run.finals {
                    let name = self.told.name(last.node);
                    match told.iter_mut().find(|(state, _)| **state == last.state) {
                        Some((_, names)) => names.push(name),
                        None => told.push((&last.state, vec![name])),
                    }
                }
                for (state, names) in told {
                    text += &whole(&format!("{}: {state}", names.join(", ")), WIDTH, "  ");
                }
            }
        }
        for finding in &run.findings {
            text += &self.found(finding);
        }
        let called: Vec<OpId> = run.calls.iter().map(|made| made.op).collect();
        let ordered = run.server_order();
        if run.part.is_none() && !self.by_step() && ordered.len() == called.len() && ordered != called {
            let _ = writeln!(text, "issued:   {}\nordered:  {}", self.row(run, &called), self.row(run, &ordered));
        }
        text
    }

    /// A line for each final state, with the replicas that show it.
    fn all_states(&self, run: &Run) -> String {
        let mut told: Vec<(&Document, Vec<NodeId>)> = Vec::new();
        for last in &run.finals {
            match told.iter_mut().find(|(state, _)| **state == last.state) {
                Some((_, nodes)) => nodes.push(last.node),
                None => told.push((&last.state, vec![last.node])),
            }
        }
        let (style, word) = if run.equal { (self.look.good(), "equal") } else { (self.look.bad(), "not equal") };
        let mut text = format!("final states: {style}{word}{style:#}\n");
        for (state, nodes) in told {
            let names: Vec<&str> = nodes.iter().map(|node| self.told.name(*node)).collect();
            let every = nodes.len() == run.finals.len();
            let all = if every { "all".to_owned() } else { names.join(", ") };
            let coloured: Vec<String> = nodes.iter().map(|node| self.named(*node, "").trim_end().to_owned()).collect();
            let coloured = if every { all.clone() } else { coloured.join(", ") };
            // Colours take no room.
            let lines = whole(&format!("{all}: {}", brief(state)), WIDTH, "  ");
            text += &lines.replacen(&all, &coloured, 1);
        }
        text
    }

    fn found(&self, finding: &Finding) -> String {
        let bad = self.look.bad();
        let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
        format!("{bad}{}{times}{bad:#}\n{}", finding.kind, format::wrap(&finding.example, WIDTH, "  "))
    }

    /// Operations in a row, each with the initial and the colour of its user.
    fn row(&self, run: &Run, ops: &[OpId]) -> String {
        let dim = self.look.dim();
        let part = |op: &OpId| {
            let (style, initial) = (self.look.of(self.told, op.client), self.told.name(op.client).chars().take(1));
            format!("{style}{}:{}{style:#}", initial.collect::<String>(), words(run, *op))
        };
        let parts: Vec<String> = ops.iter().map(part).collect();
        parts.join(&format!(" {dim}>{dim:#} "))
    }

    pub(super) fn orders(&self, tally: &Tally) -> String {
        let Some(run) = self.told.runs.first() else { return String::new() };
        let bold = self.look.bold();
        let mut text = format!("\n{bold}All orders that keep each client's own{bold:#}  {} runs\n", tally.cases.len());
        for case in &tally.cases {
            text += &self.order(run, case);
        }
        let times = |n: u64| if n == 1 { "once".to_owned() } else { format!("{n} times") };
        let ends: Vec<String> = tally.ends.iter().map(|end| format!("{} {}", end.state, times(end.orders))).collect();
        let (style, equal) =
            if tally.equal() == tally.cases.len() { (self.look.good(), "all") } else { (self.look.bad(), "not all") };
        let _ = writeln!(text, "final states: {bold}{}{bold:#}", ends.join(", "));
        let _ = writeln!(
            text,
            "in {} of {} orders {style}{equal} replicas end equal{style:#}",
            tally.equal(),
            tally.cases.len()
        );
        text
    }

    fn order(&self, run: &Run, case: &Case) -> String {
        let (bold, bad) = (self.look.bold(), self.look.bad());
        let differs = if case.equal { String::new() } else { format!(" {bad}not equal{bad:#}") };
        format!("  {}  {bold}{}{bold:#}{differs}\n", self.row(run, &case.order), case.state)
    }

    /// In a story of a cell or a schedule an operation is told in full once, where it is issued; its number stands for it then.
    fn by_number(&self) -> bool {
        self.told.story == "cell" || self.by_step()
    }

    /// In a story of a schedule steps have numbers and no times.
    fn by_step(&self) -> bool {
        self.told.story == super::EXPLORED
    }

    fn called(&self, run: &Run, op: OpId) -> String {
        if self.by_number() { op.to_string() } else { words(run, op) }
    }

    fn named(&self, node: NodeId, what: &str) -> String {
        let style = self.look.of(self.told, node);
        format!("{style}{}{style:#} {what}", self.told.name(node))
    }
}

fn words(run: &Run, op: OpId) -> String {
    run.call(op).map_or_else(|| op.to_string(), |made| made.words.clone())
}

/// A text with a state, whole unless it is far longer than a document of a small case.
fn whole(text: &str, width: usize, indent: &str) -> String {
    const MOST_LINES: usize = 6;
    format::wrap_most(&format::plain(text), width, indent, MOST_LINES)
}

fn short(state: &Document, most: usize) -> String {
    format::shorten(&format::plain(&brief(state)), most)
}
