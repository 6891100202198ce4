//! What surrounds a payload on the wire.

use syncbench_strategies::replica::NodeId;

use super::Transport;

/// Payload bytes of a full packet: an Ethernet frame's 1,500 less IPv4 (20) and TCP (20), rounded down by 20 for options.
const PACKET_PAYLOAD: u64 = 1_440;

/// How many packets a payload takes.
pub fn packets(payload: u64) -> u64 {
    payload / PACKET_PAYLOAD + 1
}

/// What a payload takes on the wire, envelope included.
///
/// Counted: IP, transport, TLS and WebSocket headers of every packet with payload, at their smallest (RFC 791, 9293, 8446,
/// 6455, 768, 9147). Left out, for every strategy alike:
///
/// * TCP's timestamps, 12 bytes in each packet where both ends use them (RFC 7323), as Linux does by default.
/// * Acknowledgements without payload, 40 bytes or 52 with timestamps. A receiver sends one for every second full packet, and
///   within 500 ms of any other (RFC 9293, 3.8.6.3; Linux waits 40 to 200 ms), unless a message of its own goes the other way
///   first. So it is at most one for each message of one packet, and half of one for each packet of a longer message.
///   A strategy whose server answers at once saves some of them, and one whose server is silent does not.
/// * Packets sent again, and their bandwidth.
/// * Ethernet and radio headers.
///
/// A connection's handshake is counted apart: see [`Reconnect`](super::Reconnect).
pub fn wire_bytes(transport: Transport, from: NodeId, payload: u64) -> u64 {
    payload + envelope_bytes(transport, from != NodeId::SERVER, payload)
}

/// Bytes around a payload: IPv4 (20), TCP (20) and a TLS 1.3 record (5 header, 1 type, 16 tag), a WebSocket header of 2, 4
/// or 10 and, from a client, its mask of 4 (RFC 6455). For datagrams: IPv4 (20), UDP (8), DTLS 1.3 (4 header, 1 type, 16 tag).
/// Each further packet brings its IP and transport headers again.
fn envelope_bytes(transport: Transport, from_client: bool, payload: u64) -> u64 {
    let further = packets(payload) - 1;
    match transport {
        Transport::Stream => {
            let header = if payload < 126 {
                2
            } else if payload < 65_536 {
                4
            } else {
                10
            };
            62 + header + if from_client { 4 } else { 0 } + further * 40
        }
        Transport::Datagram { .. } => 49 + further * 49,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_brings_its_headers() {
        let stream = |from, payload| wire_bytes(Transport::Stream, NodeId(from), payload) - payload;
        assert_eq!([0, 125, 126].map(|payload| stream(1, payload)), [68, 68, 70]);
        assert_eq!(stream(0, 125), 64);
        assert_eq!([1_439, 1_440, 2_880].map(|payload| stream(1, payload)), [70, 110, 150]);
        let datagram = Transport::Datagram { loss: 0.0, duplicate: 0.0 };
        assert_eq!([10, 1_440].map(|payload| wire_bytes(datagram, NodeId(1), payload) - payload), [49, 98]);
        assert_eq!([0, 1_439, 1_440, 14_400].map(packets), [1, 1, 2, 11]);
    }
}
