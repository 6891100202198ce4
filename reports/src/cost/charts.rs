//! The charts of the page: what a product needs as it grows, what one document takes as people come in, and what time adds.

use super::assumption::{MONTHS, PEOPLE};
use super::costs::{Costs, Reader};
use super::limits::{LIMITS, crowded};
use super::needs::{NEEDS, Need};
use super::product::Product;
use crate::draw::axes::Plot;
use crate::draw::ends::{self, End};
use crate::draw::geometry::{Point, Rect, at};
use crate::draw::palette::{Palette, family_of};
use crate::draw::panel::{Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{INK, Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::exact::exact;

/// The least height of a panel.
const HEIGHT: f64 = 330.0;
/// Charts narrower than this have one panel a row.
const NARROW: f64 = 600.0;
/// Length of the dashes where a line is extrapolated.
const DASH: f64 = 4.0;
/// Points of a line in each decade.
const STEPS: u32 = 6;
/// The fewest people of the story.
pub(super) const FEWEST: f64 = 100.0;
/// The most people in one document that are drawn: ten times as many as curves are measured with.
const MOST_CLIENTS: f64 = 1e5;
/// Three years.
const MOST_MONTHS: f64 = 36.0;

/// A chart of the page.
pub struct CostChart {
    /// The name of its file.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it shows and how to read it.
    pub shows: &'static str,
    axis: &'static str,
    panels: fn(&Costs, &Product) -> Vec<Panel>,
}

/// One strategy in one panel.
struct Panel {
    title: String,
    unit: &'static str,
    /// Place, amount, and whether it is read beyond the curves.
    points: Vec<(f64, f64, bool)>,
    /// Whether 1 is where it breaks.
    breaks: bool,
}

/// The charts, in the order of the page.
pub static COST_CHARTS: &[&CostChart] = &[
    &CostChart {
        name: "people",
        title: "What a product needs, from a hundred people on",
        shows: "Each panel: how much of one need (up) against people who use the product (right). Both axes are logarithmic. \
                One decade up per decade to the right: twice the people take twice as much, since documents are independent. \
                Dashed: beyond the measured curves. Strategies that end at one place share a name.",
        axis: "people",
        panels: |costs, product| {
            let needs = ["server_cores", "server_memory_bytes", "server_out_bits_per_s", "stored_bytes"];
            let places = steps(FEWEST, product.get(&PEOPLE).max(FEWEST * 10.0));
            needs
                .iter()
                .filter_map(|name| NEEDS.iter().find(|need| need.name == *name))
                .map(|need| curve(need, costs, &places, |people| product.with(&PEOPLE, people)))
                .collect()
        },
    },
    &CostChart {
        name: "document",
        title: "What one document takes as people come in",
        shows: "Each panel: how much of one limit (up; 1 is all of it) a single document takes against people in it (right). \
                Where a line crosses 1, that limit breaks. Both axes are logarithmic. Dashed: beyond the measured curves.",
        axis: "people in one document",
        panels: |costs, product| {
            let places = steps(1.0, MOST_CLIENTS);
            let drawn = ["server_core", "server_link", "client_processor", "client_memory"];
            LIMITS
                .iter()
                .filter(|limit| drawn.contains(&limit.name))
                .map(|limit| {
                    let taken = |clients: &f64| {
                        let crowded = crowded(product, *clients);
                        let reader = Reader::new(costs, &crowded);
                        let value = (limit.taken)(&reader)?.value;
                        Some((*clients, value, reader.bases().iter().any(|basis| basis.beyond > 1.0)))
                    };
                    let points = places.iter().filter_map(taken).collect();
                    Panel { title: limit.what.to_owned(), unit: "share taken", points, breaks: true }
                })
                .collect()
        },
    },
    &CostChart {
        name: "months",
        title: "What time adds",
        shows: "Each panel: how much (up) after so many months of use (right). Both axes are logarithmic. Flat: the strategy \
                keeps no history. One decade up per decade to the right: history is all that counts. Dashed: beyond the \
                measured curves.",
        axis: "months of use",
        panels: |costs, product| {
            let needs = ["stored_bytes", "client_memory_bytes", "client_load_ms", "server_memory_bytes"];
            let places = steps(1.0, MOST_MONTHS);
            needs
                .iter()
                .filter_map(|name| NEEDS.iter().find(|need| need.name == *name))
                .map(|need| curve(need, costs, &places, |months| product.with(&MONTHS, months)))
                .collect()
        },
    },
];

/// Places evenly apart on a logarithmic axis, with both ends.
fn steps(from: f64, to: f64) -> Vec<f64> {
    let decades = libm::log10(to / from);
    let count = (decades * f64::from(STEPS)).ceil().max(1.0) as u32;
    (0..=count).map(|step| from * libm::exp10(decades * f64::from(step) / f64::from(count))).collect()
}

fn curve(need: &Need, costs: &Costs, places: &[f64], product: impl Fn(f64) -> Product) -> Panel {
    let one = |place: &f64| {
        let product = product(*place);
        let reader = Reader::new(costs, &product);
        let value = (need.of)(&reader)?.value;
        Some((*place, value, reader.bases().iter().any(|basis| basis.beyond > 1.0)))
    };
    let unit = match need.unit {
        super::needs::Unit::Cores => "cores",
        super::needs::Unit::Bytes => "bytes",
        super::needs::Unit::BitsPerS => "bit/s",
        super::needs::Unit::Share => "share",
        super::needs::Unit::Ms => "ms",
    };
    let title = need.meaning.split([':', '.']).next().unwrap_or_default().to_owned();
    Panel { title, unit, points: places.iter().filter_map(one).collect(), breaks: false }
}

impl CostChart {
    /// The chart of these strategies, `width` pixels wide.
    pub fn scene(&self, all: &[Costs], product: &Product, width: f64) -> Scene {
        let mut sheet = Sheet::new(self.title, self.shows, false, width);
        let lines: Vec<Vec<Panel>> = all.iter().map(|costs| (self.panels)(costs, product)).collect();
        let names: Vec<_> = all.iter().map(|costs| (costs.strategy.as_str(), family_of(&costs.strategy, ""))).collect();
        let palette = Palette::new(&names);
        let Some(count) = lines.first().map(Vec::len) else {
            return sheet.nothing("No strategy has curves.");
        };
        let height = (all.len() as f64 * ends::LABEL + 90.0).max(HEIGHT);
        let cells = sheet.grid(if width < NARROW { 1 } else { 2 }, &vec![height; count]);
        for (place, area) in cells.into_iter().enumerate() {
            let drawn: Vec<_> = names.iter().zip(&lines).map(|((name, _), panels)| (*name, &panels[place])).collect();
            self.panel(&mut sheet.scene, area, &drawn, &palette);
        }
        sheet.finish()
    }

    fn panel(&self, scene: &mut Scene, area: Rect, lines: &[(&str, &Panel)], palette: &Palette) {
        let Some((_, first)) = lines.first() else { return };
        let area = headed(scene, area, &first.title);
        let points = || lines.iter().flat_map(|(_, panel)| &panel.points);
        let one = first.breaks.then_some(1.0);
        let (Some(x), Some(y)) =
            (Scale::log(points().map(|(x, ..)| *x)), Scale::log(points().map(|(_, y, _)| *y).chain(one)))
        else {
            return;
        };
        let widest = lines.iter().map(|(name, _)| text::width(name, SMALL)).fold(0.0, f64::max);
        let room = (widest + 60.0).min(area.w * 0.4);
        let plot = Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, self.axis), (y, first.unit));
        if let Some(one) = one {
            let y = plot.at(1.0, one).y;
            scene.dashed(vec![at(plot.area.x, y), at(plot.area.right(), y)], INK, 1.5);
        }
        let mut right = Vec::new();
        for &(name, panel) in lines {
            let look = palette.look(name);
            let place = |(x, y, _): &(f64, f64, bool)| plot.at(*x, *y);
            // Measured and extrapolated stretches, each with its first point in the stretch before.
            let measured = panel.points.iter().take_while(|(.., beyond)| !beyond).count();
            let solid: Vec<Point> = panel.points[..measured].iter().map(place).collect();
            let dashed: Vec<Point> = panel.points[measured.saturating_sub(1)..].iter().map(place).collect();
            scene.tagged(Tag::of(name), |scene| {
                if solid.len() > 1 {
                    scene.line(solid, look.color, 2.0);
                }
                if dashed.len() > 1 {
                    scene.dashed_by(dashed, look.color, 1.5, DASH);
                }
            });
            for point in panel.points.iter().step_by(STEPS as usize) {
                let figures = format!("{} {} at {} {}", exact(point.1), panel.unit, exact(point.0), self.axis);
                scene.tagged(Tag::figures(name, "", figures), |scene| scene.mark(place(point), 4.0, look));
            }
            right.extend(panel.points.last().map(|last| End { point: place(last), name, look }));
        }
        ends::write(scene, plot.area, room, right);
    }
}

#[cfg(test)]
mod tests {
    use super::super::made::{axes, curves, fan_out, keeps_history};
    use super::super::product::tests::million;
    use super::*;

    fn both() -> Vec<Costs> {
        let curves = curves([axes("serial", fan_out), axes("crdt-yrs", keeps_history)].concat());
        Costs::all(&curves, &["serial", "crdt-yrs"])
    }

    #[test]
    fn steps_begin_and_end_where_they_should() {
        let places = steps(100.0, 1e6);
        assert_eq!((places.len(), places[0]), (25, 100.0));
        assert!((places[24] / 1e6 - 1.0).abs() < 1e-9);
    }

    #[test]
    fn every_chart_has_a_line_for_each_strategy_in_each_panel_at_any_width() {
        for chart in COST_CHARTS {
            for width in [390.0, 640.0, 1000.0] {
                let scene = chart.scene(&both(), &million(), width);
                assert_eq!(scene.empty, None);
                for name in ["serial", "crdt-yrs"] {
                    let marks =
                        scene.tags.iter().filter(|(_, tag)| tag.strategies == [name] && !tag.figures.is_empty());
                    assert!(marks.count() >= 8, "{} at {width}: {name}", chart.name);
                }
                let inside = |(area, text): &(Rect, &str)| area.right() <= width + 1.0 || text.is_empty();
                assert!(scene.texts().iter().all(inside), "{} at {width}", chart.name);
            }
        }
    }

    #[test]
    fn what_is_extrapolated_is_dashed() {
        let panels = (COST_CHARTS[1].panels)(&both()[0], &million());
        for panel in panels {
            for (clients, _, beyond) in panel.points {
                assert!(beyond || clients <= 1_000.0, "{clients}");
            }
        }
    }
}
