//! `syncbench cost`: what a product of some size will need, and what breaks first as it grows.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use syncbench_harness::growth::Curves;
use syncbench_reports::cost::{self, Answer, Assumption, Costs, MARK, Prices, Product, assumption, prices, product};
use syncbench_reports::report::ReportFile;
use syncbench_strategies::names;
use syncbench_strategies::selector::Selector;

use super::run::{console_width, split};
use crate::args::CostArgs;
use crate::catalog::Catalog;
use crate::curves::{bounded, measured};
use crate::failure::{Done, Failure};
use crate::out::{print, println};
use crate::written::{self, quoted};

pub(crate) fn cost(catalog: &Catalog, args: &CostArgs) -> Done {
    let product = shape(args)?;
    let curves = measured(args.curves.as_deref())?;
    let strategies = strategies(catalog, args, &curves)?;
    let prices = args.prices.as_deref().map(|path| -> Result<Prices, Failure> {
        let bytes = bounded("--prices", path, prices::MOST_BYTES, "prices such as those in examples/prices.toml")?;
        prices::read(&bytes, &path.display().to_string()).map_err(|reason| Failure::usage(format!("--prices {reason}")))
    });
    let prices = prices.transpose()?;
    if let Some(folder) = &args.page {
        free(folder)?;
    }
    let names: Vec<&str> = strategies.iter().map(String::as_str).collect();
    let costs = Costs::all(&curves, &names);
    let answer = Answer::new(&costs, &product, prices.as_ref());
    if args.json {
        let mut document = serde_json::to_value(&answer)?;
        document["schema"] = json!(1);
        document["environment"] = serde_json::to_value(&curves.environment)?;
        println!("{document}");
    } else {
        let width = usize::from(console_width());
        print!("{}", cost::text(&answer, args.details, width));
        print!("\n{}", cost::measured_by(&curves.environment, args.curves.is_none(), width));
    }
    if let Some(folder) = &args.page {
        let command = command(catalog, args);
        write(folder, &cost::page(&curves, &costs, &product, prices.as_ref(), &command))?;
        if !args.json {
            println!("\nPage: {}", folder.join("README.md").display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses a folder whose page is not one of ours.
fn free(folder: &Path) -> Result<(), Failure> {
    let page = folder.join("README.md");
    written::free(&page, MARK, "the page of a cost").map_err(|failure| failure.at(format!("--page {}", page.display())))
}

fn write(folder: &Path, files: &[ReportFile]) -> Result<(), Failure> {
    for file in files {
        let path = folder.join(&file.path);
        let unwritable = |failure: Failure| failure.at(format!("--page {}", path.display()));
        written::folder_of(&path).map_err(unwritable)?;
        fs::write(&path, &file.bytes).map_err(|error| unwritable(written::failed(error, "a writable file")))?;
    }
    Ok(())
}

/// The command that makes the page again.
fn command(catalog: &Catalog, args: &CostArgs) -> String {
    let flag = |(name, value): (&str, Option<f64>)| Some(format!(" --{name} {}", value?));
    let numbers =
        [("people", args.people), ("online", args.online), ("per-document", args.per_document), ("rate", args.rate)];
    let mut text = format!("{} cost", catalog.plans.program_name());
    text.extend(numbers.into_iter().filter_map(flag));
    text.extend(args.assume.iter().map(|assumed| format!(" --assume {assumed}")));
    let files = [("product", &args.product), ("curves", &args.curves), ("prices", &args.prices), ("page", &args.page)];
    text.extend(files.into_iter().filter_map(|(name, path)| Some(format!(" --{name} {}", quoted(path.as_ref()?)))));
    text.extend(args.strategy.iter().map(|names| format!(" --strategy {names}")));
    text
}

/// The product: its file, then flags, then what is assumed by name.
fn shape(args: &CostArgs) -> Result<Product, Failure> {
    let mut given: Vec<(&'static Assumption, f64)> = Vec::new();
    if let Some(path) = &args.product {
        let expected = "a product's file, with lines such as people = \"1M\"";
        let bytes = bounded("--product", path, product::MOST_BYTES, expected)?;
        let read = product::read(&bytes, &path.display().to_string());
        given.extend(read.map_err(|reason| Failure::usage(format!("--product {reason}")))?);
    }
    let flags =
        [("people", args.people), ("online", args.online), ("per_document", args.per_document), ("rate", args.rate)];
    given.extend(flags.into_iter().filter_map(|(name, value)| Some((assumption(name)?, value?))));
    for written in &args.assume {
        let wrong = |reason: String| Failure::usage(format!("--assume {written}: {reason}"));
        let (name, value) =
            written.split_once('=').ok_or_else(|| wrong("expected NAME=VALUE such as core-load=80%".into()))?;
        let of = assumption(name).ok_or_else(|| {
            let flags: Vec<_> = cost::ASSUMPTIONS.iter().map(|known| (known.flag(), known.meaning)).collect();
            wrong(names::unknown("assumption", name, "", flags.iter().map(|(flag, about)| (flag.as_str(), *about))))
        })?;
        given.push((of, of.read(value).map_err(wrong)?));
    }
    Product::new(&given).map_err(|missing| {
        let example = "--people 1M --online 5% --per-document 20 --rate 0.2";
        Failure::usage(format!("--{} is missing: {}; expected for example {example}", missing.flag(), missing.meaning))
    })
}

/// The strategies that were asked for, each of which was measured.
fn strategies(catalog: &Catalog, args: &CostArgs, curves: &Curves) -> Result<Vec<String>, Failure> {
    let measured: Vec<&str> = curves.strategies().into_iter().filter(|name| Costs::has(curves, name)).collect();
    let asked = split(&args.strategy);
    if asked.is_empty() || asked == ["all"] {
        return Ok(measured.into_iter().map(str::to_owned).collect());
    }
    let mut chosen: Vec<String> = Vec::new();
    for written in asked {
        if !measured.contains(&written.as_str()) {
            return Err(unmeasured(catalog, args, &written, &measured));
        }
        if !chosen.contains(&written) {
            chosen.push(written);
        }
    }
    Ok(chosen)
}

/// Why there is nothing to say of a strategy: there is none, or it was not measured.
fn unmeasured(catalog: &Catalog, args: &CostArgs, written: &str, measured: &[&str]) -> Failure {
    let configured = written
        .parse::<Selector>()
        .and_then(|selector| syncbench_strategies::registry::configure_from(catalog.plans.strategies(), &selector));
    let program = catalog.plans.program_name();
    match configured {
        // What is no strategy at all, or takes no such parameter; the message names it.
        Err(error) if !measured.contains(&written) => Failure::usage(format!("--strategy {error}")),
        _ => {
            let of = match &args.curves {
                Some(path) => quoted(path),
                None => "the built-in curves".to_owned(),
            };
            Failure::usage(format!(
                "--strategy {written}: not in {of}, which have {}; measure it: `{program} growth --strategy {written} \
                 --out growth`, then `{program} cost --curves growth/growth.json`",
                measured.join(", ")
            ))
        }
    }
}
