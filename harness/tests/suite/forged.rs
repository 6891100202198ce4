//! Forged changes with a valid checksum: a library must decode them before it can tell.
//!
//! A replica may accept them, and then they stay in the document: signing changes is up to the product. Here, nobody
//! may panic on them, and those that the library cannot accept must leave no trace.
#![cfg(feature = "automerge")]

use crate::common::claims::mutate;
use crate::common::group::{Disorder, Group};
use crate::common::seeds::Seeds;
use crate::common::silence_libraries;
use crate::common::subject::Subject;
use sha2::{Digest, Sha256};
use syncbench_harness::rng::{below, stream};
use syncbench_harness::workloads::WORKLOADS;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

fn leb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A message with one change of this body, sealed as the library seals it.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    hashed.extend(leb128(body.len()));
    hashed.extend_from_slice(body);
    let mut chunk = MAGIC.to_vec();
    chunk.extend_from_slice(&Sha256::digest(&hashed)[..4]);
    chunk.extend_from_slice(&hashed);
    let mut message = vec![0, 1];
    message.extend(leb128(chunk.len()));
    message.extend(chunk);
    message
}

/// The body of the first change in a message, if that is what it carries.
fn body(message: &[u8]) -> Option<&[u8]> {
    let at = message.windows(4).position(|window| window == MAGIC)?;
    let chunk = message.get(at + 9..)?;
    let (mut len, mut used) = (0, 0);
    for byte in chunk.iter().take(4) {
        len |= usize::from(byte & 0x7f) << (7 * used);
        used += 1;
        if byte & 0x80 == 0 {
            break;
        }
    }
    chunk.get(used..used + len)
}

#[test]
fn a_sealed_honest_body_is_the_message_itself() {
    let mut group = Group::new(&Subject::new("crdt-automerge", "stack"), 2, Disorder::default(), 1);
    group.churn(4);
    let honest = group.sent.iter().find(|packet| packet.bytes.starts_with(&[0, 1])).unwrap();
    assert_eq!(sealed(body(&honest.bytes).unwrap()), *honest.bytes);
}

/// One forged change in a quiescent group: nobody panics, and where it was a protocol error, here or inside the
/// library, nothing is left of it.
#[test]
fn a_forged_change_is_accepted_or_leaves_no_trace() {
    silence_libraries();
    let (mut caught, mut refused) = (0, 0);
    for seed in Seeds::from_env().times(40).iter() {
        let workload = WORKLOADS[seed as usize % WORKLOADS.len()].name;
        let mut group = Group::new(&Subject::new("crdt-automerge", workload), 3, Disorder::default(), seed);
        let mut rng = stream(seed, "forge", 0, 0);
        group.churn(10);
        group.quiesce().unwrap();
        let honest: Vec<_> = group.sent.iter().filter(|packet| body(&packet.bytes).is_some()).cloned().collect();
        let packet = &honest[below(&mut rng, honest.len())];
        let body = body(&packet.bytes).unwrap();
        let forged = sealed(&mutate(&mut rng, body, body));
        let before = group.view(packet.to);
        let injected = group.inject(packet.to, packet.from, &forged).unwrap();
        group.quiesce().unwrap_or_else(|error| panic!("{workload} seed {seed}: {error}"));
        let gave_up = group.count("refused_by_library");
        if injected.result.is_ok() && gave_up == 0 {
            // Accepted, or waiting for a change that will never arrive.
            continue;
        }
        caught += gave_up;
        refused += u64::from(injected.result.is_err());
        assert_eq!(before, group.view(packet.to), "{workload} seed {seed}");
        let mut go_on = || {
            group.churn(6);
            group.quiesce()?;
            group.honest()?;
            group.agree()?;
            group.crash(packet.to)?;
            group.quiesce()?;
            group.agree()
        };
        go_on().unwrap_or_else(|error| panic!("{workload} seed {seed}: {error}"));
    }
    assert!(caught > 0 && refused > 0, "{caught} caught, {refused} refused");
}
