//! What an operation costs as the document grows.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CPU_US_LOCAL, CPU_US_REMOTE};

use super::{Chart, Data};
use crate::aggregate::Sweep;
use crate::draw::axes::Plot;
use crate::draw::ends::{self, End};
use crate::draw::geometry::Rect;
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::exact::with_spread;
use crate::stats::Estimate;

pub(super) static CHART: Chart = Chart {
    name: "growth",
    title: "Cost of an operation as the document grows",
    shows: "Median processor time of an operation (up) against the size of the document (right), at its issuer and at \
            another replica. Both axes are logarithmic. Flat: the cost does not depend on size. One decade up per decade \
            to the right: the cost is proportional to size. Strategies that end at one place share a name.",
    metrics: &[&CPU_US_LOCAL, &CPU_US_REMOTE],
    draw,
};

/// The least height of a panel.
const HEIGHT: f64 = 330.0;
/// Charts narrower than this have one panel a row.
const NARROW: f64 = 600.0;

/// A metric and its name in a panel's heading.
const COSTS: [(&MetricSpec, &str); 2] = [(&CPU_US_LOCAL, "at its issuer"), (&CPU_US_REMOTE, "at another replica")];

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let panels: Vec<_> = data.sweeps().flat_map(|sweep| COSTS.map(|cost| (sweep, cost))).collect();
    let panels = sheet.first(panels);
    let costs = panels.iter().flat_map(|(sweep, (metric, _))| lines(sweep, metric));
    let Some(scale) = Scale::log(costs.flat_map(|line| line.points).map(|cost| cost.median.value)) else {
        return sheet.nothing("No workload was measured at more than one size.");
    };
    sheet.scene.measure = "median processor time in µs".to_owned();
    let most = panels.iter().map(|(sweep, (metric, _))| lines(sweep, metric).len()).max().unwrap_or(0);
    let height = (most as f64 * ends::LABEL + 90.0).max(HEIGHT);
    let cells = sheet.grid(if data.width < NARROW { 1 } else { 2 }, &vec![height; panels.len()]);
    for (area, (sweep, cost)) in cells.into_iter().zip(panels) {
        panel(&mut sheet.scene, area, sweep, cost, scale, &data.palette);
    }
    sheet.finish()
}

/// A strategy's line.
struct Line<'a> {
    strategy: &'a str,
    points: Vec<Cost<'a>>,
}

/// A median cost at a size.
struct Cost<'a> {
    group: &'a str,
    size: f64,
    median: Estimate,
}

/// For each strategy with figures.
fn lines<'g>(sweep: &'g Sweep<'_>, metric: &MetricSpec) -> Vec<Line<'g>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for group in &sweep.groups {
        for row in &group.rows {
            let Some(median) = row.quantile(metric, 0.5) else { continue };
            let cost = Cost { group: &group.title, size: group.condition.size() as f64, median };
            match lines.iter_mut().find(|line| line.strategy == row.strategy) {
                Some(line) => line.points.push(cost),
                None => lines.push(Line { strategy: row.strategy, points: vec![cost] }),
            }
        }
    }
    lines
}

fn panel(scene: &mut Scene, area: Rect, sweep: &Sweep<'_>, cost: (&MetricSpec, &str), y: Scale, palette: &Palette) {
    let (metric, place) = cost;
    let area = headed(scene, area, &format!("{}, {place}", sweep.groups[0].sizeless));
    let sizes = sweep.groups.iter().map(|group| group.condition.size() as f64);
    let Some(x) = Scale::log(sizes) else { return };
    let lines = lines(sweep, metric);
    let widest = lines.iter().map(|line| text::width(line.strategy, SMALL)).fold(0.0, f64::max);
    let room = (widest + 60.0).min(area.w * 0.4);
    let plot =
        Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, "size of the document"), (y, "µs of processor time"));
    let mut right = Vec::new();
    for Line { strategy, points } in lines {
        let look = palette.look(strategy);
        let at = |cost: &Cost<'_>| plot.at(cost.size, cost.median.value);
        right.extend(points.last().map(|end| End { point: at(end), name: strategy, look }));
        let line = points.iter().map(at).collect();
        // A line belongs to the workload of its sizes.
        let tag = Tag::figures(strategy, &sweep.groups[0].title, "");
        scene.tagged(tag, |scene| scene.dashed_by(line, look.color, 2.0, look.dash()));
        for cost in &points {
            let figures = format!("{} {place}", with_spread(&cost.median));
            scene.tagged(Tag::figures(strategy, cost.group, figures), |scene| scene.mark(at(cost), 4.5, look));
        }
    }
    ends::write(scene, plot.area, room, right);
}
