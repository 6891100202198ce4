//! Faults: what goes wrong, from when to when. They compose: a run has a list of them.
//!
//! A fault is one file here and one line in [`FAULTS`]. It answers questions and does nothing itself; the engine asks when
//! a window opens or closes and, for one-way faults, with every message.

mod crash;
mod late;
mod partition;
mod skew;

use std::fmt;

use syncbench_strategies::replica::{NodeId, Time};
use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::{Param, Params, Support};

/// One line per fault.
pub static FAULTS: &[&FaultSpec] = &[&partition::SPEC, &skew::SPEC, &late::SPEC, &crash::SPEC];

/// What a fault says about itself.
pub struct FaultSpec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// One line: what happens.
    pub summary: &'static str,
    /// What it can be told.
    pub params: &'static [Param],
    /// Whether it must say when it begins: it ends what there was before.
    pub timed: bool,
    /// Whether the engine of real time has it.
    pub threads: Support,
    /// Makes the fault for a group of `clients`, or says what is wrong.
    pub build: fn(&Params, clients: u32) -> Result<Box<dyn Fault>, String>,
}

/// What a fault does while its window is open. Everything is off by default.
pub trait Fault: Send + Sync {
    /// Whether the connection between these two is broken. Symmetric.
    fn cuts(&self, a: NodeId, b: NodeId) -> bool {
        let _ = (a, b);
        false
    }

    /// Whether messages in this direction do not get through although the connection stands: a stream holds them back until
    /// the window closes, a datagram link loses them.
    fn blocks(&self, from: NodeId, to: NodeId) -> bool {
        let _ = (from, to);
        false
    }

    /// How far the node's clock is ahead, in nanoseconds.
    fn clock_ahead_ns(&self, node: NodeId) -> i64 {
        let _ = node;
        0
    }

    /// Whether this node takes part only from the start of the window.
    fn delays_start_of(&self, node: NodeId) -> bool {
        let _ = node;
        false
    }

    /// Whether this node is dead: its connections are broken, its timers void, its user gone, and what it had not saved is
    /// lost.
    fn kills(&self, node: NodeId) -> bool {
        let _ = node;
        false
    }

    /// Whether it goes on to the end of the run where it has no end of its own. Others end when nobody acts any more.
    fn lasts(&self) -> bool {
        false
    }
}

/// A fault with its window.
pub struct Armed {
    /// As it was written.
    pub label: String,
    /// When it begins.
    pub start: Time,
    /// When it ends; `None` for the end of the run.
    pub end: Option<Time>,
    /// What it does.
    pub fault: Box<dyn Fault>,
}

impl Armed {
    /// Whether the window is open.
    pub fn active(&self, now: Time) -> bool {
        self.start <= now && self.end.is_none_or(|end| now < end)
    }
}

impl fmt::Debug for Armed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)
    }
}

/// Makes the fault that `selector` names for a group of `clients`.
pub fn configure(selector: &Selector, clients: u32) -> Result<Armed, SelectorError> {
    let spec = FAULTS.iter().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let names: Vec<_> = FAULTS.iter().map(|spec| spec.name).collect();
        SelectorError::new(selector.to_string(), format!("no such fault: expected one of {}", names.join(", ")))
    })?;
    let params = Params::check(selector, spec.params)?;
    let fault =
        (spec.build)(&params, clients).map_err(|expected| SelectorError::new(selector.to_string(), expected))?;
    let (start, end) = selector.window.unwrap_or((Time::ZERO, None));
    if spec.timed && start == Time::ZERO {
        let expected = format!("expected a time after the start, such as {}@3s..6s", spec.name);
        return Err(SelectorError::new(selector.to_string(), expected));
    }
    Ok(Armed { label: selector.to_string(), start, end, fault })
}

/// Whether `node` is dead at `at`.
pub fn dead(faults: &[Armed], node: NodeId, at: Time) -> bool {
    faults.iter().any(|fault| fault.active(at) && fault.fault.kills(node))
}

/// Whether `node` is dead at `at` and will not come back.
pub fn dead_for_good(faults: &[Armed], node: NodeId, mut at: Time) -> bool {
    while let Some(fault) = faults.iter().find(|fault| fault.active(at) && fault.fault.kills(node)) {
        match fault.end {
            Some(end) => at = end,
            None => return true,
        }
    }
    false
}

/// The client that a `client` parameter names; 0 is the last one.
fn client(params: &Params, clients: u32) -> Result<NodeId, String> {
    match params.count("client") {
        0 => Ok(NodeId(clients)),
        n if n <= u64::from(clients) => Ok(NodeId(n as u32)),
        n => Err(format!("there are {clients} clients, no client {n}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armed(text: &str) -> Result<Armed, SelectorError> {
        configure(&text.parse().unwrap(), 4)
    }

    #[test]
    fn every_file_is_registered() {
        crate::testing::assert_registered("src/faults", &["mod"], FAULTS.len());
    }

    #[test]
    fn windows_open_and_close() {
        let fault = armed("partition:halves@2s..5s").unwrap();
        assert!(!fault.active(Time::from_ms(1999)) && fault.active(Time::from_ms(2000)));
        assert!(fault.active(Time::from_ms(4999)) && !fault.active(Time::from_ms(5000)));
    }

    #[test]
    fn halves_isolate_and_one_way() {
        let halves = armed("partition:halves").unwrap().fault;
        assert!(halves.cuts(NodeId(1), NodeId(3)) && halves.cuts(NodeId(4), NodeId(2)));
        assert!(!halves.cuts(NodeId(1), NodeId(2)) && !halves.cuts(NodeId(3), NodeId(4)));
        assert!(halves.cuts(NodeId::SERVER, NodeId(3)) && !halves.cuts(NodeId::SERVER, NodeId(1)));
        let isolate = armed("partition:isolate,client=2").unwrap().fault;
        assert!(isolate.cuts(NodeId(2), NodeId(1)) && !isolate.cuts(NodeId(1), NodeId(3)));
        let one_way = armed("partition:one-way,client=2").unwrap().fault;
        assert!(one_way.blocks(NodeId(2), NodeId(1)) && !one_way.blocks(NodeId(1), NodeId(2)));
        assert!(!one_way.cuts(NodeId(2), NodeId(1)));
    }

    #[test]
    fn one_that_crashes_again_before_it_is_back_stays_away() {
        let faults = ["crash@2s..5s", "crash@4s..6s", "crash:2@3s", "crash:3@7s..8s"].map(|text| armed(text).unwrap());
        let dead = |client, at| dead(&faults, NodeId(client), Time::from_ms(at));
        assert_eq!([1_999, 2_000, 5_000, 5_999, 6_000].map(|at| dead(1, at)), [false, true, true, true, false]);
        assert!(!dead(2, 2_999) && dead(2, 3_000) && dead(2, 1_000_000) && !dead(4, 3_000));
        let for_good = |client, at| dead_for_good(&faults, NodeId(client), Time::from_ms(at));
        assert!(!for_good(1, 2_000) && for_good(2, 3_000) && !for_good(2, 2_000) && !for_good(3, 7_000));
    }

    #[test]
    fn wrong_words_are_named() {
        for text in
            ["flood", "partition:thirds", "partition:isolate,client=9", "skew:soon", "late:9", "crash", "crash:9@1s"]
        {
            let error = armed(text).unwrap_err().to_string();
            assert!(error.contains(text.split(',').next().unwrap()), "{error}");
        }
    }
}
