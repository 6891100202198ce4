//! A recorded trace as a workload: each user's operations in order, at the recorded positions.
//!
//! One txn is one operation. The engine lets a user act when it has seen what the recorded user had seen, and holds back what
//! that user had not seen. So a strategy that keeps positions meaningful must end in the recorded text. A strategy that reads
//! a position against a state that the user did not see ends elsewhere, and the oracle measures the distance.

use std::sync::Arc;

use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::Content;
use syncbench_strategies::view::View;

use super::file::Trace;
use super::lcs::common_subsequence;
use super::op::TraceOp;
use crate::finding::{Finding, kinds};
use crate::findings::Findings;
use crate::schedule::Schedule;
use crate::typing::Splice;
use crate::workload::{History, Intent, User, Workload, WorkloadSpec};

kinds! {
    MISSING_CHARACTER = lost(
        "missing character",
        "Characters of the recorded final text are missing, or in the wrong place; as few operations as typed so many."
    );
    SURPLUS_CHARACTER = lost(
        "surplus character",
        "The final text has characters that the recorded one has not; as few operations as typed or erased so many."
    );
    FINAL_TEXT_NOT_JUDGED = noted(
        "final text not judged",
        "The trace was cut short or does not say how its text ends, so the final text was not compared."
    );
}

/// What the workload says about itself. It is made from a file, so it is not in the registry, and `build` makes an empty one.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "trace",
    summary: "replay a recorded editing session in its causal order",
    product: "a shared text, keystroke by keystroke as its users typed it",
    params: &[],
    edits: &[EditKind::TextSplice],
    kinds: &[&MISSING_CHARACTER, &SURPLUS_CHARACTER, &FINAL_TEXT_NOT_JUDGED],
    content: Content::Text,
    undo: false,
    size_unit: "characters",
    default_size: 0,
    build: |_| Box::new(Replay::new(Trace::empty())),
};

/// Splices the text at `text`; rejects a txn as a whole if one of its splices reaches beyond the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceModel;

fn text() -> Path {
    path!["text"]
}

impl Model for TraceModel {
    type Op = TraceOp;

    fn plan(&self, view: &dyn View, op: &TraceOp) -> Result<Plan, Rejected> {
        let path = text();
        let mut len = view.len(&path).ok_or_else(|| Rejected::new("no_text", "there is no text"))?;
        let mut edits = Vec::with_capacity(op.0.len());
        for Splice { pos, delete, insert } in &op.0 {
            if pos.checked_add(*delete).is_none_or(|end| end > len) {
                let detail = format!("{delete} characters at {pos}, and the text has {len}");
                return Err(Rejected::new("out_of_range", detail));
            }
            len = len - delete + insert.chars().count();
            edits.push(Edit::TextSplice { path: path.clone(), pos: *pos, delete: *delete, insert: insert.clone() });
        }
        Ok(Plan::new(edits))
    }
}

/// A trace, ready to be replayed.
#[derive(Clone, Debug)]
pub struct Replay {
    trace: Arc<Trace>,
}

impl Replay {
    /// The whole trace; [`Trace::first`] gives a shorter one.
    pub fn new(trace: Trace) -> Self {
        Self { trace: Arc::new(trace) }
    }

    /// The trace.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many clients it needs. More may take part; they only watch.
    pub fn clients(&self) -> u32 {
        self.trace.schedule.clients()
    }

    /// How many operations there are.
    pub fn ops(&self) -> u64 {
        self.trace.txns.len() as u64
    }
}

fn document(content: &str) -> Document {
    Document::map([("text", Document::text(content))])
}

impl Workload for Replay {
    fn model(&self) -> ModelRef {
        erase(TraceModel)
    }

    /// The recorded start, whatever the size.
    fn genesis(&self, _: u64) -> Document {
        document(&self.trace.start)
    }

    fn user(&self, client: NodeId, _: u32) -> Box<dyn User> {
        Box::new(Recorded { trace: self.trace.clone(), client, made: 0 })
    }

    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        let mut findings = Findings::of(history);
        let issued = history.ledger.issued();
        match &self.trace.end {
            Some(end) if issued == self.ops() => compare(history, end, &mut findings),
            _ => findings.note(
                &FINAL_TEXT_NOT_JUDGED,
                1,
                format_args!("{issued} operations were replayed, and the text after them is not recorded"),
            ),
        }
        findings.done()
    }

    fn reference(&self) -> Option<Document> {
        self.trace.end.as_deref().map(document)
    }

    fn schedule(&self) -> Option<&Schedule> {
        Some(&self.trace.schedule)
    }
}

/// The distance of the final text from the recorded one is in characters to insert and characters to delete; one in the
/// wrong place counts as both. The lost operations are as few as account for them.
fn compare(history: &History<'_>, end: &str, findings: &mut Findings) {
    let last = match history.last.at(&text()) {
        Some(Document::Text(rope)) => rope.to_string(),
        _ => String::new(),
    };
    let (got, meant) = (last.chars().count(), end.chars().count());
    let common = common_subsequence(&last, end);
    let example = format_args!("the text has {got} characters, the recorded one {meant}, and {common} agree");
    let operations = history.confirmed::<TraceOp>();
    let weights = |weight: fn(&Splice) -> usize| {
        operations
            .iter()
            .map(move |one| (one.id(), one.op.0.iter().map(weight).sum::<usize>() as u64))
            .collect::<Vec<_>>()
    };
    let typed = weights(|splice| splice.insert.chars().count());
    findings.fewest(&MISSING_CHARACTER, (meant - common) as u64, typed, example);
    let touched = weights(|splice| splice.insert.chars().count() + splice.delete);
    findings.fewest(&SURPLUS_CHARACTER, (got - common) as u64, touched, example);
}

/// A user who does what was recorded.
struct Recorded {
    trace: Arc<Trace>,
    client: NodeId,
    made: usize,
}

impl User for Recorded {
    fn next(&mut self, _: &dyn View, _: &mut Rng) -> Option<Intent> {
        let slot = *self.trace.schedule.slots(self.client).get(self.made)?;
        self.made += 1;
        Some(Intent::blind(self.trace.txns.get(slot as usize)?))
    }
}
