//! The figures of a point: what each is, and its unit.

use crate::metric::Measured;

/// What belongs on one chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Processor time.
    Time,
    /// Bytes and messages on the wire.
    Traffic,
    /// Bytes in memory.
    Memory,
    /// Bytes on disk, and what it takes to open them or to receive them.
    Storage,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Time, Self::Traffic, Self::Memory, Self::Storage];

    /// In files and headings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "processor",
            Self::Traffic => "traffic",
            Self::Memory => "memory",
            Self::Storage => "storage",
        }
    }
}

/// What a figure says about itself.
#[derive(Debug)]
pub struct Figure {
    /// Its name in files: that of the metric of runs, where there is one.
    pub name: &'static str,
    /// In few words, for tables.
    pub label: &'static str,
    /// The unit of its values.
    pub unit: &'static str,
    /// What belongs on one chart with it.
    pub family: Family,
    /// What it measures, in a sentence.
    pub meaning: &'static str,
    /// What it follows from: processor times need repetitions.
    pub measured: Measured,
    /// Whether tables and charts show it: what is a sum of others, or in step with them, is in the file only.
    pub shown: bool,
}

/// The figure of a name.
pub fn figure(name: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.name == name)
}

/// All figures, by family. Those per operation leave out what came before the first operation: joining costs once.
pub static FIGURES: &[Figure] = &[
    Figure {
        name: "cpu_us_local",
        label: "issuer CPU",
        unit: "µs",
        family: Family::Time,
        meaning: "Processor time of an operation at its issuer, while its user waits.",
        measured: Measured::Processor,
        shown: true,
    },
    Figure {
        name: "cpu_us_remote",
        label: "receiver CPU",
        unit: "µs",
        family: Family::Time,
        meaning: "Processor time of an operation at a client that receives it, or its confirmation: mean over all clients.",
        measured: Measured::Processor,
        shown: true,
    },
    Figure {
        name: "cpu_us_server",
        label: "server CPU",
        unit: "µs",
        family: Family::Time,
        meaning: "Processor time of an operation at the server or relay.",
        measured: Measured::Processor,
        shown: true,
    },
    Figure {
        name: "wire_bytes_up_per_op",
        label: "bytes up",
        unit: "bytes",
        family: Family::Traffic,
        meaning: "Bytes that all clients together send for an operation, envelopes included.",
        measured: Measured::Events,
        shown: true,
    },
    Figure {
        name: "wire_bytes_down_per_op",
        label: "bytes down",
        unit: "bytes",
        family: Family::Traffic,
        meaning: "Bytes that the server sends to all clients together for an operation, envelopes included.",
        measured: Measured::Events,
        shown: true,
    },
    Figure {
        name: "wire_bytes_per_op",
        label: "all bytes",
        unit: "bytes",
        family: Family::Traffic,
        meaning: "Bytes on all links for an operation, envelopes included.",
        measured: Measured::Events,
        shown: false,
    },
    Figure {
        name: "payload_bytes_per_op",
        label: "payload",
        unit: "bytes",
        family: Family::Traffic,
        meaning: "Bytes that strategies send on all links for an operation, envelopes left out.",
        measured: Measured::Events,
        shown: false,
    },
    Figure {
        name: "messages_per_op",
        label: "messages",
        unit: "messages",
        family: Family::Traffic,
        meaning: "Messages on all links for an operation.",
        measured: Measured::Events,
        shown: false,
    },
    Figure {
        name: "resident_bytes",
        label: "client memory",
        unit: "bytes",
        family: Family::Memory,
        meaning: "Memory that a client holds at the end: mean over the clients.",
        measured: Measured::Allocator,
        shown: true,
    },
    Figure {
        name: "server_resident_bytes",
        label: "server memory",
        unit: "bytes",
        family: Family::Memory,
        meaning: "Memory that the server holds at the end.",
        measured: Measured::Allocator,
        shown: true,
    },
    Figure {
        name: "stored_bytes",
        label: "client disk",
        unit: "bytes",
        family: Family::Storage,
        meaning: "What a client saves at the end: largest over the clients.",
        measured: Measured::Events,
        shown: true,
    },
    Figure {
        name: "server_stored_bytes",
        label: "server disk",
        unit: "bytes",
        family: Family::Storage,
        meaning: "What the server saves at the end.",
        measured: Measured::Events,
        shown: true,
    },
    Figure {
        name: "first_sync_bytes",
        label: "first sync",
        unit: "bytes",
        family: Family::Storage,
        meaning: "Bytes on the wire in both directions until a client that joins last shows the document.",
        measured: Measured::Events,
        shown: true,
    },
    Figure {
        name: "load_ms",
        label: "load",
        unit: "ms",
        family: Family::Storage,
        meaning: "Processor time from what a client has saved to its document, read whole.",
        measured: Measured::Processor,
        shown: true,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_named_once_and_each_family_has_some() {
        for (index, one) in FIGURES.iter().enumerate() {
            assert_eq!(FIGURES.iter().position(|other| other.name == one.name), Some(index));
        }
        assert!(Family::ALL.iter().all(|family| FIGURES.iter().any(|figure| figure.family == *family)));
        assert!(FIGURES.is_sorted_by_key(|figure| figure.family));
    }
}
