//! What a message costs at a socket: `cargo run --release -p syncbench-harness --example socket`.
//!
//! The default of `cost`'s assumption `socket-us` comes from here: processor time of one send of 100 bytes over TCP on loopback
//! and its receipt, halved, since a server does one of the two for each message. One thread does both, so that its processor
//! clock has all of it, what the system does included. No TLS.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use cpu_time::ThreadTime;

/// Bytes of a message: what a short operation takes with its envelope.
const BYTES: usize = 100;
/// Messages of a reading, and readings.
const MESSAGES: u32 = 50_000;
const READINGS: usize = 9;

#[allow(clippy::print_stdout, reason = "its only output")]
fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (mut receiver, _) = listener.accept()?;
    sender.set_nodelay(true)?;
    let mut bytes = [7; BYTES];
    let mut readings = Vec::with_capacity(READINGS);
    for _ in 0..READINGS {
        let begun = ThreadTime::try_now()?;
        for _ in 0..MESSAGES {
            sender.write_all(&bytes)?;
            receiver.read_exact(&mut bytes)?;
        }
        readings.push(begun.try_elapsed()?.as_secs_f64() * 1e6 / f64::from(MESSAGES) / 2.0);
    }
    readings.sort_by(f64::total_cmp);
    let (least, middle, most) = (readings[0], readings[READINGS / 2], readings[READINGS - 1]);
    println!("{middle:.2} µs a message of {BYTES} bytes ({least:.2} to {most:.2} in {READINGS} readings)");
    Ok(())
}
