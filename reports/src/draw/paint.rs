//! From a scene to the bytes of a PNG, by plotters.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};

use super::geometry::{Anchor, Point};
use super::scene::{Color, Item, PAPER, Scene};
use super::text::{FAMILY, register};

/// How far below the top of a text plotters puts its baseline, as a share of the font size.
const BASELINE: f64 = 0.5;

/// A PNG is drawn at most at this multiple of its size and averaged down, which smooths edges and the spacing of letters.
const PNG_FINE: u32 = 3;

/// Most pixels of a PNG while it is drawn: 144 MB. A larger picture is drawn less finely.
const MOST_PIXELS: u32 = 48_000_000;

/// The greatest width and height of a picture: beyond it, it is cut off. A chart that keeps to its panels is far smaller.
const LONGEST: f64 = 32_000.0;

impl Scene {
    /// The picture as the bytes of a PNG file.
    pub fn png(&self) -> Vec<u8> {
        let (w, h) = self.size();
        let n =
            (1..=PNG_FINE).rev().find(|n| u64::from(w * n) * u64::from(h * n) <= u64::from(MOST_PIXELS)).unwrap_or(1);
        let h = h.min(MOST_PIXELS / w);
        let mut fine = vec![255; (w * n) as usize * (h * n) as usize * 3];
        paint(self, BitMapBackend::with_buffer(&mut fine, (w * n, h * n)), n);
        encode(&averaged(&fine, (w as usize, h as usize), n as usize), w, h)
    }

    /// In whole pixels, which are few enough to be multiplied.
    pub(super) fn size(&self) -> (u32, u32) {
        let whole = |length: f64| if length >= 1.0 { length.ceil().min(LONGEST) as u32 } else { 1 };
        (whole(self.width), whole(self.height))
    }
}

fn paint(scene: &Scene, backend: BitMapBackend<'_>, fine: u32) {
    register();
    let area = backend.into_drawing_area();
    let drawn = area.fill(&rgb(PAPER)).and_then(|()| {
        scene.items.iter().try_for_each(|item| stroke(&area, item, fine))?;
        area.present()
    });
    // The backend writes to memory and the font is built in, so nothing can fail.
    drawn.expect("drawing to memory");
}

/// A surface that plotters draws on.
type Surface<'b> = DrawingArea<BitMapBackend<'b>, Shift>;
/// What could go wrong on it.
type Failure<'b> = DrawingAreaErrorKind<<BitMapBackend<'b> as DrawingBackend>::ErrorType>;

fn stroke<'b>(area: &Surface<'b>, item: &Item, fine: u32) -> Result<(), Failure<'b>> {
    let k = f64::from(fine);
    let pixel = |point: &Point| ((point.x * k).round() as i32, (point.y * k).round() as i32);
    match item {
        Item::Line { points, color, width, dash } => {
            let style = ShapeStyle { color: rgb(*color).to_rgba(), filled: false, stroke_width: (width * k) as u32 };
            let pieces = if *dash > 0.0 { dashes(points, *dash) } else { vec![points.clone()] };
            pieces
                .iter()
                .try_for_each(|piece| area.draw(&PathElement::new(piece.iter().map(pixel).collect::<Vec<_>>(), style)))
        }
        Item::Area { points, color, alpha } => {
            area.draw(&Polygon::new(points.iter().map(pixel).collect::<Vec<_>>(), rgb(*color).mix(*alpha).filled()))
        }
        Item::Box(rect, color) => {
            let corners = [Point { x: rect.x, y: rect.y }, Point { x: rect.right(), y: rect.bottom() }];
            area.draw(&Rectangle::new(corners.map(|corner| pixel(&corner)), rgb(*color).filled()))
        }
        Item::Disc(center, radius, color) => {
            area.draw(&Circle::new(pixel(center), (radius * k) as i32, rgb(*color).filled()))
        }
        Item::Text { place, text, size, anchor, color, bold } => {
            let h_pos = match anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let (x, y) = pixel(&Point { x: place.x, y: place.y - size * BASELINE });
            let face = if *bold { FontStyle::Bold } else { FontStyle::Normal };
            let font = (FAMILY, size * k).into_font().style(face);
            let color = rgb(*color);
            let style = TextStyle::from(font).color(&color).pos(Pos::new(h_pos, VPos::Top));
            // The built-in font has one weight; drawn twice side by side it reads as bold.
            let copies = if *bold { fine as i32 / 2 } else { 0 };
            (0..=copies).try_for_each(|step| area.draw(&Text::new(text.as_str(), (x + step, y), style.clone())))
        }
    }
}

/// Cuts a line into dashes and gaps of one length.
fn dashes(points: &[Point], length: f64) -> Vec<Vec<Point>> {
    let (mut pieces, mut piece, mut left, mut on) = (Vec::new(), Vec::new(), length, true);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            if on && piece.is_empty() {
                piece.push(from);
            }
            let (dx, dy) = (to.x - from.x, to.y - from.y);
            let distance = (dx * dx + dy * dy).sqrt();
            if distance <= left {
                left -= distance;
                if on {
                    piece.push(to);
                }
                break;
            }
            from = Point { x: from.x + dx * left / distance, y: from.y + dy * left / distance };
            if on {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            }
            (on, left) = (!on, length);
        }
    }
    pieces.extend((piece.len() > 1).then_some(piece));
    pieces
}

/// Each pixel the mean of its `n` x `n` fine ones.
fn averaged(fine: &[u8], (w, h): (usize, usize), n: usize) -> Vec<u8> {
    let mut sums = vec![0u32; w * h * 3];
    for (y, line) in fine.chunks_exact(w * n * 3).enumerate() {
        let row = &mut sums[y / n * w * 3..][..w * 3];
        for (sum, block) in row.chunks_exact_mut(3).zip(line.chunks_exact(n * 3)) {
            block.iter().enumerate().for_each(|(index, value)| sum[index % 3] += u32::from(*value));
        }
    }
    sums.into_iter().map(|sum| (sum / (n * n) as u32) as u8).collect()
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    // Writing to memory, with a buffer of just the size that the header names.
    written.expect("encoding to memory");
    bytes
}

fn rgb(color: Color) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}
