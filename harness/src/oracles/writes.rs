//! What can become of a value that a user wrote into a place.

use crate::finding::kinds;

kinds! {
    OVERWRITTEN = lost(
        "overwritten",
        "A user set a value, and another user who had not seen it set the same place at the same time and won."
    );
    EDIT_LOST_TO_DELETE = lost(
        "edit lost to delete",
        "A user changed something that another user, who had not seen the change, deleted at the same time."
    );
    EDIT_LOST = lost("edit lost", "A user set a value, and it is gone although nobody replaced or deleted it.");
}
