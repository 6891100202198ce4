//! Charts: functions from results to pictures. One file for each, one line for each in [`CHARTS`].

mod bytes;
mod divergence;
mod estimates;
mod growth;
mod losses;
mod memory;
mod pareto;
mod rows;
pub mod spacetime;
mod throughput;
mod visibility;

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::results::Results;

use crate::aggregate::{Group, Summary, Sweep};
use crate::criterion::CriterionEstimate;
use crate::draw::Scene;
use crate::draw::palette::Palette;
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
    /// Whether charts leave out title and caption, because the page has them.
    pub bare: bool,
    /// The width of a chart in pixels.
    pub width: f64,
}

impl<'a> Data<'a> {
    /// Puts results together for drawing.
    pub fn new(results: &'a Results, criterion: &'a [CriterionEstimate]) -> Self {
        let summary = Summary::new(results);
        let families = summary.families();
        let mut names: Vec<_> =
            summary.strategies.iter().map(|name| (*name, families.get(name).copied().unwrap_or(""))).collect();
        let benched = criterion.iter().map(|estimate| (estimate.id.as_str(), ""));
        names.extend(benched.filter(|(id, _)| !families.contains_key(id)));
        let charted = summary.first_strategies(ROWS);
        Self { summary, criterion, palette: Palette::new(&names), charted, bare: false, width: WIDTH }
    }

    /// The same with the conditions of one workload only; every strategy looks as it does here.
    #[must_use]
    pub fn only(&self, workload: &str) -> Self {
        let of = |summary: &Summary<'a>| {
            let mut one = summary.clone();
            one.groups.retain(|group| group.condition.workload == workload);
            one.sweeps.clear();
            one
        };
        Self {
            summary: of(&self.summary),
            criterion: &[],
            palette: self.palette.clone(),
            charted: of(&self.charted),
            bare: self.bare,
            width: self.width,
        }
    }

    /// The conditions that are not over several sizes, workload by workload.
    fn panels(&self) -> impl Iterator<Item = &Group<'a>> {
        self.charted.by_workload().into_iter()
    }

    /// The conditions over several sizes.
    fn sweeps(&self) -> impl Iterator<Item = &Sweep<'a>> {
        self.charted.sweeps.iter()
    }

    /// The strategies that charts show.
    fn strategies(&self) -> &[&'a str] {
        &self.charted.strategies
    }

    /// An empty page for a chart, with a note on strategies that it has no room for.
    fn sheet(&self, chart: &Chart) -> Sheet {
        let mut sheet = Sheet::new(chart.title, chart.shows, self.bare, self.width);
        if self.summary.strategies.len() > ROWS {
            let all = plural(self.summary.strategies.len(), "strategy");
            sheet.note(&format!("The first {ROWS} of {all} are shown. The tables have all of them."));
        }
        sheet
    }
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

    /// Not charts of results: the registry, a helper that two charts share, and the diagram of a story.
    const OTHERS: [&str; 3] = ["mod", "rows", "spacetime"];

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
