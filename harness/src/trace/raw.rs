//! A trace as it is written in its file, and the order that it names.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::op::TraceOp;
use super::text::Text;
use crate::schedule::{MAX_CLIENTS, Schedule};
use crate::times::Stamp;
use crate::typing::Splice;

/// Most txns, patches and parents together. Keeps the memory of a small packed file below a gigabyte.
const MAX_ITEMS: usize = 4_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an editing trace: an object with endContent and txns")]
pub(super) struct RawTrace {
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) start_content: Text,
    pub(super) end_content: Text,
    num_agents: Option<u32>,
    txns: Txns,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a txn: an object with patches")]
struct RawTxn {
    parents: Option<Bounded<u32>>,
    num_children: Option<u32>,
    agent: Option<u32>,
    time: Option<Clock>,
    patches: Bounded<RawPatch>,
}

/// What a clock showed; `None` for what is no date with a time.
struct Clock(Option<Stamp>);

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Clock;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Clock, E> {
                Ok(Clock(text.parse().ok()))
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Clock, E> {
                Ok(Clock(None))
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Clock, E> {
                Ok(Clock(None))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Clock, E> {
                Ok(Clock(None))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Clock, E> {
                Ok(Clock(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Clock, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Clock(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Clock, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Clock(None))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "a patch [position, deleted, \"inserted\"]")]
struct RawPatch(usize, usize, Text);

impl RawTrace {
    /// The txns, in the file's order.
    pub(super) fn into_ops(self) -> Vec<TraceOp> {
        let splice = |RawPatch(pos, delete, Text(insert))| Splice { pos, delete, insert };
        self.txns.0.into_iter().map(|txn| TraceOp(txn.patches.0.into_iter().map(splice).collect())).collect()
    }

    /// What clocks showed, in the file's order; empty where none showed anything.
    pub(super) fn stamps(&self) -> Vec<Option<Stamp>> {
        let stamp = |txn: &RawTxn| txn.time.as_ref().and_then(|time| time.0);
        let stamps = || self.txns.0.iter().map(stamp);
        if stamps().all(|stamp| stamp.is_none()) { Vec::new() } else { stamps().collect() }
    }

    /// The order of a sequential trace.
    pub(super) fn one_author(&self) -> Result<Schedule, String> {
        let foreign = |txn: &RawTxn| txn.parents.is_some() || txn.agent.is_some_and(|agent| agent != 0);
        match self.txns.0.iter().position(foreign) {
            Some(at) => Err(format!("txn {at}: parents and agents belong in a trace of the kind `concurrent`")),
            // Bounded by MAX_ITEMS.
            None => Ok(Schedule::sequential(self.txns.0.len() as u32)),
        }
    }

    /// The order of a concurrent trace.
    pub(super) fn order(&self) -> Result<Schedule, String> {
        let agents = match self.num_agents {
            Some(agents) if (1..=MAX_CLIENTS).contains(&(agents as usize)) => agents,
            Some(agents) => return Err(format!("numAgents is {agents}: expected 1 to {MAX_CLIENTS}")),
            None => return Err("no numAgents: a concurrent trace says how many agents there are".into()),
        };
        let mut children = vec![0u32; self.txns.0.len()];
        let mut ops = Vec::with_capacity(self.txns.0.len());
        for (at, txn) in self.txns.0.iter().enumerate() {
            let (Some(Bounded(parents)), Some(agent)) = (&txn.parents, txn.agent) else {
                return Err(format!("txn {at}: expected parents and an agent in a concurrent trace"));
            };
            for parent in parents {
                if let Some(count) = children.get_mut(*parent as usize) {
                    *count += 1;
                }
            }
            ops.push((agent, parents.as_slice()));
        }
        let schedule = Schedule::concurrent(agents, ops).map_err(|(at, wrong)| format!("txn {at}: {wrong}"))?;
        let differs = |(txn, count): (&RawTxn, &u32)| txn.num_children.is_some_and(|said| said != *count);
        match self.txns.0.iter().zip(&children).position(differs) {
            Some(at) => Err(format!("txn {at}: is the parent of {} txns, expected numChildren to agree", children[at])),
            None => Ok(schedule),
        }
    }
}

/// A trace in the form of automerge/automerge-perf: one author, every edit a call of `Array.splice`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawEdits {
    edits: Bounded<RawEdit>,
    final_text: Option<Text>,
}

impl RawEdits {
    /// The same list alone, without the text that it gives.
    pub(super) fn bare(bytes: &[u8]) -> serde_json::Result<Self> {
        Ok(Self { edits: serde_json::from_slice(bytes)?, final_text: None })
    }

    /// The edits, and the text that they give, where it is said.
    pub(super) fn into_ops(self) -> (Vec<TraceOp>, Option<String>) {
        let ops = self.edits.0.into_iter().map(|RawEdit(splice)| TraceOp(vec![splice])).collect();
        (ops, self.final_text.map(|text| text.0))
    }
}

/// `[position, deleted, "inserted", "inserted", ...]`.
struct RawEdit(Splice);

impl<'de> Deserialize<'de> for RawEdit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = RawEdit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an edit [position, deleted, \"inserted\", ...]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawEdit, A::Error> {
                let missing = |len| A::Error::invalid_length(len, &self);
                let pos = seq.next_element()?.ok_or_else(|| missing(0))?;
                let delete = seq.next_element()?.ok_or_else(|| missing(1))?;
                let mut insert = String::new();
                while let Some(Text(text)) = seq.next_element()? {
                    insert.push_str(&text);
                }
                Ok(RawEdit(Splice { pos, delete, insert }))
            }
        }

        deserializer.deserialize_seq(Reader)
    }
}

/// All txns. An error within one names it.
struct Txns(Vec<RawTxn>);

impl<'de> Deserialize<'de> for Txns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Txns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of txns")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Txns, A::Error> {
                let (mut txns, mut items) = (Vec::new(), 0);
                loop {
                    let next = seq.next_element::<RawTxn>();
                    let Some(txn) = next.map_err(|error| A::Error::custom(format!("txn {}: {error}", txns.len())))?
                    else {
                        break;
                    };
                    items += 1 + txn.patches.0.len() + txn.parents.as_ref().map_or(0, |parents| parents.0.len());
                    if items > MAX_ITEMS {
                        return Err(too_many());
                    }
                    txns.push(txn);
                }
                if txns.is_empty() { Err(A::Error::custom("expected at least one txn")) } else { Ok(Txns(txns)) }
            }
        }

        deserializer.deserialize_seq(Reader)
    }
}

/// A list that does not grow without bounds.
struct Bounded<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Bounded<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bounded<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    if list.len() == MAX_ITEMS {
                        return Err(too_many());
                    }
                    list.push(item);
                }
                Ok(Bounded(list))
            }
        }

        deserializer.deserialize_seq(Reader(PhantomData))
    }
}

fn too_many<E: Error>() -> E {
    E::custom(format!("expected at most {MAX_ITEMS} txns, patches and parents together"))
}
