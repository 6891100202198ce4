//! Faults: what goes wrong, from when to when. They compose: a run has a list of them.
//!
//! A fault is one file here and one line in [`FAULTS`]. It answers questions about nodes, links and clocks and does nothing
//! itself. Engines never ask a single fault: [`Faults`] holds those of a run, [`Timeline`] says when the answers change, and
//! [`Conditions`] gives the answers of all of them and counts what they touch.

mod alternating;
mod backup;
mod burst;
mod churn;
mod conditions;
mod corrupt;
mod coverage;
mod crash;
mod drift;
mod duplicate;
mod flapping;
mod freeze;
mod jump;
mod late;
mod needs;
mod offline;
mod outage;
mod partition;
mod pause;
mod rebuild;
mod recovery;
mod reorder;
mod schedule;
mod scope;
mod skew;
mod slow;
mod swarm;
mod timeline;
mod twin;

use std::collections::BTreeMap;
use std::time::Duration;

use syncbench_strategies::names;
use syncbench_strategies::replica::{NodeId, Rng, Time};
use syncbench_strategies::selector::{Selector, SelectorError, format_span};
use syncbench_strategies::spec::{Param, Params, Support};

pub use conditions::Conditions;
pub use coverage::{Coverage, Messages, Spells, Touches};
pub(crate) use coverage::{Met, Reopening};
pub use needs::Needs;
pub use recovery::{Recovery, Restart};
pub use schedule::{Armed, Faults, VAIN_TRANSITIONS, VAIN_WAIT};
pub use scope::Scope;
pub use timeline::{Timeline, Transition};

use crate::network::{Impairment, Passing};

/// One line per fault.
pub static FAULTS: &[&FaultSpec] = &[
    &partition::SPEC,
    &flapping::SPEC,
    &offline::SPEC,
    &burst::SPEC,
    &duplicate::SPEC,
    &reorder::SPEC,
    &corrupt::SPEC,
    &skew::SPEC,
    &drift::SPEC,
    &jump::SPEC,
    &freeze::SPEC,
    &late::SPEC,
    &churn::SPEC,
    &pause::SPEC,
    &slow::SPEC,
    &outage::SPEC,
    &crash::SPEC,
    &backup::SPEC,
    &rebuild::SPEC,
    &twin::SPEC,
    &swarm::SPEC,
];

/// What a fault says about itself.
pub struct FaultSpec {
    /// The name on the command line and in results.
    pub name: &'static str,
    /// One line: what happens.
    pub summary: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// How the times after `@` are read.
    pub timing: Timing,
    /// Whether the real-time engine supports it.
    pub threads: Support,
    /// How the fault `swarm` draws it.
    pub swarm: Swarm,
    /// Makes the fault for a run, or says what is wrong.
    pub build: fn(&Params, &Scope<'_>) -> Result<Box<dyn Fault>, String>,
}

impl FaultSpec {
    /// The fault with the defaults of its parameters. Panics where these do not fit a run of several clients.
    pub fn default_fault(&self, scope: &Scope<'_>) -> Box<dyn Fault> {
        let bare = Selector { name: self.name.into(), values: Vec::new(), named: BTreeMap::new(), window: None };
        // A test checks every default.
        let params = Params::check(&bare, self.params).unwrap_or_else(|error| panic!("{error}"));
        (self.build)(&params, scope).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// How the fault `swarm` draws a fault.
#[derive(Clone, Copy)]
pub enum Swarm {
    /// Its parameters as they are written, drawn for a run: `client=2,by=3s`, or nothing for the defaults. `None` where it
    /// cannot happen in this run. The window is drawn by `swarm`.
    Drawn(fn(&mut Rng, &Scope<'_>) -> Option<String>),
    /// Not at all, and why.
    Never(&'static str),
}

/// How a fault's times are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Any window; without one, the whole run.
    Window,
    /// A window that opens after the start of the run: the fault ends a state that must exist first.
    LaterWindow,
    /// A window with both ends.
    Between,
    /// One time: the window is open from the start of the run until then.
    Until,
    /// None: the whole run.
    Always,
}

impl Timing {
    /// The window that `selector` asks for.
    fn window(self, selector: &Selector) -> Result<(Time, Option<Time>), String> {
        let (start, end) = selector.window.unwrap_or((Time::ZERO, None));
        match self {
            Timing::LaterWindow if start == Time::ZERO => {
                Err(format!("expected a time after the start, such as {}@3s..6s", selector.name))
            }
            Timing::Between if end.is_none() => {
                Err(format!("expected a time and an end, such as {}@3s..6s", selector.name))
            }
            Timing::Until if end.is_some() => Err(format!("expected one time, such as {}@5s", selector.name)),
            Timing::Until => Ok((Time::ZERO, Some(start))),
            Timing::Always if selector.window.is_some() => {
                Err(format!("expected no time: {} is there from the start of the run to its end", selector.name))
            }
            Timing::Window | Timing::LaterWindow | Timing::Between | Timing::Always => Ok((start, end)),
        }
    }
}

/// What a fault does while its window is open. `elapsed` is the time since the window opened.
///
/// Every question has the answer of an undisturbed group by default. Answers about nodes and links may change only at the
/// window's ends and at the fault's own transitions; those about clocks may change at any time.
pub trait Fault: Send + Sync {
    /// Who is hit and how, as a clause that a duration can follow: `client 1 was cut off`.
    fn effect(&self) -> String;

    /// Whether and how this node takes part.
    fn node(&self, node: NodeId, elapsed: Duration) -> NodeState {
        let _ = (node, elapsed);
        NodeState::Up
    }

    /// What becomes of messages in this direction.
    fn link(&self, from: NodeId, to: NodeId, elapsed: Duration) -> LinkCondition {
        let _ = (from, to, elapsed);
        LinkCondition::Open
    }

    /// What this node recovers from, if it crashes by this fault.
    fn recovery(&self, node: NodeId) -> Recovery {
        let _ = node;
        Recovery::Saved
    }

    /// How long this node takes for a message, while others wait in line.
    fn service(&self, node: NodeId, elapsed: Duration) -> Duration {
        let _ = (node, elapsed);
        Duration::ZERO
    }

    /// Whose ids this node draws: its own, unless it is a copy of another client.
    fn twin_of(&self, node: NodeId) -> Option<NodeId> {
        let _ = node;
        None
    }

    /// How far the node's clock is ahead, in nanoseconds.
    fn clock_ahead_ns(&self, node: NodeId, elapsed: Duration) -> i64 {
        let _ = (node, elapsed);
        0
    }

    /// What becomes of a message that comes to a leg now. A fault that answers this says by [`Fault::touched_messages`] what
    /// happened to those that it touched.
    fn impair(&self, passing: &Passing, elapsed: Duration) -> Impairment {
        let _ = (passing, elapsed);
        Impairment::NONE
    }

    /// What happened to the messages that [`Fault::impair`] touched, as the end of a sentence that begins with their number:
    /// `arrived twice`. `None` for a fault that does not act on single messages.
    fn touched_messages(&self) -> Option<&'static str> {
        None
    }

    /// What it takes to run it.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// The faults that it stands for, where it does nothing by itself.
    fn drawn(&self) -> &[Selector] {
        &[]
    }

    /// When the answers about nodes and links change next while the window is open, as time since it opened.
    fn next_transition(&self, elapsed: Duration) -> Option<Duration> {
        let _ = elapsed;
        None
    }

    /// How many changes of its state to expect in this time. A run visits or keeps each of them.
    fn changes_in(&self, span: Duration) -> f64 {
        let _ = span;
        0.0
    }

    /// Whether a window without an end stays open to the end of the run. Others close when the group is healed, after the
    /// last operation.
    fn outlasts_heal(&self) -> bool {
        false
    }
}

/// Whether a node takes part. Of several faults the greatest answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeState {
    /// It takes part.
    Up,
    /// It stands still: its connections stay, what arrives and its timers wait, and its user is idle.
    Paused,
    /// It has not joined yet.
    Absent,
    /// It has crashed: its connections are broken, its timers void, its user idle, and what it had not saved is lost.
    Crashed,
}

impl NodeState {
    /// Whether it has connections: a node that stands still keeps them.
    pub fn is_present(self) -> bool {
        self <= NodeState::Paused
    }
}

/// What becomes of messages in one direction of a link. Of several faults the greatest answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkCondition {
    /// They get through.
    Open,
    /// They do not get through although the connection is up: a stream holds them back until the link opens again, a
    /// datagram link loses them.
    Blocked,
    /// The connection is broken, in both directions.
    Cut,
}

/// Makes the fault that `selector` names for a run, with all that it draws: itself first.
pub fn configure(selector: &Selector, scope: &Scope<'_>) -> Result<Vec<Armed>, SelectorError> {
    let armed = one(selector, scope, None)?;
    let drawn = armed.fault.drawn().iter().map(|drawn| one(drawn, scope, Some(&armed.label)));
    let drawn = drawn.collect::<Result<Vec<_>, _>>()?;
    Ok(std::iter::once(armed).chain(drawn).collect())
}

fn one(selector: &Selector, scope: &Scope<'_>, drawn_by: Option<&str>) -> Result<Armed, SelectorError> {
    let (spec, params, (start, end)) = checked(scope.known, selector)?;
    let window = (start, end);
    let fault = (spec.build)(&params, &Scope { window, ..*scope });
    let fault = fault.map_err(|expected| SelectorError::new(selector.to_string(), expected))?;
    Ok(Armed { label: selector.to_string(), spec, start, end, fault, drawn_by: drawn_by.map(str::to_owned) })
}

/// The one text of everything that `selector` may be written as: with every parameter and the window, defaults included.
pub fn canonical(selector: &Selector) -> Result<String, SelectorError> {
    canonical_from(FAULTS, selector)
}

/// The same among the given faults.
pub fn canonical_from(specs: &[&'static FaultSpec], selector: &Selector) -> Result<String, SelectorError> {
    let (spec, params, window) = checked(specs, selector)?;
    let window = Some(window);
    Ok(Selector { name: spec.name.into(), values: Vec::new(), named: params.shown(), window }.to_string())
}

/// What a selector names, with its parameters and its window.
type Checked = (&'static FaultSpec, Params, (Time, Option<Time>));

fn checked(specs: &[&'static FaultSpec], selector: &Selector) -> Result<Checked, SelectorError> {
    let wrong = |expected: String| SelectorError::new(selector.to_string(), expected);
    let spec = *specs.iter().find(|spec| spec.name == selector.name).ok_or_else(|| {
        let known = specs.iter().map(|spec| (spec.name, spec.summary));
        wrong(names::unknown("fault", &selector.name, "", known))
    })?;
    let params = Params::check(selector, spec.params)?;
    let window = spec.timing.window(selector).map_err(wrong)?;
    Ok((spec, params, window))
}

/// The node that a `client` parameter names: a client, 0 for the last one, or the server.
fn node(params: &Params, scope: &Scope<'_>) -> Result<NodeId, String> {
    params.node("client").map_or(Ok(NodeId::SERVER), |client| numbered(client, scope))
}

/// The client that a `client` parameter names; 0 is the last one.
fn client(params: &Params, scope: &Scope<'_>) -> Result<NodeId, String> {
    numbered(params.count("client"), scope)
}

/// `client 1 was offline`, `clients 1 to 4 were offline`.
fn all_clients(clients: usize, what: &str) -> String {
    let were = if clients == 1 { "was" } else { "were" };
    format!("{} {were} {what}", clients_from(1, clients as u32))
}

/// `client 2`, `clients 2 and 3`, `clients 2 to 4`.
fn clients_from(first: u32, last: u32) -> String {
    match last - first {
        0 => format!("client {first}"),
        1 => format!("clients {first} and {last}"),
        _ => format!("clients {first} to {last}"),
    }
}

/// The shortest mean stay or period that a fault takes. Luck lasts a millisecond, and so no shorter state can be told.
const SHORTEST: Duration = Duration::from_millis(1);

/// Requires spans of at least a millisecond: each change of a state takes time and memory of the run.
fn not_too_short(params: &Params, names: &[&str]) -> Result<(), String> {
    let short = names.iter().find(|name| params.span(name) < SHORTEST);
    short.map_or(Ok(()), |name| Err(format!("expected `{name}` of at least {}", in_words(SHORTEST))))
}

/// A span in a sentence: `2 ms`.
fn in_words(span: Duration) -> String {
    let written = format_span(span);
    let unit = written.find(|c: char| c.is_alphabetic()).unwrap_or(written.len());
    format!("{} {}", &written[..unit], &written[unit..])
}

/// `client 2`, or `the server`.
fn named(node: NodeId) -> String {
    if node == NodeId::SERVER { "the server".into() } else { format!("client {}", node.0) }
}

fn numbered(client: u64, scope: &Scope<'_>) -> Result<NodeId, String> {
    let clients = scope.clients;
    match client {
        0 => Ok(NodeId(clients)),
        n if n <= u64::from(clients) => Ok(NodeId(n as u32)),
        n if clients == 1 => Err(format!("there is 1 client, no client {n}")),
        n => Err(format!("there are {clients} clients, no client {n}")),
    }
}

#[cfg(test)]
mod tests;
