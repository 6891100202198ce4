//! Draws synthetic results, every story and a decision for the eye: `cargo run -p syncbench-reports --example preview
//! [FOLDER]`. With the folder of a run behind it, the charts of that run at three widths instead.

use std::fs;
use std::io::Error;
use std::path::{Path, PathBuf};

use syncbench_harness::results::{self, Results};
use syncbench_harness::stories::STORIES;
use syncbench_reports::charts::{CHARTS, Data};
use syncbench_reports::choose::record;
use syncbench_reports::cost::{COST_CHARTS, Costs, Product, assumption, committed};
use syncbench_reports::draw::panel::WIDTH;
use syncbench_reports::overview::Overview;
use syncbench_reports::{html, table};
use syncbench_strategies::registry::STRATEGIES;

#[path = "../tests/suite/support/mod.rs"]
mod support;

fn main() -> Result<(), Error> {
    let dir = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("target/preview"), PathBuf::from);
    fs::create_dir_all(&dir)?;
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes);
    if let Some(results) = std::env::args_os().nth(2) {
        return charts(&dir, &results::read(&PathBuf::from(results)).map_err(Error::other)?);
    }
    costs(&dir)?;
    let story = support::story().scene();
    write("story.svg", story.svg().as_bytes())?;
    write("story.png", &story.png())?;
    for width in [390.0, 640.0, 1000.0] {
        let (flip, ratios) = (support::pictures::flip(), support::pictures::ratios());
        write(&format!("flip-{width}.png"), &flip.scene(width, false).png())?;
        write(&format!("ratio-{width}.png"), &ratios.scene(width, false).png())?;
    }
    for story in STORIES {
        let told = (story.tell)(&story.cast(STRATEGIES).0, STRATEGIES).map_err(Error::other)?;
        let scene = syncbench_reports::story::scene(&told, true);
        write(&format!("story-{}.svg", story.name), scene.svg().as_bytes())?;
        write(&format!("story-{}.png", story.name), &scene.png())?;
    }
    for file in record::files(&support::decisions::forms()) {
        let path = dir.join("decision").join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, &file.bytes)?;
    }
    for (name, results) in [("small", support::small()), ("large", support::large())] {
        for width in [80, 100, 140, 200] {
            write(&format!("{name}-{width}.txt"), table::summary(&results, width, false).as_bytes())?;
        }
        let criterion = support::criterion(&results);
        let data = Data::new(&results, &criterion);
        for chart in CHARTS {
            let scene = chart.scene(&data);
            write(&format!("{name}-{}.svg", chart.name), scene.svg().as_bytes())?;
            write(&format!("{name}-{}.png", chart.name), &scene.png())?;
        }
        write(&format!("{name}.html"), html::page(&results, &criterion).as_bytes())?;
        write(&format!("{name}-color.txt"), table::summary(&results, 100, true).as_bytes())?;
    }
    Ok(())
}

/// What the committed curves say of a million people, at three widths.
fn costs(dir: &Path) -> Result<(), Error> {
    let (given, curves) = ([("people", 1e6), ("online", 0.05), ("per_document", 20.0), ("rate", 0.2)], committed());
    let given: Vec<_> = given.into_iter().filter_map(|(name, value)| Some((assumption(name)?, value))).collect();
    let product = Product::new(&given).map_err(|missing| Error::other(missing.name))?;
    let costs = Costs::all(curves, &curves.strategies());
    for chart in COST_CHARTS {
        for width in [390.0, 640.0, WIDTH] {
            fs::write(
                dir.join(format!("cost-{}-{width}.png", chart.name)),
                chart.scene(&costs, &product, width).png(),
            )?;
        }
    }
    Ok(())
}

/// Every chart at three widths, and those of each workload alone.
fn charts(dir: &Path, results: &Results) -> Result<(), Error> {
    let mut data = Data::new(results, &[]);
    let (mut total, mut alone) = (0, 0);
    for chart in CHARTS {
        for width in [390.0, 640.0, WIDTH] {
            data.width = width;
            let scene = chart.scene(&data);
            fs::write(dir.join(format!("{}-{width}.png", chart.name)), scene.png())?;
        }
        let svg = chart.scene(&data).svg();
        total += svg.len();
        fs::write(dir.join(format!("{}.svg", chart.name)), svg)?;
        data.bare = true;
        data.width = 560.0;
        for workload in Overview::new(&data.summary).workloads {
            let scene = chart.scene(&data.only(workload));
            if scene.empty.is_none() {
                alone += scene.svg().len();
                fs::write(dir.join(format!("{workload}-{}.png", chart.name)), scene.png())?;
            }
        }
        data.bare = false;
    }
    fs::write(dir.join("sizes.txt"), format!("bytes of SVG: {total} all charts, {alone} workload by workload\n"))
}
