//! Bytes from strangers: they cause no panic, take little memory, and change nothing when they are protocol errors.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::RngExt;
use syncbench_harness::rng::{below, stream};
use syncbench_strategies::document::Document;
use syncbench_strategies::replica::{NodeId, Rng, Topology};

use crate::common::group::{Disorder, Group};
use crate::common::seeds::Seeds;
use crate::common::silence_libraries;
use crate::common::subject::{Checked, Subject};

/// Most bytes that handling a message of this length may take: a document decoded from it (at worst 1,400 times its
/// length), the same again for a copy, and what decoders set aside for a list of unknown length (1 MiB each).
fn bound(len: usize) -> u64 {
    (4 << 20) + 3_000 * len as u64
}

/// A hostile message made from honest ones.
pub fn mutate(rng: &mut Rng, original: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    match below(rng, 8) {
        0 => bytes = (0..below(rng, 200)).map(|_| rng.random()).collect(),
        1 => bytes.truncate(below(rng, original.len())),
        2 | 3 if !bytes.is_empty() => {
            for _ in 0..=below(rng, 3) {
                let at = below(rng, bytes.len());
                bytes[at] ^= 1 << below(rng, 8);
            }
        }
        // The largest numbers, where a length or a count may be.
        4 if !bytes.is_empty() => {
            let at = below(rng, bytes.len());
            let wide = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
            let keep = bytes.split_off(at);
            bytes.extend_from_slice(&wide[10 - (1 + below(rng, 10))..]);
            bytes.extend_from_slice(&keep[1..]);
        }
        5 => bytes.extend((0..=below(rng, 20)).map(|_| rng.random::<u8>())),
        // The head of one and the tail of another.
        6 => {
            bytes.truncate(below(rng, original.len() + 1));
            bytes.extend_from_slice(&other[below(rng, other.len() + 1)..]);
        }
        _ if !bytes.is_empty() => {
            let at = below(rng, bytes.len());
            bytes[at] = rng.random();
        }
        _ => {}
    }
    bytes
}

/// Hostile messages anywhere, from known peers: a protocol error changes nothing and causes no action.
pub fn hostile_refused(subject: &Subject, seeds: Seeds) -> Checked {
    attack(subject, seeds.times(4), |_| true, false)
}

/// Hostile messages to every replica that must not trust the sender (the server of a star, everybody in a mesh):
/// whether accepted or not, honest traffic brings all to the same state, after a reconnect at the latest.
pub fn hostile_harmless(subject: &Subject, seeds: Seeds) -> Checked {
    let star = subject.strategy.topology() == Topology::Star;
    attack(subject, seeds.times(4), |node| !star || node == NodeId::SERVER, true)
}

fn attack(subject: &Subject, seeds: Seeds, exposed: impl Fn(NodeId) -> bool, harmless: bool) -> Checked {
    silence_libraries();
    let mut refused = 0;
    for seed in seeds.iter() {
        let mut group = Group::new(subject, 3, Disorder::default(), seed);
        let mut rng = stream(seed, "attack", 0, 0);
        group.churn(8);
        for _ in 0..12 {
            group.churn(1);
            // What each replica showed and would save, until it accepts a message.
            let mut before = BTreeMap::new();
            let honest: Vec<_> = group.sent.iter().filter(|packet| exposed(packet.to)).cloned().collect();
            for _ in 0..4 {
                let (packet, other) = (&honest[below(&mut rng, honest.len())], &honest[below(&mut rng, honest.len())]);
                let bytes = mutate(&mut rng, &packet.bytes, &other.bytes);
                refused += u64::from(strike(&mut group, packet.to, packet.from, &bytes, &mut before)?);
            }
        }
        if harmless {
            let calm = |group: &mut Group| {
                group.quiesce()?;
                group.reconnect_all();
                group.churn(3);
                group.quiesce()?;
                group.agree()
            };
            calm(&mut group).map_err(|error| format!("seed {seed}: {error}"))?;
        } else {
            group.quiesce().map_err(|error| format!("seed {seed}: {error}"))?;
        }
    }
    if refused == 0 { Err("nothing hostile was refused".into()) } else { Ok(()) }
}

/// A view, and what would be saved.
type State = (Document, Vec<u8>);

/// Delivers one hostile message. Returns whether it was a protocol error.
fn strike(
    group: &mut Group,
    to: NodeId,
    from: NodeId,
    bytes: &[u8],
    states: &mut BTreeMap<NodeId, State>,
) -> Result<bool, String> {
    let state = |group: &Group| (group.view(to), group.durable(to));
    let before = states.remove(&to).unwrap_or_else(|| state(group));
    let injected = group.inject(to, from, bytes)?;
    if injected.peak_bytes > bound(bytes.len()) {
        return Err(format!("{to} took {} bytes for {} from {from}: {bytes:?}", injected.peak_bytes, bytes.len()));
    }
    if injected.result.is_ok() {
        return Ok(false);
    }
    if before != state(group) {
        return Err(format!("{to} refused {bytes:?} from {from} and changed nevertheless"));
    }
    if injected.effects > 0 {
        return Err(format!("{to} refused {bytes:?} from {from} and acted on it nevertheless"));
    }
    states.insert(to, before);
    Ok(true)
}

/// Saved bytes that were tampered with: an error or a replica, never a panic, never much memory.
pub fn hostile_durable(subject: &Subject, seeds: Seeds) -> Checked {
    silence_libraries();
    let mut refused = 0;
    for seed in seeds.iter() {
        let mut group = Group::new(subject, 2, Disorder::default(), seed);
        group.churn(12);
        let mut rng = stream(seed, "tamper", 0, 0);
        for node in group.nodes() {
            let (setup, durable) = (group.setup_of(node), group.durable(node));
            for _ in 0..60 {
                let bytes = mutate(&mut rng, &durable, &durable);
                let mut outcome = Ok(false);
                let memory = allocation_counter::measure(|| {
                    outcome = catch_unwind(AssertUnwindSafe(|| {
                        let restored = subject.strategy.strategy.restore(&setup, &bytes);
                        restored.map(|replica| replica.view().document()).is_err()
                    }));
                });
                refused += match outcome {
                    Ok(error) => u64::from(error),
                    Err(_) => return Err(format!("seed {seed}: {node} panicked on saved bytes {bytes:?}")),
                };
                if memory.bytes_max > bound(bytes.len()) {
                    return Err(format!("{node} took {} bytes for {} saved", memory.bytes_max, bytes.len()));
                }
            }
        }
    }
    if refused == 0 { Err("no tampered bytes were refused".into()) } else { Ok(()) }
}
