//! Crashes: what a replica saves is what its user saw, and enough to go on from.

use syncbench_harness::rng::{below, stream};

use crate::common::group::{Disorder, Group};
use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject};

/// Replicas, a server included, crash in the middle and at the end: each recovers with the same view, the group converges,
/// and every operation has its fate.
pub fn restores(subject: &Subject, seeds: Seeds) -> Checked {
    for seed in seeds.times(2).iter() {
        crashes(subject, seed).map_err(|error| format!("seed {seed}: {error}"))?;
    }
    Ok(())
}

fn crashes(subject: &Subject, seed: u64) -> Checked {
    let mut group = Group::new(subject, 3, Disorder::default(), seed);
    let mut rng = stream(seed, "crash", 0, 0);
    for _ in 0..6 {
        group.churn(6);
        let nodes = group.nodes();
        group.crash(nodes[below(&mut rng, nodes.len())])?;
    }
    group.quiesce()?;
    group.honest()?;
    group.agree()?;
    for node in group.nodes() {
        group.crash(node)?;
    }
    group.churn(6);
    group.quiesce()?;
    group.honest()?;
    group.agree()
}
