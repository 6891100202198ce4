//! Fates: which operations are rejected, and whether all fates fit into one order.

use syncbench_harness::ledger::{Entry, Fate};
use syncbench_harness::oracles::serial_order::{self, SerialOrder};
use syncbench_strategies::document::Document;

use crate::common::Case;
use crate::common::seeds::Seeds;
use crate::common::subject::{Checked, Subject, case, passed, planned_workload, scenario};
use crate::common::workloads::{garbled, nonsense, remembering};

/// An operation that makes no sense is rejected, and nothing else is disturbed.
pub fn malformed(subject: &Subject, seeds: Seeds) -> Checked {
    let subject = garbled(subject);
    for seed in seeds.iter() {
        passed(&subject.cell(&scenario(), seed))?;
        let done = Case { seed, ..case(&subject) }.run_unwatched(&subject.strategy, vec![]);
        let (mut refused, mut taken_after) = (0, 0);
        for entry in done.ran.ledger.entries() {
            match &entry.fate {
                Fate::Rejected(reason) if entry.operation == nonsense() && reason.code == "malformed" => refused += 1,
                fate if entry.operation == nonsense() => return Err(format!("{} was nonsense: {fate:?}", entry.id)),
                Fate::Confirmed(_) if refused > 0 => taken_after += 1,
                _ => {}
            }
        }
        if refused == 0 || taken_after == 0 {
            return Err(format!("seed {seed}: {refused} nonsense refused, {taken_after} operations taken after that"));
        }
    }
    Ok(())
}

/// `can_refuse`: some operations are rejected because of what others did, although they made sense on their user's screen;
/// without the claim none ever is.
pub fn refuses(subject: &Subject, seeds: Seeds) -> Checked {
    let workload = match subject.workload.spec.name {
        "stack" => "stack:pop=0.5",
        other => other,
    };
    let contended = Subject { workload: planned_workload(workload), ..subject.clone() };
    let subject = remembering(&contended);
    let told_no = |entry: &&Entry| entry.seen == Document::Bool(true) && matches!(entry.fate, Fate::Rejected(_));
    let mut refused = 0;
    for seed in seeds.at_least(5).iter() {
        let case = Case { seed, size: 1, network: "4g".into(), ..case(&subject) };
        let done = case.run_unwatched(&subject.strategy, vec![]);
        refused += done.ran.ledger.entries().filter(told_no).count();
    }
    match (subject.claims().can_refuse, refused) {
        (true, 0) => Err("claims that it can refuse, and never did".into()),
        (false, 1..) => Err(format!("refused {refused} operations for what others did, which it does not claim")),
        _ => Ok(()),
    }
}

/// `serializable`: small runs have a serial order. Without the claim, some run has none, on a contended stack, or on a
/// text where the strategy treats texts differently.
pub fn serializable(subject: &Subject, seeds: Seeds) -> Checked {
    if subject.claims().serializable {
        return match without_order(subject, seeds)? {
            0 => Ok(()),
            runs => Err(format!("claims it, and {runs} runs have no serial order")),
        };
    }
    if subject.workload.spec.name != "stack" || without_order(subject, seeds.at_least(20))? > 0 {
        return Ok(());
    }
    let typing = Subject { workload: planned_workload("text"), ..subject.clone() };
    match without_order(&typing, seeds.at_least(20))? {
        0 => Err("does not claim it, and no run showed why".into()),
        _ => Ok(()),
    }
}

/// How many small runs have no serial order.
fn without_order(subject: &Subject, seeds: Seeds) -> Result<usize, String> {
    let contended = subject.workload.spec.name == "stack";
    let mut none = 0;
    for seed in seeds.iter() {
        let small = Case {
            seed,
            clients: 2 + (seed % 3) as u32,
            // Every order is tried, and long texts take long to compare.
            ops: if contended { serial_order::MAX_OPS as u64 } else { 8 },
            rate_per_s: 100.0,
            network: "4g".into(),
            // On an almost empty stack users are rejected for what they do not see yet.
            size: if contended && seed.is_multiple_of(2) { 1 } else { subject.workload.spec.default_size },
            ..case(subject)
        };
        let done = small.run_unwatched(&subject.strategy, vec![]);
        let model = subject.workload.workload.model();
        match serial_order::search(&*model, &done.genesis, done.ran.last(), &done.ran.ledger) {
            SerialOrder::Exists => {}
            SerialOrder::None => none += 1,
            SerialOrder::NotSearched => return Err(format!("seed {seed}: not searched")),
        }
    }
    Ok(none)
}
