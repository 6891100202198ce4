//! What a product is like, and what is taken for granted about it: every number that the answer rests on besides the curves.

use syncbench_strategies::numbers::{parse_count, parse_number};

use crate::format::{count, figure, percent};

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, at least one: `20`, `1M`.
    Count,
    /// A number that is not negative: `0.2`.
    Number,
    /// A part of a whole: `5%`, `0.05`.
    Share,
    /// Bytes: `128MB`, `64kB`, `1_000`.
    Bytes,
    /// Bits per second: `36Mbps`, `10Gbps`.
    Bandwidth,
}

/// One number of a product, or of what it runs on.
#[derive(Debug)]
pub struct Assumption {
    /// Its key in a product's file, and with hyphens its flag or its name for `--assume`.
    pub name: &'static str,
    /// What it is, with its unit.
    pub meaning: &'static str,
    /// How it is written.
    pub kind: Kind,
    /// What it is where nobody says; absent where the user has to.
    pub default: Option<f64>,
    /// Where the default comes from.
    pub source: &'static str,
}

macro_rules! assumptions {
    ($($id:ident = { $name:literal, $kind:ident, $default:expr, $meaning:expr, $source:expr };)*) => {
        $(#[doc = $meaning] pub(super) static $id: Assumption = Assumption {
            name: $name, kind: Kind::$kind, default: $default, meaning: $meaning, source: $source,
        };)*
        /// All of them, in the order in which they are told.
        pub static ASSUMPTIONS: &[&Assumption] = &[$(&$id),*];
    };
}

const ASKED: &str = "given";

assumptions! {
    PEOPLE = { "people", Count, None, "people who use the product", ASKED };
    ONLINE = { "online", Share, None, "share of them who are online while it is in use", ASKED };
    PER_DOCUMENT = { "per_document", Count, None, "people who are in one document at a time", ASKED };
    RATE = { "rate", Number, None, "operations a second of a person who is online", ASKED };
    ITEMS = { "items", Count, Some(20.0), "items in a document",
        "a screen of them, as where operations and clients are measured" };
    HOURS = { "hours", Number, Some(8.0), "hours a day in which so many are online",
        "a working day; nobody is online in the rest" };
    DAYS = { "days", Count, Some(30.0), "days in a month", "people use it every day" };
    MONTHS = { "months", Number, Some(1.0), "months that a document has been in use",
        "the end of the month that is paid for" };
    HISTORY = { "history", Count, Some(f64::INFINITY), "most operations kept in a document's history",
        "no product cuts it by default; give what yours cuts it to" };
    DOCUMENTS = { "documents_per_person", Number, Some(0.0), "documents in all, for each person; 0 for as many as all \
        people fill at once", "people / per document: nobody has a second one" };
    REPLICAS = { "replicas", Count, Some(1.0), "copies of what is stored",
        "storage that is paid for by the GB replicates by itself" };
    OPENS = { "opens", Number, Some(1.0), "times a day that a person who is online opens a document",
        "the least there is" };
    CORE_LOAD = { "core_load", Share, Some(0.5), "share of a server core that is used",
        "at half load a message waits as long as it is worked on (M/M/1)" };
    SOCKET_US = { "socket_us", Number, Some(SOCKET_US_MEASURED),
        "µs of a server core for a message to or from a socket",
        "half of a send and a receive of 100 bytes over TCP on loopback, without TLS (harness/examples/socket.rs)" };
    CONNECTION_BYTES = { "connection_bytes", Bytes, Some(42e3), "server memory for a connection",
        "2 million in 83.5 GB, Phoenix on Cowboy (\"The Road to 2 Million Websocket Connections\", 2015)" };
    SERVER_LINK = { "server_link", Bandwidth, Some(10e9), "bandwidth of a server",
        "as of the simulator's data centre: up to 10 Gbit/s for an m5.large" };
    CLIENT_SLOWDOWN = { "client_slowdown", Number, Some(4.0), "how much slower a client's processor is",
        "Lighthouse's throttling for a mid-range phone" };
    CLIENT_LOAD = { "client_load", Share, Some(0.5), "share of a client's processor that the product may take",
        "50 of each 100 ms answer input in time (RAIL model, web.dev)" };
    CLIENT_MEMORY = { "client_memory", Bytes, Some(128e6), "memory that a document may take at a client",
        "least heap of an Android application on a 480 dpi phone (Android CDD, 3.7)" };
    CLIENT_DOWN = { "client_down", Bandwidth, Some(36e6), "bandwidth down to a client",
        "the simulator's 4g: Speedtest Global Index, September 2020" };
    CLIENT_UP = { "client_up", Bandwidth, Some(11e6), "bandwidth up from a client",
        "the simulator's 4g: Speedtest Global Index, September 2020" };
}

/// See [`SOCKET_US`].
const SOCKET_US_MEASURED: f64 = 5.1;

/// The assumption of a name, with underscores or hyphens.
pub fn assumption(name: &str) -> Option<&'static Assumption> {
    let name = name.replace('-', "_");
    ASSUMPTIONS.iter().copied().find(|assumption| assumption.name == name)
}

/// Units of bytes and of bits per second, by their ends.
const BYTES: [(&str, f64); 5] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)];
const BANDWIDTH: [(&str, f64); 4] = [("Gbps", 1e9), ("Mbps", 1e6), ("kbps", 1e3), ("bps", 1.0)];

impl Assumption {
    /// Its name on a command line.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// What was expected.
    pub fn read(&self, written: &str) -> Result<f64, String> {
        let written = written.trim();
        let (value, least, most) = match self.kind {
            Kind::Count => (parse_count(written).map(|count| count as f64), 1.0, 1e12),
            Kind::Number => (parse_number(written), 0.0, 1e9),
            Kind::Share => (share(written), f64::MIN_POSITIVE, 1.0),
            Kind::Bytes => (united(written, &BYTES), 0.0, 1e18),
            Kind::Bandwidth => (united(written, &BANDWIDTH), 1.0, 1e18),
        };
        let value = value.filter(|value| (least..=most).contains(value));
        value.ok_or_else(|| format!("expected {}, {}", self.expected(), self.meaning))
    }

    fn expected(&self) -> &'static str {
        match self.kind {
            Kind::Count => "a whole number from 1 on such as 20 or 1M",
            Kind::Number => "a number from 0 on such as 0.2",
            Kind::Share => "a share above 0% and at most 100% such as 5% or 0.05",
            Kind::Bytes => "bytes such as 128MB or 64kB",
            Kind::Bandwidth => "a bandwidth such as 36Mbps",
        }
    }

    /// A value as it is told.
    pub fn told(&self, value: f64) -> String {
        let united = |units: &[(&str, f64)]| {
            let (unit, size) = units.iter().find(|(_, size)| value >= *size).unwrap_or(&units[units.len() - 1]);
            format!("{} {unit}", figure(value / size))
        };
        match self.kind {
            _ if value.is_infinite() => "all".to_owned(),
            Kind::Count => count(value as u64),
            Kind::Number => figure(value),
            Kind::Share => percent(value),
            Kind::Bytes => united(&BYTES),
            Kind::Bandwidth => united(&[("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0)]),
        }
    }
}

fn share(written: &str) -> Option<f64> {
    match written.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0),
        None => written.parse().ok(),
    }
}

fn united(written: &str, units: &[(&str, f64)]) -> Option<f64> {
    let unit = units.iter().find_map(|(unit, size)| Some((written.strip_suffix(unit)?.trim_end(), *size)));
    let (number, size) = unit.unwrap_or((written, 1.0));
    Some(parse_number(number)? * size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them_and_told_so() {
        for (of, written, value, told) in [
            (&PEOPLE, "1M", 1e6, "1,000,000"),
            (&PEOPLE, "10_000", 1e4, "10,000"),
            (&ONLINE, "5%", 0.05, "5%"),
            (&ONLINE, "0.05", 0.05, "5%"),
            (&RATE, "0.2", 0.2, "0.2"),
            (&CLIENT_MEMORY, "128MB", 128e6, "128 MB"),
            (&CONNECTION_BYTES, "42_000", 42e3, "42 kB"),
            (&CLIENT_DOWN, "36 Mbps", 36e6, "36 Mbit/s"),
        ] {
            assert_eq!((of.read(written), of.told(value)), (Ok(value), told.to_owned()));
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_with_what_was_expected() {
        for (of, written) in [
            (&PEOPLE, "0"),
            (&PEOPLE, "many"),
            (&PEOPLE, "1.5"),
            (&ONLINE, "500%"),
            (&ONLINE, "0"),
            (&ONLINE, "NaN"),
            (&RATE, "-1"),
            (&RATE, "inf"),
            (&CLIENT_MEMORY, "128Mbps"),
            (&CLIENT_DOWN, "0"),
        ] {
            let error = of.read(written).unwrap_err();
            assert!(error.starts_with("expected ") && error.contains(of.meaning), "{written}: {error}");
        }
    }

    #[test]
    fn every_default_is_a_value_with_a_source() {
        for (index, one) in ASSUMPTIONS.iter().enumerate() {
            assert_eq!(ASSUMPTIONS.iter().position(|other| other.name == one.name), Some(index), "{}", one.name);
            assert_eq!(one.default.is_none(), one.source == ASKED, "{}", one.name);
            assert!(!one.source.is_empty() && assumption(&one.flag()).is_some());
        }
        let leg = syncbench_harness::network::NETWORKS.iter().find(|spec| spec.name == "4g").unwrap().default_profile();
        let bits = |bits: Option<u64>| bits.map(|bits| bits as f64);
        assert_eq!(
            [CLIENT_DOWN.default, CLIENT_UP.default, SERVER_LINK.default],
            [bits(leg.client.down_bits_per_s), bits(leg.client.up_bits_per_s), bits(leg.server.up_bits_per_s)]
        );
    }
}
