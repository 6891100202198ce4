//! A story as a space-time diagram: a line for each replica, time downwards, messages across.
