//! The model: what is shared, what a user can do to it, and what that means. Plain data and one function.

use std::collections::BTreeMap;

use syncbench_cli::prelude::*;

/// Who works when: each shift has one person, or nobody yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rota {
    pub(crate) shifts: BTreeMap<String, Option<u32>>,
}

/// What a user can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// Take a shift that nobody has.
    Take { shift: String, person: u32 },
    /// Give one's own shift back.
    GiveBack { shift: String, person: u32 },
}

/// The rules.
pub(crate) struct Rules;

impl Reducer for Rules {
    type State = Rota;
    type Op = Op;
    type Outcome = ();

    /// Changes the rota, or says why the operation makes no sense on it. Each strategy decides on which state it is called:
    /// the user's own copy, the server's, or both.
    fn reduce(&self, rota: &mut Rota, op: &Op) -> Result<(), Rejected> {
        let (Op::Take { shift, .. } | Op::GiveBack { shift, .. }) = op;
        let holder = rota.shifts.get_mut(shift).ok_or_else(|| Rejected::new("no_shift", "there is no such shift"))?;
        match (op, *holder) {
            (Op::Take { person, .. }, None) => *holder = Some(*person),
            (Op::GiveBack { person, .. }, Some(other)) if other == *person => *holder = None,
            (Op::Take { .. }, Some(_)) => return Err(Rejected::new("taken", "somebody else has this shift")),
            (Op::GiveBack { .. }, _) => return Err(Rejected::new("not_yours", "this shift is not yours")),
        }
        Ok(())
    }
}
