//! The record as a page of Markdown, in the form of M. Nygard's architecture decision records: title, status, context, options,
//! decision, consequences.

use super::super::decision::{Candidate, Decision, Evidence, Shown, Veto, Vetoed};
use super::super::possible::Possible;
use super::super::read;
use super::charts::pictures;
use super::possible;
use super::words::{
    EQUAL, LABELS, again, alike, answer, asked, beaten, below, columns, context, counted, equal, equals, explained,
    families, found, front, interval, intervals, nothing_lost, of, others, parts, plain, product, sentence, shared,
    value,
};
use crate::format::NONE;

/// The record as Markdown; pictures and answers are in files beside it, see [`super::files`].
pub fn markdown(decision: &Decision) -> String {
    let mut page = Page(String::new());
    page.paragraph(&format!("# {}: {}", escaped(&product(decision)), escaped(&answer(decision))));
    page.status(decision);
    let [candidates, vetoed, mixed] = explained(decision, parts(decision));
    page.summary(decision, &candidates);
    page.context(decision);
    page.options(decision, &vetoed, &mixed);
    page.decision(decision);
    page.consequences(decision);
    page.flips(decision);
    page.repeat(decision);
    page.0
}

struct Page(String);

impl Page {
    fn paragraph(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0 += text;
        self.0.push('\n');
    }

    /// A list; nothing where there are no items.
    fn list(&mut self, items: impl IntoIterator<Item = String>) {
        let items: Vec<_> = items.into_iter().map(|item| format!("- {item}")).collect();
        if !items.is_empty() {
            self.paragraph(&items.join("\n"));
        }
    }

    fn table(&mut self, heads: &[String], right: usize, rows: impl IntoIterator<Item = Vec<String>>) {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let rule: Vec<_> = (0..heads.len()).map(|n| if n < right { "---" } else { "---:" }.to_owned()).collect();
        let mut lines = vec![line(heads), line(&rule)];
        lines.extend(rows.into_iter().map(|row| line(&row)));
        self.paragraph(&lines.join("\n"));
    }

    fn status(&mut self, decision: &Decision) {
        self.paragraph("## Status");
        let stands = if decision.proposal.is_some() { "Proposed" } else { "Open: nothing is safe for these answers" };
        self.paragraph(&format!("{stands}. {}.", counted(decision)));
    }

    /// What remains, and what would change it: all that a hurried reader needs.
    fn summary(&mut self, decision: &Decision, labels: &[String]) {
        self.paragraph("## In short");
        match &decision.proposal {
            Some(proposal) => self.paragraph(&format!("Proposed: {}.", code(&proposal.strategy))),
            None => self.list(decision.relax.iter().map(|one| escaped(one))),
        }
        self.candidates(decision);
        self.labels(labels);
        if !decision.flips.is_empty() {
            self.paragraph("What would change the answer:");
            self.list(decision.flips.iter().map(|flip| escaped(&flip.says)));
        }
    }

    fn labels(&mut self, lines: &[String]) {
        if !lines.is_empty() {
            self.paragraph(LABELS);
            self.list(lines.iter().map(|one| escaped(one)));
        }
    }

    fn candidates(&mut self, decision: &Decision) {
        if decision.candidates.is_empty() {
            self.paragraph("No candidate remains.");
            return;
        }
        let all: Vec<_> = decision.candidates.iter().collect();
        let columns = columns(&all);
        let mut heads = vec!["Candidate".to_owned()];
        heads.extend(columns.iter().map(|(name, unit)| escaped(&format!("{name}, {unit}"))));
        let row = |candidate: &&Candidate| {
            let name = code(&candidate.strategy);
            let mut cells = vec![if candidate.on_front { format!("**{name}**") } else { name }];
            cells.extend(columns.iter().map(|column| figure(decision, candidate, *column)));
            cells
        };
        self.table(&heads, 1, all.iter().map(row).collect::<Vec<_>>());
        let below = below(decision).map(|below| format!("; {below}")).unwrap_or_default();
        let mut notes = vec![escaped(&format!("Bold: on the Pareto front; {}; {EQUAL}{below}.", intervals(decision)))];
        let beaten = beaten(decision);
        if !beaten.is_empty() {
            notes.push(format!("Dominated: {}.", escaped(&beaten.join(", "))));
        }
        self.paragraph(&notes.join(" "));
    }

    fn context(&mut self, decision: &Decision) {
        self.paragraph("## Context");
        let rows = context(&decision.answers).into_iter().map(|(label, told)| vec![label.to_owned(), escaped(&told)]);
        self.table(&["Question".to_owned(), "Answer".to_owned()], 2, rows);
        if !decision.conditions.is_empty() {
            self.paragraph("What was measured for these answers:");
            self.list(decision.conditions.iter().map(|one| escaped(one)));
        }
    }

    fn options(&mut self, decision: &Decision, vetoed: &[String], mixed: &[String]) {
        self.paragraph("## Options");
        self.paragraph("### Ruled out");
        if decision.vetoed.is_empty() {
            self.paragraph("Nothing.");
        }
        for alike in alike(decision) {
            self.vetoed(decision, &alike);
        }
        self.labels(vetoed);
        for (name, scene) in pictures(decision, false).into_iter().filter(|(name, _)| name == "front") {
            self.paragraph(&format!("![{}](charts/{name}.svg)", escaped(&scene.title)));
        }
        self.mix(decision);
        self.labels(mixed);
    }

    /// Strategies with the same reasons: these once, and what shows them for each strategy folded.
    fn vetoed(&mut self, decision: &Decision, alike: &[&Vetoed]) {
        let names: Vec<_> = alike.iter().map(|vetoed| format!("**{}**", code(&vetoed.strategy))).collect();
        self.paragraph(&format!("{} ({})", names.join(", "), escaped(&families(alike))));
        let reasons = alike.first().map(|vetoed| vetoed.reasons.as_slice()).unwrap_or_default();
        let reason = |(index, veto): (usize, &Veto)| {
            escaped(&format!("{} ({}).", shared(alike, index), asked(&veto.answer, &decision.answers)))
        };
        self.list(reasons.iter().enumerate().map(reason));
        let shown = alike.iter().flat_map(|vetoed| vetoed.reasons.iter().map(move |veto| (vetoed, veto)));
        let shown = shown.filter_map(|(vetoed, veto)| match (&veto.evidence, &veto.shown) {
            (Some(evidence), _) => {
                let (reason, shows) = (escaped(&sentence(&veto.reason)), example(evidence, "\n  - "));
                Some(format!("{}: {reason}.\n  - {shows}", code(&vetoed.strategy)))
            }
            (None, Some(Shown { says, replay })) => {
                Some(format!("{}: {}.\n  - Replay: {}", code(&vetoed.strategy), escaped(says), code(replay)))
            }
            (None, None) => None,
        });
        let shown: Vec<_> = shown.collect();
        if !shown.is_empty() {
            self.paragraph("<details><summary>Examples and commands</summary>");
            self.list(shown);
            self.paragraph("</details>");
        }
    }

    fn mix(&mut self, decision: &Decision) {
        let Some(mix) = &decision.mix else { return };
        self.paragraph("### A mix by part of the data");
        let verdict =
            if mix.better { "better than every single candidate" } else { "no better than a single candidate" };
        self.paragraph(&format!("{}: {verdict}. {}", code(&mix.strategy), escaped(&mix.because.join(" "))));
        self.list(mix.parts.iter().map(|(part, by)| format!("{}: {}", escaped(part), code(by))));
        self.possible(decision, &mix.possible);
        let figures = mix.figures.iter().map(|one| {
            let interval = interval(one).map(|interval| format!(" ({})", escaped(&interval))).unwrap_or_default();
            vec![escaped(&format!("{}, {}", one.name, one.unit)), format!("{}{interval}", value(one))]
        });
        let figures: Vec<_> = figures.collect();
        if !figures.is_empty() {
            self.table(&["Figure".to_owned(), "Mix".to_owned()], 1, figures);
        }
        let others = others(decision);
        if !others.is_empty() {
            self.paragraph("Other mixes that are safe, and why each is not proposed:");
            let names = |names: &[&str]| names.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
            self.list(others.iter().map(|(labels, why)| format!("{}: {}.", names(labels), escaped(why))));
        }
    }

    fn decision(&mut self, decision: &Decision) {
        self.paragraph("## Decision");
        match &decision.proposal {
            Some(proposal) => {
                let equals = equals(decision).map(|equals| format!(" {}", escaped(&equals))).unwrap_or_default();
                self.paragraph(&format!("Use {}.{equals}", code(&proposal.strategy)));
                self.list(proposal.because.iter().map(|one| escaped(one)));
                if !proposal.otherwise.is_empty() {
                    self.paragraph("Otherwise:");
                    self.list(proposal.otherwise.iter().map(|one| escaped(one)));
                }
            }
            None => {
                self.paragraph("Nothing that was measured is safe for these answers: at least one has to change.");
                self.list(decision.relax.iter().map(|one| escaped(one)));
            }
        }
    }

    fn consequences(&mut self, decision: &Decision) {
        self.paragraph("## Consequences");
        if decision.candidates.is_empty() {
            self.paragraph("Without a candidate there are none.");
        }
        for candidate in front(decision) {
            self.paragraph(&format!("### With {}", code(&candidate.strategy)));
            self.list(candidate.consequences.iter().map(|one| escaped(one)));
            match &candidate.worst {
                Some(worst) => self.worst(worst),
                None => self.paragraph(&escaped(&nothing_lost(candidate))),
            }
            self.possible(decision, &candidate.possible);
        }
        if !decision.caveats.is_empty() {
            self.paragraph("### What limits these figures");
            self.list(decision.caveats.iter().map(|one| escaped(one)));
        }
    }

    fn worst(&mut self, worst: &Evidence) {
        self.paragraph(&format!("The worst that it loses: {}", evidence_of(worst, "\n\n")));
        if !worst.story.is_empty() {
            self.paragraph(&fenced(&worst.story.join("\n"), ""));
        }
    }

    /// What few operations can come to, each with its story folded.
    fn possible(&mut self, decision: &Decision, all: &[Possible]) {
        if all.is_empty() {
            return;
        }
        self.paragraph(&format!("{} {}", possible::HEADING, escaped(&possible::about(decision))));
        let line = |one: &Possible| {
            let (said, command) = possible::alone(one, &decision.program);
            let command = command.map(|command| format!(" {}", code(&command))).unwrap_or_default();
            escaped(&said) + command.as_str()
        };
        self.list(all.iter().map(line));
        let told: Vec<_> = all.iter().filter_map(|one| Some((one, possible::story(one)?))).collect();
        if told.is_empty() {
            return;
        }
        self.paragraph("<details><summary>Step by step</summary>");
        for (one, (story, command)) in told {
            self.paragraph(&format!("{}:", escaped(&one.data)));
            self.paragraph(&fenced(&story.join("\n"), "text"));
            self.paragraph(&fenced(command, "sh"));
        }
        self.paragraph("</details>");
    }

    fn flips(&mut self, decision: &Decision) {
        self.paragraph("## What would change the answer");
        if decision.flips.is_empty() {
            self.paragraph("No axis was searched.");
        }
        let pictures = pictures(decision, false);
        for flip in &decision.flips {
            self.paragraph(&format!("**{}.** {}", escaped(&flip.axis), escaped(&flip.says)));
            let name = super::charts::flip_name(flip);
            if let Some((_, scene)) = pictures.iter().find(|(picture, _)| *picture == name) {
                self.paragraph(&format!("![{}](charts/{name}.svg)", escaped(&scene.title)));
            }
        }
    }

    fn repeat(&mut self, decision: &Decision) {
        self.paragraph("## To repeat it");
        self.paragraph(&format!("Measured by {}.", escaped(&decision.build)));
        self.paragraph(&fenced(&again(decision), "sh"));
        self.paragraph("`answers.toml`, as it lies beside this page:");
        self.paragraph(&fenced(&read::write(&decision.answers, &decision.program), "toml"));
    }
}

fn figure(decision: &Decision, candidate: &Candidate, column: (&str, &str)) -> String {
    let Some(one) = of(candidate, column) else { return NONE.to_owned() };
    let interval = interval(one).map(|interval| format!(" ({})", escaped(&interval))).unwrap_or_default();
    let mark = if equal(decision, one) { " ≈" } else { "" };
    format!("{}{interval}{mark}", value(one))
}

/// What was found, how often, an example, and after `between` the command that shows it.
fn evidence_of(evidence: &Evidence, between: &str) -> String {
    let found = format!("{}, {}. ", evidence.kind, found(evidence));
    escaped(&found) + example(evidence, between).as_str()
}

/// An example, and after `between` the command that shows it.
fn example(evidence: &Evidence, between: &str) -> String {
    format!("Such as: {}{between}Replay: {}", escaped(&evidence.example), code(&evidence.replay))
}

/// Text in which nothing is Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A span of code, with as many ticks as its text needs; a bar would end a cell of a table.
fn code(text: &str) -> String {
    let text = plain(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{}{pad}{ticks}", text.replace('|', "\\|"))
}

fn fenced(text: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let lines: Vec<_> = text.lines().map(plain).collect();
    format!("{fence}{language}\n{}\n{fence}", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
