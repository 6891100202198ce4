use crate::testing::trials;

#[test]
fn what_a_crash_left_is_accounted_for() {
    trials::what_a_crash_left_is_accounted_for("crdt-yrs");
}
