//! Two ways to do the same work, in turns.

/// Rounds of one reading: each way begins in half of them, so that neither always finds the other's memory in the caches.
const ROUNDS: usize = 4;

/// How many times as long as its peer something takes: both in turns, each round in nanoseconds.
pub(super) fn ratio(own: &mut dyn FnMut() -> u64, peer: &mut dyn FnMut() -> u64) -> f64 {
    let (mut own_ns, mut peer_ns) = (0, 0);
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            own_ns += own();
            peer_ns += peer();
        } else {
            peer_ns += peer();
            own_ns += own();
        }
    }
    own_ns as f64 / peer_ns.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_take_turns_and_each_begins_as_often() {
        let order = std::cell::RefCell::new(String::new());
        let count = |who: char, ns: u64| {
            order.borrow_mut().push(who);
            ns
        };
        assert_eq!(ratio(&mut || count('a', 30), &mut || count('b', 20)), 1.5);
        assert_eq!(*order.borrow(), "abbaabba");
    }
}
