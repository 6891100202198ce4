//! What it takes to run a fault.

/// What it takes to run a fault: of the links, and of the strategy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Links that carry datagrams, and why.
    pub datagrams: Option<&'static str>,
    /// Links between clients, and why: a star has none.
    pub mesh: Option<&'static str>,
    /// On datagram links, a strategy that tolerates loss.
    pub loss: bool,
    /// On datagram links, a strategy that tolerates duplicates.
    pub duplicates: bool,
}
