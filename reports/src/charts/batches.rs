//! What several operations in a message do to throughput and to latency.

use syncbench_harness::metric::MetricSpec;
use syncbench_harness::metrics::{CARRIED_DELIVERIES_PER_S, OPS_PER_MESSAGE, VISIBLE_MS};

use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::axes::Plot;
use crate::draw::ends::{self, End};
use crate::draw::geometry::Rect;
use crate::draw::palette::Palette;
use crate::draw::panel::headed;
use crate::draw::scale::Scale;
use crate::draw::scene::{MUTED, Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::exact::with_spread;
use crate::stats::Estimate;

pub(super) static CHART: Chart = Chart {
    name: "batches",
    title: "Batches against throughput and latency",
    shows: "Deliveries a second that a group carries, and the median time until an operation is visible to everybody (up), \
            against the operations in a message of a client (right), mean of all seeds. A line joins the settings of one \
            strategy. Users act as fast as backpressure lets them, so latency is mostly time in queues. Axes are logarithmic.",
    metrics: &[&OPS_PER_MESSAGE, &CARRIED_DELIVERIES_PER_S, &VISIBLE_MS],
    draw,
};

/// The least height of a panel.
const HEIGHT: f64 = 330.0;
/// Charts narrower than this have one panel a row.
const NARROW: f64 = 600.0;

/// What a panel shows: its heading, its axis, and the figure of a row.
struct Measure {
    heading: &'static str,
    axis: &'static str,
    of: fn(&Row<'_>) -> Option<Estimate>,
}

const MEASURES: [Measure; 2] = [
    Measure { heading: "throughput", axis: "deliveries a second", of: |row| row.mean(&CARRIED_DELIVERIES_PER_S, "") },
    Measure { heading: "latency", axis: "ms until visible, median", of: |row| row.quantile(&VISIBLE_MS, 0.5) },
];

/// One setting of a strategy.
struct Batch<'a> {
    strategy: &'a str,
    ops: Estimate,
    figure: Estimate,
}

/// The settings with a batch and a figure, ascending by batch within a strategy.
fn batches<'a>(group: &Group<'a>, measure: &Measure) -> Vec<Batch<'a>> {
    let of = |metric: &MetricSpec, row: &Row<'_>| row.mean(metric, "");
    let batch = |row: &Row<'a>| {
        Some(Batch { strategy: row.strategy, ops: of(&OPS_PER_MESSAGE, row)?, figure: (measure.of)(row)? })
    };
    let mut batches: Vec<Batch<'a>> = group.rows.iter().filter_map(batch).collect();
    batches.sort_by(|a, b| name(a.strategy).cmp(name(b.strategy)).then(a.ops.value.total_cmp(&b.ops.value)));
    batches
}

/// The strategy without its parameters.
fn name(label: &str) -> &str {
    label.split(':').next().unwrap_or(label)
}

/// Whether some strategy was measured with more than one batch.
fn compares(group: &Group<'_>) -> bool {
    let batches = batches(group, &MEASURES[0]);
    batches.windows(2).any(|pair| name(pair[0].strategy) == name(pair[1].strategy))
}

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let groups = data.panels().filter(|group| compares(group));
    let panels: Vec<_> = groups.flat_map(|group| MEASURES.iter().map(move |measure| (group, measure))).collect();
    let panels = sheet.first(panels);
    if panels.is_empty() {
        return sheet.nothing("No strategy was measured in the throughput engine with several send windows.");
    }
    sheet.scene.measure = "deliveries a second, or ms".to_owned();
    let cells = sheet.grid(if data.width < NARROW { 1 } else { 2 }, &vec![HEIGHT; panels.len()]);
    for (area, (group, measure)) in cells.into_iter().zip(panels) {
        panel(&mut sheet.scene, area, group, measure, &data.palette);
    }
    sheet.finish()
}

fn panel(scene: &mut Scene, area: Rect, group: &Group<'_>, measure: &Measure, palette: &Palette) {
    let area = headed(scene, area, &format!("{}, {}", group.title, measure.heading));
    let batches = batches(group, measure);
    let scales = (
        Scale::log(batches.iter().map(|batch| batch.ops.value)),
        Scale::log(batches.iter().map(|batch| batch.figure.value)),
    );
    let (Some(x), Some(y)) = scales else { return };
    let widest = batches.iter().map(|batch| text::width(batch.strategy, SMALL)).fold(0.0, f64::max);
    let room = (widest + 60.0).min(area.w * 0.45);
    let plot = Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, "operations in a message"), (y, measure.axis));
    let at = |batch: &Batch<'_>| plot.at(batch.ops.value, batch.figure.value);
    for pair in batches.windows(2).filter(|pair| name(pair[0].strategy) == name(pair[1].strategy)) {
        scene.line(vec![at(&pair[0]), at(&pair[1])], MUTED, 1.5);
    }
    let mut right = Vec::new();
    for batch in &batches {
        let look = palette.look(batch.strategy);
        let told = format!("{} {} at {} operations", with_spread(&batch.figure), measure.axis, with_spread(&batch.ops));
        scene.tagged(Tag::figures(batch.strategy, &group.title, told), |scene| scene.mark(at(batch), 4.5, look));
        right.push(End { point: at(batch), name: batch.strategy, look });
    }
    ends::write(scene, plot.area, room, right);
}
