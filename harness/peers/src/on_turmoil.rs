//! The gossip under turmoil: a host for each host, datagrams by its UDP sockets, ticks of the default length.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use turmoil::net::UdpSocket;

use crate::gossip::{HOSTS, LEAST, MOST, TOKENS, hops, token};

/// How often each token comes: a run takes some seconds, and its last tokens, which are alone in their ticks, do not count for much.
const HOPS: u64 = 100;

const PORT: u16 = 1_000;

fn name(host: usize) -> String {
    format!("host-{host}")
}

async fn host(this: usize, delivered: Arc<AtomicU64>) -> turmoil::Result {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(this as u64);
    let socket = UdpSocket::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT)).await?;
    // Names are looked up once.
    let peers: Vec<IpAddr> = (0..HOSTS).map(|host| turmoil::lookup(name(host))).collect();
    // Everybody is bound before the first message: a datagram to nobody is lost.
    tokio::time::sleep(MOST).await;
    for _ in 0..TOKENS {
        socket.send_to(&token(HOPS), (peers[(this + 1) % HOSTS], PORT)).await?;
    }
    let mut buffer = [0; 64];
    loop {
        socket.recv_from(&mut buffer).await?;
        delivered.fetch_add(1, Ordering::Relaxed);
        let left = hops(&buffer) - 1;
        if left > 0 {
            let drawn = rng.random_range(0..HOSTS - 1);
            let other = if drawn < this { drawn } else { drawn + 1 };
            socket.send_to(&token(left), (peers[other], PORT)).await?;
        }
    }
}

/// Runs the gossip, and gives how many messages arrived.
pub fn run() -> u64 {
    let mut simulation = turmoil::Builder::new()
        .min_message_latency(LEAST)
        .max_message_latency(MOST)
        .simulation_duration(Duration::from_secs(3_600))
        // All tokens may meet at one host.
        .udp_capacity(HOSTS * TOKENS)
        .rng_seed(1)
        .build();
    let delivered = Arc::new(AtomicU64::new(0));
    for this in 0..HOSTS {
        let counted = delivered.clone();
        simulation.host(name(this), move || host(this, counted.clone()));
    }
    let all = (HOSTS * TOKENS) as u64 * HOPS;
    while delivered.load(Ordering::Relaxed) < all {
        simulation.step().expect("no host fails");
    }
    delivered.load(Ordering::Relaxed)
}
