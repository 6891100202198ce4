//! A decision as data: what was asked, measured, ruled out, and what remains. Rendering reads nothing else.

use serde::{Deserialize, Serialize};

use super::Answers;
use super::possible::Possible;

/// What the answers and the measurements come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What was asked.
    pub answers: Answers,
    /// The conditions under which candidates were measured, in a sentence each.
    pub conditions: Vec<String>,
    /// Seeds of each measurement.
    pub seeds: usize,
    /// The build that measured, in a line.
    pub build: String,
    /// The name of the program that measured; its commands begin with it.
    #[serde(default = "syncbench")]
    pub program: String,
    /// Strategies that are ruled out, each with its reasons.
    pub vetoed: Vec<Vetoed>,
    /// Strategies that remain, those on the Pareto front first. Empty where nothing is safe.
    pub candidates: Vec<Candidate>,
    /// What is proposed, by the label of its candidate or of the mix. `None` where nothing is safe.
    pub proposal: Option<Proposal>,
    /// Where nothing is safe: which answers to relax, and what that would leave, a sentence each. Empty otherwise.
    #[serde(default)]
    pub relax: Vec<String>,
    /// A mix by part of the data, where one was measured.
    pub mix: Option<Mix>,
    /// All other mixes that are safe, each with why it is not proposed.
    #[serde(default)]
    pub others: Vec<Other>,
    /// What parameters in labels mean.
    #[serde(default)]
    pub labels: Vec<Explained>,
    /// What would have to change for another answer.
    pub flips: Vec<Flip>,
    /// What limits all of it.
    pub caveats: Vec<String>,
    /// Which map of anomalies is quoted; empty where none is.
    #[serde(default)]
    pub map: String,
}

/// The program of a record that names none.
pub(super) fn syncbench() -> String {
    "syncbench".to_owned()
}

/// A strategy that is ruled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vetoed {
    /// Its label.
    pub strategy: String,
    /// Its family.
    pub family: String,
    /// Why, the weightiest first.
    pub reasons: Vec<Veto>,
}

/// Why a strategy is ruled out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Veto {
    /// The answer that it fails, by the name of its field.
    pub answer: String,
    /// The reason, a sentence.
    pub reason: String,
    /// What shows it; absent where a claim is missing.
    pub evidence: Option<Evidence>,
    /// What a run shows of a claim that is missing.
    pub shown: Option<Shown>,
}

/// What a run shows of a claim that is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// In a sentence, without its full stop.
    pub says: String,
    /// The command that runs it again.
    pub replay: String,
}

/// A measured run that shows something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The kind of finding, or what was measured.
    pub kind: String,
    /// How often, over all seeds.
    pub count: u64,
    /// Operations issued over all seeds.
    pub of: u64,
    /// One instance in words.
    pub example: String,
    /// The command that runs it again.
    pub replay: String,
    /// Its smallest story, a line each; empty until it is told.
    pub story: Vec<String>,
}

/// A strategy that remains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its label.
    pub strategy: String,
    /// Its family.
    pub family: String,
    /// Whether no other candidate is at least as good in every figure and better in one.
    pub on_front: bool,
    /// Its figures, in the order of the table: the axes of the front first.
    pub figures: Vec<Figure>,
    /// The candidates that dominate it, where it is not on the front.
    pub dominated_by: Vec<String>,
    /// The worst of what it lost.
    pub worst: Option<Evidence>,
    /// What few operations can come to, by part of the data.
    #[serde(default)]
    pub possible: Vec<Possible>,
    /// What its users meet: what is emulated, what makes it grow, what "saved" means. A sentence each.
    pub consequences: Vec<String>,
}

/// A figure of a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its heading, such as `not kept` or `echo p99`.
    pub name: String,
    /// Its unit, such as `per 1,000 ops` or `ms`.
    pub unit: String,
    /// The metric behind it.
    pub metric: String,
    /// Whether less is better; every axis of the front is one or the other.
    pub less_is_better: bool,
    /// Whether the front is drawn over it.
    pub axis: bool,
    /// The figure; absent where it does not apply.
    pub value: Option<f64>,
    /// Its interval or range over the seeds.
    pub low: Option<f64>,
    /// Its other end.
    pub high: Option<f64>,
    /// Whether the seeds tell it from the best candidate's.
    pub told_from_best: bool,
    /// The number of operations among which it was counted; absent where it is no count.
    #[serde(default)]
    pub of: Option<u64>,
    /// If nothing was counted: the upper bound with 95 % confidence, in the same unit.
    #[serde(default)]
    pub below: Option<f64>,
}

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// The label of a candidate, or of the mix.
    pub strategy: String,
    /// Candidates that the seeds do not tell from it in anything that the rule looks at: equally good answers.
    #[serde(default)]
    pub equals: Vec<String>,
    /// Why this one and not another of the front, a sentence each.
    pub because: Vec<String>,
    /// Others of the front and for whom they are better, a sentence each.
    pub otherwise: Vec<String>,
}

/// A mix by part of the data, measured as one strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    /// Its label, such as `hybrid:text=ot`.
    pub strategy: String,
    /// By part of the data: what carries it.
    pub parts: Vec<(String, String)>,
    /// Whether it is better than every single candidate, and in what.
    pub better: bool,
    /// Why, a sentence each.
    pub because: Vec<String>,
    /// Its figures, as a candidate has them.
    pub figures: Vec<Figure>,
    /// What few operations can come to, by part of the data.
    #[serde(default)]
    pub possible: Vec<Possible>,
}

/// A safe mix that is not proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Other {
    /// Its label.
    pub strategy: String,
    /// Why it is not proposed, without a full stop.
    pub why: String,
}

/// What a part of a label means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// As labels have it, such as `text=embedded`: every value that occurs.
    pub terms: Vec<String>,
    /// The strategies that have this parameter; one empty text for a label that is no parameter.
    pub of: Vec<String>,
    /// The labels that contain it.
    pub labels: Vec<String>,
    /// Its meaning, from the spec's own help.
    pub says: String,
}

/// A search along one axis for another answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// What was changed: `round trip`, `people`, `time offline`, ...
    pub axis: String,
    /// The unit of its values.
    pub unit: String,
    /// Its value in the answers.
    pub at: f64,
    /// Every value that was measured, ascending, with what would be proposed there.
    pub steps: Vec<FlipStep>,
    /// Between which values the proposal changes; `None` where it stays over the whole range.
    pub between: Option<(f64, f64)>,
    /// In a sentence.
    pub says: String,
}

/// One value of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlipStep {
    /// The value.
    pub value: f64,
    /// What would be proposed; `None` where nothing is safe.
    pub proposal: Option<String>,
    /// By strategy: the figure that decides, for the chart.
    pub figures: Vec<(String, f64)>,
    /// What that figure is.
    pub figure: String,
}
