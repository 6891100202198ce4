//! `syncbench export`: results as tables for other tools. Nothing is measured.

mod histories;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use syncbench_harness::results::{self, Environment, Header, ResultsError};
#[cfg(feature = "parquet")]
use syncbench_reports::export::Parquet;
use syncbench_reports::export::{self, Csv, Sink, TABLES, Table};
use syncbench_reports::format::plural;

use crate::args::{ExportArgs, FormatArg};
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::folder;
use crate::out::println;
use crate::progress::Rows;
use crate::written;

/// The end of the name of a file that is not whole yet.
const PART: &str = "part";

pub(crate) fn export(catalog: &Catalog, args: &ExportArgs) -> Done {
    let formats: BTreeSet<FormatArg> = args.format.iter().copied().collect();
    for format in &formats {
        available(*format)?;
        untaken(&args.out, *format)?;
    }
    if args.histories && args.out.join(histories::FOLDER).exists() {
        return Err(taken(&args.out.join(histories::FOLDER)));
    }
    // Every folder is read before anything is written.
    let headers = args.dirs.iter().map(|dir| folder::header(dir)).collect::<Result<Vec<_>, _>>()?;
    fs::create_dir_all(&args.out).map_err(|error| unwritable(error, &args.out))?;
    let cells = tables(args, &formats, &headers).inspect_err(|_| {
        for format in &formats {
            TABLES.iter().for_each(|table| _ = fs::remove_file(part(&args.out, table, *format)));
        }
    })?;
    let told = if args.histories { Some(write_histories(catalog, args, &headers)?) } else { None };
    let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    println!("{}: {} in {}", plural(cells, "cell"), names.join(", "), args.out.display());
    if let Some(told) = told {
        println!("{} in {}", plural_histories(told), args.out.join(histories::FOLDER).display());
    }
    Ok(ExitCode::SUCCESS)
}

fn plural_histories(count: usize) -> String {
    if count == 1 { "1 history".into() } else { format!("{count} histories") }
}

/// Writes the history of every cell that has one, and returns how many these are.
fn write_histories(catalog: &Catalog, args: &ExportArgs, headers: &[Header]) -> Result<usize, Failure> {
    let folder = args.out.join(histories::FOLDER);
    fs::create_dir(&folder).map_err(|error| unwritable(error, &folder))?;
    let planned: usize = headers.iter().map(|header| header.cells_planned).sum();
    let (mut progress, mut ids, mut told) = (Rows::new("histories"), BTreeSet::new(), 0);
    for (dir, header) in args.dirs.iter().zip(headers) {
        results::visit(dir, header, &mut |cell| -> Result<(), Untold> {
            if ids.insert(cell.id) {
                told += usize::from(histories::write(catalog, &cell, &args.out).map_err(Untold::Telling)?);
                progress.at(ids.len(), planned);
            }
            Ok(())
        })
        .map_err(|untold| match untold {
            Untold::Reading(error) => folder::unreadable(error),
            Untold::Telling(failure) => failure,
        })?;
    }
    progress.clear();
    Ok(told)
}

/// Why writing histories stopped.
enum Untold {
    Reading(ResultsError),
    Telling(Failure),
}

impl From<ResultsError> for Untold {
    fn from(error: ResultsError) -> Self {
        Self::Reading(error)
    }
}

/// Writes every table, and returns of how many cells they are.
fn tables(args: &ExportArgs, formats: &BTreeSet<FormatArg>, headers: &[Header]) -> Result<usize, Failure> {
    let mut sinks = Vec::new();
    for format in formats {
        sinks.push(sink(&args.out, *format)?);
    }
    let planned: usize = headers.iter().map(|header| header.cells_planned).sum();
    let (mut progress, mut ids) = (Rows::new("cells"), BTreeSet::new());
    for (dir, header) in args.dirs.iter().zip(headers) {
        let run = dir.display().to_string();
        let machines: Vec<&Environment> = std::iter::once(&header.environment).chain(&header.other_machines).collect();
        results::visit(dir, header, &mut |cell| -> Result<(), Stopped> {
            if ids.insert(cell.id) {
                let machine = machines.get(cell.machine).copied().unwrap_or(&header.environment);
                for sink in &mut sinks {
                    export::cell(&cell, &run, machine, &mut **sink)?;
                }
                progress.at(ids.len(), planned);
            }
            Ok(())
        })
        .map_err(|stopped| stopped.failure(&args.out))?;
    }
    for sink in sinks {
        sink.finish().map_err(|error| Stopped::Writing(error).failure(&args.out))?;
    }
    progress.clear();
    for format in formats {
        for table in TABLES {
            let (whole, part) = (path(&args.out, table, *format), part(&args.out, table, *format));
            fs::rename(&part, &whole).with_context(|| whole.display().to_string())?;
        }
    }
    Ok(ids.len())
}

/// Why it stopped on the way.
enum Stopped {
    Reading(ResultsError),
    Writing(io::Error),
}

impl From<ResultsError> for Stopped {
    fn from(error: ResultsError) -> Self {
        Self::Reading(error)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Writing(error)
    }
}

impl Stopped {
    fn failure(self, out: &Path) -> Failure {
        match self {
            Self::Reading(error) => folder::unreadable(error),
            Self::Writing(error) => {
                anyhow::anyhow!("{}: {error}; the tables were not whole and are removed", out.display()).into()
            }
        }
    }
}

/// Refuses a format that this build has not.
fn available(format: FormatArg) -> Result<(), Failure> {
    if format == FormatArg::Parquet && !cfg!(feature = "parquet") {
        let with = "cargo run --release --features parquet -- export";
        return Err(Failure::usage(format!(
            "--format parquet: this build has no Parquet; expected csv, or a build with the feature `parquet`: {with} ..."
        )));
    }
    Ok(())
}

/// Refuses a folder in which a table would be overwritten.
fn untaken(out: &Path, format: FormatArg) -> Result<(), Failure> {
    match TABLES.into_iter().map(|table| path(out, table, format)).find(|path| path.exists()) {
        Some(path) => Err(taken(&path)),
        None => Ok(()),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::usage(format!("--out {}: exists already; choose another folder with --out", path.display()))
}

fn path(out: &Path, table: &Table, format: FormatArg) -> PathBuf {
    out.join(format!("{}.{}", table.name, format.extension()))
}

fn part(out: &Path, table: &Table, format: FormatArg) -> PathBuf {
    out.join(format!("{}.{}.{PART}", table.name, format.extension()))
}

fn sink(out: &Path, format: FormatArg) -> Result<Box<dyn Sink>, Failure> {
    let open = |table: &'static Table| File::create(part(out, table, format)).map(BufWriter::new);
    let sink = match format {
        FormatArg::Csv => Csv::new(open).map(|sink| Box::new(sink) as Box<dyn Sink>),
        #[cfg(feature = "parquet")]
        FormatArg::Parquet => Parquet::new(open).map(|sink| Box::new(sink) as Box<dyn Sink>),
        #[cfg(not(feature = "parquet"))]
        FormatArg::Parquet => Err(io::ErrorKind::Unsupported.into()),
    };
    sink.map_err(|error| unwritable(error, out))
}

fn unwritable(error: io::Error, out: &Path) -> Failure {
    written::failed(error, "a writable folder").at(format!("--out {}", out.display()))
}
