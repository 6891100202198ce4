//! How long a client waits before a retry, and when it gives up.

use std::time::Duration;

use rand::RngExt;

use crate::replica::Rng;

/// No wait is longer: the AWS SDKs' limit.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy)]
pub(super) struct Patience {
    pub(super) retries: u64,
    pub(super) backoff: Duration,
}

impl Patience {
    /// The longest wait before retry number `retry`, counted from 1.
    fn longest_wait(self, retry: u64) -> Duration {
        let doublings = u32::try_from(retry.saturating_sub(1)).unwrap_or(u32::MAX).min(31);
        self.backoff.saturating_mul(1 << doublings).min(LONGEST_WAIT)
    }

    /// The wait before retry number `retry`: full jitter.
    pub(super) fn wait(self, retry: u64, rng: &mut Rng) -> Duration {
        let longest = u64::try_from(self.longest_wait(retry).as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(rng.random_range(0..=longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_a_limit() {
        let patience = Patience { retries: 40, backoff: Duration::from_millis(50) };
        let longest = [1, 2, 3, 10, 40].map(|retry| patience.longest_wait(retry).as_millis());
        assert_eq!(longest, [50, 100, 200, 20_000, 20_000]);
    }
}
