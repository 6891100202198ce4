//! The gossip under madsim: a node for each host, datagrams by [`Endpoint`].

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madsim::net::Endpoint;
use madsim::rand::Rng;
use madsim::runtime::Runtime;

use crate::gossip::{HOSTS, LEAST, MOST, TOKENS, hops, token};

/// How often each token comes: a run takes about two seconds.
const HOPS: u64 = 1_000;

/// One tag: a host takes every datagram.
const TAG: u64 = 1;

fn address(host: usize) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, (host / 200) as u8, (host % 200 + 1) as u8)), 1_000)
}

fn other(than: usize) -> usize {
    let drawn = madsim::rand::thread_rng().gen_range(0..HOSTS - 1);
    if drawn < than { drawn } else { drawn + 1 }
}

async fn host(this: usize, delivered: Arc<AtomicU64>) {
    let endpoint = Endpoint::bind(address(this)).await.expect("a free port");
    // Everybody is bound before the first message: a datagram to nobody is lost.
    madsim::time::sleep(MOST).await;
    for _ in 0..TOKENS {
        endpoint.send_to(address((this + 1) % HOSTS), TAG, &token(HOPS)).await.expect("a route");
    }
    let mut buffer = [0; 64];
    loop {
        endpoint.recv_from(TAG, &mut buffer).await.expect("a datagram");
        delivered.fetch_add(1, Ordering::Relaxed);
        let left = hops(&buffer) - 1;
        if left > 0 {
            endpoint.send_to(address(other(this)), TAG, &token(left)).await.expect("a route");
        }
    }
}

/// Runs the gossip, and gives how many messages arrived.
pub fn run() -> u64 {
    let mut config = madsim::Config::default();
    config.net.send_latency = LEAST..MOST;
    let runtime = Runtime::with_seed_and_config(1, config);
    let delivered = Arc::new(AtomicU64::new(0));
    for this in 0..HOSTS {
        let node = runtime.create_node().ip(address(this).ip()).build();
        node.spawn(host(this, delivered.clone()));
    }
    let all = (HOSTS * TOKENS) as u64 * HOPS;
    let counted = delivered.clone();
    runtime.block_on(async move {
        while counted.load(Ordering::Relaxed) < all {
            madsim::time::sleep(MOST).await;
        }
    });
    delivered.load(Ordering::Relaxed)
}
