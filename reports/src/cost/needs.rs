//! What a product needs: one entry for each need.

use super::amount::Amount;
use super::assumption::{CLIENT_SLOWDOWN, CONNECTION_BYTES, CORE_LOAD, MONTHS, OPENS, RATE, REPLICAS, SOCKET_US};
use super::costs::Reader;

/// How a need is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Processor cores.
    Cores,
    /// Bytes.
    Bytes,
    /// Bits a second.
    BitsPerS,
    /// A part of a whole.
    Share,
    /// Milliseconds.
    Ms,
}

/// One thing that is needed.
pub struct Need {
    /// Its name in files.
    pub name: &'static str,
    /// Over its column.
    pub heading: &'static str,
    /// How it is told.
    pub unit: Unit,
    /// What it is, in a sentence.
    pub meaning: &'static str,
    /// How much of it a product needs; `None` where the curves do not say.
    pub of: fn(&Reader<'_>) -> Option<Amount>,
}

macro_rules! needs {
    ($($id:ident = { $name:literal, $heading:literal, $unit:ident, $meaning:literal, $of:expr };)*) => {
        $(#[doc = $meaning] pub(super) static $id: Need = Need {
            name: $name, heading: $heading, unit: Unit::$unit, meaning: $meaning, of: $of,
        };)*
        /// All needs, the server's first.
        pub static NEEDS: &[&Need] = &[$(&$id),*];
    };
}

needs! {
    SERVER_CORES = { "server_cores", "cores", Cores,
        "Server cores while people are online: the strategy's work and that of sockets, at the share to which a core is used.",
        |reader| Some(core_us_per_op(reader)? * (reader.product.ops_per_s() / 1e6 / reader.product.get(&CORE_LOAD)))
    };
    SERVER_MEMORY = { "server_memory_bytes", "memory", Bytes,
        "Server memory: every open document as the strategy holds it, and every connection.",
        |reader| {
            let connections = reader.product.online() * reader.product.get(&CONNECTION_BYTES);
            Some(reader.figure("server_resident_bytes")? * reader.product.open() + Amount::exact(connections))
        }
    };
    SERVER_OUT = { "server_out_bits_per_s", "out", BitsPerS,
        "Bandwidth out of the servers while people are online: operations to everybody, and documents to those who open them.",
        |reader| {
            let ops = reader.figure("wire_bytes_down_per_op")? * reader.product.ops_per_s();
            Some((ops + opened(reader)? * (1.0 / reader.product.seconds_a_month())) * 8.0)
        }
    };
    SERVER_IN = { "server_in_bits_per_s", "in", BitsPerS,
        "Bandwidth into the servers while people are online.",
        |reader| Some(reader.figure("wire_bytes_up_per_op")? * (reader.product.ops_per_s() * 8.0))
    };
    OUT_A_MONTH = { "out_bytes_per_month", "out/month", Bytes,
        "Bytes that leave the servers in a month.",
        |reader| Some(reader.figure("wire_bytes_down_per_op")? * reader.product.ops_a_month() + opened(reader)?)
    };
    STORED = { "stored_bytes", "stored", Bytes,
        "What the servers store at the end of the month: every document, open or not, with its history, in every copy.",
        |reader| Some(reader.figure("server_stored_bytes")? * copies(reader))
    };
    STORED_LATER = { "stored_bytes_added_per_month", "added", Bytes,
        "What the month after that adds to it: zero for a strategy that keeps no history.",
        |reader| {
            let months = reader.product.get(&MONTHS);
            let (now, next) = (reader.after("server_stored_bytes", months)?, reader.after("server_stored_bytes", months + 1.0)?);
            let added = Amount { value: next.value - now.value, low: next.low - now.low, high: next.high - now.high };
            let sorted = Amount { low: added.low.min(added.value), high: added.high.max(added.value), ..added };
            Some(sorted.at_least_zero() * copies(reader))
        }
    };
    CLIENT_MEMORY_HELD = { "client_memory_bytes", "client", Bytes,
        "Memory that a document takes at a client.",
        |reader| reader.figure("resident_bytes")
    };
    CLIENT_PROCESSOR = { "client_processor_share", "cpu", Share,
        "Share of a client's processor: its own operations and those of everybody else in the document.",
        |reader| {
            let (rate, clients) = (reader.product.get(&RATE), reader.product.clients());
            let us_per_s = reader.figure("cpu_us_local")? * rate + reader.figure("cpu_us_remote")? * (clients * rate);
            Some(us_per_s * (reader.product.get(&CLIENT_SLOWDOWN) / 1e6))
        }
    };
    CLIENT_DOWN_USED = { "client_down_bits_per_s", "down", BitsPerS,
        "Bandwidth down to a client.",
        |reader| Some(reader.figure("wire_bytes_down_per_op")? * (reader.product.get(&RATE) * 8.0))
    };
    CLIENT_UP_USED = { "client_up_bits_per_s", "up", BitsPerS,
        "Bandwidth up from a client.",
        |reader| Some(reader.figure("wire_bytes_up_per_op")? * (reader.product.get(&RATE) * 8.0))
    };
    CLIENT_LOAD_MS = { "client_load_ms", "load", Ms,
        "Processor time of a client to load the document from what it has saved.",
        |reader| Some(reader.figure("load_ms")? * reader.product.get(&CLIENT_SLOWDOWN))
    };
}

/// µs of a server core for an operation: every message crosses a socket of the server.
pub(super) fn core_us_per_op(reader: &Reader<'_>) -> Option<Amount> {
    Some(reader.figure("cpu_us_server")? + reader.figure("messages_per_op")? * reader.product.get(&SOCKET_US))
}

/// Bytes a month to people who open a document: as many as a newcomer takes who has the initial document, or as a client saves,
/// whichever is more, since people have no initial document.
fn opened(reader: &Reader<'_>) -> Option<Amount> {
    let product = reader.product;
    let opens = product.online() * product.get(&OPENS) * product.get(&super::assumption::DAYS);
    if opens == 0.0 {
        return Some(Amount::default());
    }
    let (sync, saved) = (reader.figure("first_sync_bytes")?, reader.figure("stored_bytes")?);
    let more = |a: f64, b: f64| a.max(b);
    let whole = Amount {
        value: more(sync.value, saved.value),
        low: more(sync.low, saved.low),
        high: more(sync.high, saved.high),
    };
    Some(whole * opens)
}

fn copies(reader: &Reader<'_>) -> f64 {
    reader.product.documents() * reader.product.get(&REPLICAS)
}

#[cfg(test)]
mod tests {
    use super::super::assumption::{PER_DOCUMENT, RATE};
    use super::super::costs::Costs;
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::product::{Product, tests::million};
    use super::*;

    fn need(need: &Need, product: &Product, of: fn(&str, f64, f64, f64) -> f64) -> f64 {
        let costs = Costs::of(&curves(axes("a", of)), "a").unwrap();
        let amount = (need.of)(&Reader::new(&costs, product)).unwrap();
        assert!(amount.low <= amount.value && amount.value <= amount.high, "{}: {amount:?}", need.name);
        amount.value
    }

    #[test]
    fn every_need_has_its_closed_form() {
        let product = million();
        // 20 items. 4 + 0.5 × 20 µs in the strategy, 21 messages of 5 µs; 10,000 operations a second; half a core is used.
        let socket = product.get(&SOCKET_US);
        let forms = [
            (&SERVER_CORES, (14.0 + 21.0 * socket) * 0.01 / 0.5),
            (&SERVER_MEMORY, 2_500.0 * (5_000.0 + 1_000.0 + 4_000.0) + 50_000.0 * 42e3),
            (&SERVER_OUT, 8.0 * (1_600.0 * 1e4 + 50_000.0 * 1_100.0 / 28_800.0)),
            (&SERVER_IN, 8.0 * 90.0 * 1e4),
            (&OUT_A_MONTH, 1_600.0 * 8.64e9 + 50_000.0 * 30.0 * 1_100.0),
            (&STORED, 50_000.0 * 900.0),
            (&STORED_LATER, 0.0),
            (&CLIENT_MEMORY_HELD, 3_000.0),
            (&CLIENT_PROCESSOR, 4.0 * 0.2 * (2.0 + 20.0) / 1e6),
            (&CLIENT_DOWN_USED, 8.0 * 0.2 * 1_600.0),
            (&CLIENT_UP_USED, 8.0 * 0.2 * 90.0),
            (&CLIENT_LOAD_MS, 4.0 * 0.12),
        ];
        assert_eq!(forms.len(), NEEDS.len(), "a closed form for each need");
        for (of, wanted) in forms {
            let found = need(of, &product, fan_out);
            assert!((found - wanted).abs() <= wanted * 0.02, "{}: {found}, not {wanted}", of.name);
        }
    }

    #[test]
    fn history_fills_storage_with_every_month() {
        let added = need(&STORED_LATER, &million(), keeps_history);
        let wanted = 50_000.0 * 172_800.0 * 30.0;
        assert!((added / wanted - 1.0).abs() < 0.1, "{added}, not {wanted}");
        let copied = need(&STORED_LATER, &million().with(&REPLICAS, 3.0), keeps_history);
        assert!((copied / added - 3.0).abs() < 1e-6);
    }

    #[test]
    fn twice_the_people_in_a_document_take_twice_the_bandwidth_of_each() {
        let product = million();
        let twice = product.with(&PER_DOCUMENT, 40.0);
        let ratio = |of: &Need| need(of, &twice, fan_out) / need(of, &product, fan_out);
        assert!((ratio(&CLIENT_DOWN_USED) - 2.0).abs() < 0.01 && (ratio(&CLIENT_UP_USED) - 1.0).abs() < 0.01);
        let faster = product.with(&RATE, 0.4);
        assert!((need(&SERVER_IN, &faster, fan_out) / need(&SERVER_IN, &product, fan_out) - 2.0).abs() < 1e-9);
    }
}
