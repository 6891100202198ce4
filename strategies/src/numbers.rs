//! Numbers as people write them: `10_000`, `1k`, `1.5M`.

/// Units of counts with their powers of ten.
const UNITS: [(&str, u32); 3] = [("k", 3), ("K", 3), ("M", 6)];

/// The largest whole number up to which all have a value of their own as `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a number: digits with underscores between them, and `k` for a thousand or `M` for a million behind them.
pub fn parse_number(written: &str) -> Option<f64> {
    match power(written) {
        (number, 0) => digits(number)?.parse().ok(),
        // As one number, because a product would be rounded twice: 1.001 times 1000 is not 1001.
        (number, power) => format!("{}e{power}", digits(number)?).parse().ok(),
    }
}

/// Reads a whole number in the same way: `1.5k` is whole, `1.0005k` is not.
pub fn parse_count(written: &str) -> Option<u64> {
    let (number, power) = power(written);
    if let Ok(value) = digits(number)?.parse::<u64>() {
        return value.checked_mul(10_u64.pow(power));
    }
    // A decimal point only before a unit.
    let value = parse_number(written).filter(|_| power > 0)?;
    ((0.0..=EXACT).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}

fn power(written: &str) -> (&str, u32) {
    let unit = UNITS.iter().find_map(|(unit, power)| Some((written.strip_suffix(unit)?, *power)));
    unit.filter(|(number, _)| number.ends_with(|c: char| c.is_ascii_digit())).unwrap_or((written, 0))
}

/// Without underscores, each of which must stand between two digits.
fn digits(written: &str) -> Option<String> {
    let parts: Vec<_> = written.split('_').collect();
    let digit = |c: char| c.is_ascii_digit();
    let well = parts.windows(2).all(|pair| pair[0].ends_with(digit) && pair[1].starts_with(digit));
    well.then(|| parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (written, count) in [
            ("0", 0),
            ("400", 400),
            ("10_000", 10_000),
            ("1k", 1_000),
            ("1.5M", 1_500_000),
            ("2K", 2_000),
            ("1.001k", 1_001),
            ("1_000k", 1_000_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(parse_count(written), Some(count), "{written}");
            assert_eq!(parse_number(written), Some(count as f64), "{written}");
        }
        assert_eq!((parse_number("2.5"), parse_number("-0.5k")), (Some(2.5), Some(-500.0)));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for written in [
            "",
            "k",
            "-1",
            "2.5",
            "1.0005k",
            "1m",
            "1__0",
            "_1",
            "1_",
            "1_k",
            "1kk",
            "1e30M",
            "20000000000000000000",
            "20000000000000000000k",
        ] {
            assert_eq!(parse_count(written), None, "{written}");
        }
        for written in ["", "k", "fast", "1__0", "_1", "1_", "1m"] {
            assert_eq!(parse_number(written), None, "{written}");
        }
    }
}
