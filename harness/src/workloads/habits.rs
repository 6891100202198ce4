//! Habits that users of several workloads share. What a user draws never depends on the strategy, so that the same intents
//! meet all of them: a helper takes draws as numbers in [0, 1) and says what they mean for what the user sees.

use syncbench_strategies::replica::NodeId;

/// Distance between the first numbers of two clients: more than a user has intents.
pub(crate) const APART: i64 = 1_000_000_000;

/// The same where users have few intents and the document uses the numbers up to `size`: a hundred, or a power of ten beyond it.
pub(crate) fn few_apart(size: u64) -> i64 {
    (2..9).map(|digits| 10_i64.pow(digits)).find(|apart| size < apart.unsigned_abs()).unwrap_or(APART)
}

/// Labels for values and for things with an identity: no two intents of a run have the same, whatever their users see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels {
    client: NodeId,
    drawn: u64,
    /// Distance between the first numbers of two clients.
    apart: i64,
}

impl Labels {
    /// Those of the user at `client`.
    pub(crate) fn new(client: NodeId) -> Self {
        Self { client, drawn: 0, apart: APART }
    }

    /// Habits for a run of few intents on a document of `size` units: values have few digits.
    pub(crate) fn few(&mut self, size: u64) {
        self.apart = few_apart(size);
    }

    /// The label of the next intent. Each intent takes one, whether it needs it or not.
    pub(crate) fn next(&mut self) -> String {
        self.drawn += 1;
        format!("{}.{}", self.client, self.drawn)
    }

    /// The current label as a number, of which any two are at least one apart.
    pub(crate) fn number(&self) -> i64 {
        i64::from(self.client.0) * self.apart + i64::try_from(self.drawn).unwrap_or(i64::MAX)
    }
}

/// What a user does about the number of things there are, if it does something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It adds one.
    Add,
    /// It removes one.
    Remove,
}

/// How many things there are: a user keeps them between half and double of what it found at first, so that they neither
/// vanish nor grow without end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Population {
    first: Option<usize>,
    now: usize,
}

impl Population {
    /// Takes account of how many there are now.
    pub(crate) fn count(&mut self, now: usize) {
        self.first.get_or_insert(now);
        self.now = now;
    }

    /// Whether there are so few that nobody removes one.
    pub(crate) fn small(&self) -> bool {
        self.now <= self.first.unwrap_or(0) / 2
    }

    /// Whether there are so many that nobody adds one.
    pub(crate) fn large(&self) -> bool {
        self.now >= self.first.unwrap_or(0).saturating_mul(2).max(1)
    }

    /// What comes of the wish to add or to remove one: where there are too many the other, and where there is none an add
    /// in any case.
    pub(crate) fn turn(&self, adds: bool, removes: bool) -> Option<Turn> {
        if self.now == 0 || (adds && !self.large()) || (removes && self.small()) {
            Some(Turn::Add)
        } else {
            (adds || removes).then_some(Turn::Remove)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_population_stays_between_half_and_double() {
        let mut population = Population::default();
        population.count(8);
        assert_eq!(
            [(true, false), (false, true), (false, false)].map(|(adds, removes)| population.turn(adds, removes)),
            [Some(Turn::Add), Some(Turn::Remove), None]
        );
        population.count(4);
        assert_eq!((population.turn(false, true), population.turn(true, false)), (Some(Turn::Add), Some(Turn::Add)));
        population.count(16);
        assert_eq!((population.turn(true, false), population.turn(false, false)), (Some(Turn::Remove), None));
        population.count(0);
        assert_eq!(population.turn(false, false), Some(Turn::Add));
    }

    #[test]
    fn no_two_labels_are_the_same() {
        let mut users = [1, 2].map(|client| Labels::new(NodeId(client)));
        assert_eq!(users.each_mut().map(Labels::next), ["c1.1", "c2.1"]);
        assert_eq!(users[1].next(), "c2.2");
        assert_eq!(users.map(|user| user.number()), [1_000_000_001, 2_000_000_002]);
        let few = |size: u64| {
            users.map(|mut user| {
                user.few(size);
                user.number()
            })
        };
        assert_eq!((few(3), few(100), few(u64::MAX)), ([101, 202], [1_001, 2_002], [1_000_000_001, 2_000_000_002]));
    }
}
