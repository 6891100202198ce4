//! The flags of `syncbench cost`.

use std::path::PathBuf;

use clap::Args;
use syncbench_reports::cost::assumption;

#[derive(Args)]
#[command(after_help = "Examples:
  syncbench cost --people 1M --online 5% --per-document 20 --rate 0.2
  syncbench cost --product product.toml --prices prices.toml
  syncbench cost --product product.toml -s serial,crdt-yrs --details
  syncbench cost --product product.toml --assume core-load=80%
  syncbench cost --product product.toml --curves growth/growth.json
  syncbench cost --product product.toml --page scale

From the measured curves of `syncbench growth` to what a product of that size
needs, with each strategy, and what breaks first as it grows. Nothing is
measured. Every number that is taken for granted is printed with its source, and
--assume or the product's file changes it. There are no built-in prices.")]
pub(crate) struct CostArgs {
    /// People who use the product
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = value("people"))]
    pub(crate) people: Option<f64>,
    /// Share of them who are online while it is in use
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, value_parser = value("online"))]
    pub(crate) online: Option<f64>,
    /// People who are in one document at a time
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = value("per_document"))]
    pub(crate) per_document: Option<f64>,
    /// Operations a second of a person who is online
    #[arg(long, value_name = "PER_S", allow_negative_numbers = true, value_parser = value("rate"))]
    pub(crate) rate: Option<f64>,
    /// Another assumption than the default; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) assume: Vec<String>,
    /// Any of these numbers, one a line, in TOML; flags override it
    #[arg(long, value_name = "FILE")]
    pub(crate) product: Option<PathBuf>,
    /// Strategies: `all`, or names such as serial,crdt-yrs [default: all that were measured]
    #[arg(short, long, value_name = "NAMES")]
    pub(crate) strategy: Vec<String>,
    /// Curves of your own, such as the growth.json of `growth --out DIR` [default: the built-in ones]
    #[arg(long, value_name = "FILE")]
    pub(crate) curves: Option<PathBuf>,
    /// Prices in TOML: then a month has a price
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Every need with its interval and the exponents that it rests on, and every limit
    #[arg(long)]
    pub(crate) details: bool,
    /// Write a page with charts into a folder: from a hundred people to a million
    #[arg(long, value_name = "DIR")]
    pub(crate) page: Option<PathBuf>,
    /// Print one JSON document on stdout, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// How the value of an assumption is read.
fn value(name: &'static str) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| assumption(name).map_or_else(|| Err(format!("no assumption `{name}`")), |of| of.read(text))
}
