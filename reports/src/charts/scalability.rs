//! Throughput against clients, with the Universal Scalability Law fitted to it.

use syncbench_harness::metrics::CARRIED_OPS_PER_S;

use super::{Chart, Data, ROWS};
use crate::draw::axes::Plot;
use crate::draw::ends::{self, End};
use crate::draw::geometry::Rect;
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::exact::with_spread;
use crate::scalability::{Law, Series, parameters, series, told};

pub(super) static CHART: Chart = Chart {
    name: "scalability",
    title: "Throughput against clients",
    shows: "Operations a second that a group carries while its users act as fast as backpressure lets them (up), against the \
            number of clients (right), mean of all seeds; every client carries out every operation. The line is the Universal \
            Scalability Law fitted to the marks; a dot on it is its peak, where adding clients stops paying. A strategy \
            whose marks do not follow the law has no line. Both axes are logarithmic.",
    metrics: &[&CARRIED_OPS_PER_S],
    draw,
};

/// The least height of a panel.
const HEIGHT: f64 = 380.0;

/// Places at which a fitted line is drawn: close enough for a curve.
const STEPS: usize = 60;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let all = series(&data.charted);
    let mut workloads: Vec<&str> = all.iter().map(|one| one.workload).collect();
    workloads.dedup();
    let workloads = sheet.first(workloads);
    let values = all.iter().flat_map(|one| one.points.iter().map(|point| point.ops_per_s.value));
    let Some(scale) = Scale::log(values) else {
        return sheet.nothing("Nothing was measured in the throughput engine with several numbers of clients.");
    };
    let told = told(&all);
    if !told.is_empty() {
        sheet.note(&format!("{}.", told.join(". ")));
    }
    sheet.scene.measure = "operations a second".to_owned();
    let cells = sheet.grid(1, &vec![(ROWS as f64 * ends::LABEL + 90.0).max(HEIGHT); workloads.len()]);
    for (area, workload) in cells.into_iter().zip(workloads) {
        let lines: Vec<&Series<'_, '_>> = all.iter().filter(|one| one.workload == workload).collect();
        panel(&mut sheet.scene, area, workload, &lines, scale, &data.palette);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, workload: &str, lines: &[&Series<'_, '_>], y: Scale, palette: &Palette) {
    let area = headed(scene, area, workload);
    let clients = lines.iter().flat_map(|line| line.points.iter().map(|point| f64::from(point.clients)));
    let Some(x) = Scale::log(clients) else { return };
    let widest = lines.iter().map(|line| text::width(&line.name, SMALL)).fold(0.0, f64::max);
    let room = (widest + 60.0).min(area.w * 0.4);
    let plot = Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, "clients"), (y, "operations a second"));
    let mut right = Vec::new();
    for line in lines {
        let look = palette.look(line.strategy);
        let law = line.law().filter(Law::follows);
        if let (Some(law), Some(first), Some(last)) = (law, line.points.first(), line.points.last()) {
            let (first, last) = (f64::from(first.clients), f64::from(last.clients));
            let place = |step: usize| first * (last / first).powf(step as f64 / STEPS as f64);
            let curve = (0..=STEPS).map(place).map(|n| plot.at(n, law.at(n))).collect();
            let tag = Tag::figures(line.strategy, &line.points[0].group.title, parameters(&law));
            scene.tagged(tag, |scene| scene.dashed_by(curve, look.color, 2.0, look.dash()));
            if let Some(peak) = law.peak().filter(|peak| (first..=last).contains(peak)) {
                scene.tagged(Tag::of(line.strategy), |scene| scene.disc(plot.at(peak, law.at(peak)), 3.0, look.color));
            }
        }
        for point in &line.points {
            let at = plot.at(point.clients.into(), point.ops_per_s.value);
            let tag = Tag::figures(line.strategy, &point.group.title, with_spread(&point.ops_per_s));
            scene.tagged(tag, |scene| scene.mark(at, 4.5, look));
        }
        let end = line.points.last().map(|point| plot.at(point.clients.into(), point.ops_per_s.value));
        right.extend(end.map(|point| End { point, name: &line.name, look }));
    }
    ends::write(scene, plot.area, room, right);
}
