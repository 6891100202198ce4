//! Labels at points: beside the point where there is room, otherwise farther away with a leader line.

use super::geometry::{Anchor, Point, Rect, at};
use super::scene::{Color, Scene, Tag};
use super::text;

/// A point with its name.
#[derive(Clone, Debug)]
pub struct Label {
    /// The point.
    pub point: Point,
    /// Its name, and shorter ones for where there is less room.
    pub texts: Vec<String>,
    /// The colour of its leader line.
    pub color: Color,
    /// The colour of its letters.
    pub ink: Color,
    /// What it belongs to.
    pub tag: Tag,
}

/// The least distance of a label from other items.
const AIR: f64 = 2.0;
/// The distance beyond which a label gets a leader line.
const NEAR: f64 = 12.0;

/// Places labels inside `area` so that they cover neither each other, nor any point, nor `lines`. Returns the
/// labels for which there is no room.
pub fn place(scene: &mut Scene, area: Rect, labels: &[Label], lines: &[Point], size: f64) -> Vec<String> {
    let mut unplaced = Vec::new();
    let points = labels.iter().map(|label| around(label.point, 8.0));
    let mut taken: Vec<Rect> = points.chain(along(lines).map(|point| around(point, 2.0))).collect();
    let mut free_of_leaders: Vec<Rect> = Vec::new();
    for label in labels {
        let free = |rect: &Rect, far: f64| {
            let leader = if far > NEAR { vec![label.point, nearest(rect, label.point)] } else { Vec::new() };
            let crosses = |point: Point| free_of_leaders.iter().any(|other| around(point, 1.0).overlap(other) > 0.0);
            taken.iter().all(|other| padded(rect).overlap(other) == 0.0) && !along(&leader).any(crosses)
        };
        let mut spots = label
            .texts
            .iter()
            .flat_map(|text| candidates(label.point, text, area, size).map(move |(rect, far)| (text, rect, far)));
        let Some((text, rect, far)) = spots.find(|(_, rect, far)| free(rect, *far)) else {
            unplaced.extend(label.texts.first().cloned());
            continue;
        };
        scene.tagged(label.tag.clone(), |scene| {
            if far > NEAR {
                let leader = vec![label.point, nearest(&rect, label.point)];
                taken.extend(along(&leader).map(|point| around(point, 2.0)));
                scene.line(leader, label.color, 1.0);
            }
            scene.text(at(rect.x, rect.y + size * 0.66), text, size, Anchor::Start, label.ink);
        });
        taken.push(rect);
        free_of_leaders.push(rect);
    }
    unplaced
}

/// The point of a box next to `point`.
fn nearest(rect: &Rect, point: Point) -> Point {
    at(point.x.clamp(rect.x, rect.right()), point.y.clamp(rect.y, rect.bottom()))
}

/// Points along a line, close enough that no label fits between them.
fn along(line: &[Point]) -> impl Iterator<Item = Point> + '_ {
    line.windows(2).flat_map(|pair| {
        let (dx, dy) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
        let steps = ((dx * dx + dy * dy).sqrt() / 5.0).ceil().max(1.0);
        (0..=steps as usize).map(move |n| at(pair[0].x + dx * n as f64 / steps, pair[0].y + dy * n as f64 / steps))
    })
}

/// Boxes around the point in growing rings, with their distance; only boxes inside the area.
fn candidates(point: Point, text: &str, area: Rect, size: f64) -> impl Iterator<Item = (Rect, f64)> + use<> {
    let (w, h) = (text::width(text, size), size * 0.84);
    let Point { x, y } = point;
    let rings = (0..20).map(|ring| 11.0 + f64::from(ring) * 9.0);
    let all = rings.flat_map(move |r| {
        let sides = [
            (x + r, y - h / 2.0),
            (x - r - w, y - h / 2.0),
            (x - w / 2.0, y - r - h),
            (x - w / 2.0, y + r),
            (x + r * 0.7, y - r * 0.7 - h),
            (x + r * 0.7, y + r * 0.7),
            (x - r * 0.7 - w, y - r * 0.7 - h),
            (x - r * 0.7 - w, y + r * 0.7),
        ];
        sides.map(|(left, top)| (Rect::new(left, top, w, h), r))
    });
    all.filter(move |(rect, _)| area.holds(rect))
}

fn around(point: Point, radius: f64) -> Rect {
    Rect::new(point.x - radius, point.y - radius, 2.0 * radius, 2.0 * radius)
}

fn padded(rect: &Rect) -> Rect {
    Rect::new(rect.x - AIR, rect.y - AIR, rect.w + 2.0 * AIR, rect.h + 2.0 * AIR)
}
