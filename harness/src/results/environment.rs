//! Where and with what a run was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;

use super::identity;

/// Where and with what a run was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of syncbench.
    pub version: String,
    /// Commit of the sources, empty when unknown.
    pub commit: String,
    /// Whether the sources differed from the commit.
    pub dirty: bool,
    /// Compiler.
    pub rustc: String,
    /// `release` or `debug`.
    pub profile: String,
    /// Features that were compiled in.
    pub features: Vec<String>,
    /// Libraries under test and their versions.
    pub libraries: BTreeMap<String, String>,
    /// Processor.
    pub cpu: String,
    /// Processors that the run could use.
    pub cores: usize,
    /// Operating system and architecture.
    pub os: String,
    /// Start of the run, RFC 3339, UTC.
    pub started_at: String,
}

impl Environment {
    /// The digest of the build: version, commit, changes on top of it, profile, features and libraries. Figures of two builds
    /// are never put together.
    pub fn build(&self) -> Digest {
        let Self { version, commit, dirty, profile, features, libraries, .. } = self;
        identity::digest(&(version, commit, dirty, profile, features, libraries))
    }

    /// The build in a line, for people.
    pub fn describe_build(&self) -> String {
        let Self { version, commit, dirty, profile, features, libraries, .. } = self;
        let commit = if commit.is_empty() { "unknown" } else { commit };
        let libraries: Vec<_> = libraries.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "syncbench {version}, commit {commit}{}, {profile}, features {}, libraries {}",
            if *dirty { " with changes" } else { "" },
            if features.is_empty() { "none".to_owned() } else { features.join(" ") },
            if libraries.is_empty() { "none".to_owned() } else { libraries.join(", ") }
        )
    }

    /// In what two builds differ, in words; `None` where they are one.
    pub fn build_difference(&self, other: &Self) -> Option<String> {
        let libraries = |environment: &Self| format!("{:?}", environment.libraries);
        let facts = [
            ("version", self.version.clone(), other.version.clone()),
            ("commit", self.commit.clone(), other.commit.clone()),
            ("uncommitted changes", self.dirty.to_string(), other.dirty.to_string()),
            ("profile", self.profile.clone(), other.profile.clone()),
            ("features", self.features.join(" "), other.features.join(" ")),
            ("libraries", libraries(self), libraries(other)),
        ];
        let differing: Vec<_> = facts
            .into_iter()
            .filter(|(_, one, other)| one != other)
            .map(|(name, one, other)| format!("{name} `{one}` and `{other}`"))
            .collect();
        (!differing.is_empty()).then(|| differing.join(", "))
    }

    /// Whether processor time of both may be compared: the same processor, as many of them, the same system.
    pub fn same_machine(&self, other: &Self) -> bool {
        (&self.cpu, self.cores, &self.os) == (&other.cpu, other.cores, &other.os)
    }
}
