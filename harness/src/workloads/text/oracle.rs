//! What became of the characters of the text.

use super::model::{TextOp, text};
use crate::finding::Finding;
use crate::findings::Findings;
use crate::oracles;
use crate::typing;
use crate::workload::{History, Issued};

pub(super) fn judge(history: &History<'_>) -> Vec<Finding> {
    let typed = |TextOp::Edit(splices)| splices.into_iter().map(|splice| splice.insert).collect();
    let operations = history.operations::<TextOp>().into_iter();
    let keystrokes: Vec<_> = operations.map(|issued| Issued { op: typed(issued.op), entry: issued.entry }).collect();
    let mut findings = Findings::of(history);
    oracles::text::judge(
        &keystrokes,
        &typing::characters(history.genesis, &text()),
        &typing::characters(history.last, &text()),
        &mut findings,
    );
    findings.done()
}
