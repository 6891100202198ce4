//! What trades against what: strategies as points, the Pareto front as steps, what is dominated in grey.

use super::axes::Plot;
use super::cluster::named;
use super::geometry::{Point, Rect, at};
use super::label::{self, Label};
use super::palette::Palette;
use super::scale::Scale;
use super::scene::{AXIS, INK, MUTED, Scene, Tag};
use super::text::{self, SMALL};

/// A strategy's two figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trade {
    /// Its label.
    pub strategy: String,
    /// To the right; less is better.
    pub x: f64,
    /// Upwards; less is better.
    pub y: f64,
    /// Both, as exact as they are worth.
    pub figures: String,
}

/// Points nearer than this share a name.
const SAME: f64 = 11.0;
/// Most names in a label.
const NAMES: usize = 4;

/// Says which points have no name; nothing if all have one.
pub fn unnamed_note(unnamed: &[String]) -> String {
    if unnamed.is_empty() { String::new() } else { format!("Without a name for lack of room: {}.", unnamed.join("; ")) }
}

/// Scales that hold all points.
pub fn scales(points: &[Trade]) -> Option<(Scale, Scale)> {
    Some((Scale::log(points.iter().map(|one| one.x))?, Scale::log(points.iter().map(|one| one.y))?))
}

/// The points that no other beats in one figure while being no worse in the other, ascending to the right.
pub fn front(points: &[Trade]) -> Vec<&Trade> {
    let beaten = |one: &Trade| {
        let beats = |other: &Trade| {
            let no_worse = other.x <= one.x && other.y <= one.y;
            no_worse && (other.x < one.x || other.y < one.y)
        };
        points.iter().any(beats)
    };
    let mut front: Vec<_> = points.iter().filter(|one| !beaten(one)).collect();
    front.sort_by(|a, b| a.x.total_cmp(&b.x));
    front
}

/// Draws points, front and names into `area`, tagged with their condition. Returns the names for which there was no room.
pub fn panel(
    scene: &mut Scene,
    area: Rect,
    (condition, points): (&str, &[Trade]),
    (x, y): (Scale, Scale),
    (x_title, y_title): (&str, &str),
    palette: &Palette,
) -> Vec<String> {
    let plot = Plot::new(scene, area, (x, x_title), (y, y_title));
    let place = |one: &Trade| plot.at(one.x, one.y);
    let front = front(points);
    let steps = steps(&front.iter().map(|one| place(one)).collect::<Vec<_>>(), plot.area);
    scene.line(steps.clone(), AXIS, 1.5);
    let dominated = points.iter().filter(|one| !front.contains(one));
    let tag = |one: &Trade| Tag::figures(&one.strategy, condition, &one.figures);
    for one in dominated.clone() {
        let look = palette.look(&one.strategy).in_color(AXIS);
        scene.tagged(tag(one), |scene| scene.mark(place(one), 5.0, look));
    }
    for one in front.iter().rev() {
        scene.tagged(tag(one), |scene| scene.mark(place(one), 6.0, palette.look(&one.strategy)));
    }
    let shown: Vec<_> = points.iter().map(|one| one.strategy.as_str()).collect();
    let mut clusters: Vec<(Point, Vec<&Trade>)> = Vec::new();
    for one in front.iter().copied().chain(dominated) {
        let point = place(one);
        match clusters.iter_mut().find(|(other, _)| (other.x - point.x).hypot(other.y - point.y) < SAME) {
            Some((_, members)) => members.push(one),
            None => clusters.push((point, vec![one])),
        }
    }
    let labels: Vec<_> = clusters
        .iter()
        .map(|(point, members)| {
            let best = front.contains(&members[0]);
            let names: Vec<_> = members.iter().map(|one| one.strategy.as_str()).collect();
            let look = palette.look(&members[0].strategy);
            let texts =
                (2..=NAMES).rev().map(|n| text::fit(&named(&names, &shown, n), SMALL, plot.area.w * 0.8)).collect();
            let (ink, color) = if best { (INK, look.color) } else { (MUTED, AXIS) };
            let strategies = members.iter().map(|one| one.strategy.clone()).collect();
            let tag = Tag { strategies, condition: condition.to_owned(), figures: String::new() };
            Label { point: *point, texts, color, ink, tag }
        })
        .collect();
    label::place(scene, plot.area.inset(0.0, -10.0, -10.0, 0.0), &labels, &steps, SMALL)
}

/// The border of what the front beats: from the top down to its first point, and on to the right from its last.
fn steps(front: &[Point], area: Rect) -> Vec<Point> {
    let (Some(first), Some(last)) = (front.first(), front.last()) else { return Vec::new() };
    let mut steps = vec![at(first.x, area.y), *first];
    for pair in front.windows(2) {
        steps.extend([at(pair[1].x, pair[0].y), pair[1]]);
    }
    steps.push(at(area.right(), last.y));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(strategy: &str, x: f64, y: f64) -> Trade {
        Trade { strategy: strategy.into(), x, y, figures: String::new() }
    }

    #[test]
    fn the_front_holds_unbeaten_strategies_only() {
        let trades =
            [trade("slow", 90.0, 0.0), trade("fast", 10.0, 7.0), trade("bad", 20.0, 9.0), trade("tie", 10.0, 7.0)];
        let names: Vec<_> = front(&trades).into_iter().map(|trade| trade.strategy.as_str()).collect();
        assert_eq!(names, ["fast", "tie", "slow"]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn the_front_is_drawn_as_steps() {
        let area = Rect::new(0.0, 0.0, 100.0, 100.0);
        let line = steps(&[at(10.0, 50.0), at(60.0, 90.0)], area);
        assert_eq!(line, [at(10.0, 0.0), at(10.0, 50.0), at(60.0, 50.0), at(60.0, 90.0), at(100.0, 90.0)]);
    }
}
