//! The conditions of one run, as plain data: everything that is held equal while strategies are compared.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncbench_strategies::replica::Time;
use syncbench_strategies::selector::{Selector, SelectorError};

use crate::faults::{self, FAULTS, FaultSpec, Faults, Scope};
use crate::network::{self, NETWORKS, NetworkSpec, Profile, Transport};
use crate::pace::Pace;

/// Which engine runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Virtual time.
    Sim,
    /// Real time, a thread per replica.
    Threads,
    /// Real time, as fast as backpressure lets: counts and states only.
    Throughput,
}

impl Engine {
    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Threads => "threads",
            Self::Throughput => "throughput",
        }
    }
}

/// The networks and faults that settings may name: what is built in, and what a product brings.
#[derive(Clone)]
pub struct Vocabulary {
    /// Networks.
    pub networks: Vec<&'static NetworkSpec>,
    /// Faults.
    pub faults: Vec<&'static FaultSpec>,
}

impl Default for Vocabulary {
    /// What is built in.
    fn default() -> Self {
        Self { networks: NETWORKS.to_vec(), faults: FAULTS.to_vec() }
    }
}

/// The conditions of one run; part of the identity of every result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Network profile with the parameters that were given.
    pub network: String,
    /// Faults that all happen, each as it was given.
    pub faults: Vec<String>,
    /// What links promise.
    pub transport: Transport,
    /// Which engine runs it.
    pub engine: Engine,
    /// How many clients.
    pub clients: u32,
    /// Operations of all clients together.
    pub ops: u64,
    /// Operations per second of all clients together.
    pub rate_per_s: f64,
    /// How users come to act.
    pub pace: Pace,
    /// Share of actions that undo the user's latest confirmed operation.
    pub undo: f64,
    /// Size of the initial document, in the workload's own unit (items, records, characters).
    pub size: u64,
    /// The seed of every random stream.
    pub seed: u64,
    /// How often states are looked at; `None` for after every event.
    #[serde(rename = "sample_ms", with = "milliseconds")]
    pub sample_every: Option<Duration>,
    /// How long the group may take to quiesce after the last operation or heal, and after the time in which replicas that
    /// never fall silent settle.
    #[serde(rename = "budget_s", with = "seconds")]
    pub budget: Duration,
}

impl Settings {
    /// The numbers of the network.
    pub fn profile(&self, known: &Vocabulary) -> Result<Profile, SelectorError> {
        network::configure_from(&known.networks, &self.network.parse()?)
    }

    /// The faults with their windows.
    pub fn armed(&self, known: &Vocabulary) -> Result<Faults, SelectorError> {
        let arm = |fault: &String| faults::configure(&fault.parse()?, &self.scope(known));
        let armed = self.faults.iter().map(arm).collect::<Result<Vec<_>, _>>()?;
        Ok(armed.into_iter().flatten().collect())
    }

    /// The faults as they are written, with what one draws from the seed in its place: what replays this run alone.
    pub fn drawn(&self, known: &Vocabulary) -> Result<Vec<String>, SelectorError> {
        let drawn = |fault: &String| {
            let armed = faults::configure(&fault.parse()?, &self.scope(known))?;
            let drawn = || armed.iter().filter(|armed| armed.drawn_by.is_some());
            let labels = if drawn().next().is_none() {
                vec![fault.clone()]
            } else {
                drawn().map(|armed| armed.label.clone()).collect()
            };
            Ok(labels)
        };
        Ok(self.faults.iter().map(drawn).collect::<Result<Vec<_>, SelectorError>>()?.concat())
    }

    /// What faults know of a run.
    pub fn scope<'k>(&self, known: &'k Vocabulary) -> Scope<'k> {
        Scope {
            clients: self.clients,
            seed: self.seed,
            acting: Duration::try_from_secs_f64(self.ops as f64 / self.rate_per_s).unwrap_or(Duration::MAX),
            datagrams: self.transport != Transport::Stream,
            real_time: self.engine != Engine::Sim,
            window: (Time::ZERO, None),
            known: &known.faults,
        }
    }

    /// The same conditions, written in one way: a network and a fault have one text each, however they were given, and a
    /// fault that is given twice is given once. What is not built in stays as it is.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let read = |written: &str| written.parse::<Selector>().ok();
        let network = read(&self.network).and_then(|network| network::canonical(&network).ok());
        let mut faults = Vec::new();
        for written in &self.faults {
            let fault = read(written).and_then(|fault| faults::canonical(&fault).ok());
            let fault = fault.unwrap_or_else(|| written.clone());
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        Self { network: network.unwrap_or_else(|| self.network.clone()), faults, ..self.clone() }
    }

    /// The mean time between two operations of the whole group.
    pub fn gap(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate_per_s)
    }

    /// How often states are looked at by default: after every event where that is cheap; else two hundred times
    /// over the run, and at most a thousand times a second. In the throughput engine only at the end.
    pub fn usual_sampling(&self) -> Option<Duration> {
        if self.engine == Engine::Throughput {
            return None;
        }
        let cheap = self.engine == Engine::Sim && self.ops <= LOOK_ALWAYS && self.size <= LOOK_ALWAYS;
        let spacing_s = (self.ops as f64 / self.rate_per_s / 200.0).max(0.001);
        (!cheap).then(|| Duration::from_secs_f64(spacing_s))
    }
}

/// Above this many operations, or a document of this many units, states are looked at on a grid and not after every event:
/// a look takes time in proportion to the document.
const LOOK_ALWAYS: u64 = 3_000;

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[allow(clippy::ref_option, reason = "the signature that serde calls")]
    pub(super) fn serialize<S: Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        span.map(|span| span.as_secs_f64() * 1e3).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let ms = Option::<f64>::deserialize(from)?;
        ms.map(|ms| Duration::try_from_secs_f64(ms / 1e3).map_err(Error::custom)).transpose()
    }
}

mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        span.as_secs_f64().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings {
            network: "wifi".into(),
            faults: vec!["partition:halves@2s..5s".into()],
            transport: Transport::Datagram { loss: 0.01, duplicate: 0.0 },
            engine: Engine::Sim,
            clients: 4,
            ops: 400,
            rate_per_s: 20.0,
            pace: Pace::Poisson,
            undo: 0.1,
            size: 20,
            seed: 7,
            sample_every: Some(Duration::from_micros(1_500)),
            budget: Duration::from_secs(60),
        }
    }

    #[test]
    fn settings_survive_a_file() {
        let written = serde_json::to_value(settings()).unwrap();
        assert_eq!((&written["sample_ms"], &written["budget_s"]), (&1.5.into(), &60.0.into()));
        assert_eq!(serde_json::from_value::<Settings>(written).unwrap(), settings());
    }

    #[test]
    fn what_may_be_written_in_many_ways_is_one_condition() {
        let canonical = |network: &str, faults: &[&str]| {
            let faults = faults.iter().map(|fault| (*fault).to_owned()).collect();
            Settings { network: network.into(), faults, ..settings() }.canonical()
        };
        for (one, others) in [
            ("constant", ["constant:40ms", "constant:delay=40ms"]),
            ("wifi", ["wifi:detection=1250ms", "wifi:detection=1.25s"]),
        ] {
            others.iter().for_each(|other| assert_eq!(canonical(one, &[]), canonical(other, &[])));
        }
        assert_ne!(canonical("constant", &[]), canonical("constant:41ms", &[]));
        let once = canonical("lan", &["late@5s"]);
        assert_eq!(canonical("lan", &["late:0@5s", "late:client=0@5000ms"]), once);
        assert_ne!(canonical("lan", &["late@6s"]), once);
        assert_eq!((once.canonical(), once.faults.len()), (once.clone(), 1));
    }

    #[test]
    fn a_long_run_or_a_large_document_is_sampled() {
        assert_eq!(settings().usual_sampling(), None);
        let long = Settings { ops: 100_000, ..settings() };
        assert_eq!(long.usual_sampling(), Some(Duration::from_secs(25)));
        let large = Settings { size: 3_001, ..settings() };
        assert_eq!(large.usual_sampling(), Some(Duration::from_millis(100)));
        let real = Settings { engine: Engine::Threads, ops: 1, ..settings() };
        assert_eq!(real.usual_sampling(), Some(Duration::from_millis(1)));
    }
}
