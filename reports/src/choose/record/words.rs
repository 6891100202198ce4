//! What all forms of a record say in the same words.

use syncbench_harness::metrics::LOST_INTENTS;

use super::super::answers::Answers;
use super::super::decision::{Candidate, Decision, Evidence, Figure, Veto, Vetoed};
use super::super::questions::{Form, QUESTIONS, find};
use super::super::span;
use crate::format::{self, NONE, count, figure, list};
use crate::stats::none_of;

/// A text without control characters, and with the number of each character that no font has.
pub(super) fn plain(text: &str) -> String {
    numbered(&format::plain(text))
}

/// A text in which characters for private use are told by their number: `U+E297`.
pub(super) fn numbered(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}' => {
                all += &format!("U+{:04X}", u32::from(c));
            }
            _ => all.push(c),
        }
    }
    all
}

/// The product's name, or what stands for it.
pub(super) fn product(decision: &Decision) -> String {
    match plain(&decision.answers.product) {
        name if name.trim().is_empty() => "Sync model".to_owned(),
        name => name,
    }
}

/// The command that measures it again, beside the record's own answers.
pub(super) fn again(decision: &Decision) -> String {
    format!("{} choose --answers answers.toml", plain(&decision.program))
}

/// What the decision comes to, in a word or three.
pub(super) fn answer(decision: &Decision) -> String {
    let Some(proposal) = &decision.proposal else { return "nothing is safe".to_owned() };
    let names: Vec<_> = std::iter::once(&proposal.strategy).chain(&proposal.equals).map(|name| plain(name)).collect();
    match names.as_slice() {
        [only] => only.clone(),
        [firsts @ .., last] if names.len() <= ALIKE => format!("{} or {last}", firsts.join(", ")),
        _ => format!("{} or {} others", names[..ALIKE - 1].join(", "), names.len() - ALIKE + 1),
    }
}

/// Most candidates that are named in the answer.
const ALIKE: usize = 4;

/// How many strategies were looked at, and what became of them.
pub(super) fn counted(decision: &Decision) -> String {
    let (out, left) = (decision.vetoed.len(), decision.candidates.len());
    let front = decision.candidates.iter().filter(|candidate| candidate.on_front).count();
    let remain = if left == 1 { "remains" } else { "remain" };
    format!("{} strategies: {out} ruled out, {left} {remain}, {front} on the Pareto front", out + left)
}

/// Each answer with its label, in the order of the questions.
pub(super) fn context(answers: &Answers) -> Vec<(&'static str, String)> {
    QUESTIONS
        .iter()
        .flat_map(|question| question.fields)
        .map(|field| (field.label, told(field.name, answers)))
        .collect()
}

/// An answer as a sentence has it; empty for a field that is none.
pub(super) fn told(name: &str, answers: &Answers) -> String {
    let Some(field) = find(name) else { return String::new() };
    match field.form {
        Form::Span(..) => match name {
            "offline" => span::words(answers.time_offline()),
            _ => span::words(answers.time_round_trip()),
        },
        Form::Invariant => answers.invariant.meaning().to_owned(),
        Form::Count(..) => count(answers.people.into()),
        Form::Data | Form::YesNo { .. } => field.written(answers),
    }
}

/// The answer that a veto names, with what was answered: `clients work without a server: yes`.
pub(super) fn asked(name: &str, answers: &Answers) -> String {
    match find(name) {
        Some(field) => format!("{}: {}", field.label, told(name, answers)),
        None => plain(name),
    }
}

/// A reason as the beginning of a sentence, without its full stop.
pub(super) fn sentence(reason: &str) -> String {
    let reason = plain(reason);
    let reason = reason.trim().trim_end_matches('.');
    let mut letters = reason.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Strategies that are ruled out for one reason.
pub(super) struct Group<'d> {
    /// The field of the answers.
    pub answer: &'d str,
    /// The reason: a sentence where a claim is missing, a kind of finding where a run shows it.
    pub why: &'d str,
    /// Who they are.
    pub members: Vec<Member<'d>>,
}

/// A strategy in a group.
pub(super) struct Member<'d> {
    /// Its label.
    pub strategy: &'d str,
    /// What shows it.
    pub evidence: Option<&'d Evidence>,
}

/// The vetoes by reason, in the order in which strategies name them; `most` reasons of each strategy.
pub(super) fn groups(decision: &Decision, most: usize) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for vetoed in &decision.vetoed {
        for veto in vetoed.reasons.iter().take(most) {
            let why = veto.evidence.as_ref().map_or(veto.reason.as_str(), |evidence| evidence.kind.as_str());
            let evidence = veto.evidence.as_ref();
            let member = Member { strategy: &vetoed.strategy, evidence };
            let same = |group: &&mut Group<'_>| {
                let measured = group.members.first().is_some_and(|first| first.evidence.is_some());
                (group.answer, group.why, measured) == (veto.answer.as_str(), why, evidence.is_some())
            };
            match groups.iter_mut().find(same) {
                Some(group) => group.members.push(member),
                None => groups.push(Group { answer: &veto.answer, why, members: vec![member] }),
            }
        }
    }
    groups
}

/// Strategies that are ruled out for the same reasons, together; in the order in which the first of each is named.
pub(super) fn alike(decision: &Decision) -> Vec<Vec<&Vetoed>> {
    let why = |vetoed: &Vetoed| -> Vec<(String, bool, String)> {
        let one = |veto: &Veto| match &veto.evidence {
            Some(evidence) => (veto.answer.clone(), true, evidence.kind.clone()),
            None => (veto.answer.clone(), false, veto.reason.clone()),
        };
        vetoed.reasons.iter().map(one).collect()
    };
    let mut all: Vec<Vec<&Vetoed>> = Vec::new();
    for vetoed in decision.vetoed.iter().filter(|vetoed| !vetoed.reasons.is_empty()) {
        match all.iter_mut().find(|alike| why(alike[0]) == why(vetoed)) {
            Some(alike) => alike.push(vetoed),
            None => all.push(vec![vetoed]),
        }
    }
    all
}

/// The families of strategies, each once.
pub(super) fn families(alike: &[&Vetoed]) -> String {
    let mut families: Vec<&str> = alike.iter().map(|vetoed| vetoed.family.as_str()).collect();
    families.dedup();
    families.join(", ")
}

/// A reason that strategies share: as it stands, or what was found with how often for each. Without its full stop.
pub(super) fn shared(alike: &[&Vetoed], index: usize) -> String {
    let Some(first) = alike.first().and_then(|vetoed| vetoed.reasons.get(index)) else { return String::new() };
    match &first.evidence {
        Some(evidence) if alike.len() > 1 => {
            let often = alike.iter().filter_map(|vetoed| {
                let evidence = vetoed.reasons.get(index)?.evidence.as_ref()?;
                Some(format!("{} {}", vetoed.strategy, found(evidence)))
            });
            sentence(&format!("{}: {}", evidence.kind, often.collect::<Vec<_>>().join(", ")))
        }
        _ => sentence(&first.reason),
    }
}

/// How often something was found: `381 of 4,000 operations`.
pub(super) fn found(evidence: &Evidence) -> String {
    format!("{} of {} operations", count(evidence.count), count(evidence.of))
}

/// A figure, or a dash.
pub(super) fn value(one: &Figure) -> String {
    one.value.map_or_else(|| NONE.to_owned(), figure)
}

/// Its interval, where it has one that says more than the figure; where nothing was counted, what it is below.
pub(super) fn interval(one: &Figure) -> Option<String> {
    if let Some(below) = one.below {
        return Some(format!("<{}", figure(below)));
    }
    let (low, high) = (one.low?, one.high?);
    (low != high).then(|| format!("{}–{}", figure(low), figure(high)))
}

/// What the intervals are.
pub(super) fn intervals(decision: &Decision) -> String {
    match decision.seeds {
        1 => "1 seed, so there are no intervals".to_owned(),
        seeds if seeds < 10 => format!("a–b: the range over {seeds} seeds"),
        seeds => format!("a–b: 95 % interval over {seeds} seeds"),
    }
}

/// What the sign before an upper end means, where a figure has one.
pub(super) fn below(decision: &Decision) -> Option<&'static str> {
    let mut figures = decision.candidates.iter().flat_map(|candidate| &candidate.figures);
    figures.any(|one| one.below.is_some()).then_some(BELOW)
}

const BELOW: &str = "<b: none was found, and with 95 % confidence fewer than b would be, if operations are independent";

/// Of how many operations a candidate lost none, and what that bounds; `None` where it lost some, or nothing was counted.
pub(super) fn none_lost(candidate: &Candidate) -> Option<String> {
    let of = candidate.figures.iter().filter(|one| one.metric == LOST_INTENTS.name && one.name.starts_with("lost"));
    let of: u64 = of.map(|one| one.of.filter(|_| one.value == Some(0.0))).sum::<Option<u64>>()?;
    let below = figure(1000.0 * none_of(of));
    (of > 0).then(|| format!("0 of {} operations lost, below {below} per 1,000 with 95 % confidence", count(of)))
}

/// That a candidate lost nothing, as a sentence.
pub(super) fn nothing_lost(candidate: &Candidate) -> String {
    none_lost(candidate).map_or_else(|| "No operation was lost.".to_owned(), |none| format!("{none}."))
}

/// The labels of a page's parts: candidates, what is ruled out, mixes.
pub(super) fn parts(decision: &Decision) -> [Vec<&str>; 3] {
    let candidates = decision.candidates.iter().map(|one| one.strategy.as_str());
    let proposed = decision.proposal.iter().flat_map(|one| std::iter::once(&one.strategy).chain(&one.equals));
    let candidates = proposed.map(String::as_str).chain(candidates).collect();
    [candidates, decision.vetoed.iter().map(|one| one.strategy.as_str()).collect(), mixes(decision)]
}

/// What labels mean where they are named first: for each part of a record the lines that are new there.
pub(super) fn explained<const N: usize>(decision: &Decision, parts: [Vec<&str>; N]) -> [Vec<String>; N] {
    let mut met = vec![false; decision.labels.len()];
    parts.map(|labels| {
        let here = decision.labels.iter().zip(&mut met);
        let new = here
            .filter(|(one, met)| !**met && labels.iter().any(|label| one.labels.iter().any(|known| known == label)));
        new.map(|(one, met)| {
            *met = true;
            let of = one.of.join(", ");
            let of = if of.is_empty() { of } else { format!(" ({of})") };
            format!("{}{of}: {}", one.terms.join(", "), one.says)
        })
        .collect()
    })
}

/// What stands above lines about labels.
pub(super) const LABELS: &str = "What the labels mean:";

/// The labels of mixes.
pub(super) fn mixes(decision: &Decision) -> Vec<&str> {
    let others = decision.others.iter().map(|one| one.strategy.as_str());
    decision.mix.iter().map(|mix| mix.strategy.as_str()).chain(others).collect()
}

/// Safe mixes that are not proposed, those with one reason together.
pub(super) fn others(decision: &Decision) -> Vec<(Vec<&str>, &str)> {
    let mut all: Vec<(Vec<&str>, &str)> = Vec::new();
    for other in &decision.others {
        match all.iter_mut().find(|(_, why)| *why == other.why) {
            Some((names, _)) => names.push(&other.strategy),
            None => all.push((vec![&other.strategy], &other.why)),
        }
    }
    all
}

/// What the sign of equality means.
pub(super) const EQUAL: &str = "≈: the seeds do not tell it from the best";

/// Whether the seeds do not tell this figure from the best one, of several.
pub(super) fn equal(decision: &Decision, one: &Figure) -> bool {
    one.axis && one.value.is_some() && !one.told_from_best && decision.candidates.len() > 1
}

/// The columns of the table of candidates: a name and a unit for each figure, those of the front first.
pub(super) fn columns<'d>(candidates: &[&'d Candidate]) -> Vec<(&'d str, &'d str)> {
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for wanted in [true, false] {
        for one in candidates.iter().flat_map(|candidate| &candidate.figures).filter(|one| one.axis == wanted) {
            let column = (one.name.as_str(), one.unit.as_str());
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    columns
}

/// The figure of a column.
pub(super) fn of<'d>(candidate: &'d Candidate, (name, unit): (&str, &str)) -> Option<&'d Figure> {
    candidate.figures.iter().find(|one| one.name == name && one.unit == unit)
}

/// Candidates that another one beats, with who does.
pub(super) fn beaten(decision: &Decision) -> Vec<String> {
    let beaten = decision.candidates.iter().filter(|candidate| !candidate.on_front);
    let by = |candidate: &Candidate| {
        let names: Vec<_> = candidate.dominated_by.iter().map(|name| plain(name)).collect();
        match names.as_slice() {
            [] => plain(&candidate.strategy),
            names => format!("{} by {}", plain(&candidate.strategy), list(names, 2)),
        }
    };
    beaten.map(by).collect()
}

/// The candidates of the front, the proposed one first.
pub(super) fn front(decision: &Decision) -> Vec<&Candidate> {
    let proposed = |candidate: &&Candidate| {
        decision.proposal.as_ref().is_some_and(|proposal| proposal.strategy == candidate.strategy)
    };
    let mut front: Vec<_> = decision.candidates.iter().filter(|candidate| candidate.on_front).collect();
    front.sort_by_key(|candidate| !proposed(candidate));
    front
}

/// The candidates that are as good as the proposed one.
pub(super) fn equals(decision: &Decision) -> Option<String> {
    let proposal = decision.proposal.as_ref().filter(|proposal| !proposal.equals.is_empty())?;
    let names: Vec<_> = proposal.equals.iter().map(|name| plain(name)).collect();
    Some(format!("{}: the seeds do not tell it from {}.", plain(&proposal.strategy), list(&names, usize::MAX)))
}
