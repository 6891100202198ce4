//! How many messages a second three simulators deliver on the same gossip, in turns, by processor time of one thread.
//!
//! Each runs as many deliveries as take it seconds: what a delivery costs does not depend on how many there are. The message
//! delay is the same in all: 10 to 50 ms, drawn anew for each message.

#[cfg(madsim)]
mod gossip;
#[cfg(madsim)]
mod on_madsim;
#[cfg(madsim)]
mod on_turmoil;
#[cfg(madsim)]
mod table;

#[cfg(madsim)]
fn main() -> Result<std::process::ExitCode, String> {
    table::main()
}

#[cfg(not(madsim))]
fn main() -> Result<(), String> {
    Err("built without --cfg madsim; expected harness/peers/run".to_owned())
}
