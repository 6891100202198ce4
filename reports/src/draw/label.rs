//! Labels at points: each beside its point where there is room, with a leader line where there is not.

use super::scene::{Anchor, Color, MUTED, Point, Rect, Scene, at};
use super::text;

/// A point with its name.
#[derive(Clone, Debug)]
pub struct Label {
    /// The point.
    pub point: Point,
    /// The name.
    pub text: String,
    /// The colour of its leader line.
    pub color: Color,
}

/// How far a label keeps from what it must not cover.
const AIR: f64 = 2.0;

/// Places labels inside `area` so that they cover neither each other nor any point.
pub fn place(scene: &mut Scene, area: Rect, labels: &[Label], size: f64) {
    let mut taken: Vec<Rect> = labels.iter().map(|label| around(label.point, 6.0)).collect();
    for label in labels {
        let chosen = candidates(label, area, size).min_by(|a, b| {
            let cost = |rect: &Rect| taken.iter().map(|other| padded(rect).overlap(other)).sum::<f64>();
            let (a, b) = ((cost(&a.0), a.1), (cost(&b.0), b.1));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let Some((rect, far)) = chosen else { continue };
        if far > 14.0 {
            let near = at(label.point.x.clamp(rect.x, rect.right()), label.point.y.clamp(rect.y, rect.bottom()));
            scene.line(vec![label.point, near], label.color, 1.0);
        }
        scene.text(at(rect.x, rect.y + size * 0.66), &label.text, size, Anchor::Start, MUTED);
        taken.push(rect);
    }
}

/// Boxes around the point in growing rings, with how far away they are; only those inside the area.
fn candidates(label: &Label, area: Rect, size: f64) -> impl Iterator<Item = (Rect, f64)> {
    let (w, h) = (text::width(&label.text, size), size * 0.84);
    let Point { x, y } = label.point;
    let rings = (0..14).map(|ring| 9.0 + f64::from(ring) * 11.0);
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
