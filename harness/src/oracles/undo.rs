//! What undo can do wrong, in every workload whose users undo operations.

use crate::finding::kinds;

kinds! {
    UNDO_WITHOUT_EFFECT = lost(
        "undo without effect",
        "A user undid an operation, and its effect is still there; or what the operation removed has not come back."
    );
    LOST_TO_UNDO = lost(
        "lost to undo",
        "The effect of an operation is gone, and all that can explain it is that a user undid something in the same place."
    );
}
