//! Names at the right ends of lines: a column beside the plot, in which no name covers another. Lines that end at one place
//! share a name.

use super::cluster::named;
use super::geometry::{Anchor, Point, Rect, at};
use super::palette::Look;
use super::scene::{AXIS, INK, Scene, Tag};
use super::text::{self, SMALL};

/// The right end of a strategy's line.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Where it ends.
    pub point: Point,
    /// The strategy.
    pub name: &'a str,
    /// How it looks.
    pub look: Look,
}

/// A label and the air around it.
pub const LABEL: f64 = SMALL + 3.0;
/// From the plot to the first mark.
const LEADER: f64 = 20.0;
/// From one mark to the next.
const MARK: f64 = 11.0;
/// Most marks before a name.
const MARKS: usize = 3;
/// Lines whose ends are nearer than this share a name.
const SAME: f64 = 4.0;
/// Most names in a label.
const NAMES: usize = 4;

/// Writes names right of `plot`, at most `room` pixels wide.
pub fn write(scene: &mut Scene, plot: Rect, room: f64, mut ends: Vec<End<'_>>) {
    ends.sort_by(|a, b| a.point.y.total_cmp(&b.point.y));
    let shown: Vec<_> = ends.iter().map(|end| end.name).collect();
    let mut clusters: Vec<Vec<End<'_>>> = Vec::new();
    for end in ends {
        match clusters.last_mut() {
            Some(cluster) if end.point.y - cluster[0].point.y < SAME => cluster.push(end),
            _ => clusters.push(vec![end]),
        }
    }
    // A shared name that does not fit is better than names that cover each other, and worse than names of their own.
    let fits = |cluster: &Vec<End<'_>>| {
        let names: Vec<_> = cluster.iter().map(|end| end.name).collect();
        let marks = MARK * cluster.len().min(MARKS) as f64;
        text::width(&shortest(&names, &shown, f64::INFINITY), SMALL) <= room - LEADER - marks
    };
    if shown.len() as f64 * LABEL <= plot.h + LABEL {
        clusters =
            clusters
                .into_iter()
                .flat_map(|cluster| {
                    if fits(&cluster) { vec![cluster] } else { cluster.into_iter().map(|end| vec![end]).collect() }
                })
                .collect();
    }
    let wanted: Vec<_> = clusters.iter().map(|cluster| middle(cluster)).collect();
    for (cluster, y) in clusters.iter().zip(apart(&wanted, plot.y, plot.bottom())) {
        let left = plot.right() + LEADER;
        let from = cluster.iter().map(|end| end.point.x).fold(plot.x, f64::max);
        let leader = vec![at(from + 5.0, middle(cluster)), at(left - 6.0, y)];
        let start = left + MARK * cluster.len().min(MARKS) as f64;
        let names: Vec<_> = cluster.iter().map(|end| end.name).collect();
        let most = (plot.right() + room - start).max(0.0);
        let name = shortest(&names, &shown, most);
        let strategies = names.iter().map(|name| (*name).to_owned()).collect();
        scene.tagged(Tag { strategies, ..Tag::default() }, |scene| {
            scene.line(leader, AXIS, 1.0);
            let marks = cluster.iter().take(MARKS).enumerate();
            marks.for_each(|(n, end)| scene.mark(at(left + n as f64 * MARK, y), 3.5, end.look));
            scene.text(at(start, y + SMALL * 0.3), name, SMALL, Anchor::Start, INK);
        });
    }
}

/// As many names as fit.
fn shortest(names: &[&str], shown: &[&str], most: f64) -> String {
    let mut tried = (2..=NAMES).rev().map(|n| named(names, shown, n));
    let fitting = tried.clone().find(|text| text::width(text, SMALL) <= most);
    fitting.or_else(|| tried.next_back().map(|text| text::fit(&text, SMALL, most))).unwrap_or_default()
}

fn middle(cluster: &[End<'_>]) -> f64 {
    cluster.iter().map(|end| end.point.y).sum::<f64>() / cluster.len() as f64
}

/// Places for labels, ascending and a label's height apart, as near as possible to the wanted ones.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places = Vec::with_capacity(wanted.len());
    let mut free = top;
    for want in wanted {
        let place = want.max(free);
        places.push(place);
        free = place + LABEL;
    }
    let mut floor = bottom.max(top + LABEL * wanted.len().saturating_sub(1) as f64);
    for place in places.iter_mut().rev() {
        *place = place.min(floor);
        floor = *place - LABEL;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_apart_and_near_their_lines() {
        assert_eq!(apart(&[50.0, 100.0], 0.0, 200.0), [50.0, 100.0], "far apart already");
        let many = apart(&[10.0; 12], 0.0, 300.0);
        assert!(many.windows(2).all(|pair| pair[1] - pair[0] >= LABEL - 1e-9) && many[0] >= 0.0, "{many:?}");
        assert!(many[11] <= 300.0);
    }

    #[test]
    fn lines_that_end_together_share_a_name() {
        let look = super::super::palette::Palette::new(&[]).look("");
        let end = |name, y| End { point: at(100.0, y), name, look };
        let mut scene = Scene::new("", 300.0, 100.0);
        let ends = vec![end("crdt-a", 20.0), end("crdt-b", 21.0), end("ot", 70.0)];
        write(&mut scene, Rect::new(0.0, 0.0, 100.0, 100.0), 180.0, ends);
        let texts: Vec<_> = scene.texts().into_iter().map(|(_, text)| text.to_owned()).collect();
        assert_eq!(texts, ["crdt-* (2)", "ot"]);
    }
}
