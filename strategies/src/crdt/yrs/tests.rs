use crate::testing::trials;

#[test]
fn operations_saved_before_a_crash_are_reflected_later() {
    trials::operations_saved_before_a_crash_are_reflected_later("crdt-yrs:topology=mesh");
}
