//! What went wrong in a run beyond messages and connections: what strategies rest on did not hold.

use std::time::Duration;

use syncbench_strategies::replica::{Mishap, NodeId};
use syncbench_strategies::selector::SelectorError;

use crate::faults::Recovery;
use crate::settings::{Settings, Vocabulary};

/// What strategies rest on, and did not hold in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mishaps {
    /// A client's clock was wrong.
    pub clocks: bool,
    /// The server lost something that it had.
    pub server: bool,
    /// A client's device lost everything.
    pub device: bool,
    /// Two clients had the same ids.
    pub twins: bool,
}

impl Mishaps {
    /// Those of a run under these conditions, what a fault draws included.
    pub fn of(settings: &Settings, known: &Vocabulary) -> Result<Self, SelectorError> {
        let faults = settings.armed(known)?;
        let clients = || (1..=settings.clients).map(NodeId);
        let wrong = |node| {
            let ahead = |armed: &crate::faults::Armed| armed.fault.clock_ahead_ns(node, Duration::from_millis(1));
            faults.iter().any(|armed| ahead(armed) != 0)
        };
        Ok(Self {
            clocks: clients().any(wrong),
            server: faults.iter().any(|armed| armed.fault.recovery(NodeId::SERVER) != Recovery::Saved),
            device: clients().any(|client| faults.bring(Mishap::NewInstall, client)),
            twins: clients().any(|client| faults.bring(Mishap::Twin, client)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::FAULT_SETS;
    use crate::scenario::{Catalog, Plan};

    fn of(part: &str) -> Mishaps {
        let mut parts = FAULT_SETS.iter().flat_map(|set| set.parts);
        let part = parts.find(|known| known.name == part).expect("a part");
        let scenario = part.scenario(&["crdt-yrs".to_owned()], "1", &Catalog::default()).expect("a scenario");
        Mishaps::of(&Plan::new(vec![scenario]).unwrap().cells[0].settings, &Vocabulary::default()).unwrap()
    }

    #[test]
    fn faults_say_what_did_not_hold() {
        let none = Mishaps::default();
        for part in ["in-turn", "halves", "offline", "devices", "server", "successors"] {
            assert_eq!(of(part), none, "{part}");
        }
        for part in ["skew", "jump"] {
            assert_eq!(of(part), Mishaps { clocks: true, ..none }, "{part}");
        }
        for part in ["backup", "rebuild", "server-anew"] {
            assert_eq!(of(part), Mishaps { server: true, ..none }, "{part}");
        }
        assert_eq!(of("new-install"), Mishaps { device: true, ..none });
        assert_eq!(of("twins"), Mishaps { twins: true, ..none });
    }
}
