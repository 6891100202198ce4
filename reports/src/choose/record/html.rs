//! The record as one self-contained page: the same parts as in Markdown, with pictures inline.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::decision::{Candidate, Decision, Evidence, Figure, Flip, Mix, Vetoed};
use super::super::possible::Possible;
use super::super::read;
use super::charts::{flip_name, pictures};
use super::possible;
use super::words::{
    EQUAL, LABELS, again, alike, answer, asked, beaten, below, columns, context, counted, equal, equals, explained,
    families, found, front, interval, intervals, nothing_lost, numbered, of, others, parts, product, sentence, shared,
    value,
};
use crate::draw::Scene;
use crate::draw::svg::dark_style;
use crate::format::NONE;

/// The look of the page.
const STYLE: &str = include_str!("style.css");

/// The parts of the page, by anchor.
const PARTS: &[(&str, &str)] = &[
    ("summary", "In short"),
    ("context", "Context"),
    ("options", "Options"),
    ("decision", "Decision"),
    ("consequences", "Consequences"),
    ("flips", "What would change the answer"),
    ("repeat", "To repeat it"),
];

/// The record as HTML. All data is escaped.
pub fn html(decision: &Decision) -> String {
    let pictures = pictures(decision, true);
    let [candidates, vetoed, mixed] = explained(decision, parts(decision));
    let title = format!("{}: {}", product(decision), answer(decision));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(dark_style())) }
            }
            body {
                a.skip href="#main" { "Skip to the record" }
                header {
                    h1 { (product(decision)) ": " span class=(safety(decision)) { (answer(decision)) } }
                    p { b { "Status: " } (status(decision)) ". " (counted(decision)) "." }
                    @match &decision.proposal {
                        Some(proposal) => { @if let Some(equals) = equals(decision) { p { (equals) } } (list(&proposal.because)) }
                        None => (list(&decision.relax)),
                    }
                    nav aria-label="Parts" { @for (id, name) in PARTS { a href={ "#" (id) } { (name) } " " } }
                }
                main id="main" tabindex="-1" {
                    (summary(decision, &candidates))
                    (context_of(decision))
                    (options(decision, &pictures, [&vetoed, &mixed]))
                    (decided(decision))
                    (consequences(decision))
                    (flips(decision, &pictures))
                    (repeat(decision))
                }
            }
        }
    };
    numbered(&page.into_string())
}

fn status(decision: &Decision) -> &'static str {
    if decision.proposal.is_some() { "proposed" } else { "open, nothing is safe for these answers" }
}

/// The class of the answer: in the tone of success only where there is one.
fn safety(decision: &Decision) -> &'static str {
    if decision.proposal.is_some() { "answer" } else { "unsafe" }
}

/// What remains, and what would change it: all that a hurried reader needs.
fn summary(decision: &Decision, labels: &[String]) -> Markup {
    html! {
        section id="summary" {
            h2 { "In short" }
            h3 id="candidates" { "Candidates" }
            @if decision.candidates.is_empty() { p { "None remains." } } @else { (candidates(decision)) }
            (labelled(labels))
            @if !decision.flips.is_empty() {
                h3 { "What would change the answer" }
                ul { @for flip in &decision.flips { li { (prose(&flip.says)) } } }
            }
        }
    }
}

fn context_of(decision: &Decision) -> Markup {
    html! {
        section id="context" {
            h2 { "Context" }
            (scroller("Answers", &html! {
                table {
                    caption { "What the team answered" }
                    thead { tr { th scope="col" { "Question" } th scope="col" { "Answer" } } }
                    tbody {
                        @for (label, told) in context(&decision.answers) {
                            tr { th scope="row" { (label) } td { (told) } }
                        }
                    }
                }
            }))
            @if !decision.conditions.is_empty() {
                p { "What was measured for these answers:" }
                (list(&decision.conditions))
            }
        }
    }
}

fn options(decision: &Decision, pictures: &[(String, Scene)], [vetoed, mixed]: [&[String]; 2]) -> Markup {
    html! {
        section id="options" {
            h2 { "Options" }
            h3 id="vetoed" { "Ruled out" }
            @if decision.vetoed.is_empty() { p { "Nothing." } } @else { (vetoes(decision)) }
            (labelled(vetoed))
            @if let Some(scene) = drawn(pictures, "front") { (picture("front", scene, &scene.about)) }
            @if let Some(mix) = &decision.mix { (mix_of(mix)) (possible(decision, &mix.possible)) }
            (others_of(decision))
            (labelled(mixed))
        }
    }
}

fn vetoes(decision: &Decision) -> Markup {
    scroller(
        "Strategies that are ruled out",
        &html! {
            table {
                caption { "Strategies that are ruled out, with every reason; those with the same reasons share a row. Each has the command that shows what happens" }
                thead { tr { th scope="col" { "Strategies" } th scope="col" { "Answer" } th scope="col" { "Reason" } } }
                @for alike in alike(decision) {
                    tbody {
                        @for (index, veto) in alike[0].reasons.iter().enumerate() {
                            tr {
                                @if index == 0 {
                                    th scope="rowgroup" rowspan=(alike[0].reasons.len()) {
                                        @for (index, vetoed) in alike.iter().enumerate() {
                                            @if index > 0 { ", " }
                                            (vetoed.strategy)
                                        }
                                        small { (families(&alike)) }
                                    }
                                }
                                td { (asked(&veto.answer, &decision.answers)) }
                                td.reason { (reason(&alike, index)) }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// A reason that strategies share, with what shows it for each of them.
fn reason(alike: &[&Vetoed], index: usize) -> Markup {
    let shown = alike.iter().filter_map(|vetoed| {
        let veto = vetoed.reasons.get(index)?;
        (veto.evidence.is_some() || veto.shown.is_some()).then_some((vetoed, veto))
    });
    let shown: Vec<_> = shown.collect();
    html! {
        (prose(&shared(alike, index))) "."
        @if !shown.is_empty() {
            details {
                summary { "Example and command" @if shown.len() > 1 { " of each" } }
                @for (vetoed, veto) in &shown {
                    @if let Some(evidence) = &veto.evidence {
                        @if shown.len() > 1 { p { b { (vetoed.strategy) } ": " (prose(&sentence(&veto.reason))) "." } }
                        (self::shown(evidence))
                    }
                    @if let Some(shown) = &veto.shown {
                        p { b { (vetoed.strategy) } ": " (shown.says) "." }
                        code.command { (shown.replay) }
                    }
                }
            }
        }
    }
}

/// An example, and the command that shows it.
fn shown(evidence: &Evidence) -> Markup {
    html! {
        small { "Such as: " (evidence.example) }
        code.command { (evidence.replay) }
        @if !evidence.story.is_empty() {
            details { summary { "As a story" } pre tabindex="0" { (evidence.story.join("\n")) } }
        }
    }
}

fn candidates(decision: &Decision) -> Markup {
    let all: Vec<_> = decision.candidates.iter().collect();
    let columns = columns(&all);
    let beaten = beaten(decision);
    let table = html! {
        table {
            caption { "Figures of the candidates. " (intervals(decision)) "; " (EQUAL) @if let Some(below) = below(decision) { "; " (below) } "." }
            thead {
                tr {
                    th scope="col" { "Candidate" }
                    th scope="col" { "Pareto front" }
                    @for (name, unit) in &columns { th.num scope="col" { (name) small { (unit) } } }
                }
            }
            tbody {
                @for candidate in &all {
                    tr class=[class(decision, candidate)] {
                        th scope="row" { (candidate.strategy) small { (candidate.family) } }
                        td {
                            @if candidate.on_front { "on it" } @else { "beaten" }
                            @if class(decision, candidate) == Some("proposed") { ", proposed" }
                        }
                        @for column in &columns { td.num { (figure(decision, candidate, *column)) } }
                    }
                }
            }
        }
    };
    html! {
        (scroller("Candidates", &table))
        @if !beaten.is_empty() { p { "Dominated: " (beaten.join(", ")) "." } }
    }
}

fn class(decision: &Decision, candidate: &Candidate) -> Option<&'static str> {
    match &decision.proposal {
        Some(proposal) if proposal.strategy == candidate.strategy => Some("proposed"),
        _ => (!candidate.on_front).then_some("beaten"),
    }
}

fn figure(decision: &Decision, candidate: &Candidate, column: (&str, &str)) -> Markup {
    html! {
        @match of(candidate, column) {
            Some(one) => { (value(one)) @if equal(decision, one) { " ≈" } (spread(one)) },
            None => (NONE),
        }
    }
}

fn spread(one: &Figure) -> Markup {
    html! { @if let Some(interval) = interval(one) { small { (interval) } } }
}

/// What labels mean.
fn labelled(lines: &[String]) -> Markup {
    html! { @if !lines.is_empty() { p { (LABELS) } (list(lines)) } }
}

/// Safe mixes that are not proposed, with the reason of each.
fn others_of(decision: &Decision) -> Markup {
    let others = others(decision);
    html! {
        @if !others.is_empty() {
            p { "Other mixes that are safe, and why each is not proposed:" }
            ul { @for (names, why) in &others { li { (names.join(", ")) ": " (prose(why)) "." } } }
        }
    }
}

fn mix_of(mix: &Mix) -> Markup {
    let verdict = if mix.better { "better than every single candidate" } else { "no better than a single candidate" };
    html! {
        h3 id="mix" { "A mix by part of the data" }
        p { code { (mix.strategy) } ": " (verdict) ". " (prose(&mix.because.join(" "))) }
        (scroller("Parts of the mix", &html! {
            table {
                caption { "What carries each part of the data" }
                thead { tr { th scope="col" { "Part" } th scope="col" { "Carried by" } } }
                tbody { @for (part, by) in &mix.parts { tr { th scope="row" { (part) } td { code { (by) } } } } }
            }
        }))
        @if !mix.figures.is_empty() {
            (scroller("Figures of the mix", &html! {
                table {
                    caption { "Figures of the mix" }
                    thead { tr { th scope="col" { "Figure" } th.num scope="col" { "Mix" } } }
                    tbody {
                        @for one in &mix.figures {
                            tr { th scope="row" { (one.name) small { (one.unit) } } td.num { (value(one)) (spread(one)) } }
                        }
                    }
                }
            }))
        }
    }
}

fn decided(decision: &Decision) -> Markup {
    html! {
        section id="decision" {
            h2 { "Decision" }
            @match &decision.proposal {
                Some(proposal) => {
                    p.answer { "Use " code { (proposal.strategy) } "." }
                    @if let Some(equals) = equals(decision) { p { (equals) } }
                    (list(&proposal.because))
                    @if !proposal.otherwise.is_empty() { p { "Otherwise:" } (list(&proposal.otherwise)) }
                }
                None => {
                    p.unsafe { "Nothing that was measured is safe for these answers: at least one has to change." }
                    (list(&decision.relax))
                }
            }
        }
    }
}

fn consequences(decision: &Decision) -> Markup {
    html! {
        section id="consequences" {
            h2 { "Consequences" }
            @if decision.candidates.is_empty() { p { "Without a candidate there are none." } }
            @for candidate in front(decision) {
                h3 { "With " code { (candidate.strategy) } }
                (list(&candidate.consequences))
                @match &candidate.worst {
                    Some(worst) => div.worst { p { "The worst that it loses: " (worst.kind) ", " (found(worst)) "." } (shown(worst)) },
                    None => p { (nothing_lost(candidate)) },
                }
                (possible(decision, &candidate.possible))
            }
            @if !decision.caveats.is_empty() { h3 { "What limits these figures" } (list(&decision.caveats)) }
        }
    }
}

/// What few operations can come to, each with its story folded.
fn possible(decision: &Decision, all: &[Possible]) -> Markup {
    html! {
        @if !all.is_empty() {
            p { (possible::HEADING) " " (possible::about(decision)) }
            ul {
                @for one in all {
                    @let (said, command) = possible::alone(one, &decision.program);
                    li {
                        (prose(&said))
                        @if let Some(command) = command { code.command { (command) } }
                        @if let Some((story, command)) = possible::story(one) {
                            details { summary { "Step by step" } pre tabindex="0" { (story.join("\n")) } code.command { (command) } }
                        }
                    }
                }
            }
        }
    }
}

fn flips(decision: &Decision, pictures: &[(String, Scene)]) -> Markup {
    html! {
        section id="flips" {
            h2 { "What would change the answer" }
            @if decision.flips.is_empty() { p { "No axis was searched." } }
            @for flip in &decision.flips {
                h3 { (flip.axis) }
                p { (prose(&flip.says)) }
                @if let Some(scene) = drawn(pictures, &flip_name(flip)) { (picture(&flip_name(flip), scene, "")) }
                @if !flip.steps.is_empty() { (steps(flip)) }
            }
        }
    }
}

fn steps(flip: &Flip) -> Markup {
    html! {
        details {
            summary { "Every value that was measured" }
            (scroller(&format!("Values of {}", flip.axis), &html! {
                table {
                    caption { "What would be proposed at each value of " (flip.axis) }
                    thead { tr { th.num scope="col" { (flip.axis) small { (flip.unit) } } th scope="col" { "Proposed" } } }
                    tbody {
                        @for step in &flip.steps {
                            tr {
                                th.num scope="row" { (crate::format::figure(step.value)) }
                                td { (step.proposal.as_deref().unwrap_or("nothing is safe")) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn repeat(decision: &Decision) -> Markup {
    html! {
        section id="repeat" {
            h2 { "To repeat it" }
            p { "Measured by " (decision.build) "." }
            pre tabindex="0" { (again(decision)) }
            p { code { "answers.toml" } ", as it lies beside this page:" }
            pre tabindex="0" { (read::write(&decision.answers, &decision.program)) }
        }
    }
}

fn drawn<'p>(pictures: &'p [(String, Scene)], name: &str) -> Option<&'p Scene> {
    pictures.iter().find(|(picture, _)| picture == name).map(|(_, scene)| scene)
}

fn picture(name: &str, scene: &Scene, says: &str) -> Markup {
    html! {
        figure id={ "chart-" (name) } {
            figcaption { b { (scene.title) } @if !says.is_empty() { ". " (says) } }
            (PreEscaped(scene.svg()))
        }
    }
}

/// A text in which what stands between ticks is code.
fn prose(text: &str) -> Markup {
    let parts: Vec<_> = text.split('`').collect();
    html! {
        @for (index, part) in parts.iter().enumerate() {
            // A last tick without another one stays.
            @if index % 2 == 0 { (part) } @else if index + 1 < parts.len() { code { (part) } } @else { "`" (part) }
        }
    }
}

fn list(items: &[String]) -> Markup {
    html! { @if !items.is_empty() { ul { @for item in items { li { (prose(item)) } } } } }
}

/// A part that scrolls by itself where it is too wide, also by keyboard.
fn scroller(label: &str, content: &Markup) -> Markup {
    html! { div.wide role="region" aria-label=(label) tabindex="0" { (content) } }
}
