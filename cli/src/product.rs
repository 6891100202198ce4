//! What a product's crate says of its own build.

use syncbench_harness::results::ProductBuild;

/// A product's crate and the build of it, for `--version` and for the provenance of results: figures of two builds are never
/// put together. [`product!`](crate::product) makes it from what cargo knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// The name of the crate.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The commit of its sources, `None` where it is unknown.
    pub commit: Option<&'static str>,
}

impl Product {
    pub(crate) fn build(&self) -> ProductBuild {
        ProductBuild {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            commit: self.commit.unwrap_or_default().to_owned(),
        }
    }
}

/// The [`Product`] of the crate in which it stands: name and version from cargo, and the commit from the environment variable
/// `PRODUCT_COMMIT`, if the crate's build script sets it (`cargo::rustc-env=PRODUCT_COMMIT=...`). Without it, results say that
/// the commit is unknown.
#[macro_export]
macro_rules! product {
    () => {
        $crate::Product {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("PRODUCT_COMMIT"),
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_crate_names_itself_and_an_unknown_commit_is_empty() {
        let build = product!().build();
        assert_eq!((build.name.as_str(), build.version.as_str()), ("syncbench", env!("CARGO_PKG_VERSION")));
        assert_eq!(build.commit, "");
    }
}
