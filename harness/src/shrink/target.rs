//! What a run is shrunk for: a kind of finding, a broken claim, or a failure.

use crate::results::{Cell, Outcome};

/// The kind of a run that did not end by itself: a strategy panicked.
pub const FAILED: &str = "failed";

/// What must stay while a run becomes smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kind of finding, the name of a broken claim, or [`FAILED`].
    pub kind: String,
    /// For a failure, its message without numbers.
    pub(super) failure: Option<String>,
}

impl Target {
    /// What `cell` has of this kind. The error says what it has instead.
    pub fn of(cell: &Cell, kind: &str) -> Result<Self, String> {
        let failure = (kind == FAILED).then(|| message(cell));
        let target = Self { kind: kind.to_owned(), failure };
        if target.found(cell).is_some() {
            return Ok(target);
        }
        let known = targets(cell);
        let there = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        Err(format!("this run has no finding `{kind}`; it has: {there}"))
    }

    /// One instance in words, if the cell has any.
    pub fn found<'c>(&self, cell: &'c Cell) -> Option<&'c str> {
        if let Some(failure) = &self.failure {
            let same = cell.outcome == Outcome::Failed && message(cell) == *failure;
            return cell.reason.as_deref().filter(|_| same);
        }
        let finding = cell.findings.iter().find(|finding| finding.kind == self.kind);
        let broken = || cell.breaches().find(|(name, _)| *name == self.kind);
        match finding {
            Some(finding) => Some(&finding.example),
            None => broken().map(|(_, reason)| reason),
        }
    }
}

/// Every kind for which a cell can be shrunk: a failure, then broken claims, then losses, then notes.
pub fn targets(cell: &Cell) -> Vec<&str> {
    let failed = (cell.outcome == Outcome::Failed).then_some(FAILED);
    let (lost, noted): (Vec<_>, Vec<_>) = cell.findings.iter().partition(|finding| finding.lost);
    let kinds = lost.into_iter().chain(noted).map(|finding| finding.kind.as_str());
    failed.into_iter().chain(cell.breaches().map(|(name, _)| name)).chain(kinds).collect()
}

/// The reason of a failure without numbers: they differ in a smaller run.
fn message(cell: &Cell) -> String {
    cell.reason.as_deref().unwrap_or_default().chars().filter(|c| !c.is_ascii_digit()).collect()
}
