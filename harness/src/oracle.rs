//! The oracles by name: every reason to distrust a run, as data.
//!
//! A planted bug says by name which of them must catch it, and `verify` holds it to that.

/// An oracle.
#[derive(Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Its name in tables.
    pub name: &'static str,
    /// What is wrong when it objects, in a few words.
    pub breach: &'static str,
    /// What holds in a run without an objection, as a sentence.
    pub meaning: &'static str,
}

/// Declares oracles, each documented by its meaning, and lists them.
macro_rules! oracles {
    ($($oracle:ident = $name:literal, $breach:literal, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub static $oracle: Oracle = Oracle { name: $name, breach: $breach, meaning: $meaning };
        )+

        /// All of them: those that judge a strategy, then those that judge the harness.
        pub static ORACLES: &[&Oracle] = &[$(&$oracle),+];
    };
}

oracles! {
    CONVERGENCE = "convergence", "replicas differ", "A quiescent group shows one state.";
    SAME_OPERATIONS = "strong eventual consistency", "same operations, different states", "Two clients that reflect the same operations show the same state.";
    SERIAL_ORDER = "serial order", "no serial order", "Some serial order of the operations gives the final state and every outcome.";
    ALLOWED_STATES = "allowed states", "state not allowed", "No user sees a state that the product does not allow.";
    PROTOCOL_ERRORS = "protocol errors", "protocol error", "No message between honest replicas is a protocol error.";
    ANSWERS = "answers", "no answer", "Every user learns what became of every operation.";
    RECOVERY = "recovery", "recovered state differs", "After a crash a replica shows what it showed before.";
    READ_YOUR_WRITES = "read your writes", "user's operation out of sight", "A user keeps seeing its own operations.";
    MONOTONIC_READS = "monotonic reads", "seen operation out of sight", "A user keeps seeing what it has seen.";
    MONOTONIC_WRITES = "monotonic writes", "operations of a user out of order", "Operations of one user appear in their order.";
    WRITES_FOLLOW_READS = "writes follow reads", "operation before its cause", "An operation appears after what its user had seen.";
    QUIESCENCE = "quiescence", "not quiescent", "A group falls silent once everything is resolved.";
    ACTIVITY = "activity", "nothing confirmed", "At least one operation is confirmed, so that the run shows something.";
    FINDINGS = "findings", "lost operation", "Every confirmed operation has its effect, unless a user who had seen it replaced it.";
    PANICS = "panics", "panic", "No replica panics.";
    DETERMINISM = "determinism", "differs from run to run", "The same scenario and seed give the same events again.";
    SIDECARS = "sidecars", "sidecar read", "With every sidecar emptied the same messages are sent.";
    CLOCKS = "clocks", "clock trusted", "A clock that is wrong changes nothing, where a strategy does not claim to depend on clocks.";
    HOSTILE_BYTES = "hostile bytes", "hostile bytes taken", "A message that is a protocol error changes nothing, and takes little memory.";
    MEMORY = "memory", "memory grows", "Memory grows only with what the strategy names.";
    MESSAGE_ACCOUNTS = "message accounts", "message unaccounted for", "Every message that was sent or copied is delivered, dropped or under way.";
    FAULT_COVERAGE = "fault coverage", "fault without effect", "Every fault does what it says, and touches something.";
    CLOSED_FORMS = "closed forms", "closed form missed", "Latencies and message counts are those that arithmetic gives, exactly.";
    AGREEMENT = "agreement of figures", "figures disagree", "Figures that say the same thing in two ways agree.";
}

/// The oracles that hold a run to what its strategy claims.
pub static CLAIMS: &[&Oracle] = &[
    &CONVERGENCE,
    &SAME_OPERATIONS,
    &SERIAL_ORDER,
    &ALLOWED_STATES,
    &PROTOCOL_ERRORS,
    &ANSWERS,
    &RECOVERY,
    &READ_YOUR_WRITES,
    &MONOTONIC_READS,
    &MONOTONIC_WRITES,
    &WRITES_FOLLOW_READS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_oracle_has_its_own_name_and_a_sentence() {
        for name in [|oracle: &&Oracle| oracle.name, |oracle: &&Oracle| oracle.breach] {
            assert_eq!(ORACLES.iter().map(name).collect::<BTreeSet<_>>().len(), ORACLES.len());
        }
        for oracle in ORACLES {
            assert!(oracle.meaning.starts_with(char::is_uppercase) && oracle.meaning.ends_with('.'), "{oracle:?}");
        }
    }
}
