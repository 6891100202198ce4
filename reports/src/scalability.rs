//! The Universal Scalability Law fitted to throughput against clients.
//!
//! `X(n) = λn / (1 + σ(n−1) + κn(n−1))` (Gunther, "Guerrilla Capacity Planning", Springer 2007): λ is what one client would carry
//! alone, σ the share of the work that is done one after another (contention), and κ what keeping each pair in agreement costs
//! (coherency). With κ above 0 throughput has a peak at `n = √((1−σ)/κ)`, beyond which each further client makes it smaller.

use std::collections::BTreeSet;

use syncbench_harness::metrics::CARRIED_OPS_PER_S;
use syncbench_harness::settings::Settings;

use crate::aggregate::{Group, Row, Summary};
use crate::exact::with_spread;
use crate::format::{count, figure, percent};
use crate::stats::{Estimate, mean_estimate};

/// The law as it fits some points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Operations a second of one client alone.
    pub lambda: f64,
    /// Contention, at least 0.
    pub sigma: f64,
    /// Coherency, at least 0.
    pub kappa: f64,
    /// How far points lie from the law, relative to it: the root of the mean square.
    pub error: f64,
}

/// Fewest points of a fit: one more than the law has parameters, or any points would fit.
pub const FEWEST: usize = 4;

/// Points further than this from the law do not follow it. A tenth: repetitions of a measurement in real time differ by as much.
pub const NEAR: f64 = 0.1;

impl Law {
    /// Fits the law to (clients, operations a second) by least squares of the relative error. `None` for fewer than [`FEWEST`]
    /// numbers of clients, and for points that no law of this form comes near to.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let usable = |(n, x): &&(f64, f64)| n.is_finite() && x.is_finite() && *n >= 1.0 && *x > 0.0;
        let points: Vec<(f64, f64)> = points.iter().filter(usable).copied().collect();
        let clients: BTreeSet<u64> = points.iter().map(|(n, _)| n.to_bits()).collect();
        if clients.len() < FEWEST {
            return None;
        }
        // n/X is linear in 1/λ, σ/λ and κ/λ. Divided by n/X, residuals are relative. None of the three is below 0: of all
        // choices of terms, the best whose coefficients are not is the best of all.
        let terms = |n: f64, x: f64| [1.0, n - 1.0, n * (n - 1.0)].map(|term| term * x / n);
        let rows: Vec<[f64; 3]> = points.iter().map(|(n, x)| terms(*n, *x)).collect();
        let chosen = [[true, true, true], [true, true, false], [true, false, true], [true, false, false]];
        let laws = chosen.iter().filter_map(|chosen| {
            let [alone, contention, coherency] = least_squares(&rows, *chosen)?;
            if alone <= 0.0 || contention < 0.0 || coherency < 0.0 {
                return None;
            }
            let law =
                Self { lambda: 1.0 / alone, sigma: contention / alone, kappa: coherency / alone, error: f64::INFINITY };
            let square = |(n, x): &(f64, f64)| (x / law.at(*n) - 1.0).powi(2);
            Some(Self { error: (points.iter().map(square).sum::<f64>() / points.len() as f64).sqrt(), ..law })
        });
        laws.min_by(|a, b| a.error.total_cmp(&b.error))
    }

    /// Operations a second of `n` clients.
    pub fn at(&self, n: f64) -> f64 {
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// With how many clients throughput is greatest; `None` where each client adds some. At least 1.
    pub fn peak(&self) -> Option<f64> {
        (self.kappa > 0.0).then(|| ((1.0 - self.sigma).max(0.0) / self.kappa).sqrt().max(1.0))
    }

    /// Whether the points follow it.
    pub fn follows(&self) -> bool {
        self.error <= NEAR
    }
}

/// The coefficients of the chosen terms, 0 for the others, that bring the rows nearest to 1. `None` where they are not determined.
fn least_squares(rows: &[[f64; 3]], chosen: [bool; 3]) -> Option<[f64; 3]> {
    let terms: Vec<usize> = (0..3).filter(|term| chosen[*term]).collect();
    let size = terms.len();
    // The normal equations with their right side. A term's scale is taken out, as they differ by orders of magnitude.
    let scales: Vec<f64> =
        terms.iter().map(|term| rows.iter().map(|row| row[*term].powi(2)).sum::<f64>().sqrt()).collect();
    if scales.contains(&0.0) {
        return None;
    }
    let value = |row: &[f64; 3], place: usize| row[terms[place]] / scales[place];
    let mut matrix: Vec<Vec<f64>> = (0..size)
        .map(|i| {
            let products = (0..size).map(|j| rows.iter().map(|row| value(row, i) * value(row, j)).sum());
            products.chain([rows.iter().map(|row| value(row, i)).sum()]).collect()
        })
        .collect();
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))?;
        matrix.swap(column, pivot);
        if matrix[column][column].abs() < 1e-12 {
            return None;
        }
        for row in (0..size).filter(|row| *row != column) {
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column].clone();
            matrix[row].iter_mut().zip(above).skip(column).for_each(|(entry, above)| *entry -= factor * above);
        }
    }
    let mut found = [0.0; 3];
    for (place, term) in terms.iter().enumerate() {
        found[*term] = matrix[place][size] / matrix[place][place] / scales[place];
    }
    Some(found)
}

/// What one strategy carried with several numbers of clients, the rest of the conditions being equal.
pub struct Series<'s, 'a> {
    /// The strategy's label.
    pub strategy: &'a str,
    /// The workload.
    pub workload: &'a str,
    /// The strategy's label, with the initial size of the document where others have another.
    pub name: String,
    /// Ascending by clients.
    pub points: Vec<Point<'s, 'a>>,
}

/// What it carried with one number of clients.
pub struct Point<'s, 'a> {
    /// How many.
    pub clients: u32,
    /// Operations a second.
    pub ops_per_s: Estimate,
    /// The condition.
    pub group: &'s Group<'a>,
    row: &'s Row<'a>,
}

impl Series<'_, '_> {
    /// The law that fits the means over seeds.
    pub fn law(&self) -> Option<Law> {
        Law::fit(&self.points.iter().map(|point| (point.clients.into(), point.ops_per_s.value)).collect::<Vec<_>>())
    }

    /// With how many clients throughput is greatest, with its spread over the fits of single seeds; `None` where each client
    /// adds some.
    pub fn peak(&self) -> Option<Estimate> {
        let by_seed: Vec<_> = self
            .points
            .iter()
            .map(|point| (f64::from(point.clients), point.row.by_seed(&CARRIED_OPS_PER_S, "")))
            .collect();
        let seeds: BTreeSet<u64> = by_seed.iter().flat_map(|(_, seeds)| seeds.keys().copied()).collect();
        let peak = |seed: &u64| {
            let points = by_seed.iter().filter_map(|(clients, seeds)| Some((*clients, *seeds.get(seed)?)));
            Law::fit(&points.collect::<Vec<_>>())?.peak()
        };
        let peaks: Vec<f64> = seeds.iter().filter_map(peak).collect();
        let whole = self.law()?.peak()?;
        // A seed whose fit has no peak leaves the others' spread without a meaning.
        let spread = mean_estimate(&peaks).filter(|_| peaks.len() == seeds.len()).and_then(|peaks| peaks.spread);
        Some(Estimate { value: whole, spread, seeds: seeds.len() })
    }

    /// The initial size of its document.
    fn size(&self) -> Option<u64> {
        self.points.first().map(|point| point.group.condition.settings.size)
    }

    /// Up to how many clients pay, in a sentence that begins with `name`. `None` with too few numbers of clients.
    fn sentence(&self, name: &str) -> Option<String> {
        let law = self.law()?;
        let (first, last) = (self.points.first()?.clients, self.points.last()?.clients);
        let error = format!("fit within {}", percent(law.error));
        if !law.follows() {
            return Some(format!("{name}: throughput against clients does not follow the law; {error}"));
        }
        let Some(peak) = self.peak().filter(|peak| peak.value <= last.into()) else {
            return Some(format!("{name}: up to {last} clients pay, the most measured; {error}"));
        };
        if peak.value < first.into() {
            return Some(format!("{name}: more than {first} clients do not pay; {error}"));
        }
        Some(format!("{name}: up to {} clients pay; {error}", with_spread(&peak)))
    }
}

/// Every strategy that was measured in the throughput engine with several numbers of clients, in the order of the plan.
pub fn series<'s, 'a>(summary: &'s Summary<'a>) -> Vec<Series<'s, 'a>> {
    let mut series: Vec<(String, Series<'s, 'a>)> = Vec::new();
    for group in &summary.groups {
        let condition = group.condition;
        // The plan gives fewer operations to more clients, so that all take as long.
        let alike = Settings { seed: 0, clients: 0, ops: 0, ..condition.settings.clone() };
        for row in &group.rows {
            let Some(ops_per_s) = row.mean(&CARRIED_OPS_PER_S, "") else { continue };
            let key = format!("{} {} {} {alike:?}", row.strategy, condition.workload, condition.topology);
            let point = Point { clients: condition.settings.clients, ops_per_s, group, row };
            match series.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => known.points.push(point),
                None => {
                    let (strategy, workload) = (row.strategy, condition.workload);
                    series.push((key, Series { strategy, workload, name: strategy.to_owned(), points: vec![point] }));
                }
            }
        }
    }
    let mut series: Vec<Series<'s, 'a>> = series.into_iter().map(|(_, one)| one).collect();
    for one in &mut series {
        one.points.sort_by_key(|point| point.clients);
        one.points.dedup_by_key(|point| point.clients);
    }
    series.retain(|one| one.points.len() > 1);
    if series.iter().map(Series::size).collect::<BTreeSet<_>>().len() > 1 {
        for one in &mut series {
            one.name = format!("{}, size {}", one.strategy, count(one.size().unwrap_or_default()));
        }
    }
    series
}

/// Up to how many clients pay, a sentence for each series; none for those with too few numbers of clients.
pub fn told(series: &[Series<'_, '_>]) -> Vec<String> {
    let several = series.iter().any(|one| one.workload != series[0].workload);
    let sentence = |one: &Series<'_, '_>| match several {
        true => one.sentence(&format!("{} on {}", one.name, one.workload)),
        false => one.sentence(&one.name),
    };
    series.iter().filter_map(sentence).collect()
}

/// What the fit says beside a line of the chart.
pub fn parameters(law: &Law) -> String {
    let Law { lambda, sigma, kappa, error } = law;
    format!(
        "λ {} operations/s, σ {}, κ {}, fit within {}",
        figure(*lambda),
        figure(*sigma),
        figure(*kappa),
        percent(*error)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: [f64; 7] = [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

    fn law(lambda: f64, sigma: f64, kappa: f64) -> Law {
        Law { lambda, sigma, kappa, error: 0.0 }
    }

    fn points(from: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        CLIENTS.iter().map(|n| (*n, from(*n))).collect()
    }

    #[test]
    fn a_fit_finds_the_law_that_data_were_made_from() {
        for made in [law(1_000.0, 0.05, 0.001), law(250_000.0, 0.0, 0.5), law(7.0, 0.3, 0.0), law(40.0, 0.0, 0.0)] {
            let fit = Law::fit(&points(|n| made.at(n))).unwrap();
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs().max(1e-3);
            assert!(near(fit.lambda, made.lambda) && near(fit.sigma, made.sigma), "{fit:?} of {made:?}");
            assert!(near(fit.kappa, made.kappa) && fit.error < 1e-6 && fit.follows(), "{fit:?} of {made:?}");
        }
    }

    #[test]
    fn noise_of_a_few_percent_moves_the_peak_by_little() {
        let made = law(1_000.0, 0.05, 0.001);
        let noisy = CLIENTS.iter().enumerate().map(|(place, n)| {
            let sign = if place % 2 == 0 { 1.03 } else { 0.97 };
            (*n, made.at(*n) * sign)
        });
        let fit = Law::fit(&noisy.collect::<Vec<_>>()).unwrap();
        let (found, wanted) = (fit.peak().unwrap(), made.peak().unwrap());
        assert!((found / wanted - 1.0).abs() < 0.15, "{found} of {wanted}");
        assert!((0.01..0.05).contains(&fit.error), "{fit:?}");
    }

    #[test]
    fn data_that_do_not_follow_the_law_say_so() {
        // Throughput falls, and rises again.
        let fit = Law::fit(&points(|n| if n == 16.0 { 100.0 } else { 1_000.0 })).unwrap();
        assert!(!fit.follows(), "{fit:?}");
    }

    #[test]
    fn the_peak_is_where_one_more_client_makes_throughput_smaller() {
        let made = law(1_000.0, 0.05, 0.001);
        let peak = made.peak().unwrap();
        assert!((peak - (0.95f64 / 0.001).sqrt()).abs() < 1e-9);
        assert!(made.at(peak) > made.at(peak - 1.0) && made.at(peak) > made.at(peak + 1.0));
        assert_eq!(law(1.0, 0.5, 0.0).peak(), None);
        assert_eq!(law(1.0, 2.0, 0.1).peak(), Some(1.0));
    }

    #[test]
    fn too_few_points_are_not_fitted() {
        assert_eq!(Law::fit(&points(|n| n)[..3]), None);
        let twice: Vec<_> = points(|n| n)[..3].iter().flat_map(|point| [*point, *point]).collect();
        assert_eq!(Law::fit(&twice), None);
        assert_eq!(Law::fit(&[(1.0, 0.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 1.0)]), None);
    }
}
