//! How many messages a second three simulators deliver on the same gossip, in turns, by processor time of one thread.
//!
//! Each runs as many deliveries as take it seconds: what a delivery costs does not depend on how many there are. A message of 64
//! bytes takes 10 to 50 ms, drawn anew for each: here as the sum of two legs, by madsim uniformly, by turmoil from its curve, which
//! favours short times. Here it goes over a stream, elsewhere in a datagram. Making the hosts counts everywhere.

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
