//! What links promise, as it is written.

use std::fmt;

use syncbench_strategies::names;
use syncbench_strategies::selector::{Selector, SelectorError};
use syncbench_strategies::spec::{Param, ParamKind, Params};

use super::Transport;

const DATAGRAM: &[Param] = &[
    Param { name: "loss", kind: ParamKind::Share, default: "0", help: "share lost, on top of the profile's own" },
    Param { name: "duplicate", kind: ParamKind::Share, default: "0", help: "share that arrives twice" },
];

/// What links may promise.
pub const TRANSPORTS: [&str; 2] = ["stream", "datagram"];

impl Transport {
    /// Makes the transport that `selector` names.
    pub fn configure(selector: &Selector) -> Result<Self, SelectorError> {
        match selector.name.as_str() {
            "stream" => Params::check(selector, &[]).map(|_| Self::Stream),
            "datagram" => {
                let params = Params::check(selector, DATAGRAM)?;
                Ok(Self::Datagram { loss: params.share("loss"), duplicate: params.share("duplicate") })
            }
            other => {
                let known = TRANSPORTS.iter().map(|name| (*name, ""));
                Err(SelectorError::new(selector.to_string(), names::unknown("transport", other, "", known)))
            }
        }
    }
}

/// As it is written on the command line.
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream => f.write_str("stream"),
            Self::Datagram { loss, duplicate } => write!(f, "datagram:loss={loss},duplicate={duplicate}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_is_read_as_it_is_written() {
        let read = |text: &str| Transport::configure(&text.parse().unwrap());
        for transport in [Transport::Stream, Transport::Datagram { loss: 0.01, duplicate: 0.25 }] {
            assert_eq!(read(&transport.to_string()).unwrap(), transport);
        }
        assert!(read("pigeon").unwrap_err().to_string().contains("datagram"));
        assert!(read("datagram:loss=2").is_err() && read("stream:loss=0.1").is_err());
    }
}
