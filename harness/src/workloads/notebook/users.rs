//! Users of a notebook.

use std::collections::BTreeSet;

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::params::Contention;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::model::{CELLS, NotebookOp, order, output, source_path};
use crate::contention::Chooser;
use crate::rng::{nth, unit};
use crate::typing::{Keys, Typist};
use crate::workload::{Intent, Standing, User};
use crate::workloads::habits::{Labels, Population};

/// What the parameters say.
#[derive(Clone, Copy)]
pub(super) struct Habits {
    pub(super) cells: f64,
    pub(super) evaluate: f64,
    pub(super) elsewhere: f64,
    pub(super) contention: Contention,
    pub(super) keys: Keys,
}

/// One user.
pub(super) struct Collaborator {
    habits: Habits,
    labels: Labels,
    /// Counted only by a user who does something with whole cells.
    cells: Population,
    which: Chooser,
    /// The cell it types in.
    cell: String,
    typist: Typist,
}

impl Collaborator {
    pub(super) fn new(habits: Habits, client: NodeId, clients: u32) -> Self {
        let typist = Typist::new(habits.keys, client, clients, path![]);
        let which = Chooser::new(habits.contention);
        let cells = Population::default();
        Self { habits, labels: Labels::new(client), cells, which, cell: String::new(), typist }
    }
}

impl User for Collaborator {
    fn standing(&mut self, standing: Standing) {
        self.typist.standing(standing);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let label = self.labels.next();
        let (which, popular, on_cells, elsewhere) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let order = order(view);
        let (cell, place) = (unit(rng), unit(rng));
        let habits = self.habits;
        let pick = order.get(self.which.pick(popular, cell, order.len())).cloned();
        if which < habits.cells {
            let op = self.on_cells(view, &order, label, on_cells, pick, place);
            return op.map(|op| Intent::blind(&op));
        }
        if which >= 1.0 - habits.evaluate {
            let cell = pick?;
            let seen = output(view, &cell).map_or(Document::Null, |(run, _)| run.into());
            let op = NotebookOp::Evaluate { cell, run: label };
            return Some(Intent { operation: Operation::encode(&op), seen });
        }
        // Nobody goes elsewhere in the middle of a run, unless the cell is gone.
        let stays = order.contains(&self.cell) && (self.typist.busy() || elsewhere >= habits.elsewhere);
        if !stays {
            self.cell = pick?;
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
        label: String,
        which: f64,
        cell: Option<String>,
        place: f64,
    ) -> Option<NotebookOp> {
        self.cells.count(order.len());
        let here: BTreeSet<&str> = order.iter().map(String::as_str).collect();
        let mut bin = view.keys(&path![CELLS])?;
        bin.retain(|cell| !here.contains(&**cell));
        let below = |slot: usize, others: &[&String]| {
            slot.checked_sub(1).and_then(|above| others.get(above)).map(|above| (*above).clone())
        };
        let everywhere: Vec<&String> = order.iter().collect();
        let after = below(nth(place, order.len() + 1), &everywhere);
        let (small, large) = (self.cells.small(), self.cells.large());
        let insert = NotebookOp::Insert { cell: format!("n{label}"), after: after.clone() };
        Some(match (which * 4.0) as u8 {
            0 if !large => insert,
            1 if order.len() > 1 => {
                let cell = cell?;
                let at = order.iter().position(|other| *other == cell)?;
                let others: Vec<&String> = order.iter().filter(|other| **other != cell).collect();
                // A move to where the cell is would be none.
                let slot = nth(place, others.len());
                NotebookOp::Move { cell, after: below(slot + usize::from(slot >= at), &others) }
            }
            3 if !bin.is_empty() && !large => {
                NotebookOp::Restore { cell: bin[nth(place, bin.len())].to_string(), after }
            }
            _ if small => insert,
            _ => NotebookOp::Delete { cell: cell? },
        })
    }
}
