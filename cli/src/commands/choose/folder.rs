//! The folder of a record.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use syncbench_reports::choose::{Answers, Decision, read, record};

use crate::date::Date;
use crate::failure::Failure;
use crate::written;

/// The answers in a record.
pub(super) const ANSWERS: &str = "answers.toml";

/// Refuses a folder in which files would be overwritten.
pub(super) fn untaken(dir: &Path) -> Result<(), Failure> {
    let empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => match error.kind() {
            std::io::ErrorKind::NotFound => true,
            _ => return Err(Failure::usage(format!("--out {}: {error}; expected a folder", dir.display()))),
        },
    };
    if empty {
        return Ok(());
    }
    Err(Failure::usage(format!("--out {}: it has files; choose another folder with --out", dir.display())))
}

/// Makes the folder that was named, or the next free one of its own, and writes the answers into it: before anything is
/// measured, so that a folder that takes no files is known by then.
pub(super) fn prepare(named: Option<&Path>, answers: &Answers, program: &str) -> Result<PathBuf, Failure> {
    let made = || -> anyhow::Result<PathBuf> {
        let dir = match named {
            Some(dir) => {
                fs::create_dir_all(dir).with_context(|| dir.display().to_string())?;
                dir.to_owned()
            }
            None => fresh(&answers.product)?,
        };
        let path = dir.join(ANSWERS);
        fs::write(&path, read::write(answers, program)).with_context(|| path.display().to_string())?;
        Ok(dir)
    };
    made().map_err(|error| match error.downcast_ref::<std::io::Error>().is_some_and(written::full) {
        true => Failure::Broken(error.context("--out")),
        false => Failure::usage(format!("--out: {error:#}; expected a folder that can be written")),
    })
}

/// Removes what was prepared, where nothing else is in it.
pub(super) fn discard(dir: &Path) {
    // A folder that stays harms nobody.
    let _ = fs::remove_file(dir.join(ANSWERS)).and_then(|()| fs::remove_dir(dir));
}

/// Writes the record into its folder.
pub(super) fn write(dir: &Path, decision: &Decision) -> anyhow::Result<()> {
    for file in record::files(decision) {
        let path = dir.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        fs::write(&path, &file.bytes).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn fresh(product: &str) -> anyhow::Result<PathBuf> {
    let date = Date::now().for_names();
    let clean: String = product.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let label = if clean.is_empty() { "product" } else { &clean };
    let decisions = Path::new("bench-results").join("decisions");
    fs::create_dir_all(&decisions).with_context(|| decisions.display().to_string())?;
    let names = std::iter::once(String::new()).chain((2..).map(|n| format!("-{n}")));
    for path in names.map(|suffix| decisions.join(format!("{date}-{label}{suffix}"))) {
        match fs::create_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => {
                made.with_context(|| path.display().to_string())?;
                return Ok(path);
            }
        }
    }
    unreachable!("there are more names than folders")
}
