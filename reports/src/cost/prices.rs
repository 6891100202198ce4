//! What needs cost in money, at prices that the user gives. There are no built-in prices.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::assumption::DAYS;
use super::product::Product;

/// Most bytes of a price file: a hundred times what all prices take with comments.
pub const MOST_BYTES: usize = 64 * 1024;

/// Prices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// As it is written behind an amount.
    pub currency: String,
    /// A core for an hour.
    pub core_hour: f64,
    /// A GB of memory for a month.
    pub memory_gb_month: f64,
    /// A GB that leaves the servers.
    pub out_gb: f64,
    /// A GB that is stored for a month.
    pub stored_gb_month: f64,
}

/// What a month costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Money {
    /// The currency.
    pub currency: String,
    /// All of it.
    pub total: Amount,
    /// By the need's name.
    pub parts: BTreeMap<&'static str, Amount>,
}

const GB: f64 = 1e9;

impl Prices {
    /// What the needs of a product cost in a month; `None` where one of them is not known. Servers run all day.
    pub fn money(&self, product: &Product, need: impl Fn(&str) -> Option<Amount>) -> Option<Money> {
        let hours = 24.0 * product.get(&DAYS);
        let priced = [
            ("server_cores", self.core_hour * hours),
            ("server_memory_bytes", self.memory_gb_month / GB),
            ("out_bytes_per_month", self.out_gb / GB),
            ("stored_bytes", self.stored_gb_month / GB),
        ];
        let part = |(name, price): (&'static str, f64)| Some((name, need(name)? * price));
        let parts = priced.into_iter().map(part).collect::<Option<BTreeMap<_, _>>>()?;
        let total = parts.values().fold(Amount::default(), |sum, part| sum + *part);
        Some(Money { currency: self.currency.clone(), total, parts })
    }
}

/// Reads prices. `file` is for messages.
///
/// # Errors
///
/// The first thing that is wrong, with the file and the line.
pub fn read(bytes: &[u8], file: &str) -> Result<Prices, String> {
    let expected =
        "expected currency, core_hour, memory_gb_month, out_gb and stored_gb_month, as in examples/prices.toml";
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= MOST_BYTES => text,
        _ => return Err(format!("{file}: no text of at most {MOST_BYTES} bytes; {expected}")),
    };
    let prices: Prices = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        let reason = error.message().lines().next().unwrap_or_default().to_owned();
        format!("{file}, line {line}: {reason}; {expected}")
    })?;
    for (name, price) in [
        ("core_hour", prices.core_hour),
        ("memory_gb_month", prices.memory_gb_month),
        ("out_gb", prices.out_gb),
        ("stored_gb_month", prices.stored_gb_month),
    ] {
        if !(0.0..1e9).contains(&price) {
            return Err(format!("{file}: {name}: expected a price from 0 on, in {}", prices.currency));
        }
    }
    if prices.currency.is_empty()
        || prices.currency.chars().count() > 8
        || prices.currency.chars().any(char::is_control)
    {
        return Err(format!("{file}: currency: expected up to eight characters such as EUR"));
    }
    Ok(prices)
}

#[cfg(test)]
mod tests {
    use super::super::product::tests::million;
    use super::*;

    const EXAMPLE: &str = include_str!("../../../examples/prices.toml");

    #[test]
    fn a_month_is_the_sum_of_its_parts() {
        let prices = Prices {
            currency: "EUR".into(),
            core_hour: 0.1,
            memory_gb_month: 2.0,
            out_gb: 0.05,
            stored_gb_month: 0.02,
        };
        let need = |name: &str| {
            let amount = match name {
                "server_cores" => 3.0,
                "server_memory_bytes" => 4e9,
                "out_bytes_per_month" => 1e12,
                _ => 5e11,
            };
            Some(Amount { value: amount, low: amount / 2.0, high: amount * 2.0 })
        };
        let money = prices.money(&million(), need).unwrap();
        let wanted = 3.0 * 720.0 * 0.1 + 8.0 + 50.0 + 10.0;
        assert!((money.total.value - wanted).abs() < 1e-9, "{money:?}");
        assert!((money.total.low - wanted / 2.0).abs() < 1e-9 && money.parts.len() == 4);
        assert_eq!(prices.money(&million(), |name| need(name).filter(|_| name != "stored_bytes")), None);
    }

    #[test]
    fn the_example_is_read_and_says_that_it_is_invented() {
        let prices = read(EXAMPLE.as_bytes(), "prices.toml").unwrap();
        assert!(prices.core_hour > 0.0 && EXAMPLE.contains("invented"));
    }

    #[test]
    fn what_is_no_price_is_told() {
        for (text, said) in [
            (EXAMPLE.replace("core_hour", "core_hours"), "unknown field `core_hours`"),
            (EXAMPLE.replace("core_hour = ", "core_hour = -"), "core_hour: expected a price from 0 on"),
            (EXAMPLE.replace("core_hour = ", "core_hour = \"a\" #"), "p.toml, line "),
            (String::new(), "missing field `currency`"),
            ("currency = ".to_owned(), "p.toml, line 1: "),
        ] {
            let error = read(text.as_bytes(), "p.toml").unwrap_err();
            assert!(error.contains(said) && error.starts_with("p.toml"), "{error}");
        }
    }
}
