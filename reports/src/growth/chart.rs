//! One chart for each axis and family of figures: a panel for each figure, a line for each strategy, its exponent at its end.

use syncbench_harness::growth::{Axis, FIGURES, Family, Figure};

use super::steepness::exponent;
use super::{Studied, Study};
use crate::draw::axes::Plot;
use crate::draw::ends::{self, End};
use crate::draw::geometry::Rect;
use crate::draw::palette::{Palette, family_of};
use crate::draw::panel::{Sheet, headed};
use crate::draw::scale::Scale;
use crate::draw::scene::{Scene, Tag};
use crate::draw::text::{self, SMALL};
use crate::format::{count, figure as short};

/// A chart and the name of its files.
pub struct Charted {
    /// Without an ending: `clients-memory`.
    pub name: String,
    /// What it shows, for a reader who does not see it.
    pub title: String,
    /// The picture.
    pub scene: Scene,
}

/// The least height of a panel.
const HEIGHT: f64 = 300.0;
/// Charts narrower than this have one panel a row.
const NARROW: f64 = 800.0;

/// Every chart of which something was measured, by axis.
pub fn charts(study: &Study<'_>, width: f64) -> Vec<Charted> {
    let strategies: Vec<_> = study.curves.strategies().into_iter().map(|name| (name, family_of(name, ""))).collect();
    let palette = Palette::new(&strategies);
    let pairs = Axis::ALL.into_iter().flat_map(|axis| Family::ALL.map(|family| (axis, family)));
    pairs.filter_map(|(axis, family)| chart(study, axis, family, &palette, width)).collect()
}

/// A strategy's line.
struct Line<'a> {
    strategy: &'a str,
    /// With its exponent.
    label: String,
    points: Vec<(f64, f64)>,
}

fn lines<'s>(study: &'s Study<'_>, axis: Axis, figure: &Figure) -> Vec<Line<'s>> {
    let of_axis = study.all().filter(|one| one.curve.axis == axis);
    let line = |one: Studied<'s>| {
        let points = one.curve.medians(figure.name);
        let grows = one.fit(figure).map_or(String::new(), |fit| format!(" {}", exponent(fit)));
        let strategy = one.curve.strategy.as_str();
        let label = format!("{strategy}{grows}");
        let drawn = points.len() > 1 && points.iter().any(|(_, y)| *y > 0.0);
        drawn.then_some(Line { strategy, label, points })
    };
    of_axis.filter_map(line).collect()
}

fn chart(study: &Study<'_>, axis: Axis, family: Family, palette: &Palette, width: f64) -> Option<Charted> {
    let panels: Vec<(&Figure, Vec<Line<'_>>)> = FIGURES
        .iter()
        .filter(|figure| figure.family == family && figure.shown)
        .map(|figure| (figure, lines(study, axis, figure)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    let title = format!("{} against {axis}", heading(family));
    let about = format!(
        "Both axes are logarithmic. The number at a line's end is its exponent: 1 means that ten times the {axis} cost ten \
         times as much; flat, that they cost the same. Lines that end at one place share a name."
    );
    let x =
        Scale::log(panels.iter().flat_map(|(_, lines)| lines).flat_map(|line| line.points.iter().map(|(x, _)| *x)))?;
    let mut sheet = Sheet::new(&title, &about, false, width);
    sheet.scene.measure = "median".to_owned();
    let most = panels.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
    let height = (most as f64 * ends::LABEL + 90.0).max(HEIGHT);
    let cells = sheet.grid(if width < NARROW { 1 } else { 2 }, &vec![height; panels.len()]);
    for (area, (figure, lines)) in cells.into_iter().zip(panels) {
        panel(&mut sheet.scene, area, (axis, x), figure, lines, palette);
    }
    Some(Charted { name: format!("{axis}-{}", family.name()), title, scene: sheet.finish() })
}

fn heading(family: Family) -> &'static str {
    match family {
        Family::Time => "Processor time of an operation",
        Family::Traffic => "Bytes on the wire for an operation",
        Family::Memory => "Memory",
        Family::Storage => "Storage, first sync and load",
    }
}

fn panel(
    scene: &mut Scene,
    area: Rect,
    (axis, x): (Axis, Scale),
    figure: &Figure,
    lines: Vec<Line<'_>>,
    palette: &Palette,
) {
    let area = headed(scene, area, &capital(figure.label));
    let Some(y) = Scale::log(lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y))) else { return };
    let widest = lines.iter().map(|line| text::width(&line.label, SMALL)).fold(0.0, f64::max);
    let room = (widest + 60.0).min(area.w * 0.45);
    let plot = Plot::new(scene, area.inset(0.0, 0.0, room, 0.0), (x, axis.name()), (y, figure.unit));
    let mut right = Vec::new();
    for Line { strategy, label, points } in &lines {
        let look = palette.look(strategy);
        let places: Vec<_> = points.iter().map(|(x, y)| plot.at(*x, *y)).collect();
        right.extend(places.last().map(|end| End { point: *end, name: label, look }));
        let tag = Tag::figures(strategy, axis.name(), "");
        scene.tagged(tag, |scene| scene.dashed_by(places.clone(), look.color, 2.0, look.dash()));
        for (place, (x, y)) in places.into_iter().zip(points) {
            let figures = format!("{} {} at {} {axis}", short(*y), figure.unit, count(*x as u64));
            scene.tagged(Tag::figures(strategy, axis.name(), figures), |scene| scene.mark(place, 4.0, look));
        }
    }
    ends::write(scene, plot.area, room, right);
}

/// With a capital at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::curves;
    use super::*;

    #[test]
    fn a_chart_for_each_axis_and_family_that_was_measured() {
        let curves = curves();
        let charts = charts(&Study::new(&curves), 1000.0);
        let names: Vec<_> = charts.iter().map(|chart| chart.name.as_str()).collect();
        assert_eq!(
            names,
            ["operations-processor", "operations-memory", "operations-storage", "clients-traffic", "items-memory"]
        );
        let texts: Vec<_> = charts[0].scene.texts().into_iter().map(|(_, text)| text.to_owned()).collect();
        assert!(texts.iter().any(|text| text == "crdt-yrs 2.00"), "{texts:?}");
        assert!(texts.iter().any(|text| text == "serial flat"), "{texts:?}");
    }

    #[test]
    fn no_label_leaves_the_picture_at_any_width() {
        for width in [400.0, 800.0, 1400.0] {
            let curves = curves();
            for chart in charts(&Study::new(&curves), width) {
                for (bounds, text) in chart.scene.texts() {
                    let inside = bounds.x >= 0.0 && bounds.right() <= chart.scene.width + 0.5 && bounds.y >= 0.0;
                    assert!(inside, "{width}: {text} at {bounds:?}");
                }
            }
        }
    }
}
