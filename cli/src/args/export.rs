//! The flags of `syncbench export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench export bench-results/reference --out tables
  syncbench export runs/* --format parquet --out tables
  duckdb -c \"SELECT strategy, count(*) FROM 'tables/cells.csv' GROUP BY 1\"

Writes cells, metrics, findings and histogram, each into a file of its own.
bench-results/README.md says what their columns are. A cell that two folders
hold is exported once, from the first.

--histories writes what each client wrote and read, in JSON lines as elle-cli
and adya take them: adya check -m rw-register -c consistent-view
-a G-single-item-process FILE says whether a cell was causally consistent.")]
pub(crate) struct ExportArgs {
    /// Folders of runs
    #[arg(required = true)]
    pub(crate) dirs: Vec<PathBuf>,
    /// Formats of the tables
    #[arg(long, value_enum, value_name = "FORMATS", value_delimiter = ',', default_value = "csv")]
    pub(crate) format: Vec<FormatArg>,
    /// Also run every cell of virtual time again, and write its history for consistency checkers
    #[arg(long)]
    pub(crate) histories: bool,
    /// Folder for the tables; no file in it is overwritten
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum FormatArg {
    /// Comma-separated values
    Csv,
    /// Parquet, in builds with the feature `parquet`
    Parquet,
}

impl FormatArg {
    /// The end of its files' names.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}
