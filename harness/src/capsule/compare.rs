//! Whether a replayed run equals the run of the capsule.

use std::collections::BTreeMap;

use super::{Build, Capsule, Found};
use crate::results::{Cell, Outcome};
use crate::shrink::Target;

impl Capsule {
    /// How a replayed run differs from the capsule's, a line each; empty if it does not.
    pub fn differences(&self, cell: &Cell) -> Vec<String> {
        let (then, now) = (&self.found, Found::of(cell));
        let mut lines = Vec::new();
        if then.outcome != now.outcome || then.reason != now.reason {
            lines.push(format!("{}; the capsule says: {}", ended(&now), ended(then)));
        }
        let count = |found: &Found| -> BTreeMap<String, u64> {
            found.findings.iter().map(|finding| (finding.kind.clone(), finding.count)).collect()
        };
        let (had, has) = (count(then), count(&now));
        let kinds: std::collections::BTreeSet<&String> = had.keys().chain(has.keys()).collect();
        for kind in kinds {
            let times = |counts: &BTreeMap<String, u64>| counts.get(kind).copied().unwrap_or(0);
            if times(&had) != times(&has) {
                lines.push(format!("finding `{kind}`: {}; the capsule says {}", times(&has), times(&had)));
            }
        }
        for (kind, has) in then.findings.iter().filter_map(|had| {
            let has = now.findings.iter().find(|has| has.kind == had.kind)?;
            (has.count == had.count && has.example != had.example).then_some((&had.kind, &has.example))
        }) {
            lines.push(format!("finding `{kind}` has another example: {has}"));
        }
        if then.claims != now.claims {
            lines.push(format!("claims: {}; the capsule says: {}", claims(&now), claims(then)));
        }
        if let Err(reason) = Target::of(cell, &self.kind) {
            lines.push(format!("kind: {reason}"));
        }
        if then.trace_digest != now.trace_digest {
            lines.push("trace digest: the events differ from those of the capsule's run".to_owned());
        }
        lines
    }

    /// How this build differs from the one that wrote the capsule.
    pub fn other_build(&self, here: &Build) -> Option<String> {
        self.build.difference(here)
    }
}

fn ended(found: &Found) -> String {
    match (found.outcome, found.reason.as_deref()) {
        (Outcome::Measured, _) => "the run ended".to_owned(),
        (Outcome::Failed, reason) => format!("the run failed: {}", reason.unwrap_or("no reason")),
        (Outcome::Unsupported, reason) => format!("the strategy does not run this: {}", reason.unwrap_or("no reason")),
        (Outcome::NotRun, _) => "the run did not begin".to_owned(),
    }
}

fn claims(found: &Found) -> String {
    if found.claims.is_empty() { "nothing broken".to_owned() } else { found.claims.join("; ") }
}
