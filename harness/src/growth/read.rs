//! Curves in a file.

use serde::Deserialize;
use serde_json::error::Category;

use super::{Curves, FIGURES, SCHEMA};

/// Most bytes of a file: a hundred times those of all strategies on all axes.
pub const MOST_BYTES: usize = 32 << 20;

/// What tells curves from other documents.
#[derive(Deserialize)]
struct Head {
    schema: u64,
    #[serde(rename = "curves")]
    _curves: serde::de::IgnoredAny,
}

/// Reads curves.
///
/// # Errors
///
/// In a line without the file's name: it is too large, no JSON, no curves, curves of another schema, or a curve that nothing
/// follows from.
pub fn read(bytes: &[u8]) -> Result<Curves, String> {
    let expected = format!("expected a growth.json of schema {SCHEMA}, as `syncbench growth --out DIR` writes it");
    if bytes.len() > MOST_BYTES {
        return Err(format!("more than {} MiB; {expected}", MOST_BYTES >> 20));
    }
    let wrong = |error: serde_json::Error| match error.classify() {
        Category::Data => format!("no curves ({error}); {expected}"),
        _ => format!("no JSON ({error}); {expected}"),
    };
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.schema != u64::from(SCHEMA) {
        return Err(format!("schema {}; {expected}", head.schema));
    }
    let curves: Curves = serde_json::from_slice(bytes).map_err(wrong)?;
    match objection(&curves) {
        Some(objection) => Err(format!("{objection}; {expected}")),
        None => Ok(curves),
    }
}

/// What no measurement can have written.
fn objection(curves: &Curves) -> Option<String> {
    for curve in &curves.curves {
        let name = format!("the curve of {} on {}", curve.strategy, curve.axis);
        if !curve.points.is_sorted_by(|one, next| one.at < next.at) || curve.points.iter().any(|point| point.at == 0) {
            return Some(format!("{name} has points out of order"));
        }
        for point in &curve.points {
            for (figure, values) in &point.figures {
                if !FIGURES.iter().any(|known| known.name == figure.as_str()) {
                    return Some(format!("{name} has a figure `{figure}` that is none"));
                }
                if values.iter().any(|value| !value.is_finite() || *value < 0.0) {
                    return Some(format!("{name} has a `{figure}` at {} that is no amount", point.at));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::growth::{Axis, Curve, Held, Point};
    use crate::results::{ByName, Environment};

    fn curves(points: &[(u64, f64)]) -> Curves {
        let point = |(at, value): &(u64, f64)| Point {
            at: *at,
            figures: ByName::from_iter([("wire_bytes_per_op", vec![*value])]),
        };
        let curve = Curve {
            strategy: "crdt-yrs:topology=mesh".into(),
            workload: "record".into(),
            axis: Axis::Items,
            held: Held { operations: Some(20), clients: Some(2), rate_per_s: 20.0, network: "lan".into(), items: None },
            points: points.iter().map(point).collect(),
            stopped: Some("at 1,000,000: the budget".into()),
        };
        let environment = Environment { version: "1".into(), ..Environment::default() };
        Curves { schema: SCHEMA, environment, reference_us: 120.0, budget_s: 600.0, curves: vec![curve] }
    }

    #[test]
    fn curves_are_read_as_they_were_written() {
        let written = curves(&[(1, 2.5), (10, 3.0)]);
        assert_eq!(read(&serde_json::to_vec(&written).unwrap()), Ok(written));
    }

    #[test]
    fn what_is_no_file_of_curves_is_told_apart() {
        let good = serde_json::to_string(&curves(&[(1, 2.5)])).unwrap();
        for (text, expected) in [
            (good.replacen("\"schema\":1", "\"schema\":9", 1), "schema 9; expected a growth.json of schema 1"),
            (good.replacen("wire_bytes_per_op", "wired", 1), "a figure `wired` that is none"),
            (good.replacen("2.5", "-2.5", 1), "a `wire_bytes_per_op` at 1 that is no amount"),
            (serde_json::to_string(&curves(&[(10, 1.0), (1, 1.0)])).unwrap(), "items has points out of order"),
            (serde_json::to_string(&curves(&[(0, 1.0)])).unwrap(), "items has points out of order"),
            (String::new(), "no JSON (EOF"),
            ("[".repeat(100_000), "no curves ("),
            ("{\"cells\":[]}".into(), "no curves (missing field `schema`"),
            ("{\"schema\":1,\"curves\":7}".into(), "no curves ("),
            ("{\"schema\":1,\"pairs\":[]}".into(), "no curves (missing field `curves`"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(expected) && error.contains("expected a growth.json"), "{error}");
        }
    }
}
