//! The answer: for each strategy what it needs, what that costs, and what breaks.

use serde::Serialize;

use super::amount::Amount;
use super::costs::{Costs, Reader, Stopped};
use super::limits::{Break, breaks, months_until_full};
use super::line::Basis;
use super::needs::NEEDS;
use super::prices::{Money, Prices};
use super::product::Product;

/// How much of one need.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needed {
    /// The need's name.
    pub need: &'static str,
    /// How much; absent where the curves do not say.
    #[serde(flatten)]
    pub amount: Option<Amount>,
    /// The figures that it rests on, with their exponents.
    pub rests_on: Vec<Basis>,
}

/// What one strategy needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The strategy, as it was written.
    pub strategy: String,
    /// What users did when it was measured.
    pub workloads: Vec<String>,
    /// Every need.
    pub needs: Vec<Needed>,
    /// The need in which it is furthest above the strategy that needs least, or with prices, the one that costs most.
    pub dearest: Option<&'static str>,
    /// What breaks as more people come into one document, the first first.
    pub breaks: Vec<Break>,
    /// Months of use after which a client's memory is full; absent where it does not fill within a century.
    pub months_until_client_memory_is_full: Option<Amount>,
    /// What a month costs; absent without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// Curves that ended early, and why.
    pub stopped: Vec<Stopped>,
}

/// All strategies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The product, every default included.
    pub product: Product,
    /// By strategy, in the order in which they were asked for.
    pub strategies: Vec<Estimate>,
}

impl Estimate {
    /// How much of a need.
    pub fn need(&self, name: &str) -> Option<Amount> {
        self.needs.iter().find(|needed| needed.need == name)?.amount
    }

    /// What its needs rest on, each figure and axis once, where it was read farthest out.
    pub fn bases(&self) -> Vec<&Basis> {
        let mut once: Vec<&Basis> = Vec::new();
        for basis in self.needs.iter().flat_map(|needed| &needed.rests_on) {
            match once.iter_mut().find(|other| (other.figure, other.axis) == (basis.figure, basis.axis)) {
                Some(other) if other.at < basis.at => *other = basis,
                Some(_) => {}
                None => once.push(basis),
            }
        }
        once
    }

    /// The farthest that any figure was extrapolated: how many times beyond its last point, and which.
    pub fn farthest(&self) -> Option<&Basis> {
        let bases = self.needs.iter().flat_map(|needed| &needed.rests_on).filter(|basis| basis.beyond > 1.0);
        bases.max_by(|a, b| a.beyond.total_cmp(&b.beyond))
    }

    /// What breaks first as more people come into one document.
    pub fn first_break(&self) -> Option<(&Break, Amount)> {
        self.breaks.first().and_then(|first| Some((first, first.people?)))
    }

    fn of(costs: &Costs, product: &Product, prices: Option<&Prices>) -> Self {
        let needs: Vec<Needed> = NEEDS
            .iter()
            .map(|need| {
                let reader = Reader::new(costs, product);
                Needed { need: need.name, amount: (need.of)(&reader), rests_on: reader.bases() }
            })
            .collect();
        let amount = |name: &str| needs.iter().find(|needed| needed.need == name)?.amount;
        let money = prices.and_then(|prices| prices.money(product, amount));
        Self {
            strategy: costs.strategy.clone(),
            workloads: costs.workloads.clone(),
            dearest: None,
            breaks: breaks(costs, product),
            months_until_client_memory_is_full: months_until_full(costs, product),
            money,
            stopped: costs.stopped.clone(),
            needs,
        }
    }
}

/// The needs that are compared to say which of them is dear: what is paid for, and what a client gives.
pub(super) const COMPARED: [&str; 6] = [
    "server_cores",
    "server_memory_bytes",
    "server_out_bits_per_s",
    "stored_bytes",
    "client_memory_bytes",
    "client_processor_share",
];

impl Answer {
    /// What a product needs with each of these strategies.
    pub fn new(costs: &[Costs], product: &Product, prices: Option<&Prices>) -> Self {
        let mut estimates: Vec<Estimate> = costs.iter().map(|costs| Estimate::of(costs, product, prices)).collect();
        let least = COMPARED.map(|name| {
            let amounts = estimates.iter().filter_map(|estimate| Some(estimate.need(name)?.value));
            (name, amounts.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min))
        });
        for estimate in &mut estimates {
            estimate.dearest = match &estimate.money {
                Some(money) => {
                    let most = money.parts.iter().max_by(|a, b| a.1.value.total_cmp(&b.1.value));
                    most.map(|(name, _)| *name)
                }
                None => {
                    let times =
                        least.iter().filter_map(|(name, least)| Some((*name, estimate.need(name)?.value / least)));
                    // As much as the least of them is not dear.
                    let dear = times.filter(|(_, times)| *times > 1.0 && times.is_finite());
                    dear.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(name, _)| name)
                }
            };
        }
        Self { product: product.clone(), strategies: estimates }
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::product::tests::million;
    use super::*;

    fn costs(names: &[&str]) -> Vec<Costs> {
        let curves = curves([axes("plain", fan_out), axes("keeps", keeps_history)].concat());
        Costs::all(&curves, names)
    }

    #[test]
    fn the_dearest_need_is_where_a_strategy_is_furthest_above_the_least() {
        let answer = Answer::new(&costs(&["plain", "keeps", "unknown"]), &million(), None);
        let dearest: Vec<_> = answer.strategies.iter().map(|one| (one.strategy.as_str(), one.dearest)).collect();
        assert_eq!(dearest, [("plain", None), ("keeps", Some("stored_bytes"))]);
    }

    #[test]
    fn with_prices_it_is_the_one_that_costs_most() {
        let prices =
            Prices { currency: "EUR".into(), core_hour: 0.0, memory_gb_month: 0.0, out_gb: 1.0, stored_gb_month: 0.0 };
        let answer = Answer::new(&costs(&["keeps"]), &million(), Some(&prices));
        let keeps = &answer.strategies[0];
        assert_eq!(keeps.dearest, Some("out_bytes_per_month"));
        let out = keeps.need("out_bytes_per_month").unwrap().value / 1e9;
        assert!((keeps.money.as_ref().unwrap().total.value - out).abs() < out * 1e-9);
    }

    #[test]
    fn it_says_how_far_it_extrapolates_and_on_what_it_rests() {
        let answer = Answer::new(&costs(&["keeps"]), &million(), None);
        let farthest = answer.strategies[0].farthest().unwrap();
        // Two months of operations, for what the next month adds, beyond 100,000.
        assert!((farthest.beyond - 3.456).abs() < 1e-6, "{farthest:?}");
        let cores = &answer.strategies[0].needs[0];
        let figures: Vec<_> = cores.rests_on.iter().map(|basis| basis.figure).collect();
        assert!(figures.contains(&"cpu_us_server") && figures.contains(&"messages_per_op"), "{figures:?}");
    }

    #[test]
    fn it_is_plain_json() {
        let answer = Answer::new(&costs(&["plain"]), &million(), None);
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!((&json["product"]["people"], &json["product"]["history"]), (&1e6.into(), &serde_json::Value::Null));
        assert_eq!(json["strategies"][0]["needs"][0]["need"], "server_cores");
        assert!(json["strategies"][0]["needs"][0]["value"].is_f64());
    }
}
