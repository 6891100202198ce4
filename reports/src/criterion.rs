//! Criterion's estimates, read from the two files that it writes for each benchmark.

use serde::Deserialize;
use thiserror::Error;

/// What criterion estimated for one benchmark.
#[derive(Clone, Debug, PartialEq)]
pub struct CriterionEstimate {
    /// The group: here a workload.
    pub group: String,
    /// The benchmark in it: here a strategy.
    pub id: String,
    /// Mean time of an iteration.
    pub mean_ns: f64,
    /// Lower end of the mean's confidence interval.
    pub low_ns: f64,
    /// Upper end of the mean's confidence interval.
    pub high_ns: f64,
}

/// Why a file of criterion cannot be read.
#[derive(Debug, Error)]
pub enum CriterionError {
    /// `estimates.json` does not parse.
    #[error("estimates.json: {0}")]
    Estimates(serde_json::Error),
    /// `benchmark.json` does not parse.
    #[error("benchmark.json: {0}")]
    Benchmark(serde_json::Error),
}

#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

#[derive(Deserialize)]
struct Estimates {
    mean: Mean,
}

#[derive(Deserialize)]
struct Mean {
    point_estimate: f64,
    confidence_interval: Bounds,
}

#[derive(Deserialize)]
struct Bounds {
    lower_bound: f64,
    upper_bound: f64,
}

impl CriterionEstimate {
    /// Reads the contents of `new/estimates.json` and `new/benchmark.json`.
    pub fn parse(estimates: &[u8], benchmark: &[u8]) -> Result<Self, CriterionError> {
        let mean = serde_json::from_slice::<Estimates>(estimates).map_err(CriterionError::Estimates)?.mean;
        let names: Benchmark = serde_json::from_slice(benchmark).map_err(CriterionError::Benchmark)?;
        let id = [names.function_id, names.value_str].into_iter().flatten().collect::<Vec<_>>().join("/");
        let Bounds { lower_bound, upper_bound } = mean.confidence_interval;
        let group = names.group_id;
        Ok(Self { group, id, mean_ns: mean.point_estimate, low_ns: lower_bound, high_ns: upper_bound })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESTIMATES: &str = r#"{"mean":{"confidence_interval":{"confidence_level":0.95,"lower_bound":9.5,
        "upper_bound":11.0},"point_estimate":10.0,"standard_error":0.2},"slope":null}"#;

    #[test]
    fn both_files_make_an_estimate() {
        let benchmark = r#"{"group_id":"stack","function_id":"serial","value_str":null,"full_id":"stack/serial"}"#;
        let estimate = CriterionEstimate::parse(ESTIMATES.as_bytes(), benchmark.as_bytes()).expect("both are right");
        assert_eq!((estimate.group.as_str(), estimate.id.as_str()), ("stack", "serial"));
        assert_eq!((estimate.mean_ns, estimate.low_ns, estimate.high_ns), (10.0, 9.5, 11.0));
    }

    #[test]
    fn an_error_names_its_file() {
        let error = CriterionEstimate::parse(ESTIMATES.as_bytes(), b"{}").expect_err("no names");
        assert!(error.to_string().starts_with("benchmark.json: missing field"), "{error}");
    }
}
