//! Users of a notebook.

use std::collections::BTreeSet;

use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::model::{CELLS, NotebookOp, order, source_path};
use crate::rng::{below, unit};
use crate::typing::{Keys, Typist};
use crate::workload::{Intent, Standing, User};

/// What the parameters say.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    pub(super) cells: f64,
    pub(super) evaluate: f64,
    pub(super) elsewhere: f64,
    pub(super) hot: f64,
    pub(super) keys: Keys,
}

/// One user.
pub(super) struct Collaborator {
    habits: Habits,
    client: NodeId,
    /// Intents so far: the source of ids, the same whatever the user saw.
    drawn: u64,
    /// How many cells there were at first.
    home: Option<usize>,
    /// The cell it types in.
    cell: String,
    typist: Typist,
}

impl Collaborator {
    pub(super) fn new(habits: Habits, client: NodeId, clients: u32) -> Self {
        let typist = Typist::new(habits.keys, client, clients, path![]);
        Self { habits, client, drawn: 0, home: None, cell: String::new(), typist }
    }
}

impl User for Collaborator {
    fn standing(&mut self, standing: Standing) {
        self.typist.standing(standing);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        self.drawn += 1;
        let (which, hot, on_cells, elsewhere) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let order = order(view);
        let (any, place) = (below(rng, order.len()), unit(rng));
        let habits = self.habits;
        let pick = || order.get(if hot < habits.hot { 0 } else { any }).cloned();
        if which < habits.cells {
            let op = self.on_cells(view, &order, on_cells, pick(), place);
            return op.map(|op| Intent::blind(&op));
        }
        if which >= 1.0 - habits.evaluate {
            let run = format!("{}.{}", self.client, self.drawn);
            return pick().map(|cell| Intent::blind(&NotebookOp::Evaluate { cell, run }));
        }
        // Nobody goes elsewhere in the middle of a run, unless the cell is gone.
        let stays = order.contains(&self.cell) && (self.typist.busy() || elsewhere >= habits.elsewhere);
        if !stays {
            self.cell = pick()?;
            self.typist.go(&source_path(&self.cell));
        }
        let (splice, seen) = self.typist.press(view, rng)?;
        let op = NotebookOp::Type { cell: self.cell.clone(), splice };
        Some(Intent { operation: Operation::encode(&op), seen: seen.document() })
    }
}

impl Collaborator {
    /// An operation on a whole cell.
    fn on_cells(
        &mut self,
        view: &dyn View,
        order: &[String],
        which: f64,
        cell: Option<String>,
        place: f64,
    ) -> Option<NotebookOp> {
        let home = *self.home.get_or_insert(order.len());
        let here: BTreeSet<&str> = order.iter().map(String::as_str).collect();
        let mut bin = view.keys(&path![CELLS])?;
        bin.retain(|cell| !here.contains(&**cell));
        let slot = |places: usize| ((place * places as f64) as usize).min(places.saturating_sub(1));
        let below = |slot: usize, others: &[&String]| {
            slot.checked_sub(1).and_then(|above| others.get(above)).map(|above| (*above).clone())
        };
        let everywhere: Vec<&String> = order.iter().collect();
        let after = below(slot(order.len() + 1), &everywhere);
        // The notebook stays between half and double its first size: it neither vanishes nor grows without end.
        let (small, large) = (order.len() <= home / 2, order.len() >= home.saturating_mul(2).max(1));
        let insert = NotebookOp::Insert { cell: format!("n{}.{}", self.client, self.drawn), after: after.clone() };
        Some(match (which * 4.0) as u8 {
            0 if !large => insert,
            1 if order.len() > 1 => {
                let cell = cell?;
                let at = order.iter().position(|other| *other == cell)?;
                let others: Vec<&String> = order.iter().filter(|other| **other != cell).collect();
                // A move to where the cell is would be none.
                let slot = slot(others.len());
                NotebookOp::Move { cell, after: below(slot + usize::from(slot >= at), &others) }
            }
            3 if !bin.is_empty() && !large => NotebookOp::Restore { cell: bin[slot(bin.len())].to_string(), after },
            _ if small => insert,
            _ => NotebookOp::Delete { cell: cell? },
        })
    }
}
