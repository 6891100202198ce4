//! The digest of a run: everything that happened, in order, except what it cost.

use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{LinkState, OpId, Report};
use xxhash_rust::xxh3::Xxh3;

use crate::event::{Event, What};

/// Bytes that are hashed at once: a hash of many short pieces costs several times as much.
const PIECE: usize = 4_096;

/// Hashes events as they come.
#[derive(Default)]
pub struct Tracer {
    hash: Xxh3,
    /// What is not hashed yet.
    piece: Vec<u8>,
}

impl Tracer {
    /// Adds an event. Fields have fixed widths or are preceded by their length, so no two sequences hash the same bytes.
    pub fn event(&mut self, event: &Event) {
        if matches!(event.what, What::Cost { .. }) {
            return;
        }
        let line = &mut self.piece;
        line.extend_from_slice(&event.at.0.to_le_bytes());
        line.extend_from_slice(&event.node.0.to_le_bytes());
        let mut text = |tag: u8, numbers: &[u64], text: &str| {
            line.push(tag);
            numbers.iter().for_each(|number| line.extend_from_slice(&number.to_le_bytes()));
            line.extend_from_slice(&(text.len() as u64).to_le_bytes());
            line.extend_from_slice(text.as_bytes());
        };
        match &event.what {
            What::Cost { .. } => {}
            What::Live => text(0, &[], ""),
            What::Issued { op, intended } => text(1, &[op.client.0.into(), op.n, intended.0], ""),
            What::Report(Report::Shown(op)) => text(2, &[op.client.0.into(), op.n], ""),
            What::Report(Report::Reflected(op)) => text(3, &[op.client.0.into(), op.n], ""),
            What::Report(Report::ReflectedThrough(clock)) => {
                let flat: Vec<u64> = clock.iter().flat_map(|(client, n)| [client.0.into(), *n]).collect();
                text(4, &flat, "");
            }
            What::Report(Report::Confirmed(op, outcome)) => text(5, &[op.client.0.into(), op.n], &outcome.to_string()),
            What::Report(Report::Rejected(op, reason)) => text(6, &[op.client.0.into(), op.n], &reason.to_string()),
            What::Report(Report::RolledBack(op)) => text(7, &[op.client.0.into(), op.n], ""),
            What::Report(Report::Count(name, by)) => text(8, &[*by], name),
            What::Sent { to, payload_bytes, wire_bytes, hash } => {
                text(9, &[to.0.into(), *payload_bytes, *wire_bytes, *hash], "");
            }
            What::Delivered { from } => text(10, &[from.0.into()], ""),
            What::Dropped { from } => text(11, &[from.0.into()], ""),
            What::Duplicated { from } => text(12, &[from.0.into()], ""),
            What::Link { peer, state } => text(13, &[peer.0.into(), u64::from(*state == LinkState::Up)], ""),
            What::ProtocolError(error) => text(14, &[], &error.to_string()),
            What::DamageRefused(error) => text(40, &[], &error.to_string()),
            What::State(Digest(digest)) => text(15, &[*digest as u64, (*digest >> 64) as u64], ""),
            What::Broken(reason) => text(16, &[], reason),
            What::InstantEnd => text(17, &[], ""),
            What::Report(Report::Tagged(op, tag)) => {
                text(18, &[op.client.0.into(), op.n, *tag as u64, (*tag >> 64) as u64], "")
            }
            What::Report(Report::ReflectedTags(first, last)) => {
                let halves = |tag: u128| [tag as u64, (tag >> 64) as u64];
                text(19, &[halves(*first), halves(*last)].concat(), "")
            }
            What::Report(Report::Void(op)) => text(20, &[op.client.0.into(), op.n], ""),
            What::Report(Report::Pending(op)) => text(23, &[op.client.0.into(), op.n], ""),
            What::Report(Report::Overwritten(op, at)) => text(25, &[op.client.0.into(), op.n, at.0.into()], ""),
            What::Crashed { for_good } => text(21, &[u64::from(*for_good)], ""),
            What::RecoveryDiffers => text(22, &[], ""),
            What::Restored { reflected, rebuilt } => {
                let flat = |op: OpId| [op.client.0.into(), op.n];
                let ends: Vec<u64> = reflected.prefixes().flat_map(|(client, n)| flat(OpId { client, n })).collect();
                let beyond: Vec<u64> = reflected.beyond().flat_map(flat).collect();
                text(26, &[&[u64::from(*rebuilt), ends.len() as u64][..], &ends, &beyond].concat(), "");
            }
            What::Report(Report::StartedOver(part)) => {
                let halves = |tag: u128| [tag as u64, (tag >> 64) as u64];
                let part = part.map_or(Vec::new(), |(first, last)| [halves(first), halves(last)].concat());
                text(27, &part, "");
            }
            What::Handshake { peer, wire_bytes } => text(24, &[peer.0.into(), *wire_bytes], ""),
        }
        if self.piece.len() >= PIECE {
            self.hash.update(&self.piece);
            self.piece.clear();
        }
    }

    /// The digest so far.
    pub fn digest(&self) -> Digest {
        let mut hash = self.hash.clone();
        hash.update(&self.piece);
        Digest(hash.digest128())
    }
}
