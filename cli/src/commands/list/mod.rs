//! `syncbench list`: what there is to choose from.

mod catalog;
mod entry;
mod print;

use std::process::ExitCode;

use crate::args::{Asked, ListArgs, Listed};
use crate::catalog::Catalog;
use crate::failure::{Done, Failure};
use crate::out::println;

/// The names of everything, by kind in the plural and the singular.
pub(crate) fn names_by_kind(catalog: &Catalog) -> Vec<([&'static str; 2], Vec<String>)> {
    let Ok(all) = catalog::Catalog::of(catalog, &Asked::Everything) else { return Vec::new() };
    let names = |(kind, entries): (Listed, Vec<&dyn entry::Named>)| {
        let (plural, singular) = kind.words();
        ([plural, singular], entries.iter().map(|entry| entry.name().to_owned()).collect())
    };
    all.sections().into_iter().map(names).collect()
}

pub(crate) fn list(catalog: &Catalog, args: &ListArgs) -> Done {
    let asked = args.asked().map_err(Failure::usage)?;
    let chosen = catalog::Catalog::of(catalog, &asked).map_err(Failure::usage)?;
    if args.json {
        println!("{}", serde_json::to_string(&chosen)?);
        return Ok(ExitCode::SUCCESS);
    }
    match asked {
        Asked::Everything => print::overview(&chosen, catalog.plans.program_name()),
        Asked::Kind(_) => print::lines(&chosen, catalog.plans.program_name()),
        Asked::Name(..) => print::whole(&chosen),
    }
    Ok(ExitCode::SUCCESS)
}
