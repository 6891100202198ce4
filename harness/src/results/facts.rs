//! What is the same in every cell of a strategy or of a workload, so that a run's folder has it once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::EditKind;
use syncbench_strategies::spec::{Configured, Guarantees, Spec};

use super::Cell;
use crate::by_name::Name;
use crate::finding::Kind;

/// What the strategies and workloads of a run say about themselves, by label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The strategies, each with its parameters.
    #[serde(default)]
    pub strategies: BTreeMap<String, StrategyFacts>,
    /// The workloads, each with its parameters.
    #[serde(default)]
    pub workloads: BTreeMap<String, WorkloadFacts>,
}

/// What a workload says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadFacts {
    /// The kinds of edits that it makes.
    pub edits: Vec<String>,
    /// What its document holds, in a word or two for sentences: see [`WorkloadSpec::holds`].
    ///
    /// [`WorkloadSpec::holds`]: crate::workload::WorkloadSpec::holds
    pub holds: String,
    /// The product that it stands for.
    pub product: String,
    /// The kinds of findings that its oracle makes, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kinds: BTreeMap<String, KindFacts>,
}

/// What a [`Kind`] of finding says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindFacts {
    /// Whether it counts into `lost_intents`.
    pub lost: bool,
    /// What it means, in a sentence.
    pub meaning: String,
}

impl KindFacts {
    /// Those of a kind.
    pub fn of(kind: &Kind) -> Self {
        Self { lost: kind.lost, meaning: kind.meaning.to_owned() }
    }
}

/// What a strategy says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrategyFacts {
    /// Its name, without parameters.
    pub name: String,
    /// Its parameters, defaults included.
    pub params: BTreeMap<String, String>,
    /// The library under test with its version.
    pub library: Option<String>,
    /// How it carries each kind of edit.
    pub support: BTreeMap<String, String>,
    /// What its users may take "saved" for.
    #[serde(default)]
    pub saved: String,
    /// Where earlier versions can be read from.
    #[serde(default)]
    pub versions: String,
    /// The family that it belongs to.
    #[serde(default)]
    pub family: String,
    /// Its claims by name; those that it does not make are left out. The names are those of [`Guarantees::named`].
    #[serde(default)]
    pub claims: BTreeSet<String>,
}

impl StrategyFacts {
    /// Those of a strategy with its parameters.
    pub fn of(strategy: &Configured) -> Self {
        let Spec { name, family, library, .. } = *strategy.spec;
        let claims = strategy.guarantees();
        let support = |kind: &EditKind| (kind.name().to_owned(), strategy.support(*kind).to_string());
        Self {
            name: name.to_owned(),
            params: strategy.params.clone(),
            library: library.map(|(name, version)| format!("{name} {version}")),
            saved: claims.saved().to_owned(),
            versions: claims.versions.says(),
            family: family.to_owned(),
            claims: claimed(&claims).map(str::to_owned).collect(),
            support: EditKind::ALL.iter().map(support).collect(),
        }
    }
}

fn claimed(claims: &Guarantees) -> impl Iterator<Item = &'static str> {
    claims.named().into_iter().filter(|(_, claimed)| *claimed).map(|(name, _)| name)
}

impl Facts {
    /// Adds those of another run of the same build.
    pub fn extend(&mut self, other: Self) {
        self.strategies.extend(other.strategies);
        self.workloads.extend(other.workloads);
    }
}

/// Gives cells what the header says about their strategies; cells of one strategy and workload share it.
pub(super) struct Restorer<'a> {
    facts: &'a Facts,
    known: BTreeMap<(String, String), Known>,
}

#[derive(Clone, Default)]
struct Known {
    params: Arc<BTreeMap<String, String>>,
    library: Option<Name>,
    support: Arc<BTreeMap<String, String>>,
}

impl<'a> Restorer<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        Self { facts, known: BTreeMap::new() }
    }

    pub(super) fn restore(&mut self, cell: &mut Cell) {
        let label = (cell.strategy.clone(), cell.workload.clone());
        let known = self.known.entry(label).or_insert_with_key(|(strategy, workload)| {
            let Some(strategy) = self.facts.strategies.get(strategy) else { return Known::default() };
            let edits =
                self.facts.workloads.get(workload).map(|workload| workload.edits.as_slice()).unwrap_or_default();
            let carried = |edit: &String| Some((edit.clone(), strategy.support.get(edit)?.clone()));
            Known {
                params: Arc::new(strategy.params.clone()),
                library: strategy.library.as_deref().map(Name::from),
                support: Arc::new(edits.iter().filter_map(carried).collect()),
            }
        });
        (cell.params, cell.support) = (known.params.clone(), known.support.clone());
        cell.library.clone_from(&known.library);
    }
}
