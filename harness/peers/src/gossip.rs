//! The scenario, the same for every simulator: each host starts tokens of 64 bytes, and hands on what it gets to a random peer
//! until it has come so often. A message takes 10 to 50 ms, drawn anew for each.

use std::time::Duration;

/// Hosts.
pub const HOSTS: usize = 100;
/// Tokens that each host starts.
pub const TOKENS: usize = 10;
/// Least time that a message takes.
pub const LEAST: Duration = Duration::from_millis(10);
/// Most time that a message takes.
pub const MOST: Duration = Duration::from_millis(50);

/// A token with so many deliveries to come.
pub fn token(hops: u64) -> [u8; 64] {
    let mut token = [0; 64];
    token[..8].copy_from_slice(&hops.to_le_bytes());
    token
}

/// How many deliveries a token has to come.
pub fn hops(token: &[u8]) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("a token"))
}
