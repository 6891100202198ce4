//! The conditions under which `verify --full` runs every strategy on every workload.

use super::part::{Part, USUAL};
use crate::pace::Pace;

/// Conditions of one kind, and what they are for.
pub struct FaultSet {
    /// Its name.
    pub name: &'static str,
    /// What happens, in the width that a table leaves for it.
    pub reason: &'static str,
    /// The conditions, each for runs of its own: what cannot happen together, and what not every strategy runs under.
    pub parts: &'static [Part],
}

/// A network on which a client notices at once that it can connect again, so that many breaks fit into a second.
const PROMPT: &str = "4g:detection=10ms";

/// A swarm may draw a clock that jumps an hour ahead, whose stamps a hybrid clock holds back until then.
const PATIENT_S: f64 = 2.0 * 3600.0;

/// One line per set. A test finds every fault in one of them.
pub static FAULT_SETS: &[FaultSet] = &[
    FaultSet {
        name: "in-turn",
        reason: "nobody acts concurrently, so nothing explains a loss",
        parts: &[Part { name: "in-turn", network: "instant", pace: Pace::Turns, ..USUAL }],
    },
    FaultSet {
        name: "partitions",
        reason: "groups go on without each other, and meet again",
        parts: &[
            Part { name: "halves", faults: &["partition:halves@300ms..700ms", "late:3@500ms"], ..USUAL },
            Part {
                name: "deaf",
                faults: &["partition:isolate,client=1@200ms..600ms", "partition:one-way,client=2@400ms..900ms"],
                ..USUAL
            },
            Part {
                name: "neighbours",
                faults: &["partition:bridge@200ms..500ms", "partition:ring@600ms..900ms"],
                clients: 4,
                mesh: true,
                ..USUAL
            },
        ],
    },
    FaultSet {
        name: "flaky",
        reason: "connections break over and over, bursts of loss, damage",
        parts: &[
            Part {
                name: "flapping",
                faults: &["flapping:period=400ms,down=40%,client=2", "burst:share=20%,mean=100ms"],
                network: PROMPT,
                ..USUAL
            },
            Part {
                name: "offline",
                faults: &["offline:share=30%,mean=150ms", "corrupt:share=20%"],
                network: PROMPT,
                ..USUAL
            },
        ],
    },
    FaultSet {
        name: "datagrams",
        reason: "messages overtake, arrive twice, are lost or damaged",
        parts: &[
            Part { name: "overtaking", faults: &["reorder:share=40%,by=10ms"], ..DATAGRAMS },
            Part { name: "copies", faults: &["reorder:share=40%,by=10ms", "duplicate:share=40%"], ..DATAGRAMS },
            Part {
                name: "lossy",
                faults: &[
                    "reorder:share=40%,by=10ms",
                    "duplicate:share=40%",
                    "corrupt:share=20%",
                    "burst:share=20%,mean=5ms",
                ],
                ..DATAGRAMS
            },
        ],
    },
    FaultSet {
        name: "clocks",
        reason: "clocks that are off, drift, jump or stand still",
        parts: &[
            Part {
                name: "skew",
                faults: &[
                    "skew:by=2s,client=1",
                    "skew:by=500ms,client=2,to=behind@300ms..800ms",
                    "drift:client=3,runs=slow",
                ],
                ..USUAL
            },
            Part {
                name: "jump",
                faults: &[
                    "jump:by=1s,client=1@300ms",
                    "jump:by=1s,client=3,to=ahead@400ms..900ms",
                    "freeze:client=2@200ms..700ms",
                    "drift:client=3",
                ],
                ..USUAL
            },
        ],
    },
    FaultSet {
        name: "nodes",
        reason: "devices and servers pause, are slow, crash, come and go",
        parts: &[
            Part {
                name: "devices",
                faults: &[
                    "late:3@300ms",
                    "pause:client=1@200ms..600ms",
                    "crash:client=2@300ms..800ms",
                    "slow:client=1,service=5ms",
                ],
                network: PROMPT,
                ..USUAL
            },
            Part {
                name: "server",
                faults: &[
                    "slow:client=server",
                    "outage@100ms..300ms",
                    "pause:client=server@450ms..600ms",
                    "crash:client=server@700ms..900ms",
                ],
                network: PROMPT,
                ..USUAL
            },
            Part { name: "sessions", faults: &["churn:session=500ms,gap=200ms"], network: PROMPT, ..USUAL },
            Part {
                name: "successors",
                faults: &["churn:session=500ms,gap=200ms,comes=new"],
                clients: 4,
                network: PROMPT,
                ..USUAL
            },
        ],
    },
    FaultSet {
        name: "lineage",
        reason: "a server or a device loses what it had; ids are shared",
        parts: &[
            Part { name: "backup", faults: &["backup:300ms@600ms..800ms"], network: PROMPT, ..USUAL },
            Part { name: "rebuild", faults: &["rebuild@600ms..800ms"], network: PROMPT, ..USUAL },
            Part {
                name: "server-anew",
                faults: &["crash:client=server,keep=nothing@600ms..800ms"],
                network: PROMPT,
                ..USUAL
            },
            Part { name: "new-install", faults: &["crash:keep=nothing@600ms..800ms"], network: PROMPT, ..USUAL },
            Part { name: "twins", faults: &["twin"], ..USUAL },
        ],
    },
    FaultSet {
        name: "swarm",
        reason: "faults that overlap, drawn from the seed",
        parts: &[Part { name: "swarm", faults: &["swarm"], network: PROMPT, ops: 120, budget_s: PATIENT_S, ..USUAL }],
    },
];

/// Messages that leave closer together than they are held up.
const DATAGRAMS: Part = Part { transport: "datagram", network: "lan", rate_per_s: 300.0, ..USUAL };

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use syncbench_strategies::selector::Selector;
    use syncbench_strategies::spec::ParamKind;

    use super::*;
    use crate::faults::{self, FAULTS};

    /// What is in no set: a value of a parameter, and why.
    const LEFT_OUT: &[(&str, &str, &str)] =
        &[("corrupt", "authentication", "replicas get wrong bits, which no strategy claims to tolerate")];

    #[test]
    fn every_fault_is_in_a_set_with_every_word_of_its_parameters() {
        let written = FAULT_SETS.iter().flat_map(|set| set.parts).flat_map(|part| part.faults);
        let canonical = written.map(|fault| {
            let fault: Selector = fault.parse().unwrap();
            (fault.name.clone(), faults::canonical(&fault).unwrap())
        });
        let canonical: BTreeSet<(String, String)> = canonical.collect();
        for spec in FAULTS {
            assert!(canonical.iter().any(|(name, _)| name == spec.name), "{} is in no set of faults", spec.name);
            for param in spec.params {
                let words: Vec<&str> = match param.kind {
                    ParamKind::Choice(words) => words.to_vec(),
                    ParamKind::Node => vec!["server", "1"],
                    _ => continue,
                };
                let left_out =
                    |word: &&str| LEFT_OUT.iter().any(|(fault, left, _)| (*fault, *left) == (spec.name, word));
                for word in words.into_iter().filter(|word| !left_out(word)) {
                    let has = |(name, text): &(String, String)| {
                        let asked = format!("{}={word}", param.name);
                        name == spec.name && text.split([':', ',', '@']).any(|value| value == asked)
                    };
                    assert!(canonical.iter().any(has), "{}:{}={word} is in no set of faults", spec.name, param.name);
                }
            }
        }
    }

    #[test]
    fn there_are_eight_sets_and_no_name_is_there_twice() {
        assert_eq!(FAULT_SETS.len(), 8);
        assert!(FAULT_SETS.iter().all(|set| set.reason.len() <= 58 && set.name.len() <= 10));
        let parts: Vec<&str> = FAULT_SETS.iter().flat_map(|set| set.parts).map(|part| part.name).collect();
        assert_eq!(parts.iter().collect::<BTreeSet<_>>().len(), parts.len());
    }
}
