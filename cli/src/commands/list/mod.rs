//! `syncbench list`: what there is to choose from.

mod catalog;
mod entry;
mod print;

use std::process::ExitCode;

use crate::args::ListArgs;
use crate::catalog::Catalog;
use crate::failure::Done;
use crate::out::println;

pub(crate) fn list(_: &Catalog, args: &ListArgs) -> Done {
    let catalog = catalog::Catalog::of(args.what);
    if args.json {
        println!("{}", serde_json::to_string(&catalog)?);
    } else {
        print::print(&catalog);
    }
    Ok(ExitCode::SUCCESS)
}
