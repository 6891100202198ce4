//! Series as bytes: differences between neighbours as varints, deflated. Every value survives exactly.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::{Curve, Histogram, Series};

/// Most bytes of the series of one cell, unpacked: a few hundred times what the longest run leaves.
const MAX_BYTES: u64 = 1 << 30;

/// Nanoseconds of a millisecond: curves are over times of whole nanoseconds, or over whole operations.
const STEPS: f64 = 1e6;

/// Column by column, because neighbours in a column are alike.
#[derive(Serialize, Deserialize)]
struct Packed {
    histograms: Vec<(String, Column, Column)>,
    curves: Vec<(String, Column, Column)>,
}

#[derive(Serialize, Deserialize)]
enum Column {
    /// Whole numbers, each as its difference to the one before.
    Whole(Vec<i64>),
    /// Multiples of a millionth, in millionths, each as its difference to the one before.
    Millionths(Vec<i64>),
    /// Anything else, as the bits of each number.
    Bits(Vec<[u8; 8]>),
}

/// The bytes of a series.
pub(super) fn encode(series: &Series) -> io::Result<Vec<u8>> {
    let packed = Packed {
        histograms: series
            .histograms
            .iter()
            .map(|(name, histogram)| {
                let column = |part: fn(&(u64, u64)) -> u64| {
                    let values: Vec<i64> = histogram.iter().map(|pair| part(pair).cast_signed()).collect();
                    Column::Whole(differences(&values))
                };
                (name.clone(), column(|pair| pair.0), column(|pair| pair.1))
            })
            .collect(),
        curves: series
            .curves
            .iter()
            .map(|(name, curve)| {
                let column = |part: fn(&(f64, f64)) -> f64| floats(&curve.iter().map(part).collect::<Vec<_>>());
                (name.clone(), column(|point| point.0), column(|point| point.1))
            })
            .collect(),
    };
    let bytes = postcard::to_stdvec(&packed).map_err(io::Error::other)?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&bytes)?;
    encoder.finish()
}

/// The series of these bytes.
pub(super) fn decode(bytes: &[u8]) -> io::Result<Series> {
    let mut unpacked = Vec::new();
    DeflateDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut unpacked)?;
    let packed: Packed = postcard::from_bytes(&unpacked).map_err(io::Error::other)?;
    let histogram = |(name, values, counts): (String, Column, Column)| {
        let histogram: Histogram = wholes(values)?.into_iter().zip(wholes(counts)?).collect();
        Ok((name, histogram))
    };
    let curve = |(name, xs, ys): (String, Column, Column)| {
        let curve: Curve = numbers(xs).into_iter().zip(numbers(ys)).collect();
        (name, curve)
    };
    Ok(Series {
        histograms: packed.histograms.into_iter().map(histogram).collect::<io::Result<_>>()?,
        curves: packed.curves.into_iter().map(curve).collect(),
    })
}

fn differences(values: &[i64]) -> Vec<i64> {
    let mut before = 0;
    let step = |value: &i64| {
        let difference = value.wrapping_sub(before);
        before = *value;
        difference
    };
    values.iter().map(step).collect()
}

fn sums(differences: Vec<i64>) -> Vec<i64> {
    let mut sum = 0i64;
    let step = |difference| {
        sum = sum.wrapping_add(difference);
        sum
    };
    differences.into_iter().map(step).collect()
}

fn wholes(column: Column) -> io::Result<Vec<u64>> {
    match column {
        Column::Whole(differences) => Ok(sums(differences).into_iter().map(i64::cast_unsigned).collect()),
        _ => Err(io::Error::other("a histogram of other than whole numbers")),
    }
}

fn floats(values: &[f64]) -> Column {
    let scaled = |steps: f64| {
        let whole = |value: &f64| {
            let whole = (value * steps).round();
            // Beyond 2^53 a float no longer tells neighbours apart. Compared by bits, because minus zero equals zero.
            let exact = whole.abs() < 9e15 && ((whole as i64) as f64 / steps).to_bits() == value.to_bits();
            exact.then_some(whole as i64)
        };
        values.iter().map(whole).collect::<Option<Vec<_>>>()
    };
    if let Some(whole) = scaled(1.0) {
        return Column::Whole(differences(&whole));
    }
    match scaled(STEPS) {
        Some(millionths) => Column::Millionths(differences(&millionths)),
        None => Column::Bits(values.iter().map(|value| value.to_bits().to_le_bytes()).collect()),
    }
}

fn numbers(column: Column) -> Vec<f64> {
    match column {
        Column::Whole(differences) => sums(differences).into_iter().map(|value| value as f64).collect(),
        Column::Millionths(differences) => sums(differences).into_iter().map(|value| value as f64 / STEPS).collect(),
        Column::Bits(bits) => bits.into_iter().map(|bits| f64::from_bits(u64::from_le_bytes(bits))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(series: &Series) -> Series {
        decode(&encode(series).unwrap()).unwrap()
    }

    #[test]
    fn a_latency_of_a_run_takes_few_bytes() {
        let histogram: Histogram = (0..400).map(|n| (80_000_000 + n * n * 37, 1)).collect();
        let series = Series { histograms: [("visible_ms".to_owned(), histogram)].into(), ..Series::default() };
        let bytes = encode(&series).unwrap();
        assert!(bytes.len() < 3 * 400, "{}", bytes.len());
        assert_eq!(there_and_back(&series), series);
    }

    #[test]
    fn noise_is_no_series() {
        assert!(decode(&[]).is_err());
        assert!(decode(&[0xff; 40]).is_err());
    }

    proptest! {
        #[test]
        fn every_value_survives(
            histogram: Vec<(u64, u64)>,
            bits: Vec<(u64, u64)>,
            whole: Vec<(u32, i32)>,
            times: Vec<(u32, bool)>,
        ) {
            let curves = [
                bits.iter().map(|(x, y)| (f64::from_bits(*x), f64::from_bits(*y))).collect::<Curve>(),
                whole.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect(),
                times.iter().map(|(ns, up)| (f64::from(*ns) / 1e6, f64::from(u8::from(*up)) / 3.0)).collect(),
            ];
            let curves = curves.into_iter().enumerate().map(|(n, curve)| (n.to_string(), curve)).collect();
            let series = Series { histograms: [("h".to_owned(), histogram)].into(), curves };
            let back = there_and_back(&series);
            prop_assert_eq!(&back.histograms, &series.histograms);
            let bits = |series: &Series| -> Vec<Vec<(u64, u64)>> {
                let of = |curve: &Curve| curve.iter().map(|(x, y)| (x.to_bits(), y.to_bits())).collect();
                series.curves.values().map(of).collect()
            };
            prop_assert_eq!(bits(&back), bits(&series));
        }
    }
}
