//! The files of a report, for a caller to write.

use syncbench_harness::results::Results;

use crate::anomalies::Maps;
use crate::charts::{CHARTS, Chart, Data};
use crate::criterion::CriterionEstimate;
use crate::{html, table};

/// The width of the table in `summary.txt`.
const WIDTH: u16 = 160;

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its path below the report's folder, with `/` between folders.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The page, the table as text, and every chart that has data as SVG and PNG.
pub fn files(results: &Results, criterion: &[CriterionEstimate]) -> Vec<ReportFile> {
    files_with(results, criterion, CHARTS, &Maps::default())
}

/// The same with these charts and maps of anomalies.
pub fn files_with(
    results: &Results,
    criterion: &[CriterionEstimate],
    charts: &[&Chart],
    maps: &Maps,
) -> Vec<ReportFile> {
    let file = |path: String, bytes: Vec<u8>| ReportFile { path, bytes };
    let mut files = vec![
        file("report.html".to_owned(), html::page_with(results, criterion, charts, maps).into_bytes()),
        file("summary.txt".to_owned(), table::summary_with(results, maps, WIDTH, false).into_bytes()),
    ];
    let data = Data::new(results, criterion);
    for chart in charts {
        let scene = chart.scene(&data);
        if scene.empty.is_none() {
            files.push(file(format!("charts/{}.svg", chart.name), scene.svg().into_bytes()));
            files.push(file(format!("charts/{}.png", chart.name), scene.png()));
        }
    }
    files
}
