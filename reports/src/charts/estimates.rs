//! Criterion's estimates beside the figures of the runs.

use std::collections::BTreeSet;

use syncbench_harness::metrics::OPS_PER_CPU_S;

use super::block::ROW;
use super::dots::whisker;
use super::{Chart, Data};
use crate::criterion::CriterionEstimate;
use crate::draw::axes;
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{AXIS, INK, MUTED, Scene, Tag};
use crate::draw::text::{self, BODY, SMALL};
use crate::exact::exact;
use crate::format::figure;

pub(super) static CHART: Chart = Chart {
    name: "estimates",
    title: "Criterion beside the runs",
    shows: "Processor time of one operation. Filled mark: criterion's mean with its interval, measured alone with warm \
            caches. Hollow mark: one second over operations per CPU second, from the first condition with this workload. \
            Runs include every replica and all protocol work, so they are expected to cost more.",
    metrics: &[&OPS_PER_CPU_S],
    draw,
};

/// Height of a panel besides its rows: heading above, axis below.
const FRAME: f64 = 62.0;
/// Room for figures at the right of a row.
const FIGURES: f64 = 62.0;

/// One strategy: criterion's estimate and the runs' figure, in nanoseconds.
struct Pair<'a> {
    id: &'a str,
    bench: &'a CriterionEstimate,
    run_ns: Option<f64>,
}

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let groups: BTreeSet<&str> = data.criterion.iter().map(|estimate| estimate.group.as_str()).collect();
    let panels: Vec<_> = groups.into_iter().map(|group| (group, pairs(data, group))).collect();
    let panels = sheet.first(panels);
    let values = panels.iter().flat_map(|(_, pairs)| pairs);
    let values = values.flat_map(|pair| [Some(pair.bench.low_ns), Some(pair.bench.high_ns), pair.run_ns]).flatten();
    let Some(scale) = Scale::log(values) else {
        return sheet.nothing("There are no estimates of criterion: run cargo bench, then report again.");
    };
    sheet.scene.measure = "nanoseconds per operation".to_owned();
    let heights: Vec<_> = panels.iter().map(|(_, pairs)| pairs.len() as f64 * ROW + FRAME).collect();
    let cells = sheet.grid(if panels.len() > 1 { 2 } else { 1 }, &heights);
    for (area, (title, pairs)) in cells.into_iter().zip(&panels) {
        panel(&mut sheet.scene, area, title, pairs, &scale, data);
    }
    sheet.finish()
}

impl Pair<'_> {
    /// Its figures, as exact as they are worth.
    fn told(&self) -> String {
        let CriterionEstimate { mean_ns, low_ns, high_ns, .. } = self.bench;
        let run = self.run_ns.map(|run| format!(", runs {}", exact(run))).unwrap_or_default();
        format!("criterion {} ({}–{}){run}", exact(*mean_ns), exact(*low_ns), exact(*high_ns))
    }
}

fn pairs<'a>(data: &'a Data<'_>, group: &str) -> Vec<Pair<'a>> {
    let run = |id: &str| {
        let like = data.summary.groups.iter().filter(|run| run.condition.workload.split(':').next() == Some(group));
        let mut rows = like.flat_map(|run| &run.rows).filter(|row| row.strategy == id);
        rows.find_map(|row| row.mean(&OPS_PER_CPU_S, "")).filter(|rate| rate.value > 0.0).map(|rate| 1e9 / rate.value)
    };
    let own = data.criterion.iter().filter(|estimate| estimate.group == group);
    own.take(super::ROWS).map(|bench| Pair { id: &bench.id, bench, run_ns: run(&bench.id) }).collect()
}

fn panel(scene: &mut Scene, area: Rect, title: &str, pairs: &[Pair<'_>], scale: &Scale, data: &Data<'_>) {
    let area = headed(scene, area, title);
    let names: Vec<_> = pairs.iter().map(|pair| pair.id).collect();
    let plot = named_rows(scene, area, &names);
    axes::x_axis(scene, plot, scale, "nanoseconds per operation", true);
    for (index, pair) in pairs.iter().enumerate() {
        let middle = plot.y + (index as f64 + 0.5) * ROW;
        let place = |value: f64| plot.x + scale.place(value) * plot.w;
        let color = data.palette.look(pair.id).color;
        let mean = place(pair.bench.mean_ns);
        let ratio = pair.run_ns.map(|run| format!("×{}", figure(run / pair.bench.mean_ns)));
        let (text, ink) = ratio.map_or(("no run".to_owned(), MUTED), |ratio| (ratio, INK));
        scene.tagged(Tag::figures(pair.id, title, pair.told()), |scene| {
            if let Some(run) = pair.run_ns.map(place) {
                scene.line(vec![at(mean, middle), at(run, middle)], AXIS, 1.5);
                scene.disc(at(run, middle), 6.0, color);
                scene.disc(at(run, middle), 3.5, crate::draw::scene::PAPER);
            }
            whisker(scene, place(pair.bench.low_ns), place(pair.bench.high_ns), middle);
            scene.fill(Rect::new(mean - 5.0, middle - 5.0, 10.0, 10.0), color);
            scene.text(at(plot.right() + 8.0, middle + SMALL * 0.3), text, SMALL, Anchor::Start, ink);
        });
    }
}

/// Writes names down the left side of `area`. Returns the area beside them, without the room for figures and the axis.
fn named_rows(scene: &mut Scene, area: Rect, labels: &[&str]) -> Rect {
    let names: Vec<_> = labels.iter().map(|name| text::fit(name, BODY, area.w * 0.45)).collect();
    let left = names.iter().map(|name| text::width(name, BODY)).fold(0.0, f64::max) + 10.0;
    for (index, (name, label)) in names.iter().zip(labels).enumerate() {
        let y = area.y + (index as f64 + 0.5) * ROW + BODY * 0.31;
        scene.tagged(Tag::of(label), |scene| scene.text(at(area.x + left - 8.0, y), name, BODY, Anchor::End, INK));
    }
    Rect::new(area.x + left, area.y, (area.w - left - FIGURES).max(20.0), names.len() as f64 * ROW)
}
