//! The oracles by name: every reason to distrust a run, as data.
//!
//! A planted bug says by name which of them must catch it, and `verify` holds it to that.

/// An oracle: what it holds a run to.
#[derive(Debug, PartialEq, Eq)]
pub struct Oracle {
    /// Its name in tables.
    pub name: &'static str,
    /// What it says of a run in which nothing is wrong, as a sentence.
    pub meaning: &'static str,
}

/// Declares oracles, each documented by its meaning, and lists them.
macro_rules! oracles {
    ($($oracle:ident = $name:literal, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub static $oracle: Oracle = Oracle { name: $name, meaning: $meaning };
        )+

        /// All of them: those that judge a strategy, then those that judge the harness.
        pub static ORACLES: &[&Oracle] = &[$(&$oracle),+];
    };
}

oracles! {
    CONVERGENCE = "convergence", "A quiescent group shows one state.";
    SAME_OPERATIONS = "strong eventual consistency", "Two clients that reflect the same operations show the same state.";
    SERIAL_ORDER = "serial order", "Some serial order of the operations gives the final state and every outcome.";
    ALLOWED_STATES = "allowed states", "No user sees a state that the product does not allow.";
    PROTOCOL_ERRORS = "protocol errors", "No message between honest replicas is a protocol error.";
    ANSWERS = "answers", "Every user learns what became of every operation.";
    RECOVERY = "recovery", "After a crash a replica shows what it showed before.";
    QUIESCENCE = "quiescence", "A group falls silent once everything is resolved.";
    ACTIVITY = "activity", "At least one operation is confirmed, so that the run shows something.";
    FINDINGS = "findings", "Every confirmed operation has its effect, unless a user who had seen it replaced it.";
    PANICS = "panics", "No replica panics.";
    DETERMINISM = "determinism", "The same scenario and seed give the same events again.";
    SIDECARS = "sidecars", "With every sidecar emptied the same messages are sent.";
    CLOCKS = "clocks", "A clock that is wrong changes nothing, where a strategy does not claim to depend on clocks.";
    HOSTILE_BYTES = "hostile bytes", "A message that is a protocol error changes nothing, and takes little memory.";
    MEMORY = "memory", "Memory grows only with what the strategy names.";
    MESSAGE_ACCOUNTS = "message accounts", "Every message that was sent or copied is delivered, dropped or under way.";
    FAULT_COVERAGE = "fault coverage", "Every fault does what it says.";
    CLOSED_FORMS = "closed forms", "Latencies and message counts are those that arithmetic gives, exactly.";
    AGREEMENT = "agreement of figures", "Figures that say the same thing in two ways agree.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oracle_has_its_own_name_and_a_sentence() {
        let mut names: Vec<_> = ORACLES.iter().map(|oracle| oracle.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ORACLES.len());
        for oracle in ORACLES {
            assert!(oracle.meaning.starts_with(char::is_uppercase) && oracle.meaning.ends_with('.'), "{oracle:?}");
        }
    }
}
