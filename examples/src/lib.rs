//! A product in a crate of its own: a purse as plain data with its own reducer, and a custom sync strategy.
//!
//! ```
//! let cells = syncbench_examples::compare().unwrap();
//! let wrong = |name: &str| cells.iter().filter(|cell| cell.strategy == name).map(|cell| cell.findings.len()).sum::<usize>();
//! assert_eq!((cells.len(), wrong("serial")), (30, 0));
//! // All clients end with the same purse, but some confirmed withdrawals are missing from it.
//! assert!(cells.iter().all(|cell| cell.converged == Some(true)));
//! assert!(wrong("log-replay") > 0 && wrong("lww-document") > 0);
//! ```
use syncbench_harness::prelude::*;

/// A custom sync strategy: that of the template.
#[path = "../template/src/strategy.rs"]
mod log_replay;

/// The product's state.
#[derive(Serialize, Deserialize)]
struct Purse {
    cents: i64,
}

/// Puts money in, or takes it out if the amount is negative; rejects what would overdraw the purse.
struct Rules;
impl Reducer for Rules {
    type State = Purse;
    type Op = i64;
    type Outcome = ();
    fn reduce(&self, purse: &mut Purse, cents: &i64) -> Result<(), Rejected> {
        purse.cents += cents;
        if purse.cents < 0 { Err(Rejected::new("poor", "not that much in the purse")) } else { Ok(()) }
    }
}

/// What users do, and what must be true at the end.
struct Kitty;
impl Workload for Kitty {
    fn model(&self) -> ModelRef {
        erase(Reduced(Rules))
    }
    fn genesis(&self, size: u64) -> Document {
        Document::map([("cents", Document::Int(size as i64))])
    }
    fn user(&self, _: NodeId, _: u32) -> Box<dyn User> {
        Box::new(|_: &dyn View, rng: &mut Rng| Some(Intent::blind(&rng.random_range(-500..=450_i64))))
    }
    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        let cents = |document| from_document::<Purse>(document).map_or(0, |purse| purse.cents);
        let receipts = history.confirmed::<i64>();
        let sum: i64 = receipts.iter().map(|receipt| receipt.op).sum();
        let over = cents(history.last) - cents(history.genesis) - sum;
        // The sum does not tell which receipts are missing: as few as account for it.
        let amounts = receipts.iter().map(|receipt| (receipt.id(), receipt.op.unsigned_abs()));
        let mut findings = Findings::of(history);
        findings.fewest(&WRONG_SUM, over.unsigned_abs(), amounts, format!("{over} cents more than the receipts say"));
        findings.done()
    }
}

static WRONG_SUM: Kind = Kind::lost("wrong sum", "A confirmed operation is missing from the purse.");

static KITTY: WorkloadSpec =
    WorkloadSpec::own("kitty", "put money in, take it out", &[EditKind::Put], &[&WRONG_SUM], 500, |_| Box::new(Kitty));

/// Runs the product under the custom strategy and under two of the harness, five times each.
pub fn compare() -> Result<Vec<Cell>, ScenarioError> {
    let strategies = ["log-replay", "serial", "lww-document"].map(String::from).to_vec();
    let scenario = Scenario { strategies, workloads: vec!["kitty".into()], ops: 100, ..Scenario::default() };
    collect(vec![scenario], &Catalog::default().strategy(&log_replay::SPEC).workload(&KITTY))
}
