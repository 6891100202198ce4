//! The record on a terminal: the answer and what is ruled out on the first screen, then figures, stories and limits.

use super::super::decision::{Candidate, Decision, Evidence};
use super::possible;
use super::words::{
    EQUAL, Group, Member, answer, beaten, below, columns, counted, equal, equals, explained, found, front, groups,
    interval, intervals, none_lost, of, parts, plain, product, value,
};
use crate::format::{count, list, plural, shorten, wrap};

/// Fewer columns are not drawn for.
const NARROWEST: usize = 60;
/// Lines longer than this are hard to read.
const WIDEST: usize = 120;
/// Most reasons why, so that the first screen has room for what is ruled out.
const BECAUSE: usize = 3;
/// Most groups of vetoes.
const GROUPS: usize = 7;
/// Most rows of candidates.
const ROWS: usize = 8;
/// Most anomalies, flips, caveats.
const FEW: usize = 4;
/// Most lines of what is possible, about.
const LINES: usize = 3;
/// Events of a story; a shorter one is left out.
const STORY: usize = 3;

/// The record in lines of at most `width` characters.
pub fn text(decision: &Decision, width: u16, color: bool) -> String {
    let mut page = Page { width: usize::from(width).clamp(NARROWEST, WIDEST), color, out: String::new() };
    let front = front(decision);
    let [candidates, vetoed, mixed] = parts(decision);
    let proposed = decision.proposal.iter().flat_map(|one| std::iter::once(&one.strategy).chain(&one.equals));
    let proposed = proposed.map(String::as_str).collect();
    let [proposed, vetoed, candidates, mixed] = explained(decision, [proposed, vetoed, candidates, mixed]);
    page.answer(decision);
    page.labels(&proposed);
    page.vetoes(decision);
    page.labels(&vetoed);
    page.candidates(decision, &front);
    page.labels(&candidates);
    page.worst(&front);
    page.possible(decision);
    page.mix(decision);
    page.labels(&mixed);
    page.flips(decision);
    page.limits(decision);
    page.replay(decision);
    page.out
}

struct Page {
    width: usize,
    color: bool,
    out: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.out += line.trim_end();
        self.out.push('\n');
    }

    fn styled(&self, text: &str, code: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn heading(&mut self, title: &str, note: &str) {
        let title = &shorten(title, self.width);
        let room = self.width.saturating_sub(title.chars().count() + 2);
        let fits = note.chars().count() <= room;
        let first = if fits { note } else { "" };
        let line = format!("{}  {first}", self.styled(title, "1"));
        self.line(&format!("\n{}", line.trim_end()));
        if !fits {
            self.prose(note, "  ");
        }
    }

    fn prose(&mut self, text: &str, indent: &str) {
        self.out += &wrap(&plain(text), self.width, indent);
    }

    fn items(&mut self, items: &[String], most: usize) {
        for item in items.iter().take(most) {
            self.prose(&format!("- {item}"), "  ");
        }
        if items.len() > most {
            self.line(&format!("  - and {} more, in the record", items.len() - most));
        }
    }

    fn answer(&mut self, decision: &Decision) {
        let safe = decision.proposal.is_some();
        let code = if safe { "1;32" } else { "1;31" };
        let answer = self.styled(&answer(decision), code);
        self.line(&format!("{}: {answer}", self.styled(&product(decision), "1")));
        self.prose(&format!("{}.", counted(decision)), "  ");
        if let Some(proposal) = &decision.proposal {
            equals(decision).into_iter().for_each(|equals| self.prose(&equals, "  "));
            self.items(&proposal.because, BECAUSE);
        }
        self.items(&decision.relax, FEW);
    }

    fn vetoes(&mut self, decision: &Decision) {
        let groups = groups(decision, 1);
        if groups.is_empty() {
            self.heading("Ruled out", "nothing");
            return;
        }
        let several = decision.vetoed.iter().filter(|vetoed| vetoed.reasons.len() > 1).count();
        let note = if several > 0 { "by the weightiest reason of each; the record has all" } else { "" };
        self.heading("Ruled out", note);
        for group in groups.iter().take(GROUPS) {
            self.group(group);
        }
        if groups.len() > GROUPS {
            let rest: Vec<_> = groups[GROUPS..].iter().flat_map(|group| &group.members).collect();
            let names: Vec<_> = rest.iter().map(|member| plain(member.strategy)).collect();
            self.prose(&format!("for other reasons, in the record: {}", list(&names, usize::MAX)), "  ");
        }
    }

    fn group(&mut self, group: &Group<'_>) {
        let same = group.members.iter().filter_map(|member| member.evidence).map(|evidence| evidence.of);
        let of = same.clone().min().filter(|least| same.max() == Some(*least));
        let named = |member: &Member<'_>| match (member.evidence, of) {
            (None, _) => plain(member.strategy),
            (Some(evidence), Some(_)) => format!("{} {}", plain(member.strategy), count(evidence.count)),
            (Some(evidence), None) => format!("{} {}", plain(member.strategy), found(evidence)),
        };
        let names: Vec<_> = group.members.iter().map(named).collect();
        let of = of.map(|of| format!(" of {} operations each", count(of))).unwrap_or_default();
        let of = if names.len() == 1 { of.replace(" each", "") } else { of };
        // "it cannot refuse" of one is "cannot refuse" of several.
        let why = plain(group.why);
        let why = why.strip_prefix("it ").unwrap_or(&why);
        let line = format!("{}{of}: {why} ({})", names.join(", "), plain(group.answer));
        self.prose(&line, "  ");
    }

    /// What labels mean, as far as its first full stop or semicolon: the record has all of it.
    fn labels(&mut self, lines: &[String]) {
        for line in lines {
            let end = ["; ", ". "].iter().filter_map(|stop| line.find(stop)).min().unwrap_or(line.len());
            self.prose(&line[..end], "  ");
        }
    }

    fn candidates(&mut self, decision: &Decision, front: &[&Candidate]) {
        if front.is_empty() {
            return;
        }
        self.heading("Candidates on the Pareto front", &intervals(decision));
        let shown = &front[..front.len().min(ROWS)];
        let label =
            shown.iter().map(|one| plain(&one.strategy).chars().count()).max().unwrap_or(0).clamp(8, self.width / 2);
        let mut rows: Vec<String> = ["".to_owned(), "".to_owned()]
            .into_iter()
            .chain(shown.iter().map(|one| shorten(&plain(&one.strategy), label)))
            .map(|name| format!("  {name:<label$}"))
            .collect();
        let (mut equals, mut bounded, mut left_out) = (false, false, Vec::new());
        for column in columns(shown) {
            let mut cells = vec![plain(column.0), plain(column.1)];
            let mut sign = false;
            for candidate in shown {
                let one = of(candidate, column);
                let interval = one.and_then(interval).map(|interval| format!(" {interval}")).unwrap_or_default();
                let mark = one.is_some_and(|one| equal(decision, one));
                sign |= mark;
                let value = one.map(value).unwrap_or_default();
                cells.push(format!("{value}{interval} {}", if mark { "≈" } else { " " }));
            }
            // The sign has a place of its own, so that figures stand below each other; headings go without.
            cells[..2].iter_mut().for_each(|head| *head += "  ");
            let wide = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
            if rows[0].chars().count() + wide + 2 > self.width {
                left_out.push(plain(column.0));
                continue;
            }
            equals |= sign;
            bounded |= shown.iter().any(|candidate| of(candidate, column).is_some_and(|one| one.below.is_some()));
            for (row, cell) in rows.iter_mut().zip(cells) {
                *row += &format!("  {cell:>wide$}");
            }
        }
        for row in rows {
            self.line(&row);
        }
        if equals {
            self.prose(EQUAL, "  ");
        }
        if bounded {
            below(decision).into_iter().for_each(|below| self.prose(below, "  "));
        }
        if front.len() > shown.len() {
            let names: Vec<_> = front[shown.len()..].iter().map(|one| plain(&one.strategy)).collect();
            self.prose(&format!("On the front too, in the record: {}", list(&names, usize::MAX)), "  ");
        }
        if !left_out.is_empty() {
            self.prose(&format!("On a wider terminal and in the record: {}", list(&left_out, usize::MAX)), "  ");
        }
        let beaten = beaten(decision);
        if !beaten.is_empty() {
            self.prose(&format!("Dominated: {}", list(&beaten, usize::MAX)), "  ");
        }
        if let Some(proposal) = decision.proposal.as_ref().filter(|proposal| !proposal.otherwise.is_empty()) {
            let others: Vec<_> = proposal.otherwise.iter().map(|one| one.trim_end_matches('.')).collect();
            self.prose(&format!("Otherwise: {}.", others.join("; ")), "  ");
        }
    }

    fn worst(&mut self, front: &[&Candidate]) {
        let kept: Vec<_> = front.iter().filter_map(|one| Some((&one.strategy, none_lost(one)?))).collect();
        let worst: Vec<_> = front.iter().filter_map(|one| Some((&one.strategy, one.worst.as_ref()?))).collect();
        if worst.is_empty() && kept.is_empty() {
            return;
        }
        self.heading("The worst that each loses", "");
        for (strategy, none) in kept.iter().take(FEW) {
            self.prose(&format!("{strategy}: {none}"), "  ");
        }
        for (index, (strategy, evidence)) in worst.iter().take(FEW).enumerate() {
            self.evidence(strategy, evidence, index == 0);
        }
        if worst.len() > FEW {
            self.line(&format!("  and {} more, in the record", worst.len() - FEW));
        }
    }

    fn evidence(&mut self, strategy: &str, evidence: &Evidence, first: bool) {
        let found = found(evidence);
        self.prose(&format!("{strategy}: {}, {found}: {}", evidence.kind, evidence.example), "  ");
        let events: Vec<usize> =
            evidence.story.iter().enumerate().filter(|(_, line)| event(line)).map(|(at, _)| at).collect();
        if !first || events.len() < STORY {
            return;
        }
        // What each client shows follows its event.
        let end = events.get(STORY).copied().unwrap_or(evidence.story.len()).min(events[0] + 2 * STORY);
        for line in &evidence.story[events[0]..end] {
            // Its columns are kept where they fit.
            let line = plain(line);
            if line.chars().count() + 4 <= self.width {
                self.line(&format!("    {line}"));
            } else {
                self.prose(&line, "    ");
            }
        }
        if end < evidence.story.len() {
            self.line("    ... the record tells it to its end");
        }
    }

    fn possible(&mut self, decision: &Decision) {
        let all = possible::all(decision);
        if all.is_empty() {
            return;
        }
        let bound = possible::within(&all);
        let note = match &bound {
            Some(bound) => format!("all schedules of {bound}"),
            None => "all schedules of a few operations".to_owned(),
        };
        self.heading(possible::HEADING, &note);
        for alike in all.iter().take(ROWS) {
            self.prose(&shorten(&possible::together(alike, bound.is_some()), LINES * self.width), "  ");
        }
        if all.len() > ROWS {
            self.line(&format!("  and {} more, in the record", all.len() - ROWS));
        }
    }

    fn mix(&mut self, decision: &Decision) {
        let Some(mix) = &decision.mix else { return };
        let note = if mix.better { "better than every single candidate" } else { "no better" };
        let note = match decision.others.len() {
            0 => note.to_owned(),
            others => format!("{note}; {others} more in the record"),
        };
        self.heading(&format!("A mix by part of the data: {}", plain(&mix.strategy)), &note);
        let parts: Vec<_> = mix.parts.iter().map(|(part, by)| format!("{part} by {by}")).collect();
        self.prose(&format!("{}. {}", parts.join(", "), mix.because.join(" ")), "  ");
    }

    fn flips(&mut self, decision: &Decision) {
        if decision.flips.is_empty() {
            return;
        }
        self.heading("What would change the answer", "");
        let says: Vec<_> = decision.flips.iter().map(|flip| flip.says.clone()).collect();
        self.items(&says, FEW + 1);
    }

    fn limits(&mut self, decision: &Decision) {
        if !decision.conditions.is_empty() {
            self.heading("Measured", &plural(decision.seeds, "seed"));
            self.prose(&decision.conditions.join(" "), "  ");
        }
        if !decision.caveats.is_empty() {
            self.heading("Limits", "");
            self.prose(&decision.caveats.join(" "), "  ");
        }
    }

    /// The first veto that was measured as a command that a shell takes, over several lines.
    fn replay(&mut self, decision: &Decision) {
        let reasons = decision.vetoed.iter().flat_map(|vetoed| vetoed.reasons.first());
        let Some(evidence) = reasons.filter_map(|veto| veto.evidence.as_ref()).find(|one| !one.replay.is_empty())
        else {
            return;
        };
        self.heading(&format!("To see it: {}", plain(&evidence.kind)), "the record has the command of each veto");
        let command = wrap(&plain(&evidence.replay), self.width - 2, "  ");
        let lines: Vec<_> = command.lines().collect();
        self.line(&lines.join(" \\\n"));
    }
}

/// Whether a line of a story begins with a time, such as `840 ms` or `10.7k ms`.
fn event(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next().is_some_and(|time| time.starts_with(|c: char| c.is_ascii_digit())) && words.next() == Some("ms")
}
