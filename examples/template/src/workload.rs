//! The workload: the first document, what users do, and what must be true at the end.

use std::collections::BTreeMap;

use syncbench_cli::prelude::*;

use crate::model::{Op, Rota, Rules};

/// What lists and reports say about it. `size` counts shifts; 40 is a week of a small shop.
pub(crate) static SPEC: WorkloadSpec = WorkloadSpec {
    // In sentences of reports: "shifts: 0 lost with ...".
    holds: "shifts",
    product: "the rota of a shop",
    size_unit: "shifts",
    ..WorkloadSpec::own(
        "rota",
        "take shifts that nobody has, give some back",
        &[EditKind::Put],
        &[&TAKEN_TWICE, &NOT_GIVEN_BACK],
        40,
        |_| Box::new(Shop),
    )
};

/// A finding is *lost* when an operation that its user believes done is not.
static TAKEN_TWICE: Kind = Kind::lost("shift taken twice", "A shift was confirmed to a person, and another has it.");
static NOT_GIVEN_BACK: Kind =
    Kind::lost("shift not given back", "Giving a shift back was confirmed, and its person still has it.");

struct Shop;

impl Workload for Shop {
    fn model(&self) -> ModelRef {
        erase(Reduced(Rules))
    }

    fn genesis(&self, size: u64) -> Document {
        let shifts = (0..size).map(|number| (format!("shift-{number:04}"), None)).collect();
        to_document(&Rota { shifts }).expect("a rota is a document")
    }

    fn user(&self, client: NodeId, _clients: u32) -> Box<dyn User> {
        let person = client.0;
        Box::new(move |view: &dyn View, rng: &mut Rng| next(person, view, rng))
    }

    /// For `explore`: one shift, and the operations that differ in kind, each as a person comes to want it.
    fn small(&self) -> Option<Small> {
        Some(Small { genesis: self.genesis(1), letters: LETTERS })
    }

    /// A serial order of all confirmed operations would leave each shift with the one person who took it and did not give it
    /// back. A person whose shift was confirmed and who does not have it has lost an operation.
    fn judge(&self, history: &History<'_>) -> Vec<Finding> {
        let last: Rota = from_document(history.last).unwrap_or(Rota { shifts: BTreeMap::new() });
        let has = |shift: &str, person: u32| last.shifts.get(shift) == Some(&Some(person));
        // The last operation of each person on each shift says what they believe.
        let mut believed = BTreeMap::new();
        for issued in history.confirmed::<Op>() {
            let (Op::Take { shift, person } | Op::GiveBack { shift, person }) = &issued.op;
            believed.insert((shift.clone(), *person), issued);
        }
        let mut findings = Findings::of(history);
        for ((shift, person), issued) in &believed {
            match issued.op {
                Op::Take { .. } if !has(shift, *person) => {
                    let holder = last.shifts.get(shift);
                    findings.lost(
                        issued.id(),
                        &TAKEN_TWICE,
                        format!("person {person} took {shift}, and {holder:?} has it"),
                    );
                }
                Op::GiveBack { .. } if has(shift, *person) => {
                    findings.lost(issued.id(), &NOT_GIVEN_BACK, format!("person {person} gave {shift} back"));
                }
                _ => {}
            }
        }
        findings.done()
    }
}

/// What people do, one letter for each kind of operation.
const LETTERS: &[Letter] = &[
    Letter::new("take", |seat, view| only(view, None).map(|shift| take(shift, seat.client.0))),
    Letter::new("give-back", |seat, view| {
        let person = seat.client.0;
        only(view, Some(person)).map(|shift| Intent::blind(&Op::GiveBack { shift, person }))
    }),
];

fn take(shift: String, person: u32) -> Intent {
    Intent::blind(&Op::Take { shift, person })
}

/// The first shift that this person has, or nobody.
fn only(view: &dyn View, holder: Option<u32>) -> Option<String> {
    let rota: Rota = from_document(&view.document()).ok()?;
    rota.shifts.into_iter().find(|(_, has)| *has == holder).map(|(shift, _)| shift)
}

/// What a person does next. Draw first, in relative terms, and look at the screen afterwards: so all strategies meet the same
/// intents.
fn next(person: u32, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
    let (start, gives_back) = (rng.random_range(0.0..1.0), rng.random_bool(0.2));
    let rota: Rota = from_document(&view.document()).ok()?;
    let mine = |holder: &Option<u32>| *holder == Some(person);
    let wanted = |holder: &Option<u32>| if gives_back { mine(holder) } else { holder.is_none() };
    let fits: Vec<&String> = rota.shifts.iter().filter(|(_, holder)| wanted(holder)).map(|(shift, _)| shift).collect();
    // Nothing that makes sense: the user does nothing.
    let shift = fits.get((start * fits.len() as f64) as usize)?.to_string();
    Some(Intent::blind(&if gives_back { Op::GiveBack { shift, person } } else { Op::Take { shift, person } }))
}
