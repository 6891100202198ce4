//! A rate that a leg does not carry.

use syncbench_strategies::replica::NodeId;

use super::Planning;
use crate::network::wire_bytes;

/// The smallest messages of the measured strategies have about this much payload, in bytes.
const SMALLEST: u64 = 20;

/// Each client sends its share of the operations, and receives those of all others.
pub(super) fn check(plan: &Planning<'_>) -> Option<String> {
    plan.cells.iter().find_map(|cell| {
        let settings = &cell.settings;
        let leg = settings.profile(&cell.product.known).ok()?.client;
        let bits = |from: NodeId| 8.0 * wire_bytes(settings.transport, from, SMALLEST) as f64;
        let up = settings.rate_per_s / f64::from(settings.clients) * bits(NodeId(1));
        let down = settings.rate_per_s * bits(NodeId::SERVER);
        let over = |needed: f64, limit: Option<u64>| limit.is_some_and(|limit| needed > limit as f64);
        let (way, needed) = match (over(up, leg.up_bits_per_s), over(down, leg.down_bits_per_s)) {
            (true, _) => ("sent", up),
            (_, true) => ("received", down),
            _ => return None,
        };
        Some(format!(
            "{} operations per second: at least {:.0} kbit/s are {way} by each client, more than {} carries: queues grow \
             without end; lower --rate",
            settings.rate_per_s,
            needed / 1e3,
            settings.network
        ))
    })
}
