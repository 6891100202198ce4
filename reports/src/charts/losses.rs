//! Lost intents by kind.

use std::collections::BTreeMap;

use syncbench_harness::metrics::{LOST_INTENTS, REJECTED};

use super::rows::{FRAME, ROW, named_rows};
use super::{Chart, Data};
use crate::aggregate::{Group, Row};
use crate::draw::axes;
use crate::draw::geometry::{Anchor, Rect, at};
use crate::draw::legend::{self, Entry, Sign};
use crate::draw::panel::{PANELS, Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{AXIS, Color, INK, MUTED, Scene};
use crate::draw::text::{self, SMALL};
use crate::format::{figure, list};

pub(super) static CHART: Chart = Chart {
    name: "losses",
    title: "Operations not kept",
    shows: "Lost operations by kind, and rejected ones in grey, per 1,000 operations. A lost operation was confirmed and has \
            no effect; a rejected one was refused, and its user was told. Each panel has its own scale: compare strategies \
            within a panel.",
    metrics: &[&LOST_INTENTS, &REJECTED],
    draw,
};

fn draw(chart: &Chart, data: &Data<'_>) -> Scene {
    let mut sheet = data.sheet(chart);
    let judged: Vec<_> =
        data.panels().filter(|group| group.rows.iter().any(|row| row.counts(&LOST_INTENTS).is_some())).collect();
    if judged.is_empty() {
        return sheet.nothing("No run was judged by an oracle.");
    }
    let (lossy, clean): (Vec<&Group<'_>>, Vec<_>) =
        judged.into_iter().partition(|group| group.rows.iter().any(|row| !kinds(row).is_empty()));
    if !clean.is_empty() {
        let titles: Vec<_> = clean.iter().map(|group| group.title.as_str()).collect();
        sheet.note(&format!("No strategy lost anything in {}.", list(&titles, PANELS)));
    }
    let lossy = sheet.first(lossy);
    let colors = Colors::of(&lossy);
    // Few kinds share one legend. With many, each panel has a legend for the kinds of its workload.
    let shared = colors.len() <= KINDS.len();
    if shared {
        sheet.legend(&entries(&colors));
    }
    let columns = if lossy.len() > 1 { 2 } else { 1 };
    let width = Sheet::column_width(data.width, columns);
    let own: Vec<Colors<'_>> = lossy
        .iter()
        .map(|group| {
            let alike = |other: &&&Group<'_>| other.condition.workload == group.condition.workload;
            if shared {
                Colors::default()
            } else {
                Colors::of(&lossy.iter().filter(alike).copied().collect::<Vec<_>>())
            }
        })
        .collect();
    let height = |(group, own): (&&Group<'_>, &Colors<'_>)| {
        let legend = legend::flow(&mut Scene::new("", width, 0.0), Rect::new(0.0, 0.0, width, 0.0), &entries(own));
        group.rows.len() as f64 * ROW + FRAME + legend
    };
    let heights: Vec<_> = lossy.iter().zip(&own).map(height).collect();
    let cells = sheet.grid(columns, &heights);
    for ((area, group), own) in cells.into_iter().zip(lossy).zip(&own) {
        let area = headed(&mut sheet.scene, area, &group.title);
        let used = legend::flow(&mut sheet.scene, area, &entries(own));
        let area = area.inset(0.0, used, 0.0, 0.0);
        panel(&mut sheet.scene, area, group, if shared { &colors } else { own });
    }
    sheet.finish()
}

/// Colours of kinds of loss: Paul Tol's "light" scheme and, for rare kinds, the two dark ends of his "medium contrast".
const KINDS: [Color; 10] = [
    Color(0xEE, 0x88, 0x66),
    Color(0x77, 0xAA, 0xDD),
    Color(0xBB, 0xCC, 0x33),
    Color(0xFF, 0xAA, 0xBB),
    Color(0x44, 0xBB, 0x99),
    Color(0xEE, 0xDD, 0x88),
    Color(0x99, 0xDD, 0xFF),
    Color(0xAA, 0xAA, 0x00),
    Color(0x00, 0x44, 0x88),
    Color(0x99, 0x44, 0x55),
];

/// The colour of rejected operations.
const REFUSED: Color = Color(0xC3, 0xCA, 0xD2);

/// The colour of each kind. The eleventh and all further ones share one: with more colours, not everybody could tell them
/// apart.
#[derive(Default)]
struct Colors<'a>(BTreeMap<&'a str, Color>);

impl<'a> Colors<'a> {
    /// The kinds of these groups. Where there are too many, the most frequent ones get colours.
    fn of(groups: &[&Group<'a>]) -> Self {
        let mut rates: BTreeMap<&'a str, f64> = BTreeMap::new();
        for (kind, rate) in groups.iter().flat_map(|group| &group.rows).flat_map(kinds) {
            *rates.entry(kind).or_default() += rate;
        }
        let mut order: Vec<_> = rates.iter().collect();
        if order.len() > KINDS.len() {
            order.sort_by(|one, other| other.1.total_cmp(one.1));
        }
        let colors =
            order.iter().enumerate().map(|(index, (kind, _))| (**kind, KINDS.get(index).copied().unwrap_or(AXIS)));
        Self(colors.collect())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A line of the legend for each kind.
fn entries<'a>(colors: &Colors<'a>) -> Vec<Entry<'a>> {
    let kinds = colors.0.iter().map(|(name, color)| Entry { sign: Sign::Fill(*color), name });
    let rejected = Entry { sign: Sign::Fill(REFUSED), name: "rejected" };
    kinds.chain((!colors.0.is_empty()).then_some(rejected)).collect()
}

/// Losses per 1,000 operations, by kind.
fn kinds<'a>(row: &Row<'a>) -> BTreeMap<&'a str, f64> {
    let counts = row.counts(&LOST_INTENTS).unwrap_or_default();
    let total: u64 = counts.values().sum();
    let rate = row.lost_per_1000().map_or(0.0, |rate| rate.value);
    counts.into_iter().map(|(kind, count)| (kind, rate * count as f64 / total as f64)).collect()
}

fn panel(scene: &mut Scene, area: Rect, group: &Group<'_>, colors: &Colors<'_>) {
    let names: Vec<_> = group.rows.iter().map(|row| row.strategy).collect();
    let plot = named_rows(scene, area, &names, 52.0);
    let most = group.rows.iter().map(|row| kinds(row).values().sum::<f64>() + rejected(row)).fold(0.0, f64::max);
    let scale = Scale::linear(0.0, most);
    axes::x_axis(scene, plot, &scale, "not kept per 1,000 operations", true);
    for (index, row) in group.rows.iter().enumerate() {
        let middle = plot.y + (index as f64 + 0.5) * ROW;
        let mut sum = 0.0;
        let place = |value: f64| plot.x + scale.place(value) * plot.w;
        let lost = kinds(row).into_iter().map(|(kind, rate)| (rate, colors.0.get(kind).copied().unwrap_or(AXIS)));
        for (rate, color) in lost.chain([(rejected(row), REFUSED)]).filter(|(rate, _)| *rate > 0.0) {
            let (left, right) = (place(sum), place(sum + rate));
            sum += rate;
            scene.fill(Rect::new(left, middle - 7.5, (right - left - 1.0).max(1.0), 15.0), color);
        }
        let judged = row.counts(&LOST_INTENTS).is_some();
        let (value, color) = if judged { (figure(sum), INK) } else { (missing(row).to_owned(), MUTED) };
        let room = plot.right() + 52.0 - place(sum) - 6.0;
        let value = text::fit(&value, SMALL, room);
        scene.text(at(place(sum) + 6.0, middle + SMALL * 0.3), value, SMALL, Anchor::Start, color);
    }
    scene.line(vec![at(plot.x, plot.y), at(plot.x, plot.bottom())], AXIS, 1.0);
}

/// Rejections per 1,000 operations; none where losses were not judged.
fn rejected(row: &Row<'_>) -> f64 {
    let judged = row.counts(&LOST_INTENTS).is_some();
    row.rejected_per_1000().filter(|_| judged).map_or(0.0, |rate| rate.value)
}

fn missing(row: &Row<'_>) -> &'static str {
    if row.measured().next().is_some() { "not judged" } else { "no figure" }
}
