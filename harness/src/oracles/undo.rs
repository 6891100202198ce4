//! What undo can do wrong, for every workload whose users take operations back.

use crate::finding::kinds;

kinds! {
    UNDO_WITHOUT_EFFECT = lost(
        "undo without effect",
        "A user undid an operation, and its effect is still there; or what the operation removed has not come back."
    );
    LOST_TO_UNDO = lost(
        "lost to undo",
        "The effect of an operation is gone, and all that can explain it is that somebody undid something in the \
         same place."
    );
}
