//! How many operations of one user may be on their way at once.

use std::fmt;
use std::str::FromStr;

use syncbench_strategies::numbers::parse_count;

/// How many operations of one user may be on their way at once: not resolved, or in a message that its receiver has not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inflight(u32);

impl Inflight {
    /// As many as the throughput engine lets a replica handle in one turn, so that one user alone can fill the turns of its server.
    /// More of them wait in queues.
    pub const USUAL: Self = Self(64);

    /// Most operations: beyond it a user does not wait any more, and a run holds nothing but queues.
    const MOST: u32 = 1_000_000;

    /// As a number, at least 1.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Inflight {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let Some(("inflight", number)) = written.split_once('=') else {
            return Err(format!("`{written}`: expected inflight=NUMBER"));
        };
        let number = parse_count(number).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (1..=Self::MOST).contains(number));
        number.map(Self).ok_or_else(|| format!("`inflight`: expected 1 to {} operations, such as 64 or 1k", Self::MOST))
    }
}

impl fmt::Display for Inflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "inflight={}", self.0)
    }
}
