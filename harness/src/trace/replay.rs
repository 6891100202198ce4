//! A recorded trace as a workload: each user's operations in order, at the recorded positions.
//!
//! One txn is one operation. The engine lets a user act when it has seen what the recorded user had seen, and holds back what
//! that user had not seen. So a strategy that keeps positions meaningful must end in the recorded text. A strategy that reads
//! a position against a state that the user did not see ends elsewhere, and the oracle counts the operations that it cost.

use std::sync::Arc;

use syncbench_strategies::document::{Document, Edit, EditKind, Path};
use syncbench_strategies::model::{Model, ModelRef, Plan, Rejected, erase};
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::spec::Content;
use syncbench_strategies::view::View;

use super::file::Trace;
use super::judge::{Judgement, counted, judge};
use super::op::TraceOp;
use crate::finding::{Finding, kinds};
use crate::findings::Findings;
use crate::schedule::Schedule;
use crate::typing::Splice;
use crate::workload::{History, Intent, User, Workload, WorkloadSpec};

kinds! {
    MISSING_TEXT = lost(
        "missing text",
        "The text of an operation, or a part of it, is missing from its place in the recorded final text."
    );
    WRONG_DELETION = lost(
        "wrong deletion",
        "Deletions took other characters than the recorded ones, or none, or text was written twice; as few operations as \
         account for it."
    );
    UP_TO_TIES = noted(
        "recorded text in another order",
        "Authors wrote at one spot without having seen each other; the final text has their texts in another order than the \
         recorded one, which is right as well."
    );
    FINAL_TEXT_NOT_JUDGED = noted(
        "final text not judged",
        "Operations were replayed on another version than the recorded one, the trace was cut short, or authors wrote at one \
         spot so often that nobody can tell which texts are right."
    );
}

/// What the workload says about itself. It is made from a file, so it is not in the registry, and `build` makes an empty one.
pub static SPEC: WorkloadSpec = WorkloadSpec {
    name: "trace",
    summary: "replay a recorded editing session in its causal order",
    product: "a shared text, keystroke by keystroke as its users typed it",
    holds: "running text",
    params: &[],
    edits: &[EditKind::TextSplice],
    kinds: &[&MISSING_TEXT, &WRONG_DELETION, &UP_TO_TIES, &FINAL_TEXT_NOT_JUDGED],
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

    /// The state in which it must end, up to the order of ties; `None` where it is not known.
    pub fn end(&self) -> Option<Document> {
        self.trace.end.as_deref().map(document)
    }

    fn judgement(&self, history: &History<'_>, state: &Document) -> Judgement {
        let issued = history.ledger.issued();
        let Some(end) = self.trace.end.as_deref().filter(|_| issued == self.ops()) else {
            return Judgement::NotJudged(format!("the text after {} is not recorded", counted(issued, "operation")));
        };
        let state = match state.at(&text()) {
            Some(Document::Text(rope)) => rope.to_string(),
            _ => String::new(),
        };
        judge(self.trace.recording(), end, history, &state)
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
        match self.judgement(history, history.last) {
            Judgement::Recorded => {}
            Judgement::UpToTies(ties) => findings.note(&UP_TO_TIES, ties, counted(ties, "tie")),
            Judgement::NotJudged(why) => findings.note(&FINAL_TEXT_NOT_JUDGED, 1, why),
            Judgement::Wrong(loss) => {
                let [got, meant, common] = loss.characters;
                let example =
                    format_args!("the text has {got} characters, the recorded one {meant}, and {common} agree");
                for op in loss.texts {
                    findings.lost(op, &MISSING_TEXT, example);
                }
                let left = findings.fewest(&WRONG_DELETION, loss.characters_left, loss.deleters, example);
                // What nobody deleted, and what is there all the same, was written twice.
                let writers = history
                    .confirmed::<TraceOp>()
                    .into_iter()
                    .map(|one| (one.id(), one.op.0.iter().map(|splice| splice.insert.chars().count() as u64).sum()));
                findings.fewest(&WRONG_DELETION, left, writers, example);
            }
        }
        findings.done()
    }

    fn matches_reference(&self, history: &History<'_>, state: &Document) -> Option<bool> {
        match self.judgement(history, state) {
            Judgement::Recorded | Judgement::UpToTies(_) => Some(true),
            Judgement::Wrong(_) => Some(false),
            Judgement::NotJudged(_) => None,
        }
    }

    fn first(&self, ops: u64) -> Option<Box<dyn Workload>> {
        let ops = usize::try_from(ops).unwrap_or(usize::MAX);
        Some(Box::new(Replay::new(self.trace().clone().first(ops))))
    }

    fn schedule(&self) -> Option<&Schedule> {
        Some(&self.trace.schedule)
    }
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
