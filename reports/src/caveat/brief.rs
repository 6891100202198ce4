//! Caveats in a few words, for one line that names all of them.

use super::Caveat;
use crate::format::plural;

impl Caveat {
    /// In two to five words.
    pub fn brief(&self) -> String {
        let words = match self {
            Self::DebugBuild => "debug build",
            Self::DirtyTree(_) => "changed tree",
            Self::Builds(builds) => return plural(builds.len(), "build"),
            Self::Machines(machines) => return plural(machines.len(), "machine"),
            Self::ClosedLoop(_) => "closed loop",
            Self::UnevenSeeds(_) => "uneven seeds",
            Self::OneSeed => "one seed",
            Self::FewSeeds(n) => return plural(*n, "seed"),
            Self::Failed(n, _) => return format!("{} failed", plural(*n, "cell")),
            Self::NotRun(n) => return format!("{} not run", plural(*n, "cell")),
            Self::LowConcurrency(..) => "low concurrency",
            Self::Emulated(..) => "emulated edits",
            Self::IdleFault(..) => "idle fault",
            Self::Censored(strategy, ..) => return format!("{strategy} did not converge"),
            Self::Unseen(strategy, ..) => return format!("{strategy}: operations not visible everywhere"),
            Self::ProvedNothing(..) => "runs without proof",
            Self::NoisyCpu(..) => "noisy CPU figures",
            Self::Sampled(_) => "sampled states",
            Self::FewCores(n) => return plural(*n, "core"),
        };
        words.to_owned()
    }
}
