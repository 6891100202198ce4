//! A story as a space-time diagram: a line for each replica, time downwards, messages across.
//!
//! Time is stretched where much happens and squeezed where nothing does, so that every label has room. Moments are written
//! at the left.

use std::collections::BTreeMap;

use crate::draw::geometry::{Anchor, Point, Rect, at};
use crate::draw::palette::COLORS;
use crate::draw::scene::{Color, GRID, INK, Item, MUTED, PAPER, Scene};
use crate::draw::text::{self, BODY, HEADING, SMALL, TITLE};
use crate::format::figure;

/// A story.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// Its heading.
    pub title: String,
    /// The replicas, left to right.
    pub lanes: Vec<Lane>,
    /// What happens at one replica.
    pub events: Vec<DiagramEvent>,
    /// What travels between replicas.
    pub messages: Vec<DiagramMessage>,
    /// What the oracles found, in words; written below.
    pub findings: Vec<String>,
    /// Whether moments are the numbers of steps, not milliseconds.
    pub by_step: bool,
}

/// A replica.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub label: String,
    /// Its colour, if it has one of its own; dark enough for white letters.
    pub color: Option<Color>,
}

/// Something that happens at one replica.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagramEvent {
    /// When.
    pub at_ms: f64,
    /// Index of the replica.
    pub lane: usize,
    /// What, in a few words.
    pub label: String,
    /// Of which kind.
    pub kind: EventKind,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The user acts.
    Action,
    /// What the user sees from now on.
    State,
    /// The user's operation is rejected.
    Rejected,
    /// A note.
    Note,
}

/// Something that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct DiagramMessage {
    /// Index of the sender.
    pub from_lane: usize,
    /// Index of the receiver.
    pub to_lane: usize,
    /// When it left.
    pub sent_ms: f64,
    /// When it arrived; `None` when it was lost.
    pub arrived_ms: Option<f64>,
    /// What it carries, in a few words.
    pub label: String,
}

/// Room for the moments at the left.
const GUTTER: f64 = 92.0;
/// The narrowest lane.
const LANE: f64 = 190.0;
/// The width of a diagram, unless its lanes need more.
const WIDTH: f64 = 1000.0;
/// Where the first moment is.
const TOP: f64 = 104.0;
/// Height of a line of a label.
const LINE: f64 = 19.0;
/// Space inside a label's box, above and below together.
const PAD: f64 = 9.0;
/// The least and the most space between two moments.
const GAPS: (f64, f64) = (26.0, 84.0);
const RED: Color = Color(0xC4, 0x2B, 0x1C);

/// A label's box.
struct Pill<'a> {
    event: &'a DiagramEvent,
    lines: Vec<String>,
    rect: Rect,
    lane: Color,
}

impl Diagram {
    /// The diagram as a scene, ready for [`Scene::svg`] and [`Scene::png`]. Events and messages that name no lane are
    /// left out.
    pub fn scene(&self) -> Scene {
        let layout = Layout::new(self);
        let findings = self.findings.len() as f64 * (LINE + 4.0);
        let mut scene = Scene::new(self.title.as_str(), layout.width, layout.bottom + 52.0 + findings);
        scene.heading(at(24.0, 38.0), text::fit(&self.title, TITLE, layout.width - 48.0), TITLE);
        layout.lanes(self, &mut scene);
        let mut taken: Vec<Rect> = layout.pills.iter().map(|pill| pill.rect).collect();
        let messages: Vec<_> = self.messages.iter().filter_map(|message| layout.path(message)).collect();
        messages.iter().for_each(|path| path.draw(&mut scene));
        messages.iter().for_each(|path| path.name(&mut scene, &mut taken));
        layout.pills.iter().for_each(|pill| pill.draw(&mut scene));
        let left = GUTTER - 18.0;
        self.legend(at(left, layout.bottom + 32.0), &mut scene);
        for (index, finding) in self.findings.iter().enumerate() {
            let place = at(left, layout.bottom + 58.0 + index as f64 * (LINE + 4.0));
            let finding = text::fit(finding, BODY, layout.width - left - 14.0);
            scene.text(place, finding, BODY, Anchor::Start, RED);
        }
        scene
    }

    /// What the boxes mean, for those that occur.
    fn legend(&self, place: Point, scene: &mut Scene) {
        let mut x = place.x;
        for (kind, words) in [
            (EventKind::Action, "the user acts"),
            (EventKind::State, "what this replica shows"),
            (EventKind::Rejected, "rejected"),
            (EventKind::Note, "note"),
        ] {
            if !self.events.iter().any(|event| event.kind == kind) {
                continue;
            }
            let (border, ground, _) = look(kind, MUTED);
            let rect = Rect::new(x, place.y - 11.0, 24.0, 14.0);
            scene.fill(rect, border);
            scene.fill(rect.inset(1.5, 1.5, 1.5, 1.5), ground);
            scene.text(at(x + 31.0, place.y), words, SMALL, Anchor::Start, MUTED);
            x += 31.0 + text::width(words, SMALL) + 26.0;
        }
        if !self.messages.is_empty() {
            let y = place.y - 4.0;
            scene.line(vec![at(x, y), at(x + 20.0, y)], MUTED, 2.0);
            scene.area(vec![at(x + 28.0, y), at(x + 18.0, y - 5.0), at(x + 18.0, y + 5.0)], MUTED, 1.0);
            scene.text(at(x + 35.0, place.y), "a message, in its sender's colour", SMALL, Anchor::Start, MUTED);
        }
    }
}

struct Layout<'a> {
    width: f64,
    lane: f64,
    lanes: usize,
    bottom: f64,
    moments: Vec<(f64, f64)>,
    pills: Vec<Pill<'a>>,
    colors: Vec<Color>,
}

impl<'a> Layout<'a> {
    fn new(diagram: &'a Diagram) -> Self {
        let lanes = diagram.lanes.len();
        let lane = ((WIDTH - GUTTER) / lanes.max(1) as f64).clamp(LANE, 420.0);
        let width = (GUTTER + lane * lanes as f64).max(WIDTH / 2.0);
        let colors = diagram.lanes.iter().enumerate().map(|(index, lane)| lane.color.unwrap_or_else(|| color(index)));
        let colors = colors.collect();
        let mut layout = Self { width, lane, lanes, bottom: TOP, moments: Vec::new(), pills: Vec::new(), colors };
        layout.place_moments(diagram);
        layout.place_pills(diagram);
        layout
    }

    fn x(&self, lane: usize) -> f64 {
        GUTTER + (lane as f64 + 0.5) * self.lane
    }

    fn y(&self, ms: f64) -> f64 {
        self.moments.iter().find(|(moment, _)| *moment == ms).map_or(TOP, |(_, y)| *y)
    }

    fn lines(&self, event: &DiagramEvent) -> Vec<String> {
        text::lines(&event.label, BODY, (self.lane * 0.72).min(250.0))
    }

    /// Gives every moment its height: more time gets more space, within bounds, and the labels of the one before fit.
    fn place_moments(&mut self, diagram: &Diagram) {
        let events = diagram.events.iter().map(|event| event.at_ms);
        let messages = diagram.messages.iter().flat_map(|one| [Some(one.sent_ms), one.arrived_ms]).flatten();
        let mut times: Vec<f64> = events.chain(messages).filter(|ms| ms.is_finite()).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let span = times.last().zip(times.first()).map_or(1.0, |(last, first)| (last - first).max(1e-9));
        let mut y = TOP;
        for (index, ms) in times.iter().enumerate() {
            self.moments.push((*ms, y));
            let next = times.get(index + 1).map_or(0.0, |next| (next - ms) / span * 46.0 * times.len() as f64);
            y += next.clamp(GAPS.0, GAPS.1).max(self.needed(diagram, *ms) + 8.0);
        }
        self.bottom = y;
    }

    /// The height of the tallest stack of labels at one moment.
    fn needed(&self, diagram: &Diagram, ms: f64) -> f64 {
        let mut stacks: BTreeMap<usize, f64> = BTreeMap::new();
        for event in diagram.events.iter().filter(|event| event.at_ms == ms) {
            *stacks.entry(event.lane).or_default() += self.lines(event).len() as f64 * LINE + PAD + 4.0;
        }
        stacks.into_values().fold(0.0, f64::max)
    }

    fn place_pills(&mut self, diagram: &'a Diagram) {
        for event in diagram.events.iter().filter(|event| event.lane < self.lanes && event.at_ms.is_finite()) {
            let lines = self.lines(event);
            let widest = lines.iter().map(|line| text::width(line, BODY)).fold(0.0, f64::max);
            let (w, h) = (widest + 18.0, lines.len() as f64 * LINE + PAD);
            let above =
                self.pills.iter().filter(|pill| pill.event.lane == event.lane && pill.event.at_ms == event.at_ms);
            let top = above.map(|pill| pill.rect.bottom() + 4.0).fold(self.y(event.at_ms) - 12.0, f64::max);
            let rect = Rect::new(self.x(event.lane) - w / 2.0, top, w, h);
            self.pills.push(Pill { event, lines, rect, lane: self.colors[event.lane] });
        }
    }

    fn lanes(&self, diagram: &Diagram, scene: &mut Scene) {
        for (lane, Lane { label, .. }) in diagram.lanes.iter().enumerate() {
            let (x, color) = (self.x(lane), self.colors[lane]);
            scene.line(vec![at(x, TOP - 26.0), at(x, self.bottom + 10.0)], color, 2.0);
            let label = text::fit(label, HEADING, self.lane - 30.0);
            scene.fill(Rect::new(x - 6.0, TOP - 32.0, 12.0, 12.0), color);
            let (place, anchor) = (at(x, TOP - 40.0), Anchor::Middle);
            let text = crate::format::plain(&label);
            scene.items.push(Item::Text { place, text, size: HEADING, anchor, color: INK, bold: true });
        }
        let mut free = f64::NEG_INFINITY;
        for (ms, y) in &self.moments {
            scene.line(vec![at(GUTTER - 18.0, *y), at(self.width - 14.0, *y)], GRID, 1.0);
            if *y >= free {
                let number = figure(*ms);
                let moment = if diagram.by_step { format!("step {number}") } else { format!("{number} ms") };
                scene.text(at(GUTTER - 24.0, y + SMALL * 0.3), moment, SMALL, Anchor::End, MUTED);
                free = y + SMALL;
            }
        }
    }

    fn path(&self, message: &'a DiagramMessage) -> Option<Path<'a>> {
        let DiagramMessage { from_lane, to_lane, sent_ms, arrived_ms, label } = message;
        let known = *from_lane < self.lanes && *to_lane < self.lanes && from_lane != to_lane;
        if !known || !sent_ms.is_finite() {
            return None;
        }
        let (from, to) = (self.x(*from_lane), self.x(*to_lane));
        let side = if to > from { 1.0 } else { -1.0 };
        // The first label of a moment is at the height of its messages.
        let edge = |lane: usize, ms: f64| {
            let first = self.pills.iter().find(|pill| pill.event.lane == lane && pill.event.at_ms == ms);
            first.map_or(0.0, |pill| pill.rect.w / 2.0)
        };
        let start = at(from + side * edge(*from_lane, *sent_ms), self.y(*sent_ms));
        let end = match arrived_ms.filter(|ms| ms.is_finite()) {
            Some(ms) => at(to - side * (edge(*to_lane, ms) + 3.0), self.y(ms)),
            None => at(start.x + (to - start.x) * 0.55, start.y + 20.0),
        };
        Some(Path { start, end, lost: arrived_ms.is_none(), color: self.colors[*from_lane], label })
    }
}

/// A message on its way.
struct Path<'a> {
    start: Point,
    end: Point,
    lost: bool,
    color: Color,
    label: &'a str,
}

impl Path<'_> {
    fn draw(&self, scene: &mut Scene) {
        let Point { x, y } = self.end;
        if self.lost {
            scene.dashed(vec![self.start, self.end], self.color, 2.0);
            for sign in [-1.0, 1.0] {
                scene.line(vec![at(x - 6.0, y - 6.0 * sign), at(x + 6.0, y + 6.0 * sign)], RED, 2.5);
            }
            return;
        }
        scene.line(vec![self.start, self.end], self.color, 2.0);
        let (dx, dy) = (x - self.start.x, y - self.start.y);
        let length = (dx * dx + dy * dy).sqrt().max(1.0);
        let (ux, uy) = (dx / length * 11.0, dy / length * 11.0);
        let corner = |turn: f64| at(x - ux - uy * 0.45 * turn, y - uy + ux * 0.45 * turn);
        scene.area(vec![self.end, corner(1.0), corner(-1.0)], self.color, 1.0);
    }

    /// Writes the label on the line, at the place where it covers least.
    fn name(&self, scene: &mut Scene, taken: &mut Vec<Rect>) {
        if self.label.is_empty() {
            return;
        }
        let label = text::fit(self.label, SMALL, 220.0);
        let (w, h) = (text::width(&label, SMALL) + 8.0, SMALL + 3.0);
        let spot = |share: f64| {
            let (x, y) = (
                self.start.x + (self.end.x - self.start.x) * share,
                self.start.y + (self.end.y - self.start.y) * share,
            );
            Rect::new(x - w / 2.0, y - h / 2.0, w, h)
        };
        let spots = [0.42, 0.5, 0.34, 0.58, 0.66, 0.26, 0.74, 0.18, 0.82].map(spot);
        let cost = |rect: &Rect| taken.iter().map(|other| rect.overlap(other)).sum::<f64>();
        let Some(rect) = spots.into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b))) else { return };
        scene.fill(rect, PAPER);
        let color = if self.lost { RED } else { MUTED };
        scene.text(at(rect.x + w / 2.0, rect.y + h * 0.72), label, SMALL, Anchor::Middle, color);
        taken.push(rect);
    }
}

impl Pill<'_> {
    fn draw(&self, scene: &mut Scene) {
        let (border, ground, ink) = look(self.event.kind, self.lane);
        scene.fill(self.rect, border);
        scene.fill(self.rect.inset(1.5, 1.5, 1.5, 1.5), ground);
        for (index, line) in self.lines.iter().enumerate() {
            let y = self.rect.y + PAD / 2.0 + (index as f64 + 0.5) * LINE + BODY * 0.31;
            scene.text(at(self.rect.x + self.rect.w / 2.0, y), line, BODY, Anchor::Middle, ink);
        }
    }
}

/// Border, ground and letters of a label on a lane of this colour.
fn look(kind: EventKind, lane: Color) -> (Color, Color, Color) {
    match kind {
        EventKind::Action => (lane, lane, PAPER),
        EventKind::State => (lane, PAPER, INK),
        EventKind::Rejected => (RED, PAPER, RED),
        EventKind::Note => (GRID, PAPER, MUTED),
    }
}

/// Colours of lanes, dark enough for white letters.
fn color(lane: usize) -> Color {
    let Color(r, g, b) = COLORS[[6, 0, 1, 2, 3, 4, 5, 7][lane % 8]];
    let darker = |value: u8| (u16::from(value) * 4 / 5) as u8;
    Color(darker(r), darker(g), darker(b))
}
