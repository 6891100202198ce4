//! Where and with what a run was measured.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;

use super::identity;

/// The build of a product's own crate, which brought strategies, workloads and more to syncbench.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductBuild {
    /// The crate.
    pub name: String,
    /// Its version, empty when unknown.
    pub version: String,
    /// The commit of its sources, empty when unknown.
    pub commit: String,
}

impl fmt::Display for ProductBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |text: &'_ str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
        write!(f, "{} {}, commit {}", self.name, known(&self.version), known(&self.commit))
    }
}

/// Where and with what a run was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The product whose program it was; absent for syncbench itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductBuild>,
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
    /// The digest of the build: product, version, commit, changes on top of it, profile, features and libraries. Figures of two builds
    /// are never put together.
    pub fn build(&self) -> Digest {
        let Self { product, version, commit, dirty, profile, features, libraries, .. } = self;
        let build = (version, commit, dirty, profile, features, libraries);
        match product {
            None => identity::digest(&build),
            Some(product) => identity::digest(&(product, build)),
        }
    }

    /// The build in a line, for people.
    pub fn describe_build(&self) -> String {
        let Self { product, version, commit, dirty, profile, features, libraries, .. } = self;
        let product = product.as_ref().map_or(String::new(), |product| format!("{product}; "));
        let commit = if commit.is_empty() { "unknown" } else { commit };
        let libraries: Vec<_> = libraries.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "{product}syncbench {version}, commit {commit}{}, {profile}, features {}, libraries {}",
            if *dirty { " with changes" } else { "" },
            if features.is_empty() { "none".to_owned() } else { features.join(" ") },
            if libraries.is_empty() { "none".to_owned() } else { libraries.join(", ") }
        )
    }

    /// In what two builds differ, in words; `None` where they are one.
    pub fn build_difference(&self, other: &Self) -> Option<String> {
        let libraries = |environment: &Self| format!("{:?}", environment.libraries);
        let product =
            |environment: &Self| environment.product.as_ref().map_or("syncbench".to_owned(), ProductBuild::to_string);
        let facts = [
            ("product", product(self), product(other)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_products_build_is_not_syncbenchs_and_says_what_is_unknown() {
        let own = Environment { version: "1".into(), commit: "abc".into(), ..Environment::default() };
        let product = |commit: &str| ProductBuild { name: "notes".into(), version: "2".into(), commit: commit.into() };
        let with = |commit: &str| Environment { product: Some(product(commit)), ..own.clone() };
        assert!(own.build() != with("").build() && with("").build() != with("def").build());
        assert!(with("").describe_build().starts_with("notes 2, commit unknown; syncbench 1, commit abc, "));
        let difference = own.build_difference(&with("def")).unwrap();
        assert_eq!(difference, "product `syncbench` and `notes 2, commit def`");
        let written = serde_json::to_value(&own).unwrap();
        assert!(written.get("product").is_none());
        assert_eq!(serde_json::from_value::<Environment>(written).unwrap(), own);
    }
}
