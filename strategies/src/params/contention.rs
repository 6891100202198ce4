//! How often users choose the same item: the value of the parameter `contention`, which workloads share.

use std::fmt;
use std::str::FromStr;

use super::parse_share;

/// How the choices of users spread over the items that there are, from the most popular to the least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Contention {
    /// Every item alike.
    Uniform,
    /// This share of the choices falls on the most popular item; the rest spreads evenly.
    One(f64),
    /// The k-th item is chosen in proportion to 1 / k^s, with this exponent s (Zipf).
    Zipf(f64),
    /// A share of the choices falls on the most popular items and spreads evenly there; the rest spreads evenly over the
    /// others. `requestdistribution=hotspot` of YCSB.
    Hotspot {
        /// The share of the choices.
        choices: f64,
        /// The share of the items on which they fall.
        items: f64,
    },
}

/// The exponent where none is written: `ZIPFIAN_CONSTANT` of YCSB (Cooper et al., "Benchmarking cloud serving systems with
/// YCSB", SoCC 2010), which has it from Gray et al., "Quickly generating billion-record synthetic databases", SIGMOD 1994.
pub const ZIPF_EXPONENT: f64 = 0.99;

/// The largest exponent: beyond it everything falls on one item.
pub const LARGEST_EXPONENT: f64 = 10.0;

/// The hotspot where no shares are written: `hotspotopnfraction` and `hotspotdatafraction` of YCSB's CoreWorkload.
pub const HOTSPOT: Contention = Contention::Hotspot { choices: 0.8, items: 0.2 };

impl FromStr for Contention {
    type Err = ();

    /// Reads what [`Contention`] writes, the names alone with their defaults, and a share alone, as in `one`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let share = |text: &str| parse_share(text).filter(|share| (0.0..=1.0).contains(share)).ok_or(());
        match text.split_once(':').map_or((text, None), |(name, value)| (name, Some(value))) {
            ("uniform", None) => Ok(Self::Uniform),
            ("zipf", None) => Ok(Self::Zipf(ZIPF_EXPONENT)),
            ("zipf", Some(exponent)) => {
                let exponent = exponent.parse().ok().filter(|exponent| (0.0..=LARGEST_EXPONENT).contains(exponent));
                exponent.map(Self::Zipf).ok_or(())
            }
            ("hotspot", None) => Ok(HOTSPOT),
            ("hotspot", Some(shares)) => {
                let (choices, items) = shares.split_once('/').ok_or(())?;
                Ok(Self::Hotspot { choices: share(choices)?, items: share(items)? })
            }
            ("one", Some(value)) => share(value).map(Self::One),
            (value, None) => share(value).map(Self::One),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Contention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::One(share) => write!(f, "one:{share}"),
            Self::Zipf(exponent) => write!(f, "zipf:{exponent}"),
            Self::Hotspot { choices, items } => write!(f, "hotspot:{choices}/{items}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_and_written() {
        for (text, shape, written) in [
            ("uniform", Contention::Uniform, "uniform"),
            ("zipf", Contention::Zipf(0.99), "zipf:0.99"),
            ("zipf:1.2", Contention::Zipf(1.2), "zipf:1.2"),
            ("hotspot", HOTSPOT, "hotspot:0.8/0.2"),
            ("hotspot:90%/1%", Contention::Hotspot { choices: 0.9, items: 0.01 }, "hotspot:0.9/0.01"),
            ("one:30%", Contention::One(0.3), "one:0.3"),
            ("0.3", Contention::One(0.3), "one:0.3"),
        ] {
            assert_eq!(text.parse(), Ok(shape), "{text}");
            assert_eq!((shape.to_string().as_str(), written.parse()), (written, Ok(shape)));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "zipf:",
            "zipf:-1",
            "zipf:NaN",
            "zipf:11",
            "zipf:inf",
            "hotspot:0.8",
            "hotspot:2/0.1",
            "one",
            "one:2",
            "hot",
            "uniform:1",
            "120%",
        ] {
            assert_eq!(text.parse::<Contention>(), Err(()), "{text}");
        }
    }
}
