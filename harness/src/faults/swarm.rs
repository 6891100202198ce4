//! `swarm`: a set of faults with windows, drawn from the seed, another one for every seed (Groce et al., "Swarm testing", ISSTA
//! 2012: runs that each leave some features out find more than runs that have all of them a little).
//!
//! It draws from all faults of the program, including a product's: each spec says how it is drawn, or why it is not. The
//! results of each run and the command that replays it name what was drawn. All strategies of a seed meet the same faults.

use std::time::Duration;

use syncbench_strategies::replica::{Rng, Time};
use syncbench_strategies::selector::{Selector, format_span};
use syncbench_strategies::spec::{Param, ParamKind, Support};

use super::{Fault, FaultSpec, Scope, Swarm, Timing};
use crate::rng::{below, stream, unit};

pub(super) static SPEC: FaultSpec = FaultSpec {
    name: "swarm",
    summary: "a set of other faults with windows, drawn from the seed: every seed has another set, which results and replay \
              commands name; without a window of its own, they fall into the time in which users act",
    params: &[Param {
        name: "share",
        kind: ParamKind::Share,
        default: "50%",
        help: "chance of each kind of fault to be in the set; a coin for each, as in the paper (Groce et al., ISSTA 2012)",
    }],
    timing: Timing::Window,
    threads: Support::Native,
    swarm: Swarm::Never("it draws the others"),
    build: |params, scope| {
        let share = params.share("share");
        if share <= 0.0 {
            return Err("expected `share` above 0".into());
        }
        let window = Window::of(scope);
        let chosen = |spec: &&FaultSpec, least: f64| {
            let mut rng = key(scope, spec.name);
            (unit(&mut rng) < least).then(|| draw(spec, &mut rng, scope, &window)).flatten()
        };
        let mut drawn: Vec<Selector> = scope.known.iter().filter_map(|spec| chosen(spec, share)).collect();
        if drawn.is_empty() {
            // One at least: a run without a fault is no run of the swarm.
            let mut all: Vec<Selector> = scope.known.iter().filter_map(|spec| chosen(spec, 1.0)).collect();
            if all.is_empty() {
                return Err("no fault can be drawn for this run; expected one that fits it".into());
            }
            let place = below(&mut key(scope, "one at least"), all.len());
            drawn.push(all.swap_remove(place));
        }
        Ok(Box::new(Drawn(drawn)))
    },
};

/// The stream of one kind of fault: draws of others do not change it.
fn key(scope: &Scope<'_>, name: &str) -> Rng {
    stream(scope.seed, &format!("swarm {name}"), scope.window.0.0, 0)
}

/// The stretch of the run into which faults are drawn.
struct Window {
    start: Time,
    length: Duration,
}

impl Window {
    fn of(scope: &Scope<'_>) -> Self {
        let (start, end) = scope.window;
        Self { start, length: end.map_or(scope.acting, |end| end.since(start)) }
    }

    /// A moment at this fraction of it, in whole milliseconds, so that it can be read back as it is written; never its start.
    fn at(&self, fraction: f64) -> Duration {
        let ms = (self.length.as_millis() as f64 * fraction) as u64;
        let start_ms = self.start.since(Time::ZERO).as_millis();
        Duration::from_millis(u64::try_from(start_ms).unwrap_or(u64::MAX).saturating_add(ms.max(1)))
    }

    /// Begins in the first two thirds and lasts for a tenth to a half of it, so that several faults overlap and all end while
    /// users act or soon after.
    fn draw(&self, rng: &mut Rng) -> (Duration, Duration) {
        let begins = unit(rng) * 2.0 / 3.0;
        let ends = begins + 0.1 + 0.4 * unit(rng);
        let (start, end) = (self.at(begins), self.at(ends));
        (start, end.max(start + Duration::from_millis(1)))
    }
}

/// One fault with its window, where it can happen in such a run.
fn draw(spec: &FaultSpec, rng: &mut Rng, scope: &Scope<'_>, window: &Window) -> Option<Selector> {
    let Swarm::Drawn(params) = spec.swarm else { return None };
    if scope.real_time && matches!(spec.threads, Support::Unsupported(_)) {
        return None;
    }
    let params = params(rng, scope)?;
    let (start, end) = window.draw(rng);
    let mut text = spec.name.to_owned();
    if !params.is_empty() {
        text += &format!(":{params}");
    }
    match spec.timing {
        Timing::Window | Timing::LaterWindow | Timing::Between => {
            text += &format!("@{}..{}", format_span(start), format_span(end));
        }
        Timing::Until => text += &format!("@{}", format_span(start)),
        Timing::Always => {}
    }
    // Every fault of this program that a spec draws can be read; a test draws them all.
    text.parse().ok()
}

/// What was drawn.
struct Drawn(Vec<Selector>);

impl Fault for Drawn {
    fn effect(&self) -> String {
        "faults were drawn".into()
    }

    fn drawn(&self) -> &[Selector] {
        &self.0
    }
}
