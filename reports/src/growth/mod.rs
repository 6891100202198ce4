//! How cost grows, in tables, charts and a page: which figure of which strategy grows how steeply with operations, clients and
//! items.

mod chart;
mod page;
mod screen;
mod steepness;

use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES, Figure, Fit};

pub use chart::{Charted, charts};
pub use page::{MARK, page};
pub use screen::screen;
pub use steepness::Steepness;

/// A figure of a curve with its fit.
struct Fitted {
    figure: &'static Figure,
    fit: Fit,
}

/// Every shown figure of a curve that has a fit.
fn fitted(curve: &Curve) -> Vec<Fitted> {
    let shown = FIGURES.iter().filter(|figure| figure.shown);
    shown.filter_map(|figure| Some(Fitted { figure, fit: curve.fit(figure.name)? })).collect()
}

/// The figure of a curve that grows most steeply; the flattest where none grows.
fn steepest(curve: &Curve) -> Option<Fitted> {
    fitted(curve).into_iter().max_by(|a, b| rank(&a.fit).total_cmp(&rank(&b.fit)))
}

/// The order of fits: by their exponents, what does not grow below all that does.
fn rank(fit: &Fit) -> f64 {
    if fit.grows() { fit.law.exponent } else { -1.0 }
}

/// The strategies, the one whose costs grow most steeply first: by their steepest exponents, in falling order.
fn worst_first(curves: &Curves) -> Vec<&str> {
    let mut strategies: Vec<(Vec<f64>, &str)> = curves
        .strategies()
        .into_iter()
        .map(|strategy| {
            let of = |axis: Axis| curves.find(strategy, axis).and_then(steepest).map_or(-1.0, |one| rank(&one.fit));
            let mut ranks = Axis::ALL.map(of).to_vec();
            ranks.sort_by(|a, b| b.total_cmp(a));
            (ranks, strategy)
        })
        .collect();
    strategies.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal));
    strategies.into_iter().map(|(_, strategy)| strategy).collect()
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
        let of = |strategy, axis| steepest(curves.find(strategy, axis).unwrap()).unwrap().figure.name;
        assert_eq!(of("crdt-yrs", Axis::Operations), "cpu_us_server");
        assert_eq!(of("serial", Axis::Items), "resident_bytes");
        assert_eq!(worst_first(&curves), ["crdt-yrs", "serial"]);
    }
}
