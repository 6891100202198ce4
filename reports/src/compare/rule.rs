//! Thresholds: `lost>0`, `visible_ms.p99>+5%`, `ot@stack@calm:not_kept>+1`.

use std::collections::BTreeSet;

use serde::Serialize;
use syncbench_harness::results::Results;
use syncbench_strategies::names::did_you_mean;
use syncbench_strategies::numbers::parse_number;
use thiserror::Error;

use super::change::Change;
use super::figure::Figure;
use super::{by, words};

/// Which side of a threshold fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// What a figure is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threshold {
    /// The candidate's value.
    Value(f64),
    /// The change against the baseline, as a share.
    Share(f64),
    /// The change against the baseline, in the figure's unit.
    Amount(f64),
}

/// A threshold of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// As it was written.
    pub text: String,
    pub(super) figure: Figure,
    scope: Vec<String>,
    beyond: Beyond,
    threshold: Threshold,
}

/// Why a threshold cannot be read or checked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{rule}`: {reason}")]
pub struct RuleError {
    rule: String,
    reason: String,
}

/// A row in which a threshold was passed.
#[derive(Clone, Debug, Serialize)]
pub struct Hit {
    /// Strategy with its parameters.
    pub strategy: String,
    /// The condition as a title.
    pub condition: String,
    /// In the baseline.
    pub baseline: Option<f64>,
    /// In the candidate.
    pub candidate: Option<f64>,
    /// In words.
    pub change: String,
    /// The command that runs a cell of it.
    pub replay: String,
}

/// What became of a threshold.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// The threshold as it was written.
    pub rule: String,
    /// How many rows it was held against.
    pub rows: usize,
    /// Rows that fail it.
    pub failed: Vec<Hit>,
    /// Rows beyond a relative threshold by no more than luck: they do not fail.
    pub spared: Vec<Hit>,
}

/// Operators, the longer ones first.
const OPERATORS: [(&str, Beyond); 4] =
    [(">=", Beyond::AtLeast), ("<=", Beyond::AtMost), (">", Beyond::Above), ("<", Beyond::Below)];

impl std::str::FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let wrong = |reason: String| RuleError { rule: text.to_owned(), reason };
        let shape = "expected a figure, an operator and a threshold, such as lost>0 or visible_ms.p99>+5%";
        let found = text.find(['<', '>']).ok_or_else(|| wrong(shape.to_owned()))?;
        let (left, rest) = text.split_at(found);
        let known = OPERATORS.iter().find_map(|(written, beyond)| Some((rest.strip_prefix(written)?, *beyond)));
        let (value, beyond) = known.ok_or_else(|| wrong(shape.to_owned()))?;
        // Labels of strategies have colons of their own.
        let (scope, figure) = left.rsplit_once(':').map_or((None, left), |(scope, figure)| (Some(scope), figure));
        let figure = Figure::find(figure.trim()).map_err(wrong)?;
        let parts: Vec<&str> = scope.map_or(Vec::new(), |scope| scope.split('@').map(str::trim).collect());
        if parts.contains(&"") {
            return Err(wrong(
                "a part of the scope is empty: expected names with @ between them, such as ot@stack".into(),
            ));
        }
        let scope = parts.into_iter().filter(|part| *part != "*").map(str::to_owned).collect();
        let value = value.trim();
        if value.ends_with('%') && threshold(&format!("+{value}")).is_some() {
            return Err(wrong(format!("`{value}`: a percentage is a change and has a sign: write +{value}")));
        }
        let threshold = threshold(value).ok_or_else(|| {
            wrong(format!("`{value}`: expected a value such as 0 or 1k, or a change such as +5%, -10% or +1"))
        })?;
        Ok(Self { text: text.to_owned(), figure, scope, beyond, threshold })
    }
}

/// A sign makes it relative.
fn threshold(written: &str) -> Option<Threshold> {
    // One sign at most.
    let number = |text: &str| {
        let begins = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        parse_number(text).filter(|number| begins && number.is_finite())
    };
    let signed = |text: &str| match text.strip_prefix('-') {
        Some(text) => number(text).map(|number| -number),
        None => number(text.strip_prefix('+')?),
    };
    match (written.strip_suffix('%'), written.starts_with(['+', '-'])) {
        (Some(percent), _) => signed(percent.trim()).map(|percent| Threshold::Share(percent / 100.0)),
        (None, true) => signed(written).map(Threshold::Amount),
        (None, false) => number(written).map(Threshold::Value),
    }
}

impl Beyond {
    fn of(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }
}

impl Rule {
    /// Whether its scope names what is in the results.
    pub fn check(&self, results: [&Results; 2]) -> Result<(), RuleError> {
        let cells = || results.iter().flat_map(|results| &results.cells);
        let names: BTreeSet<&str> = cells()
            .flat_map(|cell| {
                [cell.strategy.as_str(), base(&cell.strategy), &cell.workload, base(&cell.workload), &cell.part]
            })
            .collect();
        match self.scope.iter().find(|part| !names.contains(part.as_str())) {
            None => Ok(()),
            Some(part) => {
                let known = names.iter().map(|name| (*name, ""));
                let meant = did_you_mean(part, known).map(|meant| format!("{meant} ")).unwrap_or_default();
                let reason = format!(
                    "no strategy, workload or part is called `{part}`: {meant}expected {}",
                    names.into_iter().collect::<Vec<_>>().join(", ")
                );
                Err(RuleError { rule: self.text.clone(), reason })
            }
        }
    }

    fn covers(&self, change: &Change) -> bool {
        let is = |part: &String| {
            let names = [&change.strategy, &change.workload, &change.part];
            names.into_iter().any(|name| name == part || base(name) == part)
        };
        change.figure == self.figure.name && self.scope.iter().all(is)
    }

    /// Holds it against every row that it covers.
    pub(super) fn judge(&self, changes: &[Change]) -> Judged {
        let covered: Vec<_> = changes.iter().filter(|change| self.covers(change)).collect();
        let mut judged =
            Judged { rule: self.text.clone(), rows: covered.len(), failed: Vec::new(), spared: Vec::new() };
        for change in covered {
            let passed = match self.threshold {
                Threshold::Value(limit) => change.candidate.is_some_and(|value| self.beyond.of(value, limit)),
                Threshold::Share(limit) => self.beyond.of(change.effect(), limit),
                Threshold::Amount(limit) => match (change.baseline, change.candidate) {
                    (Some(was), Some(is)) => self.beyond.of(is - was, limit),
                    _ => false,
                },
            };
            if !passed {
                continue;
            }
            match self.threshold {
                // Of the same seeds an exact count is what it is.
                Threshold::Value(_) => judged.failed.push(hit(change)),
                Threshold::Amount(_) if change.exact && change.counts => judged.failed.push(hit(change)),
                _ if change.significant() => judged.failed.push(hit(change)),
                _ => judged.spared.push(hit(change)),
            }
        }
        judged
    }

    /// Why it was held against nothing, if it was: a threshold that checks nothing must not pass.
    pub fn unchecked(&self, judged: &Judged, notices: &[String]) -> Option<RuleError> {
        let why = notices.iter().find(|notice| notice.starts_with("left out") && notice.contains(&self.figure.name));
        let why = why.map_or("no row that both runs have has this figure".to_owned(), Clone::clone);
        (judged.rows == 0)
            .then(|| RuleError { rule: self.text.clone(), reason: format!("{why}; remove it, or change its scope") })
    }
}

fn hit(change: &Change) -> Hit {
    let [was, is, _] = words(change);
    let by = by(change);
    Hit {
        strategy: change.strategy.clone(),
        condition: change.condition.clone(),
        baseline: change.baseline,
        candidate: change.candidate,
        change: if by.is_empty() || was == is { is } else { format!("{was} became {is}, {by}") },
        replay: change.replay.clone(),
    }
}

/// A label without its parameters.
fn base(label: &str) -> &str {
    label.split_once(':').map_or(label, |(name, _)| name)
}
