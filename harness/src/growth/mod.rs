//! How cost grows: what an operation costs as a document has seen more operations, has more clients or holds more items.
//!
//! A [`Curve`] is one strategy on one axis: everything but the axis is held equal. A [`Fit`] is what follows from the points of
//! one figure; files hold points only, so that a better fit needs no new measurement.

mod figure;
mod fit;
mod measure;
mod newcomer;
mod point;
mod power;
mod read;
mod spending;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use syncbench_strategies::names;

use crate::by_name::ByName;
use crate::results::Environment;
pub use figure::{FIGURES, Family, Figure, figure};
pub use fit::{FITS_WITHIN, Fit, Shape};
pub use measure::{Effort, Outcome, Progress, measure, places};
pub use point::{Subject, USUAL_WORKLOADS};
pub use power::Power;
pub use read::{MOST_BYTES, read};

/// The form of the file.
pub const SCHEMA: u32 = 1;

/// What changes along a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Operations that the document has seen, of all clients together.
    Operations,
    /// Clients that share the document.
    Clients,
    /// Items in the document: entries of a list, records, letters of a text.
    Items,
}

impl Axis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Operations, Self::Clients, Self::Items];

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operations => "operations",
            Self::Clients => "clients",
            Self::Items => "items",
        }
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Axis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|axis| (axis.name(), ""));
        let named = Self::ALL.into_iter().find(|axis| axis.name() == text);
        named.ok_or_else(|| names::unknown("axis", text, "", known))
    }
}

/// What every point of a curve has in common. The axis's own member is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// Operations of all clients together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    /// Clients that share the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<u64>,
    /// Items in the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u64>,
    /// Operations a second of all clients together.
    pub rate_per_s: f64,
    /// The network profile.
    pub network: String,
}

/// What was measured at one place of the axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The place: operations, clients or items.
    pub at: u64,
    /// By the name of a [`Figure`]: one value for each repetition. What follows from events alone has one value.
    pub figures: ByName<Vec<f64>>,
}

/// One strategy on one axis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The strategy, as it was written.
    pub strategy: String,
    /// What its users do.
    pub workload: String,
    /// What changes from point to point.
    pub axis: Axis,
    /// What does not.
    pub held: Held,
    /// Ascending.
    pub points: Vec<Point>,
    /// At which point the curve ends before the axis does, and why; absent where it was measured to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

impl Curve {
    /// (Place, median over the repetitions) of a figure, ascending: what is fitted and drawn. Points without it are left out.
    pub fn medians(&self, figure: &str) -> Vec<(f64, f64)> {
        let median = |point: &Point| Some((point.at as f64, median(point.figures.get(figure)?)?));
        self.points.iter().filter_map(median).collect()
    }

    /// The fit of a figure. `None` with fewer than three points that have it.
    pub fn fit(&self, figure: &str) -> Option<Fit> {
        Fit::of(&self.medians(figure))
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(if values.len().is_multiple_of(2) { f64::midpoint(values[values.len() / 2 - 1], upper) } else { upper })
}

/// All curves of one measurement: the file `growth.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curves {
    /// [`SCHEMA`] of the version that wrote it.
    pub schema: u32,
    /// With which build and on what machine.
    pub environment: Environment,
    /// How fast the machine was: see [`crate::metrics::REFERENCE_US`]. Median over the points.
    pub reference_us: f64,
    /// How long the measurement was allowed to take, in seconds.
    pub budget_s: f64,
    /// By strategy, then by axis.
    pub curves: Vec<Curve>,
}

impl Curves {
    /// The curve of a strategy, as it was written, on an axis.
    pub fn find(&self, strategy: &str, axis: Axis) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.strategy == strategy && curve.axis == axis)
    }

    /// The strategies, each once, in the order of the file.
    pub fn strategies(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for curve in &self.curves {
            if !all.contains(&curve.strategy.as_str()) {
                all.push(&curve.strategy);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_axis_is_told_with_all_of_them() {
        assert_eq!("clients".parse(), Ok(Axis::Clients));
        let error = "client".parse::<Axis>().unwrap_err();
        assert!(error.contains("did you mean `clients`") && error.contains("operations, clients, items"), "{error}");
    }

    #[test]
    fn the_median_of_repetitions_is_drawn_and_a_point_without_the_figure_is_not() {
        let point = |at, values: &[f64]| Point { at, figures: ByName::from_iter([("x", values.to_vec())]) };
        let curve = Curve {
            strategy: "serial".into(),
            workload: "counter".into(),
            axis: Axis::Clients,
            held: Held::default(),
            points: vec![point(1, &[3.0, 1.0, 9.0]), point(10, &[1.0, 2.0]), point(100, &[])],
            stopped: None,
        };
        assert_eq!(curve.medians("x"), [(1.0, 3.0), (10.0, 1.5)]);
        assert_eq!(curve.medians("y"), []);
        assert!(curve.fit("x").is_none());
    }
}
