//! What the cells of a group share, in words.

use syncbench_harness::network::own_name;
use syncbench_harness::pace::{Pace, Timing};
use syncbench_harness::results::{Cell, Environment};
use syncbench_harness::scenario::Scenario;
use syncbench_harness::settings::{Engine, Settings};
use syncbench_strategies::replica::Topology;
use syncbench_strategies::selector::format_span;

use crate::format::{figure, millis, percent, rate};

/// What the cells of a group share: they differ in strategy and seed only.
#[derive(Clone, Copy, Debug)]
pub struct Condition<'a> {
    /// Part of the plan.
    pub part: &'a str,
    /// Workload with its parameters.
    pub workload: &'a str,
    /// Who talks to whom. A star and a mesh have other paths, so they are compared with their own kind only.
    pub topology: Topology,
    /// Network, faults, load and all else; the seed is any one of the group.
    pub settings: &'a Settings,
    /// What measured it.
    pub build: &'a Environment,
    /// Whether the results hold other builds too.
    pub other_builds: bool,
}

impl<'a> Condition<'a> {
    /// That of a cell, measured by `build`.
    pub(super) fn of(cell: &'a Cell, topology: Topology, build: &'a Environment, other_builds: bool) -> Self {
        let Cell { part, workload, settings, .. } = cell;
        Self { part, workload, topology, settings, build, other_builds }
    }

    /// Size of the initial document, in the workload's unit.
    pub fn size(&self) -> u64 {
        self.settings.size
    }

    /// Everything in one line of words: what is usual is left out, but for network, faults and load.
    pub fn describe(&self) -> String {
        self.describe_with(&format!(", initial size {}", self.settings.size))
    }

    /// The same without the size, which the conditions of a sweep do not share.
    pub fn describe_sizes(&self) -> String {
        self.describe_with("")
    }

    fn describe_with(&self, size: &str) -> String {
        let Settings { network, engine, clients, ops, rate_per_s, .. } = self.settings;
        let (faults, engine, rate) = (self.faults(" and "), engine.name(), rate(*rate_per_s));
        let pressed = self.settings.engine == Engine::Throughput;
        let rate = if pressed { String::new() } else { format!(" at {rate}") };
        let load = format!("{}, {}{rate}{size}", several(*clients, "client"), several(*ops, "operation"));
        let usual = Scenario::default();
        let unusual = [
            (self.settings.pace != usual.pace, self.pace()),
            (self.settings.undo > 0.0, self.undo()),
            (self.settings.transport.to_string() != usual.transport, self.settings.transport.to_string()),
            (self.settings.budget.as_secs_f64() != usual.budget_s, self.budget()),
            (self.settings.sample_every.is_some(), self.sampling()),
            (self.topology == Topology::Mesh, "mesh: clients talk to each other, without a server".to_owned()),
            (self.other_builds, self.build()),
        ];
        let mut text = format!("{network}, {faults}; {load}; {engine} engine");
        for (_, words) in unusual.iter().filter(|(unusual, _)| *unusual) {
            text = format!("{text}; {words}");
        }
        text
    }

    /// Everything but the workload and the size that belongs to it.
    pub(crate) fn but_workload(&self) -> String {
        let settings = Settings { seed: 0, size: 0, undo: 0.0, sample_every: None, ..self.settings.clone() };
        format!("{} {} {settings:?} {}", self.part, self.topology, self.build.describe_build())
    }

    /// What may differ between conditions of one part and workload, each in words for a title.
    pub(crate) fn facets(&self) -> [String; 14] {
        let settings = self.settings;
        [
            if self.topology == Topology::Mesh { "mesh" } else { "star" }.to_owned(),
            own_name(&settings.network).unwrap_or(&settings.network).to_owned(),
            self.faults(" + "),
            settings.engine.name().to_owned(),
            several(settings.clients, "client"),
            several(settings.ops, "operation"),
            self.size_facet(),
            rate(settings.rate_per_s),
            self.pace(),
            self.undo(),
            settings.transport.to_string(),
            self.budget(),
            self.sampling_facet(),
            self.build(),
        ]
    }

    /// The size, in words for a title.
    pub(crate) fn size_facet(&self) -> String {
        format!("size {}", self.settings.size)
    }

    /// How often states are looked at, in words for a title.
    pub(crate) fn sampling_facet(&self) -> String {
        if self.usual_sampling() { "states as often as the size allows".to_owned() } else { self.sampling() }
    }

    fn faults(&self, between: &str) -> String {
        let faults = &self.settings.faults;
        if faults.is_empty() { "no faults".to_owned() } else { faults.join(between) }
    }

    fn pace(&self) -> String {
        let pace = self.settings.pace;
        if let Pace::Eager(inflight) = pace {
            return format!("eager users, {} operations of each on their way at most", inflight.get());
        }
        let Pace::Recorded(Timing { speed, idle, content }) = pace else { return format!("{} pace", pace.name()) };
        let mut words = format!("recorded {}", if content.is_some() { "times" } else { "pace" });
        // A file's content tells it from others; a few digits will do.
        words.extend(content.map(|content| format!(" {:.8}", content.to_string())));
        if speed != 1.0 {
            words += &format!(", {} times as fast", figure(speed));
        }
        words.extend(idle.map(|idle| format!(", gaps cut to {}", format_span(idle))));
        words
    }

    fn undo(&self) -> String {
        if self.settings.undo > 0.0 { format!("{} undone", percent(self.settings.undo)) } else { "no undo".to_owned() }
    }

    fn budget(&self) -> String {
        format!("budget {} s", figure(self.settings.budget.as_secs_f64()))
    }

    fn sampling(&self) -> String {
        match self.settings.sample_every {
            Some(every) => {
                let ms = every.as_secs_f64() * 1e3;
                let unit = if ms > 120_000.0 { "" } else { " ms" };
                format!("states every {}{unit}", millis(ms))
            }
            None => "states after every event".to_owned(),
        }
    }

    /// Whether states were looked at as often as its size allows: then that follows from the size.
    pub(super) fn usual_sampling(&self) -> bool {
        self.settings.sample_every == self.settings.usual_sampling()
    }

    /// The build, short enough for a title.
    fn build(&self) -> String {
        let Environment { version, commit, dirty, profile, .. } = self.build;
        let commit: String = commit.chars().take(12).collect();
        let commit = if commit.is_empty() { "of an unknown commit".to_owned() } else { format!("of commit {commit}") };
        format!("{profile} build {commit}{}, version {version}", if *dirty { " with changes" } else { "" })
    }

    /// Everything but the size, to tell sweeps apart.
    pub(super) fn but_size(&self) -> String {
        // As often as the size allows is what all sizes have in common.
        let sample_every = self.settings.sample_every.filter(|_| !self.usual_sampling());
        let settings = Settings { seed: 0, size: 0, sample_every, ..self.settings.clone() };
        format!("{} {} {} {settings:?} {}", self.part, self.workload, self.topology, self.build.describe_build())
    }
}

/// `1 client`, `4 clients`.
fn several<N: PartialEq + From<u8> + std::fmt::Display>(n: N, what: &str) -> String {
    if n == N::from(1) { format!("1 {what}") } else { format!("{n} {what}s") }
}
