//! How users choose among items of which some are more popular than others.
//!
//! Items stand in an order of popularity, the most popular first: the order in which the workload's view lists them, so that
//! those of the initial document come before those that users add, and an item that goes leaves its place to the next. The
//! alternative, to scatter popularity by a hash of the id as YCSB does, would make two users who choose at the same moment
//! miss each other whenever their views differ by one item.

use syncbench_strategies::params::{CONTENTION, Contention, Param, ParamKind};

use crate::rng::nth;

/// The parameter of a workload whose users choose among items. `help` says which items, in which order, and where the
/// default comes from.
pub const fn param(default: &'static str, help: &'static str) -> Param {
    Param { name: CONTENTION, kind: ParamKind::Contention, default, help }
}

/// A user's choices.
///
/// A choice takes two numbers in [0, 1) and means the same for any number of items: the same draw falls on an item of the same
/// relative popularity. For Zipf's law the second is looked up in the sums of the weights, which is exact. Rejection methods
/// (Hörmann and Derflinger 1996) would draw as often as the number of items makes them, and so would differ between strategies
/// whose views differ.
#[derive(Clone, Debug)]
pub struct Chooser {
    contention: Contention,
    /// For Zipf's law: the sum of the weights of the most popular k + 1 items, for every k so far.
    sums: Vec<f64>,
}

impl Chooser {
    /// One for this contention.
    pub fn new(contention: Contention) -> Self {
        Self { contention, sums: Vec::new() }
    }

    /// Which of so many items is chosen, counted from the most popular; 0 where there is none.
    pub fn pick(&mut self, popular: f64, which: f64, items: usize) -> usize {
        match self.contention {
            Contention::One(share) if popular < share => 0,
            _ => self.ranked(which, items),
        }
    }

    /// The same where the last item is the most popular one.
    pub(crate) fn pick_from_end(&mut self, popular: f64, which: f64, items: usize) -> usize {
        match self.contention {
            Contention::One(share) if popular < share => items.saturating_sub(1),
            Contention::Uniform | Contention::One(_) => nth(which, items),
            Contention::Zipf(_) | Contention::Hotspot { .. } => items.saturating_sub(1 + self.ranked(which, items)),
        }
    }

    /// The same where the first item is apart: nothing of what spreads evenly falls on it, unless all items are alike.
    pub(crate) fn pick_apart(&mut self, popular: f64, which: f64, items: usize) -> usize {
        match self.contention {
            Contention::One(share) if popular >= share && items > 1 => 1 + nth(which, items - 1),
            _ => self.pick(popular, which, items),
        }
    }

    fn ranked(&mut self, which: f64, items: usize) -> usize {
        match self.contention {
            Contention::Uniform | Contention::One(_) => nth(which, items),
            Contention::Zipf(exponent) => {
                let mut total = self.sums.last().copied().unwrap_or(0.0);
                while self.sums.len() < items {
                    // `libm`, because the last digit of the system's powers differs between machines.
                    total += libm::pow(self.sums.len() as f64 + 1.0, -exponent);
                    self.sums.push(total);
                }
                let Some(sums) = items.checked_sub(1).and_then(|last| self.sums.get(..=last)) else { return 0 };
                let wanted = which * sums[items - 1];
                sums.partition_point(|sum| *sum <= wanted).min(items - 1)
            }
            Contention::Hotspot { choices, items: share } => {
                // To the nearest whole number, and at least one item of those that there are.
                let hot = ((share * items as f64).round() as usize).clamp(1, items.max(1));
                if hot >= items {
                    nth(which, items)
                } else if which < choices {
                    nth(which / choices, hot)
                } else {
                    hot + nth((which - choices) / (1.0 - choices), items - hot)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{stream, unit};

    /// How often each of so many items is chosen.
    fn counts(text: &str, items: usize, choices: usize) -> Vec<f64> {
        let mut chooser = Chooser::new(text.parse().unwrap());
        let mut rng = stream(11, "contention", 0, 0);
        let mut counts = vec![0.0; items];
        for _ in 0..choices {
            let (popular, which) = (unit(&mut rng), unit(&mut rng));
            counts[chooser.pick(popular, which, items)] += 1.0;
        }
        counts
    }

    /// Pearson's chi-square against expected shares.
    fn chi_square(counts: &[f64], expected: &[f64]) -> f64 {
        let all: f64 = counts.iter().sum();
        counts.iter().zip(expected).map(|(count, share)| (count - share * all).powi(2) / (share * all)).sum()
    }

    fn shares(weight: impl Fn(f64) -> f64, items: usize) -> Vec<f64> {
        let weights: Vec<f64> = (1..=items).map(|k| weight(k as f64)).collect();
        let all: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / all).collect()
    }

    /// With 49 degrees of freedom one of a thousand samples lies above.
    const ONE_OF_A_THOUSAND: f64 = 85.35;

    #[test]
    fn choices_have_the_frequencies_that_theory_gives() {
        let hotspot = |k: f64| if k <= 10.0 { 0.8 / 10.0 } else { 0.2 / 40.0 };
        let one = |k: f64| if k <= 1.0 { 0.3 + 0.7 / 50.0 } else { 0.7 / 50.0 };
        let cases: [(&str, Vec<f64>); 6] = [
            ("uniform", shares(|_| 1.0, 50)),
            ("zipf", shares(|k| k.powf(-0.99), 50)),
            ("zipf:1.5", shares(|k| k.powf(-1.5), 50)),
            ("zipf:0", shares(|_| 1.0, 50)),
            ("hotspot", shares(hotspot, 50)),
            ("one:30%", shares(one, 50)),
        ];
        for (text, expected) in &cases {
            let counts = counts(text, 50, 200_000);
            let fit = chi_square(&counts, expected);
            assert!(fit < ONE_OF_A_THOUSAND, "{text}: {fit}");
            // The test can fail: no shape has the frequencies of another.
            for (other, wrong) in cases.iter().filter(|(_, wrong)| wrong != expected) {
                assert!(chi_square(&counts, wrong) > 100.0 * ONE_OF_A_THOUSAND, "{text} as {other}");
            }
        }
    }

    #[test]
    fn a_choice_keeps_its_rank_while_items_come_and_go() {
        let mut chooser = Chooser::new(Contention::Zipf(0.99));
        let draws: Vec<f64> = (0..1_000).map(|at| f64::from(at) / 1_000.0).collect();
        let picks =
            |chooser: &mut Chooser, items| draws.iter().map(|draw| chooser.pick(0.0, *draw, items)).collect::<Vec<_>>();
        let (more, fewer) = (picks(&mut chooser, 9), picks(&mut chooser, 8));
        assert!(more.iter().zip(&fewer).all(|(more, fewer)| more >= fewer && more - fewer <= 1));
        assert_eq!(
            fewer,
            picks(&mut Chooser::new(Contention::Zipf(0.99)), 8),
            "the longest list so far does not matter"
        );
    }

    #[test]
    fn few_items_or_none_are_no_trouble() {
        for text in
            ["uniform", "one:1", "one:0", "zipf", "zipf:10", "hotspot", "hotspot:0/0", "hotspot:1/1", "hotspot:1/0"]
        {
            let mut chooser = Chooser::new(text.parse().unwrap());
            for items in 0..4_usize {
                for draw in [0.0, 0.5, 1.0 - f64::EPSILON] {
                    for pick in [Chooser::pick, Chooser::pick_from_end, Chooser::pick_apart] {
                        assert!(pick(&mut chooser, draw, draw, items) < items.max(1), "{text} {items} {draw}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_last_item_may_be_the_most_popular_and_the_first_may_be_apart() {
        let mut zipf = Chooser::new(Contention::Zipf(0.99));
        assert_eq!((zipf.pick(0.5, 0.0, 10), zipf.pick_from_end(0.5, 0.0, 10)), (0, 9));
        let mut one = Chooser::new(Contention::One(0.3));
        assert_eq!((one.pick_from_end(0.2, 0.0, 10), one.pick_from_end(0.3, 0.0, 10)), (9, 0));
        assert_eq!((one.pick_apart(0.2, 0.0, 10), one.pick_apart(0.3, 0.0, 10), one.pick(0.3, 0.0, 10)), (0, 1, 0));
        assert_eq!(Chooser::new(Contention::Uniform).pick_apart(0.3, 0.0, 10), 0);
    }
}
