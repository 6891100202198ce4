//! Convergence under faults, datagrams, late copies, and work offline.

use syncbench_harness::ledger::{Entry, Fate};
use syncbench_harness::results::{ClaimsKept, Outcome};
use syncbench_harness::scenario::Scenario;
use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::spec::Content;

use crate::common::Case;
use crate::common::group::{Disorder, Group};
use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, case, passed, scenario};

/// Sets of faults, each for a run of a little over a second.
const TOGETHER: &[&[&str]] = &[
    &[],
    &["partition:halves@200ms..700ms"],
    &["partition:isolate,client=1@100ms..600ms", "partition:one-way,client=2@300ms..900ms"],
    &["partition:one-way,client=3@200ms..800ms", "late:3@300ms"],
    &["late:2@600ms", "partition:halves@500ms..1s", "skew:by=2s,client=1@300ms..800ms"],
    &["skew:by=500ms,client=2,to=behind", "partition:isolate,client=2@200ms"],
    &["partition:halves@200ms..500ms", "partition:isolate,client=1@500ms..900ms", "partition:halves@900ms..1200ms"],
];

/// Clocks that are off for the whole run, on a network where a message by way of a third node overtakes the direct one.
const SKEWED: &[&[&str]] = &[&["skew:by=500ms,client=2,to=behind"], &["skew:by=200ms,client=1"]];

/// Connections that break and open over and over, losses in bursts, damage, and what a swarm draws.
const FLAKY: &[&[&str]] = &[
    &["flapping:period=400ms,down=40%,client=2", "burst:share=20%,mean=100ms"],
    &["offline:share=30%,mean=150ms", "corrupt:share=20%"],
    &["swarm"],
];

/// A network on which clients notice at once that they can connect again, so that many connections fit into a short run.
const PROMPT: &str = "4g:detection=10ms";

/// A swarm may draw a clock that jumps an hour ahead, whose stamps `lww-hlc` holds back until then.
const PATIENT_S: f64 = 2.0 * 3600.0;

/// With fewer seeds than this, each set of faults gets one seed, and one workload of a variant, instead of all.
const MANY: u64 = 10;

/// The distance to the seed that takes the place of another.
const INSTEAD: u64 = 1_000_000;

/// `converges`: a quiescent group shows one state, replicas with equal sets of operations never differ on the way, every
/// operation has its fate, and no honest message is a protocol error.
pub fn converges(subject: &Subject, seeds: Seeds) -> Checked {
    if !subject.claims().converges {
        return Ok(());
    }
    let (place, of) = subject.share();
    for seed in seeds.iter() {
        let turn = |index: usize| {
            seeds.count >= MANY || (index as u64 + seed * of + place).is_multiple_of((seeds.count * of).min(3))
        };
        for (index, faults) in TOGETHER.iter().enumerate().filter(|(index, _)| turn(*index)) {
            let network = if (index as u64 + seed).is_multiple_of(2) { "4g" } else { "wifi" };
            told(subject, &faulty(faults, network), seed)?;
        }
        // A strategy with other parameters has no other links.
        let defaults = subject.strategy.spec.name == subject.strategy.label;
        for (_, faults) in FLAKY.iter().enumerate().filter(|(index, _)| defaults && turn(*index)) {
            told(subject, &Scenario { budget_s: PATIENT_S, ..faulty(faults, PROMPT) }, seed)?;
        }
        for (_, faults) in SKEWED.iter().enumerate().filter(|(index, _)| turn(*index)) {
            let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            passed(&subject.cell(&Scenario { faults, networks: vec!["4g".into()], ..scenario() }, seed))?;
        }
    }
    Ok(())
}

/// The strategy keeps its claims under these faults. Faults that touched nothing prove nothing: if nobody happened to act while
/// they lasted, another seed takes the place of this one.
fn told(subject: &Subject, scenario: &Scenario, seed: u64) -> Checked {
    let mut idle = Ok(());
    for seed in [seed, seed + INSTEAD, seed + 2 * INSTEAD] {
        let cell = subject.cell(scenario, seed);
        if cell.claims_kept != Some(ClaimsKept::Unknown) || cell.coverage.iter().all(|met| met.touched) {
            return passed(&cell);
        }
        idle = passed(&cell);
    }
    idle
}

fn faulty(faults: &[&str], network: &str) -> Scenario {
    let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
    Scenario { faults, networks: vec![network.into()], ..scenario() }
}

/// The strategy keeps its claims on a network of datagrams with everything that it claims to tolerate.
pub fn datagrams(subject: &Subject, seeds: Seeds) -> Checked {
    let claims = subject.claims();
    if !claims.tolerates_reordering {
        return Ok(());
    }
    let loss = if claims.tolerates_loss { 0.1 } else { 0.0 };
    let duplicate = if claims.tolerates_duplicates { 0.3 } else { 0.0 };
    for seed in seeds.iter() {
        // Messages leave far closer together than the jitter of this network, so they overtake each other all the time.
        let scenario = Scenario {
            transport: format!("datagram:loss={loss},duplicate={duplicate}"),
            networks: vec!["lan".into()],
            rate_per_s: 20_000.0,
            ..scenario()
        };
        passed(&subject.cell(&scenario, seed))?;
        // Far greater jitter, so that a whole state and the operations around it overtake each other too.
        let far = Scenario { networks: vec!["custom:delay=1ms,jitter=3ms".into()], ..scenario.clone() };
        passed(&subject.cell(&far, seed))?;
        // The same disorder as faults, and damage. Luck lasts a millisecond, so this run is longer.
        let faults = [
            (true, "reorder:share=40%,by=10ms"),
            (claims.tolerates_duplicates, "duplicate:share=40%"),
            (claims.tolerates_loss, "corrupt:share=20%"),
            (claims.tolerates_loss, "burst:share=20%,mean=5ms"),
        ];
        let faults = faults.into_iter().filter(|(claimed, _)| *claimed).map(|(_, fault)| fault.to_owned()).collect();
        let rate_per_s = 300.0;
        told(subject, &Scenario { transport: "datagram".into(), faults, rate_per_s, ..scenario }, seed)?;
    }
    Ok(())
}

/// A strategy is not run on what it does not claim to tolerate, and the cell says why.
pub fn unclaimed_is_unsupported(subject: &Subject) -> Checked {
    let claims = subject.claims();
    let asks = [
        ("datagram", claims.tolerates_reordering, "reordering"),
        ("datagram:duplicate=0.2", claims.tolerates_reordering && claims.tolerates_duplicates, "duplicates"),
        ("datagram:loss=0.2", claims.tolerates_reordering && claims.tolerates_loss, "loss"),
    ];
    for (transport, claimed, what) in asks {
        let scenario = Scenario { transport: transport.into(), networks: vec!["lan".into()], ..scenario() };
        let cell = subject.cell(&scenario, 1);
        let reason = cell.reason.clone().unwrap_or_default();
        // Reordering is named before anything else.
        let named = reason.contains(what) || reason.contains("reordering");
        let fine =
            if claimed { cell.outcome == Outcome::Measured } else { cell.outcome == Outcome::Unsupported && named };
        if !fine {
            return Err(format!("{transport}: {:?} {reason}", cell.outcome));
        }
    }
    Ok(())
}

/// The same without a clock: everything in random order, late copies, messages that overtake each other where claimed.
pub fn tolerates_disorder(subject: &Subject, seeds: Seeds) -> Checked {
    let claims = subject.claims();
    let disorder = Disorder {
        copies: if claims.tolerates_duplicates { 0.4 } else { 0.0 },
        reordering: claims.tolerates_reordering,
    };
    for seed in seeds.times(4).iter() {
        let mut group = Group::new(subject, 3, disorder, seed);
        let run = |group: &mut Group| {
            group.churn(12);
            group.reconnect_all();
            group.churn(12);
            group.quiesce()?;
            group.honest()?;
            group.agree()
        };
        run(&mut group).map_err(|error| format!("seed {seed}, {disorder:?}: {error}"))?;
    }
    Ok(())
}

/// `works_offline`: a client that is cut off shows its own changes; without the claim, none before it is connected again.
pub fn works_offline(subject: &Subject, seeds: Seeds) -> Checked {
    let (from, to) = (Time::from_ms(200), Time::from_ms(1_500));
    for seed in seeds.iter() {
        let faults = vec!["partition:isolate,client=1@200ms..1500ms".into()];
        let done = Case { faults, seed, ..case(subject) }.run_unwatched(&subject.strategy, vec![]);
        let cut = |entry: &&Entry| entry.id.client == NodeId(1) && from <= entry.issued && entry.issued < to;
        let mut own = 0;
        for entry in done.ran.ledger.entries().filter(cut) {
            own += 1;
            let refused = matches!(entry.fate, Fate::Rejected(_));
            let shown_offline = entry.shown.is_some_and(|shown| shown < to);
            if subject.claims().works_offline && !refused && !shown_offline {
                return Err(format!("seed {seed}: {} was not shown offline", entry.id));
            }
            let in_part = subject.claims().works_offline_in_part;
            // Texts are shown offline or not at all: other parts of a document cannot be told apart from outside.
            if in_part && subject.workload.spec.content == Content::Text && !refused && !shown_offline {
                return Err(format!("seed {seed}: {} was not shown offline, which it claims in part", entry.id));
            }
            if !subject.claims().works_offline && !in_part && shown_offline {
                return Err(format!("seed {seed}: {} was shown offline, which it does not claim", entry.id));
            }
        }
        if own == 0 {
            return Err(format!("seed {seed}: nobody acted offline"));
        }
    }
    Ok(())
}
