//! How cost grows, in tables, charts and a page: which figure of which strategy grows how steeply with operations, clients and
//! items.

mod chart;
mod page;
mod screen;
mod steepness;

use std::cmp::Ordering;

use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES, Figure, Fit};

pub use chart::{Charted, charts};
pub use page::{MARK, page};
pub use screen::screen;
pub use steepness::Steepness;

/// Curves with the fits of their figures.
pub struct Study<'a> {
    curves: &'a Curves,
    /// Those of each curve.
    fits: Vec<Vec<Fitted>>,
    /// The strategies, the one whose costs grow most steeply first.
    worst_first: Vec<&'a str>,
}

/// A figure of a curve with its fit.
struct Fitted {
    figure: &'static Figure,
    fit: Fit,
}

/// A curve with its fits.
#[derive(Clone, Copy)]
struct Studied<'s> {
    curve: &'s Curve,
    fits: &'s [Fitted],
}

impl<'a> Study<'a> {
    /// Fits every figure that is shown.
    pub fn new(curves: &'a Curves) -> Self {
        let shown = || FIGURES.iter().filter(|figure| figure.shown);
        let fitted = |curve: &Curve| {
            shown().filter_map(|figure| Some(Fitted { figure, fit: curve.fit(figure.name)? })).collect()
        };
        let mut study = Self { curves, fits: curves.curves.iter().map(fitted).collect(), worst_first: Vec::new() };
        study.worst_first = study.by_steepness();
        study
    }

    /// By their steepest exponents, in falling order.
    fn by_steepness(&self) -> Vec<&'a str> {
        let ranks = |strategy: &str| {
            let of = |axis: Axis| self.find(strategy, axis).and_then(Studied::steepest).map_or(-1.0, Fitted::rank);
            let mut ranks = Axis::ALL.map(of);
            ranks.sort_by(|a, b| b.total_cmp(a));
            ranks
        };
        let mut strategies: Vec<_> =
            self.curves.strategies().into_iter().map(|strategy| (ranks(strategy), strategy)).collect();
        strategies.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
        strategies.into_iter().map(|(_, strategy)| strategy).collect()
    }

    fn find(&self, strategy: &str, axis: Axis) -> Option<Studied<'_>> {
        let mut all = self.all();
        all.find(|one| one.curve.strategy == strategy && one.curve.axis == axis)
    }

    fn all(&self) -> impl Iterator<Item = Studied<'_>> {
        self.curves.curves.iter().zip(&self.fits).map(|(curve, fits)| Studied { curve, fits })
    }

    /// The axes on which something was measured.
    fn axes(&self) -> Vec<Axis> {
        Axis::ALL.into_iter().filter(|axis| self.curves.curves.iter().any(|curve| curve.axis == *axis)).collect()
    }

    /// Whether a steepest cost is no power law.
    fn has_misfits(&self) -> bool {
        self.all().any(|one| one.steepest().is_some_and(|one| !one.fit.fits()))
    }
}

impl<'s> Studied<'s> {
    /// The figure that grows most steeply beyond doubt.
    fn steepest(self) -> Option<&'s Fitted> {
        self.fits.iter().max_by(|a, b| a.rank().total_cmp(&b.rank()))
    }

    fn fit(self, figure: &Figure) -> Option<&'s Fit> {
        self.fits.iter().find(|fitted| fitted.figure.name == figure.name).map(|fitted| &fitted.fit)
    }
}

impl Fitted {
    /// The lower end of the exponent's interval; what does not grow ranks below all that does.
    fn rank(&self) -> f64 {
        if self.fit.grows() { self.fit.low.max(0.0) } else { -1.0 }
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use syncbench_harness::growth::{Axis, Curve, Curves, Held, Point, SCHEMA};
    use syncbench_harness::results::{ByName, Environment};

    /// Two strategies on three axes: `serial`, whose server sends to every client, and `crdt-yrs`, which keeps what was.
    pub(crate) fn curves() -> Curves {
        type Law = fn(f64) -> f64;
        let curve = |strategy: &str, axis: Axis, laws: &[(&str, Law)], stopped: Option<&str>| {
            let point = |at: u64| Point {
                at,
                figures: laws.iter().map(|(name, law)| (*name, vec![law(at as f64)])).collect::<ByName<_>>(),
            };
            Curve {
                strategy: strategy.into(),
                workload: "record".into(),
                axis,
                held: Held { rate_per_s: 20.0, network: "lan".into(), ..Held::default() },
                points: [10, 30, 100, 300, 1_000, 3_000].map(point).to_vec(),
                stopped: stopped.map(Into::into),
            }
        };
        let serial: &[(&str, Law)] = &[("cpu_us_server", |_| 2.0), ("resident_bytes", |_| 900.0)];
        Curves {
            schema: SCHEMA,
            environment: Environment { version: "1".into(), cpu: "a processor".into(), ..Environment::default() },
            reference_us: 130.0,
            budget_s: 600.0,
            curves: vec![
                curve("serial", Axis::Operations, serial, None),
                curve("serial", Axis::Clients, &[("wire_bytes_down_per_op", |x| 60.0 * x)], None),
                curve("serial", Axis::Items, &[("resident_bytes", |x| 4_000.0 + 90.0 * x)], None),
                curve(
                    "crdt-yrs",
                    Axis::Operations,
                    &[("cpu_us_server", |x| 0.1 * x * x), ("stored_bytes", |x| 20.0 * x)],
                    Some("at 10000: about 90 s, of 12 s that the budget left to it"),
                ),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steepest_figure_of_a_curve_and_the_worst_strategy_come_first() {
        let curves = testing::curves();
        let study = Study::new(&curves);
        let of = |strategy, axis| study.find(strategy, axis).unwrap().steepest().unwrap().figure.name;
        assert_eq!(of("crdt-yrs", Axis::Operations), "cpu_us_server");
        assert_eq!(of("serial", Axis::Items), "resident_bytes");
        assert_eq!(study.worst_first, ["crdt-yrs", "serial"]);
    }
}
