//! Charts: functions from results to pictures. One file for each, one line for each in [`CHARTS`].

mod batches;
mod block;
mod bytes;
mod divergence;
mod dots;
mod estimates;
mod fates;
mod growth;
mod losses;
mod matrix;
mod memory;
mod pareto;
mod scalability;
pub mod spacetime;
mod throughput;
mod visibility;

pub use dots::dots;
use syncbench_harness::metric::MetricSpec;
use syncbench_harness::results::Results;

use crate::aggregate::{Group, Summary, Sweep};
use crate::criterion::CriterionEstimate;
use crate::draw::Scene;
use crate::draw::palette::{Palette, family_of};
use crate::draw::panel::{Sheet, WIDTH};
use crate::format::plural;

/// What a chart says about itself.
pub struct Chart {
    /// The name of its file here, and of the files that it is written to.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it shows and how to read it.
    pub shows: &'static str,
    /// The metrics that it shows.
    pub metrics: &'static [&'static MetricSpec],
    /// Draws it.
    pub draw: fn(&Chart, &Data<'_>) -> Scene,
}

/// One line per chart, in the order of the page: add yours here.
pub static CHARTS: &[&Chart] = &[
    &losses::CHART,
    &pareto::CHART,
    &visibility::CHART,
    &divergence::CHART,
    &throughput::CHART,
    &scalability::CHART,
    &batches::CHART,
    &bytes::CHART,
    &growth::CHART,
    &memory::CHART,
    &estimates::CHART,
];

/// Most strategies of a chart: as many as its palette tells apart.
const ROWS: usize = Palette::LOOKS;

/// What charts are drawn from.
pub struct Data<'a> {
    /// The results, put together.
    pub summary: Summary<'a>,
    /// Criterion's estimates, if any.
    pub criterion: &'a [CriterionEstimate],
    /// How strategies look.
    pub palette: Palette,
    /// The results as charts show them: with the first [`ROWS`] strategies only.
    charted: Summary<'a>,
    /// The strategies that charts show, family by family, in the order of the plan.
    order: Vec<&'a str>,
    /// Whether there is one workload only, which a page names itself.
    one_workload: bool,
    /// Whether charts leave out title and caption, because the page has them.
    pub bare: bool,
    /// The width of a chart in pixels.
    pub width: f64,
}

impl<'a> Data<'a> {
    /// Puts results together for drawing.
    pub fn new(results: &'a Results, criterion: &'a [CriterionEstimate]) -> Self {
        let summary = Summary::new(results);
        let said = summary.families();
        let family = |name: &'a str| family_of(name, said.get(name).copied().unwrap_or_default());
        let mut names: Vec<_> = summary.strategies.iter().map(|name| (*name, family(name))).collect();
        let benched = criterion.iter().map(|estimate| estimate.id.as_str()).filter(|id| !said.contains_key(id));
        names.extend(benched.map(|id| (id, family_of(id, ""))));
        let charted = summary.first_strategies(ROWS);
        let order = by_family(&charted.strategies, family);
        let palette = Palette::new(&names);
        Self { summary, criterion, palette, charted, order, one_workload: false, bare: false, width: WIDTH }
    }

    /// The same for one workload: its conditions only, with the looks of the whole report. Cheap: figures are shared.
    #[must_use]
    pub fn only(&self, workload: &str) -> Self {
        Self {
            summary: self.summary.only(workload),
            criterion: &[],
            palette: self.palette.clone(),
            charted: self.charted.only(workload),
            order: self.order.clone(),
            one_workload: true,
            bare: self.bare,
            width: self.width,
        }
    }

    /// The conditions that are not over several sizes, workload by workload.
    pub fn panels(&self) -> impl Iterator<Item = &Group<'a>> {
        self.charted.by_workload().into_iter()
    }

    /// The conditions over several sizes.
    pub fn sweeps(&self) -> impl Iterator<Item = &Sweep<'a>> {
        self.charted.sweeps.iter()
    }

    /// The strategies that charts show, family by family.
    pub fn strategies(&self) -> &[&'a str] {
        &self.order
    }

    /// An empty page for a chart, with a note on strategies that it has no room for.
    pub fn sheet(&self, chart: &Chart) -> Sheet {
        let mut sheet = Sheet::new(chart.title, chart.shows, self.bare, self.width);
        if self.summary.strategies.len() > ROWS {
            let all = plural(self.summary.strategies.len(), "strategy");
            sheet.note(&format!("The first {ROWS} of {all} are shown. The tables have all of them."));
        }
        sheet
    }
}

/// Strategies family by family; families and their members in the order of the plan.
fn by_family<'a>(strategies: &[&'a str], family: impl Fn(&'a str) -> &'a str) -> Vec<&'a str> {
    let mut families: Vec<&str> = Vec::new();
    for strategy in strategies {
        if !families.contains(&family(strategy)) {
            families.push(family(strategy));
        }
    }
    let mut order = strategies.to_vec();
    order.sort_by_key(|strategy| families.iter().position(|known| *known == family(strategy)));
    order
}

/// The chart with this name.
pub fn find(name: &str) -> Option<&'static Chart> {
    CHARTS.iter().copied().find(|chart| chart.name == name)
}

impl Chart {
    /// The chart as a scene, ready for [`Scene::svg`] and [`Scene::png`].
    pub fn scene(&self, data: &Data<'_>) -> Scene {
        (self.draw)(self, data)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Not charts of results: the registry, helpers that charts share, and the diagram of a story.
    const OTHERS: [&str; 6] = ["block", "dots", "fates", "matrix", "mod", "spacetime"];

    #[test]
    fn every_file_is_registered_and_every_entry_has_its_file() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/charts");
        let files = std::fs::read_dir(dir).expect("the sources are there");
        let names = files.map(|file| file.expect("readable").path().file_stem().expect("a name").to_owned());
        let mut names: BTreeSet<_> = names.map(|name| name.into_string().expect("plain text")).collect();
        OTHERS.iter().for_each(|other| assert!(names.remove(*other), "{other} is gone"));
        assert_eq!(names, CHARTS.iter().map(|chart| chart.name.to_owned()).collect());
    }
}
