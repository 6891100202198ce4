//! How recorded times are taken: how fast, and with which gaps.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use syncbench_strategies::document::Digest;
use syncbench_strategies::numbers::parse_number;
use syncbench_strategies::selector::{format_span, parse_span};

/// How recorded times are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// How many times as fast as recorded.
    pub speed: f64,
    /// The longest time in which nobody acts, as recorded; longer ones are cut to it. `None` keeps all.
    pub idle: Option<Duration>,
    /// Which file the times are from, by its content, once it has been read; `None` for those of a replayed trace.
    pub content: Option<Digest>,
}

impl Timing {
    /// As they were recorded.
    pub const AS_RECORDED: Self = Self { speed: 1.0, idle: None, content: None };
}

/// The slowest and the fastest speed: a second becomes a week, or a week a second.
const SPEEDS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

impl FromStr for Timing {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let mut timing = Self::AS_RECORDED;
        let mut met = Vec::new();
        for part in written.split(',') {
            let parameter = part.split_once('=');
            let Some((key @ ("speed" | "idle" | "content"), value)) = parameter else {
                return Err(format!(
                    "`{part}`: expected speed=NUMBER or idle=SPAN; the file is named by --trace or --times"
                ));
            };
            if met.contains(&key) {
                return Err(format!("`{key}` is given twice"));
            }
            met.push(key);
            match key {
                "speed" => {
                    timing.speed = parse_number(value).filter(|speed| SPEEDS.contains(speed)).ok_or_else(|| {
                        format!(
                            "`speed`: expected a number above 0 such as 10 or 0.5, at most a million, not `{value}`"
                        )
                    })?;
                }
                "idle" => {
                    let idle =
                        parse_span(value).map_err(|error| format!("`idle`: {}, not `{value}`", error.expected))?;
                    timing.idle = Some(idle);
                }
                _ => {
                    let content = (value.len() == 32).then(|| u128::from_str_radix(value, 16).ok()).flatten();
                    let wrong = || format!("`content`: expected 32 hexadecimal digits, not `{value}`");
                    timing.content = Some(Digest(content.ok_or_else(wrong)?));
                }
            }
        }
        Ok(timing)
    }
}

impl fmt::Display for Timing {
    /// What is not as by default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.speed != Self::AS_RECORDED.speed {
            parts.push(format!("speed={}", self.speed));
        }
        parts.extend(self.idle.map(|idle| format!("idle={}", format_span(idle))));
        parts.extend(self.content.map(|content| format!("content={content}")));
        f.write_str(&parts.join(","))
    }
}
