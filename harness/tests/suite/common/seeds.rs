//! The seeds that the checks run over: the same few by default, and others from a chosen base where there is time.

use std::env;

use syncbench_strategies::spec::Spec;

/// The smallest number of seeds over which a check means something.
const FEW: u64 = 3;

/// How many times fewer seeds a strategy with a library gets than one without: its runs take that much longer.
const SLOWER: u64 = 5;

/// Consecutive seeds, the first of them one above the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    base: u64,
    pub count: u64,
}

impl Seeds {
    /// Always the same: 1 and up.
    pub const fn first(count: u64) -> Self {
        Self { base: 0, count }
    }

    /// `SYNCBENCH_SEEDS` of them above `SYNCBENCH_SEED_BASE`.
    pub fn from_env() -> Self {
        let read = |name| number(name, env::var(name).ok().as_deref()).unwrap_or_else(|error| panic!("{error}"));
        Self { base: read(BASE).unwrap_or(0), count: read(COUNT).unwrap_or(FEW) }
    }

    /// Those for a strategy: all for one written here, fewer for one with a library, but never less than the usual few;
    /// and a third of that with other parameters than the defaults, of which there are many.
    pub fn of(self, strategy: &Spec, is_variant: bool) -> Self {
        let slower = if strategy.library.is_some() { SLOWER } else { 1 };
        let count = self.count.min(FEW.max(self.count.div_ceil(slower)));
        Self { count: if is_variant { count.div_ceil(3) } else { count }, ..self }
    }

    pub fn times(self, factor: u64) -> Self {
        Self { count: factor * self.count, ..self }
    }

    pub fn at_least(self, count: u64) -> Self {
        Self { count: self.count.max(count), ..self }
    }

    pub fn iter(self) -> impl Iterator<Item = u64> {
        (1..=self.count).map(move |n| self.base + n)
    }
}

const COUNT: &str = "SYNCBENCH_SEEDS";
const BASE: &str = "SYNCBENCH_SEED_BASE";

/// The number in an environment variable. Bases leave room for the seeds that a check takes instead of others.
fn number(name: &str, written: Option<&str>) -> Result<Option<u64>, String> {
    let allowed = if name == COUNT { 1..=100_000 } else { 0..=900_000 };
    let Some(written) = written else { return Ok(None) };
    match written.parse() {
        Ok(number) if allowed.contains(&number) => Ok(Some(number)),
        _ => {
            let (least, most) = allowed.into_inner();
            Err(format!("{name}: `{written}`: expected a whole number from {least} to {most}"))
        }
    }
}

#[test]
fn numbers_from_the_environment_are_checked() {
    assert_eq!(number(COUNT, None), Ok(None));
    assert_eq!(number(COUNT, Some("100")), Ok(Some(100)));
    assert_eq!(number(BASE, Some("0")), Ok(Some(0)));
    for (name, written) in [(COUNT, ""), (COUNT, "0"), (COUNT, "-1"), (COUNT, "1e3"), (BASE, "900001"), (BASE, "main")]
    {
        let error = number(name, Some(written)).unwrap_err();
        assert!(error.contains(name) && error.contains(&format!("`{written}`")), "{error}");
    }
}

#[test]
fn libraries_and_variants_get_fewer_seeds() {
    let count = |seeds: u64, strategy: &str, is_variant| {
        let spec = syncbench_strategies::registry::find(strategy).unwrap();
        Seeds::first(seeds).of(spec, is_variant).count
    };
    assert_eq!([1, 3, 100].map(|seeds| count(seeds, "serial", false)), [1, 3, 100]);
    assert_eq!([1, 3, 100].map(|seeds| count(seeds, "serial", true)), [1, 1, 34]);
    if cfg!(feature = "automerge") {
        assert_eq!([1, 3, 100].map(|seeds| count(seeds, "crdt-automerge", false)), [1, 3, 20]);
        assert_eq!([1, 3, 100].map(|seeds| count(seeds, "crdt-automerge", true)), [1, 1, 7]);
    }
}

#[test]
fn seeds_lie_above_their_base() {
    let seeds = Seeds { base: 7_000, count: 2 };
    assert_eq!(seeds.times(2).iter().collect::<Vec<_>>(), [7_001, 7_002, 7_003, 7_004]);
    assert_eq!(seeds.at_least(3).iter().last(), Some(7_003));
    assert_eq!(Seeds::first(2).iter().collect::<Vec<_>>(), [1, 2]);
}
