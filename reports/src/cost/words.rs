//! Needs and limits in words.

use super::amount::Amount;
use super::assumption::{ASSUMPTIONS, ONLINE, PEOPLE, PER_DOCUMENT, RATE};
use super::costs::Stopped;
use super::estimate::Estimate;
use super::limits::{LIMITS, Limit};
use super::line::Basis;
use super::needs::{NEEDS, Need, Unit};
use super::product::Product;
use crate::format::{count, figure, list, percent, plural};

/// What the figures leave out, whatever the strategy.
pub(super) const LEFT_OUT: &str = "Not counted: TLS, authentication, databases, load balancers, heartbeats of idle \
    connections, and machines in reserve.";

/// The need of a name.
pub(super) fn need(name: &str) -> Option<&'static Need> {
    NEEDS.iter().copied().find(|need| need.name == name)
}

/// The limit of a name.
pub(super) fn limit(name: &str) -> Option<&'static Limit> {
    LIMITS.iter().copied().find(|limit| limit.name == name)
}

/// An amount with its unit: `2.1 GB`.
pub fn told(unit: Unit, value: f64) -> String {
    let united = |units: [&str; 5]| {
        let size = [1e12, 1e9, 1e6, 1e3, 1.0];
        let place = size.iter().position(|size| value >= *size * 0.9995).unwrap_or(4);
        format!("{} {}", figure(value / size[place]), units[place])
    };
    match unit {
        _ if !value.is_finite() => figure(value),
        Unit::Cores => figure(value),
        Unit::Bytes => united(["TB", "GB", "MB", "kB", "B"]),
        Unit::BitsPerS => united(["Tbit/s", "Gbit/s", "Mbit/s", "kbit/s", "bit/s"]),
        Unit::Share => percent(value),
        Unit::Ms if value >= 1e4 => format!("{} s", figure(value / 1e3)),
        Unit::Ms => format!("{} ms", figure(value)),
    }
}

/// The same with its interval: `2.1 GB (1.9 GB to 2.4 GB)`.
pub(super) fn with_interval(unit: Unit, amount: Amount) -> String {
    format!("{} ({} to {})", told(unit, amount.value), told(unit, amount.low), told(unit, amount.high))
}

/// Whole people: `1.2k`.
pub(super) fn people(value: f64) -> String {
    figure(value.max(1.0).round())
}

/// The product in two sentences.
pub(super) fn product(product: &Product) -> String {
    let told = |of: &super::assumption::Assumption| of.told(product.get(of));
    format!(
        "{} people, {} of them online, {} in a document, {} operations a second each: {} and {} operations a second.",
        told(&PEOPLE),
        told(&ONLINE),
        told(&PER_DOCUMENT),
        told(&RATE),
        plural(product.open().round().max(1.0) as usize, "open document"),
        figure(product.ops_per_s())
    )
}

/// What each assumption is: `core-load: 50%, share of a server core that is used (...)`. What was given has no source.
pub(super) fn assumptions(product: &Product) -> Vec<String> {
    let line = |of: &&super::assumption::Assumption| {
        let (name, value) = (of.flag(), of.told(product.get(of)));
        let meaning = of.meaning;
        match product.is_given(of) {
            true => format!("{name} {value}: {meaning}"),
            false => format!("{name} {value}: {meaning} ({})", of.source),
        }
    };
    ASSUMPTIONS.iter().map(line).collect()
}

/// How far figures reach beyond what was measured, strategies that reach equally far together; empty where none does.
pub(super) fn extrapolated(estimates: &[Estimate]) -> Vec<String> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for one in estimates {
        let Some(basis) = one.farthest() else { continue };
        let last = count((basis.at / basis.beyond).round() as u64);
        let far = format!("{} times beyond {last} {}", figure(basis.beyond), basis.axis);
        match groups.iter_mut().find(|(other, _)| *other == far) {
            Some((_, names)) => names.push(&one.strategy),
            None => groups.push((far, vec![&one.strategy])),
        }
    }
    let all = |(far, names): (String, Vec<&str>)| match names.len() {
        n if n == estimates.len() && n > 1 => format!("all {far}"),
        n => format!("{} {far}", list(&names, n)),
    };
    groups.into_iter().map(all).collect()
}

/// Curves that ended early, with the last place of each and one reason: `Curves that ended early, at: ot (300,000 operations).`
pub(super) fn ended_early(estimates: &[Estimate]) -> Option<String> {
    let why = &estimates.iter().flat_map(|one| &one.stopped).next()?.why;
    let place = |stopped: &Stopped| format!("{} {}", count(stopped.last), stopped.axis);
    let of = |one: &Estimate| {
        let places: Vec<String> = one.stopped.iter().map(place).collect();
        (!places.is_empty()).then(|| format!("{} ({})", one.strategy, places.join(", ")))
    };
    let all: Vec<String> = estimates.iter().filter_map(of).collect();
    Some(format!(
        "Curves that ended early, at: {}. The first of them, {why}; --json has all reasons.",
        list(&all, all.len())
    ))
}

/// A law with its interval: `cpu_us_server over clients: exponent 0.98 (0.95 to 1.01)`.
pub(super) fn exponent(basis: &Basis) -> String {
    let law = match basis.exponent {
        None => "too few points for a law".to_owned(),
        Some([_, low, high]) if basis.flat => format!("flat (exponent {} to {})", hundredths(low), hundredths(high)),
        Some(ends) => {
            let [exponent, low, high] = ends.map(hundredths);
            format!("exponent {exponent} ({low} to {high})")
        }
    };
    let fits = if basis.fits { "" } else { ", which no power law describes" };
    let beyond = match basis.beyond > 1.0 {
        true => format!(", read {} times beyond its last point", figure(basis.beyond)),
        false => String::new(),
    };
    format!("{} over {}: {law}{fits}{beyond}", basis.figure, basis.axis)
}

/// Two digits behind the point, and no sign before a zero.
fn hundredths(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_unit_that_fits() {
        for (unit, value, said) in [
            (Unit::Cores, 2.14, "2.1"),
            (Unit::Bytes, 2.1e9, "2.1 GB"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Bytes, 999_900.0, "1 MB"),
            (Unit::BitsPerS, 1.36e8, "136 Mbit/s"),
            (Unit::Share, 0.034, "3.4%"),
            (Unit::Ms, 12.0, "12 ms"),
            (Unit::Ms, 12_000.0, "12 s"),
            (Unit::Bytes, f64::NAN, "–"),
        ] {
            assert_eq!(told(unit, value), said);
        }
    }
}
