//! From answers and measurements to a decision.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use syncbench_harness::metrics::LOST_INTENTS;

use super::answers::Answers;
use super::axes::{Axis, Measure, axes};
use super::decision::{Candidate, Decision, Figure, Mix, Other, Proposal, Veto, Vetoed, syncbench};
use super::entry::{Entry, HYBRID, Measured, entries};
use super::relax::relax;
use super::rule::{Field, Pick, in_words};
use super::study::Study;
use super::vetoes::{self, vetoes};
use crate::stats::{FEWEST, Spread};

/// What measurements come to under some answers.
pub struct Verdict<'a> {
    measured: Measured<'a>,
    /// Entries alone and mixes, each with what rules it out.
    singles: Vec<(Entry, Vec<Veto>)>,
    mixes: Vec<(Entry, Vec<Veto>)>,
    axes: Vec<Axis>,
}

/// What is proposed, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct Winner {
    /// The label.
    pub best: String,
    /// Labels that are equally good.
    pub equals: Vec<String>,
}

impl<'a> Verdict<'a> {
    /// Holds the measurements of a study against answers; a study of other answers will do where it has the same parts.
    pub fn new(answers: &Answers, study: &Study, measured: Measured<'a>) -> Self {
        let (singles, mixes) = entries(study, &measured);
        let judge = |entry: Entry| {
            let vetoes = vetoes(answers, &measured, &entry);
            (entry, vetoes)
        };
        let (singles, mixes): (Vec<_>, Vec<_>) =
            (singles.into_iter().map(judge).collect(), mixes.into_iter().map(judge).collect());
        let safe: Vec<Entry> = singles
            .iter()
            .chain(&mixes)
            .filter(|(_, vetoes)| vetoes.is_empty())
            .map(|(entry, _)| entry.clone())
            .collect();
        let axes = axes(answers, &measured, &safe);
        Self { measured, singles, mixes, axes }
    }

    fn field<'s>(&'s self, entries: &'s [(Entry, Vec<Veto>)]) -> Field<'s> {
        let safe = entries.iter().filter(|(_, vetoes)| vetoes.is_empty()).map(|(entry, _)| entry).collect();
        Field::new(safe, &self.axes, &self.measured)
    }

    /// Labels whose runs lost so much against some answer that no search for what would change it tries them again: one of
    /// a hundred operations or more.
    pub fn far_off(&self) -> BTreeSet<String> {
        let much = |veto: &Veto| veto.evidence.as_ref().is_some_and(|evidence| evidence.count * 100 >= evidence.of);
        let all = self.singles.iter().chain(&self.mixes).filter(|(entry, vetoes)| {
            // A mix of two connections is tried with its parts.
            vetoes.iter().any(much) && entry.carries.iter().all(|(_, label)| *label == entry.label)
        });
        all.map(|(entry, _)| entry.label.clone()).collect()
    }

    /// What is proposed; `None` where nothing is safe.
    pub fn winner(&self) -> Option<Winner> {
        let (field, mixes) = (self.field(&self.singles), self.field(&self.mixes));
        let single = choose(&field);
        let mix = choose(&mixes);
        let (field, pick) = match (single, mix) {
            (Some((single, _)), Some((mix, _))) => {
                match better(&self.axes, &mixes.figures[mix.best], &field.figures[single.best]) {
                    Some((_, Ordering::Less)) => (mixes, mix),
                    _ => (field, single),
                }
            }
            (Some((single, _)), None) => (field, single),
            (None, Some((mix, _))) => (mixes, mix),
            (None, None) => return None,
        };
        let label = |entry: &usize| field.entries[*entry].label.clone();
        Some(Winner { best: label(&pick.best), equals: pick.equals.iter().map(label).collect() })
    }

    /// The axes of the rule, by name and unit, with the figure of every entry that is safe.
    pub fn figures(&self) -> Vec<(&'static str, &'static str, Vec<(String, f64)>)> {
        let fields = [self.field(&self.singles), self.field(&self.mixes)];
        let deciding = self.axes.iter().enumerate().filter(|(_, axis)| axis.decides);
        let of = |(index, axis): (usize, &Axis)| {
            let figure = |field: &Field<'_>| -> Vec<(String, f64)> {
                let values = field.entries.iter().zip(&field.figures);
                values
                    .filter_map(|(entry, figures)| Some((entry.label.clone(), figures[index].as_ref()?.estimate.value)))
                    .collect()
            };
            (axis.name, axis.unit, fields.iter().flat_map(figure).collect())
        };
        deciding.map(of).collect()
    }

    /// The decision, without the search for what would change it.
    pub fn decision(&self, answers: &Answers, study: &Study) -> Decision {
        let seeds = self.measured.results.cells.iter().map(|cell| cell.seed).collect::<BTreeSet<_>>().len();
        let (field, mixes) = (self.field(&self.singles), self.field(&self.mixes));
        let (single, mixed) = (choose(&field), choose(&mixes));
        let candidates = self.candidates(answers, &field);
        let mut proposal = single.as_ref().map(|(pick, front)| Proposal {
            strategy: field.entries[pick.best].label.clone(),
            equals: pick.equals.iter().map(|entry| field.entries[*entry].label.clone()).collect(),
            because: reasons(&field, pick),
            otherwise: field.otherwise(pick, front),
        });
        let mix = mixed.map(|(pick, _)| self.mix(&mixes, &pick, &field, single.as_ref().map(|(pick, _)| pick)));
        if let Some(mix) = mix.as_ref().filter(|mix| mix.better) {
            let otherwise =
                proposal.take().map(|single| format!("as one strategy for everything: {}", single.strategy));
            proposal = Some(Proposal {
                strategy: mix.strategy.clone(),
                equals: Vec::new(),
                because: mix.because.clone(),
                otherwise: otherwise.into_iter().collect(),
            });
        }
        let mixed = self.mixes.iter().filter(|(entry, _)| entry.family == HYBRID);
        let vetoed = ruled_out(self.singles.iter().chain(mixed)).collect();
        let relax = if proposal.is_some() { Vec::new() } else { relax(self.singles.iter().chain(&self.mixes)) };
        Decision {
            answers: answers.clone(),
            conditions: study.conditions.clone(),
            seeds,
            build: self.measured.results.environment.describe_build(),
            program: syncbench(),
            vetoed,
            candidates,
            others: self.others(&mixes, &field, proposal.as_ref(), mix.as_ref()),
            labels: Vec::new(),
            proposal,
            relax,
            mix,
            flips: Vec::new(),
            caveats: self.caveats(study, seeds, field.entries.len()),
            map: String::new(),
        }
    }

    /// Safe mixes beside the one that is shown, with the first figure of the rule that tells each from what is proposed.
    fn others(
        &self,
        mixes: &Field<'_>,
        singles: &Field<'_>,
        proposal: Option<&Proposal>,
        shown: Option<&Mix>,
    ) -> Vec<Other> {
        let Some(proposal) = proposal else { return Vec::new() };
        let of = |field: &'_ Field<'_>| {
            let place = field.entries.iter().position(|entry| entry.label == proposal.strategy);
            place.map(|place| field.figures[place].clone())
        };
        let Some(theirs) = of(singles).or_else(|| of(mixes)) else { return Vec::new() };
        let named = [Some(&proposal.strategy), shown.map(|mix| &mix.strategy)];
        let rest = mixes.entries.iter().zip(&mixes.figures).filter(|(entry, _)| !named.contains(&Some(&entry.label)));
        let why = |mine: &[Option<Measure>]| match better(&self.axes, mine, &theirs) {
            None => format!("the seeds do not tell it from {} in anything that the rule looks at", proposal.strategy),
            Some((axis, side)) => {
                let says = self.differ(axis, mine, &theirs, &proposal.strategy);
                let rule = "; the rule left it at a step before, against a third one";
                format!("{says}{}", if side == Ordering::Less { rule } else { "" })
            }
        };
        rest.map(|(entry, mine)| Other { strategy: entry.label.clone(), why: why(mine) }).collect()
    }

    /// Two figures of an axis in a clause.
    fn differ(&self, axis: usize, mine: &[Option<Measure>], theirs: &[Option<Measure>], other: &str) -> String {
        let value = |of: &[Option<Measure>]| {
            of[axis].as_ref().map_or_else(String::new, |one| crate::format::figure(one.estimate.value))
        };
        let Axis { name, unit, .. } = self.axes[axis];
        format!("{name}: {} {unit}, and {} with {other}", value(mine), value(theirs))
    }

    fn candidates(&self, answers: &Answers, field: &Field<'_>) -> Vec<Candidate> {
        let dominators = field.dominators();
        let mut candidates: Vec<Candidate> = Vec::new();
        for (index, entry) in field.entries.iter().enumerate() {
            candidates.push(Candidate {
                strategy: entry.label.clone(),
                family: entry.family.clone(),
                on_front: dominators[index].is_empty(),
                figures: figures(field, index, &field.figures),
                dominated_by: dominators[index].iter().map(|other| field.entries[*other].label.clone()).collect(),
                worst: self.worst(entry),
                possible: Vec::new(),
                consequences: self.consequences(answers, entry),
            });
        }
        candidates.sort_by_key(|candidate| !candidate.on_front);
        candidates
    }

    /// The kind of which most operations were lost.
    fn worst(&self, entry: &Entry) -> Option<super::decision::Evidence> {
        let rows = [super::study::CONNECTED, super::study::AWAY].map(|part| entry.lasting(&self.measured, part));
        let cells: Vec<_> = rows.into_iter().flatten().flat_map(crate::aggregate::Row::measured).collect();
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in cells.iter().flat_map(|cell| &cell.findings).filter(|finding| finding.lost) {
            *counts.entry(&finding.kind).or_default() += finding.count;
        }
        let (kind, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let first = cells.iter().find_map(|cell| {
            let finding = cell.findings.iter().find(|finding| finding.kind == kind)?;
            Some((cell, finding))
        });
        let (cell, finding) = first?;
        Some(vetoes::evidence(cell, kind, (count, vetoes::ops(&cells)), &finding.example))
    }

    fn consequences(&self, answers: &Answers, entry: &Entry) -> Vec<String> {
        let mut sentences = Vec::new();
        let mut met = BTreeSet::new();
        for (part, strategy) in &entry.carries {
            let Some(facts) = self.measured.facts(strategy).filter(|_| met.insert(strategy)) else { continue };
            let of = if entry.carries.iter().any(|(_, other)| other != strategy) {
                format!("{strategy}: ")
            } else {
                String::new()
            };
            if !facts.saved.is_empty() {
                sentences.push(format!("{of}\"saved\" means: {}", facts.saved));
            }
            for claim in &facts.claims {
                match claim.strip_prefix("grows ") {
                    Some(what) => sentences.push(format!("{of}memory grows {what}")),
                    None if claim == "depends on clocks" => {
                        sentences.push(format!("{of}which operations survive depends on how well clocks agree"));
                    }
                    None => {}
                }
            }
            if answers.history && !facts.versions.is_empty() && !part.passes() {
                sentences.push(format!("{of}earlier versions: {}", facts.versions));
            }
            let row = self.measured.row(super::study::CONNECTED, part.workload, strategy);
            for (edit, how) in row.map(crate::aggregate::Row::emulated).unwrap_or_default() {
                sentences.push(format!("{of}{edit} is {how}"));
            }
        }
        let mut lost: BTreeMap<&str, u64> = BTreeMap::new();
        for part in [super::study::CONNECTED, super::study::AWAY] {
            for row in entry.rows(&self.measured, part) {
                for (kind, count) in row.counts(&LOST_INTENTS).unwrap_or_default() {
                    *lost.entry(kind).or_default() += count;
                }
            }
        }
        if !lost.is_empty() {
            let mut lost: Vec<_> = lost.into_iter().collect();
            lost.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let kinds: Vec<_> = lost.into_iter().map(|(kind, count)| format!("{count}× {kind}")).collect();
            sentences.push(format!("lost, and allowed by the answers: {}", kinds.join(", ")));
        }
        sentences
    }

    fn mix(&self, mixes: &Field<'_>, pick: &Pick, field: &Field<'_>, single: Option<&Pick>) -> Mix {
        let entry = mixes.entries[pick.best];
        let (is_better, why) = match single {
            None => (true, "no single strategy is safe".to_owned()),
            Some(single) => {
                let other = &field.entries[single.best].label;
                let (mine, theirs) = (&mixes.figures[pick.best], &field.figures[single.best]);
                match better(&self.axes, mine, theirs) {
                    None => {
                        (false, format!("the seeds do not tell it from {other} in anything that the rule looks at"))
                    }
                    Some((axis, side)) => (side == Ordering::Less, self.differ(axis, mine, theirs, other)),
                }
            }
        };
        let mut all = field.figures.clone();
        all.push(mixes.figures[pick.best].clone());
        let last = all.len() - 1;
        Mix {
            strategy: entry.label.clone(),
            parts: entry.parts(),
            better: is_better,
            because: vec![why],
            figures: figures_of(mixes.axes, &all, last),
            possible: Vec::new(),
        }
    }

    fn caveats(&self, study: &Study, seeds: usize, candidates: usize) -> Vec<String> {
        let mut caveats = study.caveats.clone();
        if seeds < FEWEST {
            caveats.push(format!("{seeds} seeds have a range and no interval; `--depth 1` has ten."));
        }
        let comparisons =
            candidates * candidates.saturating_sub(1) / 2 * self.axes.iter().filter(|axis| axis.decides).count();
        if comparisons > 0 && seeds >= FEWEST {
            caveats.push(format!(
                "{comparisons} comparisons at 95 %: where there is no difference, up to {} of them are told apart by luck.",
                (comparisons as f64 * 0.05).ceil()
            ));
        }
        caveats
    }
}

fn ruled_out<'v>(entries: impl Iterator<Item = &'v (Entry, Vec<Veto>)>) -> impl Iterator<Item = Vetoed> {
    entries.filter(|(_, vetoes)| !vetoes.is_empty()).map(|(entry, vetoes)| Vetoed {
        strategy: entry.label.clone(),
        family: entry.family.clone(),
        reasons: vetoes.clone(),
    })
}

/// The front and what the rule picks from it.
fn choose(field: &Field<'_>) -> Option<(Pick, Vec<usize>)> {
    let dominators = field.dominators();
    let front: Vec<usize> = (0..field.entries.len()).filter(|entry| dominators[*entry].is_empty()).collect();
    Some((field.pick_among(&front)?, front))
}

/// The first axis of the rule on which seeds tell two apart, and which is less.
fn better(axes: &[Axis], a: &[Option<Measure>], b: &[Option<Measure>]) -> Option<(usize, Ordering)> {
    let told = axes.iter().enumerate().filter(|(_, axis)| axis.decides).map(|(index, axis)| {
        let side = axis.told(a[index].as_ref(), b[index].as_ref());
        (index, side)
    });
    told.into_iter().find(|(_, side)| *side != Ordering::Equal)
}

fn reasons(field: &Field<'_>, pick: &Pick) -> Vec<String> {
    let mut because = pick.because.clone();
    if because.is_empty() {
        because.push(match field.entries.len() {
            1 => "nothing else is safe".to_owned(),
            _ => "no other one is better in anything that the rule looks at".to_owned(),
        });
    }
    because.push(format!("the rule: {}", in_words(field.axes)));
    because
}

fn figures(field: &Field<'_>, index: usize, all: &[Vec<Option<Measure>>]) -> Vec<Figure> {
    figures_of(field.axes, all, index)
}

/// The figures of one of `all`, beside which the best is found.
fn figures_of(axes: &[Axis], all: &[Vec<Option<Measure>>], index: usize) -> Vec<Figure> {
    let figure = |(place, axis): (usize, &Axis)| {
        let of = |measures: &Vec<Option<Measure>>| measures[place].as_ref().map(|one| one.estimate.value);
        let values = all.iter().enumerate().filter_map(|(entry, measures)| Some((entry, of(measures)?)));
        let best = values.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(entry, _)| entry);
        let mine = all[index][place].as_ref();
        let told = best.map(|best| axis.told(mine, all[best][place].as_ref()));
        let ends = mine.and_then(|one| one.estimate.spread).as_ref().map(Spread::ends);
        Figure {
            name: axis.name.to_owned(),
            unit: axis.unit.to_owned(),
            metric: axis.source.metric().name.to_owned(),
            less_is_better: true,
            axis: axis.decides,
            value: mine.map(|one| one.estimate.value),
            low: ends.map(|ends| ends.low),
            high: ends.map(|ends| ends.high),
            told_from_best: told == Some(Ordering::Greater),
            of: mine.and_then(|one| one.of),
            below: mine.and_then(Measure::below),
        }
    };
    axes.iter().enumerate().map(figure).collect()
}
