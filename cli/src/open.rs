//! Opening a page with the program that the system has for it.

use std::path::Path;

use crate::out::eprintln;

/// Opens a page in the browser. That this fails is no failure of the command: the page is there.
pub(crate) fn page(path: &Path) {
    // Nobody looks at a screen there.
    let reason = match std::env::var_os("CI") {
        Some(_) => Some("the environment variable CI is set".to_owned()),
        None => open::that_detached(path).err().map(|error| error.to_string()),
    };
    if let Some(reason) = reason {
        eprintln!("note: {} was not opened: {reason}", path.display());
    }
}
