//! Two runs of one cell, event by event, up to the first that differs.
//!
//! One run prints its events, a line each, and the other reads these lines while it runs. Nothing is kept but the last few
//! events, so the length of a run does not matter. A line holds everything that counts into the trace digest.

use std::collections::VecDeque;
use std::io::{BufRead, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use syncbench_strategies::replica::{LinkState, Report};

use crate::event::{Event, What};
use crate::ledger::Ledger;
use crate::probe::{End, Figures, Probe};

/// Events before the first that differs that are shown with it: enough to see which call led to it, and no more than fit a
/// screen with the rest.
pub const CONTEXT: usize = 5;

/// What every instant ends with.
const INSTANT_ENDS: &str = "the instant ends";

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// When, in nanoseconds of virtual time.
    pub at_ns: u64,
    /// At which node.
    pub node: String,
    /// What.
    pub what: String,
}

impl Told {
    /// An event in words; `None` of one that differs from run to run, or that tells nothing.
    pub fn of(event: &Event) -> Option<Self> {
        let what = words(&event.what)?;
        Some(Self { at_ns: event.at.0, node: event.node.to_string(), what })
    }

    /// As one line.
    fn line(&self) -> String {
        format!("{}\t{}\t{}", self.at_ns, self.node, self.what.replace(['\n', '\r', '\t'], " "))
    }

    /// What a line says.
    fn read(line: &str) -> Self {
        let mut parts = line.trim_end().splitn(3, '\t');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (at, node, what) = (part(), part(), part());
        match at.parse() {
            Ok(at_ns) => Self { at_ns, node, what },
            Err(_) => Self { at_ns: 0, node: String::new(), what: line.trim_end().to_owned() },
        }
    }
}

/// Everything about an event but when and where.
fn words(what: &What) -> Option<String> {
    Some(match what {
        What::Cost { .. } => return None,
        What::Live => "takes part from now on".into(),
        What::Crashed { for_good: false } => "crashes".into(),
        What::Crashed { for_good: true } => "crashes for good".into(),
        What::Restored { reflected, rebuilt } => {
            let from = if *rebuilt { "plain data" } else { "less than it had" };
            let ops: Vec<String> = reflected.prefixes().map(|(client, n)| format!("{client}.{n}")).collect();
            let beyond: Vec<String> = reflected.beyond().map(|op| op.to_string()).collect();
            format!("comes back with {from}: all through {}, and {}", ops.join(", "), beyond.join(", "))
        }
        What::RecoveryDiffers => "recovers with another state".into(),
        What::Issued { op, intended } => format!("issues {op}, intended at {} ns", intended.0),
        What::Report(report) => said(report),
        What::Sent { to, payload_bytes, wire_bytes, hash } => {
            format!("sends {payload_bytes} bytes to {to}, {wire_bytes} on the wire, hash {hash:016x}")
        }
        What::Delivered { from } => format!("receives a message from {from}"),
        What::Dropped { from } => format!("a message from {from} is lost"),
        What::Duplicated { from } => format!("a message from {from} is copied"),
        What::Link { peer, state: LinkState::Up } => format!("the connection to {peer} opens"),
        What::Link { peer, state: LinkState::Down } => format!("the connection to {peer} breaks"),
        What::Handshake { peer, wire_bytes } => format!("shakes hands with {peer}, {wire_bytes} bytes"),
        What::ProtocolError(error) => format!("protocol error: {error}"),
        What::DamageRefused(error) => format!("refuses a damaged message: {error}"),
        What::State(digest) => format!("shows state {:032x}", digest.0),
        What::Broken(reason) => format!("shows a state that is not allowed: {reason}"),
        What::InstantEnd => INSTANT_ENDS.into(),
    })
}

fn said(report: &Report) -> String {
    match report {
        Report::Shown(op) => format!("shows {op}"),
        Report::Reflected(op) => format!("reflects {op}"),
        Report::ReflectedThrough(clock) => {
            let clock: Vec<String> = clock.iter().map(|(client, n)| format!("{client}.{n}")).collect();
            format!("reflects all through {}", clock.join(", "))
        }
        Report::Tagged(op, tag) => format!("names {op} {tag:032x}"),
        Report::Pending(op) => format!("{op} waits"),
        Report::ReflectedTags(first, last) => format!("reflects {first:032x} to {last:032x}"),
        Report::Void(op) => format!("{op} changes nothing"),
        Report::Overwritten(op, at) => format!("{op} is overwritten at {at}"),
        Report::Confirmed(op, outcome) => format!("confirms {op}: {outcome}"),
        Report::Rejected(op, reason) => format!("rejects {op}: {reason}"),
        Report::RolledBack(op) => format!("rolls {op} back"),
        Report::StartedOver(None) => "starts over".into(),
        Report::StartedOver(Some((first, last))) => format!("starts over with {first:032x} to {last:032x}"),
        Report::Count(name, by) => format!("counts {by} of {name}"),
    }
}

/// The first event that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its number, from 1.
    pub number: u64,
    /// The last events before it with their numbers, the same in both runs. Ends of instants, which tell nothing, are left out.
    pub before: Vec<(u64, Told)>,
    /// What happened in this run; `None` where it had ended.
    pub here: Option<Told>,
    /// What happened in the other.
    pub there: Option<Told>,
}

/// What a comparison has come to.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// Events that are the same in both runs.
    pub same: u64,
    /// The first that differs.
    pub difference: Option<Difference>,
}

/// Prints every event of a run.
pub struct Printer<W> {
    to: W,
    broken: bool,
}

impl<W: Write> Printer<W> {
    /// Prints into this.
    pub fn new(to: W) -> Self {
        Self { to, broken: false }
    }
}

impl<W: Write + Send> Probe for Printer<W> {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if let Some(told) = Told::of(event).filter(|_| !self.broken) {
            // The reader has seen enough.
            self.broken = writeln!(self.to, "{}", told.line()).is_err();
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {
        if !self.broken {
            self.broken = self.to.flush().is_err();
        }
    }
}

/// Compares every event of a run with what another prints.
pub struct Comparer<R> {
    from: R,
    recent: VecDeque<(u64, Told)>,
    compared: Compared,
    result: Arc<Mutex<Compared>>,
}

impl<R: BufRead> Comparer<R> {
    /// Compares with the lines from there, and leaves what it finds in `result`.
    pub fn new(from: R, result: Arc<Mutex<Compared>>) -> Self {
        Self { from, recent: VecDeque::new(), compared: Compared::default(), result }
    }

    fn next(&mut self) -> Option<Told> {
        let mut line = String::new();
        // What cannot be read is the end.
        let read = self.from.read_line(&mut line).unwrap_or(0);
        (read > 0).then(|| Told::read(&line))
    }

    fn compare(&mut self, here: Option<Told>) {
        let there = self.next();
        // As it is read: a line has no breaks.
        let here = here.map(|told| Told::read(&told.line()));
        if here != there {
            let (number, before) = (self.compared.same + 1, mem::take(&mut self.recent).into());
            self.compared.difference = Some(Difference { number, before, here, there });
        } else if let Some(told) = here {
            self.compared.same += 1;
            if told.what != INSTANT_ENDS {
                self.recent.push_back((self.compared.same, told));
            }
            if self.recent.len() > CONTEXT {
                self.recent.pop_front();
            }
        }
    }
}

impl<R: BufRead + Send> Probe for Comparer<R> {
    fn event(&mut self, event: &Event, _: &Ledger) {
        if self.compared.difference.is_none()
            && let Some(told) = Told::of(event)
        {
            self.compare(Some(told));
        }
    }

    fn finish(&mut self, _: &End<'_>, _: &mut Figures) {
        if self.compared.difference.is_none() {
            self.compare(None);
        }
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = mem::take(&mut self.compared);
    }
}

#[cfg(test)]
mod tests {
    use syncbench_strategies::replica::{NodeId, OpId, Time};

    use super::*;

    fn events() -> Vec<Event> {
        let op = OpId { client: NodeId(1), n: 1 };
        let whats = [
            What::Live,
            What::Issued { op, intended: Time(5) },
            What::Cost { call: crate::event::Call::Submit, cpu_ns: 7, resident_bytes: 0, peak_bytes: 0 },
            What::Broken("two\nlines".into()),
            What::Sent { to: NodeId::SERVER, payload_bytes: 3, wire_bytes: 9, hash: 1 },
            What::InstantEnd,
        ];
        whats.into_iter().map(|what| Event { at: Time(10), node: NodeId(1), what }).collect()
    }

    fn finish(probe: &mut dyn Probe) {
        let ledger = Ledger::new(1);
        let end = End {
            at: Time(10),
            quiescing_since: Time(10),
            ledger: &ledger,
            sampled: false,
            stored_bytes: 0,
            ephemeral: false,
            lost: None,
        };
        probe.finish(&end, &mut Figures::default());
    }

    fn printed(events: &[Event]) -> Vec<u8> {
        let (mut bytes, ledger) = (Vec::new(), Ledger::new(1));
        let mut printer = Printer::new(&mut bytes);
        events.iter().for_each(|event| printer.event(event, &ledger));
        finish(&mut printer);
        bytes
    }

    fn compared(here: &[Event], there: &[Event]) -> Compared {
        let (result, ledger) = (Arc::default(), Ledger::new(1));
        let lines = printed(there);
        let mut comparer = Comparer::new(&lines[..], Arc::clone(&result));
        here.iter().for_each(|event| comparer.event(event, &ledger));
        finish(&mut comparer);
        result.lock().unwrap().clone()
    }

    #[test]
    fn equal_runs_have_no_difference_whatever_they_cost() {
        let mut there = events();
        there[2].what = What::Cost { call: crate::event::Call::Timer, cpu_ns: 1, resident_bytes: 2, peak_bytes: 3 };
        let Compared { same, difference } = compared(&events(), &there);
        assert_eq!((same, difference), (5, None));
    }

    #[test]
    fn the_first_difference_comes_with_what_was_before_it() {
        // An end of an instant is compared, and not shown.
        let mut here = events();
        here.insert(1, Event { what: What::InstantEnd, ..here[0].clone() });
        let mut there = here.clone();
        there[5].what = What::Sent { to: NodeId::SERVER, payload_bytes: 3, wire_bytes: 9, hash: 2 };
        there[6].what = What::Live;
        let difference = compared(&here, &there).difference.unwrap();
        assert_eq!((difference.number, difference.before.len()), (5, 3));
        assert_eq!(difference.before.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(difference.here.unwrap().what, "sends 3 bytes to server, 9 on the wire, hash 0000000000000001");
        assert_eq!(difference.there.unwrap().what, "sends 3 bytes to server, 9 on the wire, hash 0000000000000002");
    }

    #[test]
    fn a_run_that_ends_early_differs() {
        for (here, there) in [(5, 6), (6, 5)] {
            let difference = compared(&events()[..here], &events()[..there]).difference.unwrap();
            assert_eq!(
                (difference.number, difference.here.is_none(), difference.there.is_none()),
                (5, here == 5, there == 5)
            );
        }
    }

    #[test]
    fn what_is_no_event_is_shown_as_it_is() {
        assert_eq!(Told::read("error: no such strategy\n").what, "error: no such strategy");
    }
}
