//! How fast the machine was for both runs.

use syncbench_harness::metrics::REFERENCE_US;
use syncbench_harness::results::Cell;

use super::pairing::Pair;
use crate::format::percent;

/// How much of the machine's unrest stays in processor times that were divided by the reference.
///
/// Measured with 41 re-runs of one build on two cores, ten seeds each, every run compared with the one before. With three other
/// busy threads, without this 3 of 40 comparisons called something a change, and with it none; a slowdown of 10 % in all
/// processor times of one strategy was found in 30 of 40. With seven busy threads the alarms were 5 and 2 of 40, and the
/// slowdown was found in 12. On a machine that nothing else uses the reference hardly moves, and neither does this: 36
/// comparisons among nine runs had no alarm, and a build whose handlers reported 10 % more processor time was called slower in
/// six of six.
const SHARE: f64 = 0.25;

/// The same where one of the runs has no reference.
const UNKNOWN: f64 = 0.03;

/// How much longer the reference took in the candidate, seed by seed, where both runs have it.
pub(super) fn slower(pair: &Pair<'_>) -> Option<Vec<f64>> {
    let reference = |cell: &Cell| cell.number(&REFERENCE_US, "").filter(|us| *us > 0.0);
    let of = |(was, is): &(&Cell, &Cell)| Some(reference(is)? / reference(was)?);
    pair.cells.iter().map(of).collect()
}

/// The speed of the machine over all cells of both runs.
pub(super) struct Speed {
    /// How much slower it was for the candidate.
    slower: Option<f64>,
    /// What all seeds of a run may share without being the strategy's: the standard error of its logarithm.
    pub(super) drift: f64,
}

impl Speed {
    pub(super) fn of(pairs: &[Pair<'_>]) -> Self {
        let known: Option<Vec<Vec<f64>>> = pairs.iter().map(slower).collect();
        let Some(known) = known.map(|rows| rows.concat()).filter(|known| !known.is_empty()) else {
            return Self { slower: None, drift: UNKNOWN };
        };
        let logarithms: Vec<f64> = known.iter().map(|factor| libm::log(*factor)).collect();
        let n = logarithms.len() as f64;
        let mean = logarithms.iter().sum::<f64>() / n;
        let variance = logarithms.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0).max(1.0);
        Self { slower: Some(libm::exp(mean)), drift: SHARE * variance.sqrt() }
    }

    /// What to say about it.
    pub(super) fn notice(&self) -> Option<String> {
        let Some(slower) = self.slower else {
            let text = "one of the runs has no reference_us: processor times are compared as if the machine had been \
                        equally fast";
            return Some(text.to_owned());
        };
        let (how, share) = if slower >= 1.0 { ("slower", slower - 1.0) } else { ("faster", 1.0 - slower) };
        (share >= 0.01).then(|| {
            format!(
                "the machine was {} {how} for the candidate (reference_us): its processor times are converted to the \
                 baseline's speed",
                percent(share)
            )
        })
    }
}
