//! The flags of `syncbench list`.

use clap::Args;
use syncbench_strategies::names;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench list                       the names of everything
  syncbench list strategies            a line for each strategy
  syncbench list crdt-yrs              all that is known of one
  syncbench list strategies serial     the same, where a name stands for several
  syncbench list faults --json         everything about all faults, as JSON")]
pub(crate) struct ListArgs {
    /// strategies, workloads, networks, faults, metrics, charts, scenarios, stories or mutants, or the name of one of them
    #[arg(value_name = "KIND|NAME")]
    pub(crate) what: Option<String>,
    /// The name of one, after its kind
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// A kind of things that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    Strategies,
    Workloads,
    Networks,
    Faults,
    Metrics,
    Charts,
    Scenarios,
    Stories,
    Mutants,
}

impl Listed {
    /// All kinds, each with its plural and its singular.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 9] = [
        (Self::Strategies, "strategies", "strategy"),
        (Self::Workloads, "workloads", "workload"),
        (Self::Networks, "networks", "network"),
        (Self::Faults, "faults", "fault"),
        (Self::Metrics, "metrics", "metric"),
        (Self::Charts, "charts", "chart"),
        (Self::Scenarios, "scenarios", "scenario"),
        (Self::Stories, "stories", "story"),
        (Self::Mutants, "mutants", "mutant"),
    ];

    /// The kind that is called so, in the plural or the singular.
    pub(crate) fn find(written: &str) -> Option<Self> {
        let is = |(_, plural, singular): &&(Self, &str, &str)| written == *plural || written == *singular;
        Self::ALL.iter().find(is).map(|(kind, ..)| *kind)
    }

    /// Its plural and its singular.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        let found = Self::ALL.into_iter().find(|(kind, ..)| *kind == self);
        found.map_or(("", ""), |(_, plural, singular)| (plural, singular))
    }
}

/// What a user asks `list` for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The names of everything.
    Everything,
    /// All of one kind.
    Kind(Listed),
    /// Everything of this name, of one kind or of any.
    Name(Option<Listed>, String),
}

impl ListArgs {
    /// What is asked for. The error says that there is no such kind.
    pub(crate) fn asked(&self) -> Result<Asked, String> {
        let kind = self.what.as_deref().and_then(Listed::find);
        match (&self.what, kind, &self.name) {
            (None, ..) => Ok(Asked::Everything),
            (_, Some(kind), None) => Ok(Asked::Kind(kind)),
            (_, Some(kind), Some(name)) => Ok(Asked::Name(Some(kind), name.clone())),
            (Some(name), None, None) => Ok(Asked::Name(None, name.clone())),
            (Some(kind), None, Some(_)) => {
                let kinds = Listed::ALL.iter().map(|(_, plural, _)| (*plural, ""));
                Err(format!("list {kind}: {}", names::unknown("kind", kind, "", kinds)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(what: &str, name: Option<&str>) -> Result<Asked, String> {
        ListArgs { what: Some(what.into()), name: name.map(str::to_owned), json: false }.asked()
    }

    #[test]
    fn a_kind_is_asked_for_in_the_singular_too_and_a_name_with_its_kind_or_without() {
        for (kind, plural, singular) in Listed::ALL {
            assert_eq!(asked(plural, None), Ok(Asked::Kind(kind)));
            assert_eq!(asked(singular, Some("x")), Ok(Asked::Name(Some(kind), "x".into())));
            assert_eq!(kind.words(), (plural, singular));
        }
        assert_eq!(asked("serial", None), Ok(Asked::Name(None, "serial".into())));
        let wrong = asked("stategies", Some("serial")).unwrap_err();
        assert!(wrong.contains("no such kind: did you mean `strategies`? expected one of strategies, "), "{wrong}");
    }
}
