//! The build that wrote a capsule.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::results::{Environment, ProductBuild};

/// What tells two builds apart; the place and time of the run are no part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The product that the program belongs to; absent for syncbench itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductBuild>,
    /// Version of syncbench.
    pub version: String,
    /// Commit of the sources, empty when unknown.
    pub commit: String,
    /// Whether the sources differed from the commit.
    pub dirty: bool,
    /// `release` or `debug`.
    pub profile: String,
    /// The features compiled in.
    pub features: Vec<String>,
    /// Libraries under test and their versions.
    pub libraries: BTreeMap<String, String>,
}

impl Build {
    /// The build in the environment of a run.
    pub fn of(environment: &Environment) -> Self {
        let Environment { product, version, commit, dirty, profile, features, libraries, .. } = environment.clone();
        Self { product, version, commit, dirty, profile, features, libraries }
    }

    /// How it differs from another build, in words; `None` if it does not.
    pub fn difference(&self, other: &Self) -> Option<String> {
        self.environment().build_difference(&other.environment())
    }

    fn environment(&self) -> Environment {
        let Self { product, version, commit, dirty, profile, features, libraries } = self.clone();
        Environment { product, version, commit, dirty, profile, features, libraries, ..Environment::default() }
    }
}
