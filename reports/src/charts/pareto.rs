//! The trade between waiting and loss.

use syncbench_harness::metrics::{ECHO_MS, LOST_INTENTS, REJECTED};

use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::front::{self, Trade};
use crate::draw::panel::{PANELS, headed};
use crate::draw::scene::Scene;
use crate::exact::with_spread;
use crate::format::list;
use crate::stats::Estimate;

pub(super) static CHART: Chart = Chart {
    name: "pareto",
    title: "Waiting against operations not kept",
    shows: "Each mark is a strategy. Right: echo p99, the time within which users see 99 % of their own operations. Up: operations \
            not kept, lost and rejected together, per 1,000: refusing everything is no victory. Lower left is better. The \
            steps are the Pareto front: what lies beyond them is beaten in one figure without winning in the other, and \
            grey. Strategies at one place share a name. Axes are logarithmic, with a place for zero; the conditions of a \
            workload share them. Stars and meshes are never on one front.",
    metrics: &[&ECHO_MS, &LOST_INTENTS, &REJECTED],
    draw,
};

const HEIGHT: f64 = 320.0;
/// The least width of a panel.
const PANEL: f64 = 260.0;

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let judged: Vec<_> = data.panels().filter(|group| group.rows.iter().any(|row| figures(row).is_some())).collect();
    if judged.is_empty() {
        return sheet.nothing("No run measured both the time until users see their own operation and losses.");
    }
    let trade = |group: &&Group<'_>| group.rows.iter().filter_map(figures).any(|(_, not_kept)| not_kept > 0.0);
    let (traded, clean): (Vec<_>, Vec<_>) = judged.into_iter().partition(trade);
    if !clean.is_empty() {
        let titles: Vec<_> = clean.iter().map(|group| group.title.as_str()).collect();
        sheet.note(&format!(
            "Every strategy kept every operation in {}: there is no trade to show.",
            list(&titles, PANELS)
        ));
    }
    let traded = sheet.first(traded);
    sheet.scene.measure = "echo p99 in ms / not kept per 1,000 operations".to_owned();
    let across = ((data.width / PANEL) as usize).clamp(1, 3);
    let alike = |a: &&Group<'_>, b: &&Group<'_>| {
        (a.condition.workload, a.condition.topology) == (b.condition.workload, b.condition.topology)
    };
    for row in traded.chunk_by(alike).flat_map(|like| like.chunks(across)) {
        let points: Vec<_> = row.iter().map(|group| trades(group)).collect();
        let Some(scales) = front::scales(&points.concat()) else { continue };
        // One condition alone is no wider than two are.
        let columns = row.len().max(across.min(2));
        let mut heights = vec![HEIGHT; row.len()];
        heights.resize(columns, 0.0);
        let cells = sheet.grid(columns, &heights);
        let mut unnamed = Vec::new();
        for ((area, group), points) in cells.into_iter().zip(row).zip(&points) {
            let area = headed(&mut sheet.scene, area, &group.title);
            let titles = ("echo p99 in ms", "not kept per 1,000 operations");
            let points = (group.title.as_str(), points.as_slice());
            unnamed.extend(front::panel(&mut sheet.scene, area, points, scales, titles, &data.palette));
        }
        sheet.note(&front::unnamed_note(&unnamed));
    }
    sheet.finish()
}

/// 99 % of the times until users see their own operation, and operations not kept.
fn figures(row: &Row<'_>) -> Option<(f64, f64)> {
    let (echo, not_kept) = estimates(row)?;
    Some((echo.value, not_kept.value))
}

fn estimates(row: &Row<'_>) -> Option<(Estimate, Estimate)> {
    Some((row.quantile(&ECHO_MS, 0.99)?, row.not_kept_per_1000()?))
}

fn trades(group: &Group<'_>) -> Vec<Trade> {
    let trade = |row: &Row<'_>| {
        let (echo, not_kept) = estimates(row)?;
        let figures = format!("{} / {}", with_spread(&echo), with_spread(&not_kept));
        Some(Trade { strategy: row.strategy.to_owned(), x: echo.value, y: not_kept.value, figures })
    };
    group.rows.iter().filter_map(trade).collect()
}
