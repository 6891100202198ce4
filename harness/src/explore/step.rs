//! One step of a schedule, and schedules as text.

use std::fmt;

use syncbench_strategies::replica::NodeId;

use crate::workload::Letter;

/// One step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The user at a client issues the next operation of its script.
    Act(NodeId),
    /// The oldest message on a link arrives.
    Deliver {
        /// Its sender.
        from: NodeId,
        /// Its receiver.
        to: NodeId,
    },
    /// The timer that is due first fires.
    Timer,
    /// A client loses its connections, and everything under way on them.
    Break(NodeId),
    /// The connections open again.
    Open(NodeId),
    /// A client crashes, and loses its memory and its connections.
    Crash(NodeId),
    /// It recovers from what it had saved, and connects.
    Recover(NodeId),
    /// A client joins late.
    Join(NodeId),
}

/// One operation of a script: its client, and its place in the alphabet.
pub type Script = Vec<Vec<usize>>;

/// A schedule with its script: who issues what, and every step in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// By client, from client 1 on: its operations, as places in the alphabet.
    pub script: Script,
    /// Every step.
    pub steps: Vec<Step>,
}

impl Schedule {
    /// As text: steps with commas between them, such as `c1=pop,c2=pop,c1>s,s>c2,c2!break,c2!open,timer`.
    pub fn written(&self, letters: &[Letter]) -> String {
        let mut done = vec![0; self.script.len()];
        let steps = self.steps.iter().map(|step| match step {
            Step::Act(client) => {
                let slot = client.0 as usize - 1;
                let letter = self.script[slot].get(done[slot]).and_then(|letter| letters.get(*letter));
                done[slot] += 1;
                format!("{client}={}", letter.map_or("?", |letter| letter.name))
            }
            other => other.to_string(),
        });
        steps.collect::<Vec<_>>().join(",")
    }

    /// Reads such a text for this many clients. The error names the step and says what was expected.
    pub fn read(text: &str, clients: u32, letters: &[Letter]) -> Result<Self, String> {
        let mut schedule = Self { script: vec![Vec::new(); clients as usize], steps: Vec::new() };
        for (index, written) in text.split(',').map(str::trim).enumerate() {
            let step = schedule.step(written, clients, letters);
            schedule.steps.push(step.map_err(|why| format!("step {}, `{written}`: {why}", index + 1))?);
        }
        Ok(schedule)
    }

    fn step(&mut self, written: &str, clients: u32, letters: &[Letter]) -> Result<Step, String> {
        let client = |name: &str| node(name, clients).filter(|node| *node != NodeId::SERVER);
        let unknown = |name: &str| format!("there is no client `{name}`: expected c1 to c{clients}");
        if written == "timer" {
            return Ok(Step::Timer);
        }
        if let Some((who, letter)) = written.split_once('=') {
            let acting = client(who).ok_or_else(|| unknown(who))?;
            let place = letters.iter().position(|known| known.name == letter).ok_or_else(|| {
                let names: Vec<&str> = letters.iter().map(|letter| letter.name).collect();
                format!("there is no operation `{letter}`: expected one of {}", names.join(", "))
            })?;
            self.script[acting.0 as usize - 1].push(place);
            return Ok(Step::Act(acting));
        }
        if let Some((from, to)) = written.split_once('>') {
            let end = |name: &str| node(name, clients).ok_or_else(|| unknown(name));
            return Ok(Step::Deliver { from: end(from)?, to: end(to)? });
        }
        if let Some((who, what)) = written.split_once('!') {
            let who = client(who).ok_or_else(|| unknown(who))?;
            return match what {
                "break" => Ok(Step::Break(who)),
                "open" => Ok(Step::Open(who)),
                "crash" => Ok(Step::Crash(who)),
                "recover" => Ok(Step::Recover(who)),
                "join" => Ok(Step::Join(who)),
                _ => Err("expected break, open, crash, recover or join after the `!`".into()),
            };
        }
        Err("expected a step such as c1=pop, c1>s, s>c2, c2!break, c2!open or timer".into())
    }
}

fn node(name: &str, clients: u32) -> Option<NodeId> {
    if name == "s" {
        return Some(NodeId::SERVER);
    }
    let number: u32 = name.strip_prefix('c')?.parse().ok()?;
    (1..=clients).contains(&number).then_some(NodeId(number))
}

/// A node in schedules.
struct Short(NodeId);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == NodeId::SERVER { f.write_str("s") } else { write!(f, "{}", self.0) }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Act(client) => write!(f, "{client}"),
            Step::Deliver { from, to } => write!(f, "{}>{}", Short(*from), Short(*to)),
            Step::Timer => f.write_str("timer"),
            Step::Break(client) => write!(f, "{client}!break"),
            Step::Open(client) => write!(f, "{client}!open"),
            Step::Crash(client) => write!(f, "{client}!crash"),
            Step::Recover(client) => write!(f, "{client}!recover"),
            Step::Join(client) => write!(f, "{client}!join"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: &[Letter] = &[Letter::new("push", |_, _| None), Letter::new("pop", |_, _| None)];

    #[test]
    fn a_schedule_survives_its_text() {
        let text = "c1=pop,c2=push,c2!break,c1>s,s>c1,c2!open,timer,c2=pop,c1!crash,c1!recover,c2!join,c2>c1";
        let schedule = Schedule::read(text, 2, LETTERS).unwrap();
        assert_eq!(schedule.script, [vec![1], vec![0, 1]]);
        assert_eq!(schedule.written(LETTERS), text);
    }

    #[test]
    fn a_wrong_step_is_named_with_what_was_expected() {
        for (text, expected) in [
            ("c1=pop,c3=pop", "step 2, `c3=pop`: there is no client `c3`: expected c1 to c2"),
            ("c1=pip", "step 1, `c1=pip`: there is no operation `pip`: expected one of push, pop"),
            ("c1>x", "step 1, `c1>x`: there is no client `x`: expected c1 to c2"),
            ("c1!jump", "step 1, `c1!jump`: expected break, open, crash, recover or join after the `!`"),
            ("", "step 1, ``: expected a step such as c1=pop, c1>s, s>c2, c2!break, c2!open or timer"),
        ] {
            assert_eq!(Schedule::read(text, 2, LETTERS).unwrap_err(), expected);
        }
    }
}
