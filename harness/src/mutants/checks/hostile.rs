//! Hostile bytes: they cause no panic, take little memory, and change nothing where they are protocol errors.
//!
//! Every honest message is preceded by damaged copies of it, until the replica takes one of them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use rand::RngExt;
use syncbench_strategies::document::Digest;
use syncbench_strategies::replica::{Context, NodeId, ProtocolError};
use syncbench_strategies::selector::SelectorError;
use syncbench_strategies::sidecar::Sidecar;
use syncbench_strategies::spec::Configured;

use super::{Subject, objection};
use crate::engines::{self, panic_text};
use crate::mutants::twist::{Inner, Twist, call, wrapped};
use crate::oracle::HOSTILE_BYTES;
use crate::rng::below;
use crate::run::Objection;

/// Most bytes that handling a message of this length may take: a document decoded from it (at worst 1,400 times its
/// length), the same again for a copy, and what decoders set aside for a list of unknown length (1 MiB each).
fn bound(len: usize) -> u64 {
    (4 << 20) + 3_000 * len as u64
}

/// Damaged messages before each honest one.
const ATTEMPTS: usize = 3;

/// What a replica did with damaged bytes that it must not do.
pub(super) fn refused_without_harm(subject: &Subject<'_>) -> Result<Option<Objection>, SelectorError> {
    let complaint: Arc<Mutex<Option<String>>> = Arc::default();
    let told = complaint.clone();
    let inner = &subject.planned.strategy;
    let strategy = wrapped(inner.clone(), move |_, _| Box::new(Attacked { complaint: told.clone(), taken: false }));
    let strategy = Configured { label: inner.label.clone(), spec: inner.spec, params: inner.params.clone(), strategy };
    let mut task = subject.task()?;
    task.strategy = &strategy;
    engines::run(&task, &mut []);
    let complaint = complaint.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
    Ok(complaint.map(|said| objection(&HOSTILE_BYTES, said)))
}

struct Attacked {
    complaint: Arc<Mutex<Option<String>>>,
    /// Whether the replica has taken damaged bytes for a message: what follows proves nothing.
    taken: bool,
}

impl Attacked {
    fn complain(&self, said: String) {
        self.complaint.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_or_insert(said);
    }

    fn attack(&mut self, inner: &mut Inner, from: NodeId, bytes: &[u8], cx: &mut Context<'_>) {
        let damaged = damage(bytes, cx);
        let before = state(inner);
        let mut effects = Vec::new();
        let (node, now, wall) = (cx.node(), cx.now(), cx.wall_clock());
        let mut result = Ok(Ok(()));
        let memory = allocation_counter::measure(|| {
            let mut cx = Context::new(node, now, wall, cx.rng(), &mut effects);
            let receive = || inner.receive(from, &damaged, &Sidecar::none(), &mut cx);
            result = catch_unwind(AssertUnwindSafe(receive));
        });
        let length = damaged.len();
        match result {
            Err(panic) => {
                self.complain(format!("{node} panicked on {length} damaged bytes: {}", panic_text(&*panic)));
                self.taken = true;
            }
            Ok(Ok(())) => self.taken = true,
            Ok(Err(_)) if before != state(inner) => {
                self.complain(format!("{node} refused {length} damaged bytes, and changed"))
            }
            Ok(Err(_)) if !effects.is_empty() => {
                self.complain(format!("{node} refused {length} damaged bytes, and acted on them"))
            }
            Ok(Err(_)) => {}
        }
        if memory.bytes_max > bound(length) {
            self.complain(format!("{node} took {} bytes of memory for {length} damaged ones", memory.bytes_max));
        }
    }
}

/// What a replica shows, and what it would save.
fn state(inner: &Inner) -> (Digest, Vec<u8>) {
    (inner.view().digest(), inner.durable())
}

/// Cuts bytes short, prolongs them, flips a bit, or puts the largest number where a length may be.
fn damage(honest: &[u8], cx: &mut Context<'_>) -> Vec<u8> {
    let mut bytes = honest.to_vec();
    let at = below(cx.rng(), bytes.len());
    match cx.rng().random::<u32>() % 4 {
        0 => bytes.truncate(at),
        1 => bytes.push(cx.rng().random()),
        2 if !bytes.is_empty() => bytes[at] ^= 1 << (cx.rng().random::<u32>() % 8),
        _ => {
            bytes.truncate(at);
            bytes.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        }
    }
    bytes
}

impl Twist for Attacked {
    fn receive(
        &mut self,
        inner: &mut Inner,
        from: NodeId,
        bytes: &[u8],
        sidecar: &Sidecar,
        cx: &mut Context<'_>,
    ) -> Result<(), ProtocolError> {
        for _ in 0..ATTEMPTS {
            if !self.taken {
                self.attack(inner, from, bytes, cx);
            }
        }
        call(self, inner, cx, |inner, cx| inner.receive(from, bytes, sidecar, cx))
    }
}
