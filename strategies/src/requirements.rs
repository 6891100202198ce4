//! What a product may require of a strategy: words for `--require`, each answered by claims.

use crate::names;
use crate::replica::Topology;
use crate::selector::SelectorError;
use crate::spec::{Configured, Growth, Support};

/// Something that a product may require.
pub struct Requirement {
    /// The word on the command line.
    pub name: &'static str,
    /// What is required, as a sentence.
    pub meaning: &'static str,
    /// Why a strategy does not meet it, in a clause after its name: `cannot refuse`.
    pub missing: &'static str,
    /// Whether a strategy with its parameters meets it.
    pub met: fn(&Configured) -> bool,
}

/// One line per requirement.
#[rustfmt::skip]
pub static REQUIREMENTS: &[Requirement] = &[
    Requirement { name: "offline", meaning: "Users see their own changes without a connection.", missing: "does not work offline", met: |one| one.guarantees().works_offline },
    Requirement { name: "offline-in-part", meaning: "Users see at least some of their own changes without a connection.", missing: "does not work offline at all", met: |one| one.guarantees().works_offline || one.guarantees().works_offline_in_part },
    Requirement { name: "refuse", meaning: "It can refuse an operation because of what others did, and tells the user.", missing: "cannot refuse", met: |one| one.guarantees().can_refuse },
    Requirement { name: "server-free", meaning: "It needs no server; some strategies need none with topology=mesh.", missing: "needs a server", met: |one| !one.guarantees().needs_server && one.topology() == Topology::Mesh },
    Requirement { name: "serializable", meaning: "The final state and all outcomes are those of some serial order.", missing: "is not serializable", met: |one| one.guarantees().serializable },
    Requirement { name: "converges", meaning: "Once every message has arrived, every replica shows the same state.", missing: "does not claim to converge", met: |one| one.guarantees().converges },
    Requirement { name: "clock-free", meaning: "Which operations survive does not depend on how well clocks agree.", missing: "depends on clocks", met: |one| !one.guarantees().depends_on_clocks },
    Requirement { name: "server-confirms", meaning: "A user is told that an operation stands only when the server has it.", missing: "confirms on one device", met: |one| !one.guarantees().confirms_alone },
    Requirement { name: "bounded", meaning: "Its memory grows with the document only.", missing: "grows although the document does not", met: |one| one.guarantees().grows == Growth::NONE },
    Requirement { name: "lasting", meaning: "An operation outlasts its client.", missing: "keeps an operation only as long as its client", met: |one| !one.guarantees().ephemeral },
    Requirement { name: "undo", meaning: "A user can undo their operations.", missing: "has no undo", met: |one| !matches!(one.spec.undo, Support::Unsupported(_)) },
    Requirement { name: "duplicates", meaning: "A message that arrives twice changes nothing.", missing: "does not tolerate duplicates", met: |one| one.guarantees().tolerates_duplicates },
    Requirement { name: "reordering", meaning: "Messages may overtake each other.", missing: "does not tolerate reordering", met: |one| one.guarantees().tolerates_reordering },
    Requirement { name: "loss", meaning: "Messages may be lost without the connection breaking.", missing: "does not tolerate loss", met: |one| one.guarantees().tolerates_loss },
];

/// The requirement with this name.
pub fn find(name: &str) -> Result<&'static Requirement, SelectorError> {
    let known = || REQUIREMENTS.iter().map(|one| (one.name, one.meaning));
    let found = REQUIREMENTS.iter().find(|one| one.name == name);
    found.ok_or_else(|| SelectorError::new(name, names::unknown("requirement", name, "", known())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::STRATEGIES;

    fn configured(text: &str) -> Configured {
        crate::registry::configure(&text.parse().unwrap()).unwrap()
    }

    #[test]
    fn every_requirement_tells_strategies_apart_or_is_met_by_all() {
        for requirement in REQUIREMENTS {
            let all = STRATEGIES.iter().map(|spec| configured(spec.name));
            let met = all.filter(|one| (requirement.met)(one)).count();
            // Without a server are meshes only, and no strategy is one by default.
            assert!(met > 0 || requirement.name == "server-free", "{}", requirement.name);
            assert!(requirement.meaning.ends_with('.') && !requirement.missing.is_empty());
        }
        let names: std::collections::BTreeSet<_> = REQUIREMENTS.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), REQUIREMENTS.len());
    }

    #[test]
    fn a_requirement_is_answered_by_claims() {
        let met = |name: &str, strategy: &str| (find(name).unwrap().met)(&configured(strategy));
        assert!(met("refuse", "serial") && !met("offline", "serial") && met("offline-in-part", "hybrid"));
        assert!(met("offline", "lww-hlc") && !met("clock-free", "lww-hlc") && !met("refuse", "lww-hlc"));
        assert!(met("server-free", "lww-hlc:topology=mesh") && !met("server-free", "lww-hlc"));
        assert!(!met("lasting", "presence") && met("lasting", "serial"));
        let error = find("ofline").err().unwrap().to_string();
        assert!(error.contains("did you mean `offline`?"), "{error}");
    }
}
