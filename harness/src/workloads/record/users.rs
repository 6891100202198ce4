//! What users of the table do.

use syncbench_strategies::document::Document;
use syncbench_strategies::model::Operation;
use syncbench_strategies::path;
use syncbench_strategies::replica::{NodeId, Rng};
use syncbench_strategies::view::View;

use super::Records;
use super::model::{Field, RECORDS, RecordOp, place};
use crate::contention::Chooser;
use crate::rng::unit;
use crate::workload::{Intent, User};
use crate::workloads::habits::{Labels, Population, Turn};

pub(super) struct RecordUser {
    shares: Records,
    labels: Labels,
    records: Population,
    which: Chooser,
}

impl RecordUser {
    pub(super) fn new(shares: Records, client: NodeId) -> Self {
        let which = Chooser::new(shares.contention);
        Self { shares, labels: Labels::new(client), records: Population::default(), which }
    }
}

impl User for RecordUser {
    fn few(&mut self, size: u64) {
        self.labels.few(size);
    }

    fn next(&mut self, view: &dyn View, rng: &mut Rng) -> Option<Intent> {
        let value = self.labels.next();
        let (act, popular, field, which) = (unit(rng), unit(rng), unit(rng), unit(rng));
        let names = view.keys(&path![RECORDS]).unwrap_or_default();
        let shares = &self.shares;
        let deletes = act < shares.delete;
        let creates = !deletes && act >= 1.0 - shares.create;
        let low = 2 * self.labels.number();
        self.records.count(names.len());
        let turn = self.records.turn(creates, deletes);
        if turn == Some(Turn::Add) {
            return Some(Intent::blind(&RecordOp::Create { record: format!("s{value}"), title: value, low }));
        }
        let record = names[self.which.pick(popular, which, names.len())].to_string();
        let shown = |field: &str| view.get(&place(&record).child(field)).unwrap_or_default();
        let (seen, op) = if turn == Some(Turn::Remove) {
            (view.get(&place(&record)).unwrap_or_default(), RecordOp::Delete { record })
        } else if act < shares.delete + shares.pair {
            let seen = Document::list([shown("low"), shown("high")]);
            (seen, RecordOp::SavePair { record, low, high: low + 1 })
        } else {
            let field = if field < 0.5 { Field::Title } else { Field::Status };
            (shown(field.key()), RecordOp::Set { record, field, value })
        };
        Some(Intent { operation: Operation::encode(&op), seen })
    }
}
