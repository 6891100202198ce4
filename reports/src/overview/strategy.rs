//! What a strategy is, for people who choose.

use syncbench_harness::results::StrategyFacts;
use syncbench_strategies::replica::Topology;

use crate::aggregate::Summary;

/// A strategy with what it says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Strategy<'a> {
    /// Its label: its name with the parameters that were given.
    pub label: &'a str,
    /// The family that it belongs to.
    pub family: &'a str,
    /// Who talks to whom.
    pub topology: Topology,
    /// What it claims; absent in results of older versions.
    pub facts: Option<&'a StrategyFacts>,
}

/// Whether users see their own changes without a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offline {
    /// No.
    No,
    /// It depends on what they touch.
    InPart,
    /// Yes.
    Yes,
}

impl Offline {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::InPart => "in part",
            Self::Yes => "yes",
        }
    }
}

impl<'a> Strategy<'a> {
    /// Every strategy of a summary, family by family.
    pub(super) fn of(summary: &Summary<'a>) -> Vec<Self> {
        let facts = &summary.results.facts.strategies;
        let first = |label: &str| summary.results.cells.iter().find(|cell| cell.strategy == label);
        let known = summary.strategies.iter().filter_map(|label| {
            let (cell, facts) = (first(label)?, facts.get(*label));
            Some(Self { label, family: &cell.family, topology: cell.topology, facts })
        });
        let mut strategies: Vec<_> = known.collect();
        let mut families: Vec<&str> = Vec::new();
        for strategy in &strategies {
            if !families.contains(&strategy.family) {
                families.push(strategy.family);
            }
        }
        strategies.sort_by_key(|strategy| families.iter().position(|family| *family == strategy.family));
        strategies
    }

    /// Whether it makes this claim, by its name in `list`; `None` where nobody knows.
    pub fn claims(&self, claim: &str) -> Option<bool> {
        self.facts.filter(|facts| !facts.claims.is_empty()).map(|facts| facts.claims.contains(claim))
    }

    /// Whether users see their own changes without a connection.
    pub fn offline(&self) -> Option<Offline> {
        Some(match (self.claims("works offline")?, self.claims("works offline in part")?) {
            (true, _) => Offline::Yes,
            (false, true) => Offline::InPart,
            (false, false) => Offline::No,
        })
    }
}
