//! The engines: the same replicas in virtual time, on threads, and as fast as they can.

mod connecting;
mod hold;
pub mod load;
pub mod node;
pub mod saturation;
pub mod sim;
pub mod threads;
pub mod throughput;

use std::any::Any;

use crate::probe::Probe;
use crate::run_result::RunResult;
use crate::settings::Engine;
use crate::task::Task;

/// Runs a task in the engine that its settings name. Panics for the throughput engine, which has no events for probes: see
/// [`throughput::run`].
pub fn run(task: &Task<'_>, probes: &mut [Box<dyn Probe>]) -> RunResult {
    match task.engine {
        Engine::Sim => sim::run(task, probes),
        Engine::Threads => threads::run(task, probes),
        Engine::Throughput => panic!("the throughput engine has no events for probes"),
    }
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message")
}
