//! Figures of a strategy on a workload, each the worst of some modes.

use std::collections::BTreeMap;

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::CARRIED_OPS_PER_S;
use syncbench_harness::results::{ClaimsKept, Histogram, Outcome};

use super::{Mode, Overview};
use crate::aggregate::{Row, Status};
use crate::stats::{self, BEYOND, Estimate};

const NEARLY_ALL: f64 = 0.99;
const MOST: f64 = 0.9;

/// A figure, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judged {
    /// It was not planned.
    Unplanned,
    /// It does not apply: the strategy does not carry what the workload needs.
    Absent,
    /// The worst of the modes.
    Known(f64),
    /// Nobody knows: not run, or not judged.
    Unknown,
    /// A cell failed.
    Failed,
}

/// A tail quantile over several workloads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tail {
    /// In the metric's unit.
    pub value: f64,
    /// Whether it is the 99th percentile; else too few samples lie beyond that, and it is the 90th.
    pub nearly_all: bool,
}

impl Judged {
    /// The figure, if it is known.
    pub fn known(self) -> Option<f64> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The worse of two: a failure and an unknown figure hide all others.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        let rank = |one: &Self| match one {
            Self::Unplanned => 0,
            Self::Absent => 1,
            Self::Known(_) => 2,
            Self::Unknown => 3,
            Self::Failed => 4,
        };
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => Self::Known(a.max(b)),
            (a, b) if rank(&b) > rank(&a) => b,
            (a, _) => a,
        }
    }

    fn of<'a>(row: &Row<'a>, figure: impl Fn(&Row<'a>) -> Option<Estimate>) -> Self {
        match row.status() {
            Status::Measured => figure(row).map_or(Self::Unknown, |known| Self::Known(known.value)),
            Status::Missing(Outcome::Failed, _) => Self::Failed,
            Status::Missing(Outcome::Unsupported, _) => Self::Absent,
            Status::Missing(..) => Self::Unknown,
        }
    }
}

impl<'s, 'a> Overview<'s, 'a> {
    /// Operations lost per 1,000, in the worst of these modes.
    pub fn lost(&self, modes: &[Mode<'s, 'a>], strategy: &str, workload: &str) -> Judged {
        let rows = modes.iter().filter_map(|mode| Some(self.row(mode, strategy, workload)?.1));
        worst(rows, Row::lost_per_1000)
    }

    /// Operations lost per 1,000, in the worst of the modes that are comparable, and whether it was planned in fewer of them
    /// than other strategies.
    pub fn lost_at_most(&self, strategy: &str, workload: &str) -> (Judged, bool) {
        self.worst(strategy, &[workload], Row::lost_per_1000)
    }

    /// Operations refused per 1,000, in the worst workload and comparable mode, and whether it was planned in fewer of them.
    pub fn refused(&self, strategy: &str) -> (Judged, bool) {
        self.worst(strategy, &self.workloads, Row::rejected_per_1000)
    }

    /// Operations lost or refused per 1,000, in the worst workload and comparable mode, and whether it was planned in fewer of
    /// them.
    pub fn not_kept(&self, strategy: &str) -> (Judged, bool) {
        self.worst(strategy, &self.workloads, Row::not_kept_per_1000)
    }

    /// Modes of a workload in which all strategies that carry it were planned; where there is none, all of its modes.
    pub fn comparable(&self, workload: &str) -> Vec<&Mode<'s, 'a>> {
        let places = self.comparable.get(workload).into_iter().flatten();
        places.filter_map(|place| self.modes.get(*place)).collect()
    }

    /// Where the comparable modes of a workload stand.
    pub(super) fn find_comparable(&self, workload: &str) -> Vec<usize> {
        let carried = |mode: &Mode<'s, 'a>, strategy: &str| {
            let row = self.row(mode, strategy, workload);
            row.is_some_and(|(_, row)| !matches!(row.status(), Status::Missing(Outcome::Unsupported, _)))
        };
        let labels = self.strategies.iter().map(|known| known.label);
        let carriers: Vec<&str> = labels.filter(|label| self.modes.iter().any(|mode| carried(mode, label))).collect();
        let planned = |mode: &Mode<'s, 'a>| mode.groups.iter().any(|group| group.condition.workload == workload);
        let all: Vec<usize> = (0..self.modes.len()).filter(|place| planned(&self.modes[*place])).collect();
        let shared = |mode: &Mode<'s, 'a>| carriers.iter().all(|label| self.row(mode, label, workload).is_some());
        let shared: Vec<_> = all.iter().copied().filter(|place| shared(&self.modes[*place])).collect();
        if shared.is_empty() { all } else { shared }
    }

    fn worst(
        &self,
        strategy: &str,
        workloads: &[&str],
        figure: impl Fn(&Row<'a>) -> Option<Estimate>,
    ) -> (Judged, bool) {
        let (mut judged, mut fewer) = (Judged::Unplanned, false);
        for workload in workloads {
            let modes = self.comparable(workload);
            let rows: Vec<_> = modes.iter().filter_map(|mode| Some(self.row(mode, strategy, workload)?.1)).collect();
            fewer |= !rows.is_empty() && rows.len() < modes.len();
            judged = judged.or_worse(worst(rows.into_iter(), &figure));
        }
        (judged, fewer && judged.known().is_some())
    }

    /// A tail of a metric over all workloads of a mode, in the worst mode, for each strategy: the 99th percentile where
    /// enough samples lie beyond it (see [`BEYOND`]), and the 90th where not. Where most strategies have too few samples,
    /// all are shown by the 90th.
    pub fn tails(&self, metric: &MetricSpec) -> Vec<Option<Tail>> {
        let modes: Vec<_> = self.workloads.iter().map(|workload| (*workload, self.comparable(workload))).collect();
        let of_mode = |mode: &Mode<'s, 'a>, strategy: &str| {
            let within = modes.iter().filter(|(_, modes)| modes.iter().any(|one| one.name == mode.name));
            let rows = within.filter_map(|(workload, _)| Some(self.row(mode, strategy, workload)?.1));
            let rows: Vec<Histogram> = rows.flat_map(|row| row.histograms(metric)).collect();
            Some(stats::merge(&rows)).filter(|samples| !samples.is_empty())
        };
        let pooled = self.strategies.iter();
        let pooled = pooled.map(|one| self.modes.iter().filter_map(|mode| of_mode(mode, one.label)).collect());
        let pooled: Vec<Vec<Histogram>> = pooled.collect();
        let enough = |modes: &Vec<Histogram>| {
            let few =
                |mode: &Histogram| (mode.iter().map(|(_, n)| n).sum::<u64>() as f64) < BEYOND / (1.0 - NEARLY_ALL);
            !modes.iter().any(few)
        };
        let known = pooled.iter().filter(|modes| !modes.is_empty());
        let many = known.clone().filter(|modes| enough(modes)).count();
        let most = many * 2 >= known.count();
        let tail = |modes: &Vec<Histogram>| {
            let nearly_all = most && enough(modes);
            let q = if nearly_all { NEARLY_ALL } else { MOST };
            let worst = modes.iter().filter_map(|samples| stats::quantile(samples, q)).max()?;
            Some(Tail { value: worst as f64 / metric.ns_per_unit(), nearly_all })
        };
        pooled.iter().map(tail).collect()
    }

    /// Operations a second that a group carried, at the least of all conditions.
    pub fn carried(&self, strategy: &str) -> Option<f64> {
        let of = |mode: &Mode<'s, 'a>, workload: &str| {
            self.row(mode, strategy, workload)?.1.mean(&CARRIED_OPS_PER_S, "").map(|estimate| estimate.value)
        };
        let all =
            self.modes.iter().flat_map(|mode| self.workloads.iter().filter_map(move |workload| of(mode, workload)));
        all.min_by(f64::total_cmp)
    }

    /// How many cells of a strategy kept its claims, broke one, and prove nothing.
    pub fn claims(&self, strategy: &str) -> [usize; 3] {
        let cells = self.summary.results.cells.iter().filter(|cell| cell.strategy == strategy);
        let mut claims = [0; 3];
        for kept in cells.filter_map(|cell| cell.claims_kept) {
            claims[match kept {
                ClaimsKept::Yes => 0,
                ClaimsKept::No => 1,
                ClaimsKept::Unknown => 2,
            }] += 1;
        }
        claims
    }

    /// Whether some edits of a strategy are not native.
    pub fn emulates(&self, strategy: &str) -> bool {
        self.modes
            .iter()
            .flat_map(|mode| self.rows(mode, strategy))
            .any(|row| row.status() == Status::Measured && !row.emulated().is_empty())
    }

    /// Operations lost or refused by seed in a mode, workloads together; for comparisons paired by seed.
    pub(super) fn not_kept_by_seed(
        &self,
        mode: &Mode<'s, 'a>,
        strategy: &str,
        workloads: &[&str],
    ) -> BTreeMap<u64, f64> {
        let mut sums: BTreeMap<u64, f64> = BTreeMap::new();
        for workload in workloads {
            let Some((_, row)) = self.row(mode, strategy, workload) else { continue };
            for (seed, lost) in row.not_kept_by_seed() {
                *sums.entry(seed).or_default() += lost;
            }
        }
        sums
    }
}

fn worst<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Row<'a>>, figure: impl Fn(&Row<'a>) -> Option<Estimate>) -> Judged {
    rows.map(|row| Judged::of(row, &figure)).fold(Judged::Unplanned, Judged::or_worse)
}
