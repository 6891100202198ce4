//! What one strategy costs at any number of clients, operations and items: its three curves put together.

use std::cell::RefCell;

use serde::Serialize;
use syncbench_harness::growth::{Axis, Curve, Curves, FIGURES, Family};

use super::amount::Amount;
use super::line::{Basis, Line};
use super::product::Product;

/// The curves of one strategy.
#[derive(Clone, Debug)]
pub struct Costs {
    /// The strategy, as it was written.
    pub strategy: String,
    /// What its users did.
    pub workloads: Vec<String>,
    /// Axes that end early.
    pub stopped: Vec<Stopped>,
    lines: Vec<(&'static str, Axis, Line)>,
    /// The operations and the items at which the curve of clients was measured.
    held: [f64; 2],
}

/// A curve that ended before its axis did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stopped {
    /// The axis.
    pub axis: Axis,
    /// The last place that was measured.
    pub last: u64,
    /// Why there is none beyond it.
    pub why: String,
}

/// Where a figure is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// People in the document.
    pub clients: f64,
    /// Operations that the document has seen.
    pub operations: f64,
    /// Items in the document.
    pub items: f64,
}

impl Place {
    /// The place of a product.
    pub fn of(product: &Product) -> Self {
        Self { clients: product.clients(), operations: product.history(), items: product.items() }
    }
}

/// The operations and the items at which the curve of clients was measured.
fn held(curves: &Curves, strategy: &str) -> Option<[f64; 2]> {
    let base = curves.find(strategy, Axis::Clients).filter(|curve| !curve.points.is_empty())?;
    Some([base.held.operations?, base.held.items?].map(|held| held as f64))
}

impl Costs {
    /// The costs of those of the strategies that have curves, in this order.
    pub fn all(curves: &Curves, strategies: &[&str]) -> Vec<Self> {
        strategies.iter().filter_map(|strategy| Self::of(curves, strategy)).collect()
    }

    /// Whether a strategy has a curve of clients, on which everything else rests.
    pub fn has(curves: &Curves, strategy: &str) -> bool {
        held(curves, strategy).is_some()
    }

    /// The costs of a strategy; `None` without a curve of clients.
    pub fn of(curves: &Curves, strategy: &str) -> Option<Self> {
        let held = held(curves, strategy)?;
        let of_axis = |axis| curves.find(strategy, axis);
        let found: Vec<_> = Axis::ALL.into_iter().filter_map(|axis| Some((axis, of_axis(axis)?))).collect();
        let lines = found.iter().flat_map(|(axis, curve)| {
            FIGURES.iter().filter_map(|figure| Some((figure.name, *axis, Line::of(curve, figure.name)?)))
        });
        let mut workloads: Vec<String> = found.iter().map(|(_, curve)| curve.workload.clone()).collect();
        workloads.dedup();
        let stopped = |(axis, curve): &(Axis, &Curve)| {
            Some(Stopped { axis: *axis, last: curve.points.last()?.at, why: curve.stopped.clone()? })
        };
        Some(Self {
            strategy: strategy.to_owned(),
            workloads,
            stopped: found.iter().filter_map(stopped).collect(),
            lines: lines.collect(),
            held,
        })
    }

    fn line(&self, figure: &str, axis: Axis) -> Option<&Line> {
        self.lines.iter().find(|(name, of, _)| *name == figure && *of == axis).map(|(.., line)| line)
    }

    /// The last number of clients that was measured.
    pub fn most_clients(&self) -> f64 {
        let lines = self.lines.iter().filter(|(_, axis, _)| *axis == Axis::Clients);
        lines.map(|(.., line)| line.last()).fold(0.0, f64::max)
    }

    /// A figure at a place.
    ///
    /// What holds a document (memory, what is stored, what a newcomer loads) is a sum: what clients take, and what more
    /// operations and more items add to it. What an operation costs (time, bytes, messages) is a product: that of so many
    /// clients, as many times as more operations and more items make it dearer; its interval holds the sum, too, which is
    /// right where each of them adds work of its own.
    ///
    /// An axis without the figure, because nothing of it was measured there, has no part in it.
    pub fn at(&self, figure: &str, place: Place, bases: &mut Vec<Basis>) -> Option<Amount> {
        let (base, basis) = self.line(figure, Axis::Clients)?.at(place.clients)?;
        bases.push(basis);
        let (mut sum, mut product) = (base, base);
        for (axis, to, from) in
            [(Axis::Operations, place.operations, self.held[0]), (Axis::Items, place.items, self.held[1])]
        {
            let Some(line) = self.line(figure, axis) else { continue };
            let ((there, basis), (here, _)) = (line.at(to)?, line.at(from)?);
            bases.push(basis);
            if to == from {
                continue;
            }
            sum = sum + there.beyond(here);
            product = if here.value > 0.0 && here.low > 0.0 { product * there.over(here) } else { product };
        }
        let holds = FIGURES.iter().find(|known| known.name == figure)?.family;
        let amount = match holds {
            Family::Memory | Family::Storage => sum,
            Family::Time | Family::Traffic => product.widened(sum),
        };
        Some(amount.at_least_zero()).filter(|amount| amount.is_finite())
    }
}

/// Reads the figures of a strategy at one place, and remembers what they rest on.
pub struct Reader<'a> {
    costs: &'a Costs,
    /// Whose needs they are.
    pub product: &'a Product,
    place: Place,
    bases: RefCell<Vec<Basis>>,
}

impl<'a> Reader<'a> {
    /// A reader at the place of a product.
    pub fn new(costs: &'a Costs, product: &'a Product) -> Self {
        Self { costs, product, place: Place::of(product), bases: RefCell::default() }
    }

    /// A figure.
    pub fn figure(&self, figure: &str) -> Option<Amount> {
        self.costs.at(figure, self.place, &mut self.bases.borrow_mut())
    }

    /// The same after so many months of use.
    pub fn after(&self, figure: &str, months: f64) -> Option<Amount> {
        let place = Place { operations: self.product.history_after(months), ..self.place };
        self.costs.at(figure, place, &mut self.bases.borrow_mut())
    }

    /// What was read so far, each figure and axis once, where it was read farthest out.
    pub fn bases(self) -> Vec<Basis> {
        let mut once: Vec<Basis> = Vec::new();
        for basis in self.bases.into_inner() {
            match once.iter_mut().find(|other| (other.figure, other.axis) == (basis.figure, basis.axis)) {
                Some(other) if other.at < basis.at => *other = basis,
                Some(_) => {}
                None => once.push(basis),
            }
        }
        once
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{HELD, axes, curves, fan_out, keeps_history};
    use super::*;

    fn costs(of: impl Fn(&str, f64, f64, f64) -> f64) -> Costs {
        Costs::of(&curves(axes("a", of)), "a").unwrap()
    }

    #[test]
    fn what_holds_a_document_is_a_sum_over_the_axes() {
        let costs = costs(keeps_history);
        for (clients, operations, items) in [(20.0, 172_800.0, 100.0), (3_000.0, 1e6, 5e5), (1.0, 10.0, 10.0)] {
            for figure in ["resident_bytes", "server_stored_bytes", "load_ms", "first_sync_bytes"] {
                let place = Place { clients, operations, items };
                let (found, wanted) = (
                    costs.at(figure, place, &mut Vec::new()).unwrap(),
                    keeps_history(figure, clients, operations, items),
                );
                let off = found.value / wanted - 1.0;
                assert!(off.abs() < 0.25, "{figure} at {place:?}: {found:?}, not {wanted}");
            }
        }
    }

    #[test]
    fn what_an_operation_costs_is_a_product_whose_interval_holds_the_sum() {
        let product = |name: &str, clients: f64, operations: f64, items: f64| match name {
            "cpu_us_server" => clients * libm::pow(operations, 0.5) * items,
            _ => fan_out(name, clients, operations, items),
        };
        let place = Place { clients: 2_000.0, operations: 1e6, items: 1e5 };
        let found = costs(product).at("cpu_us_server", place, &mut Vec::new()).unwrap();
        let wanted = product("cpu_us_server", 2_000.0, 1e6, 1e5);
        assert!((found.value / wanted - 1.0).abs() < 0.01, "{found:?}, not {wanted}");
        let sum = |_: &str, clients: f64, operations: f64, items: f64| clients + operations + items;
        let found = costs(sum).at("cpu_us_server", place, &mut Vec::new()).unwrap();
        let wanted = sum("", 2_000.0, 1e6, 1e5);
        assert!(found.low <= wanted * 1.01 && wanted <= found.high, "{found:?}, not {wanted}");
    }

    #[test]
    fn where_all_was_measured_it_is_what_was_measured() {
        let (operations, _, items) = HELD;
        let place = Place { clients: 100.0, operations: operations as f64, items: items as f64 };
        let mut bases = Vec::new();
        let found = costs(fan_out).at("wire_bytes_per_op", place, &mut bases).unwrap();
        assert_eq!(found, Amount::exact(8_090.0));
        assert_eq!(bases.iter().map(|basis| basis.axis).collect::<Vec<_>>().len(), 3);
        assert!(bases.iter().all(|basis| basis.beyond == 1.0));
    }

    #[test]
    fn without_a_curve_of_clients_there_is_nothing_to_say() {
        let mut all = axes("a", fan_out);
        all.retain(|curve| curve.axis != Axis::Clients);
        assert!(Costs::of(&curves(all), "a").is_none());
        assert!(!Costs::has(&curves(axes("a", fan_out)), "b") && Costs::has(&curves(axes("a", fan_out)), "a"));
    }
}
