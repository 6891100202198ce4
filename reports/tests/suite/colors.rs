//! Colours of families can be told apart by everybody, on white and on dark paper.
use syncbench_reports::draw::Color;
use syncbench_reports::draw::palette::{FAMILIES, Hue, KNOWN};
use syncbench_reports::draw::scene::{INK, KEPT, LOST, MUTED, PAPER, REFUSED};
use syncbench_reports::draw::svg;

/// Linear red, green and blue.
type Light = [f64; 3];

/// How people with no cones of a kind see: the matrices for full severity of Machado, Oliveira and Fernandes (2009, "A
/// physiologically-based model for simulation of color vision deficiency", IEEE Trans. Vis. Comput. Graph. 15), in linear light.
const VIEWS: [(&str, [Light; 3]); 4] = [
    ("everybody else", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("protanopia", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    (
        "deuteranopia",
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    ("tritanopia", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
];

/// Five times the least difference that is noticed side by side, which is about 0.02 in Oklab (Ottosson 2020, "A perceptual
/// color space for image processing").
const DISTINCT: f64 = 0.1;

/// What WCAG 2.2 (1.4.11) asks of graphics.
const CONTRAST: f64 = 3.0;

/// What WCAG 2.2 (1.4.3) asks of text.
const LEGIBLE: f64 = 4.5;

fn light(Color(r, g, b): Color) -> Light {
    [r, g, b].map(|value| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { libm::pow((share + 0.055) / 1.055, 2.4) }
    })
}

fn seen(light: Light, view: &[Light; 3]) -> Light {
    let sum = |row: &Light| row.iter().zip(light).map(|(share, value)| share * value).sum::<f64>();
    [sum(&view[0]), sum(&view[1]), sum(&view[2])].map(|value| value.clamp(0.0, 1.0))
}

fn oklab([r, g, b]: Light) -> [f64; 3] {
    let l = libm::cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
    let m = libm::cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
    let s = libm::cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn distance(a: Color, b: Color, view: &[Light; 3]) -> f64 {
    let (a, b) = (oklab(seen(light(a), view)), oklab(seen(light(b), view)));
    libm::sqrt(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum())
}

fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |color| {
        let [r, g, b] = light(color);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The pairs that somebody cannot tell apart, and the colours that do not stand out from the paper.
fn complaints(colors: &[(&str, Color)], paper: Color) -> Vec<String> {
    let mut complaints = Vec::new();
    for (index, (name, color)) in colors.iter().enumerate() {
        if contrast(*color, paper) < CONTRAST {
            complaints.push(format!("{name} on paper: {:.2}", contrast(*color, paper)));
        }
        for (other, beside) in &colors[..index] {
            for (view, matrix) in &VIEWS {
                let distance = distance(*color, *beside, matrix);
                if distance < DISTINCT {
                    complaints.push(format!("{name} and {other}, {view}: {distance:.3}"));
                }
            }
        }
    }
    complaints
}

fn families(of: fn(&Hue) -> Color) -> Vec<(&'static str, Color)> {
    FAMILIES.iter().map(|hue| (hue.family, of(hue))).collect()
}

#[test]
fn families_differ_for_everybody_on_white_and_on_dark_paper() {
    assert_eq!(complaints(&families(|hue| hue.light), PAPER), [""; 0]);
    assert_eq!(complaints(&families(|hue| hue.dark), svg::DARK_PAPER), [""; 0]);
}

#[test]
fn colors_that_somebody_cannot_tell_apart_are_noticed() {
    let red_and_green = [("red", Color(0xC8, 0x3C, 0x3C)), ("green", Color(0x78, 0x78, 0x1E))];
    let found = complaints(&red_and_green, PAPER);
    assert!(
        found.iter().any(|complaint| complaint.contains("protanopia") || complaint.contains("deuteranopia")),
        "{found:?}"
    );
    assert!(!found.iter().any(|complaint| complaint.contains("everybody")), "{found:?}");
    assert_eq!(complaints(&[("pale", Color(0xE0, 0xE0, 0xA0))], PAPER).len(), 1);
}

#[test]
fn kept_refused_and_lost_differ_for_everybody() {
    for colors in [[KEPT, REFUSED, LOST], [svg::in_the_dark(KEPT), svg::in_the_dark(REFUSED), svg::in_the_dark(LOST)]] {
        for (index, color) in colors.iter().enumerate() {
            for (view, matrix) in &VIEWS {
                for other in &colors[..index] {
                    assert!(distance(*color, *other, matrix) > DISTINCT, "{color:?} {other:?} {view}");
                }
            }
        }
    }
    assert!(contrast(LOST, PAPER) > CONTRAST && contrast(svg::in_the_dark(LOST), svg::DARK_PAPER) > CONTRAST);
}

#[test]
fn text_is_legible_on_both_papers() {
    for ink in [INK, MUTED] {
        assert!(contrast(ink, PAPER) > LEGIBLE && contrast(svg::in_the_dark(ink), svg::DARK_PAPER) > LEGIBLE);
    }
}

#[test]
fn every_strategy_of_the_library_has_a_fixed_mark() {
    for strategy in syncbench_strategies::registry::STRATEGIES {
        let known = KNOWN.iter().find(|(name, ..)| *name == strategy.name);
        let family = known.map(|(_, family, _)| *family);
        assert_eq!(family, Some(strategy.family), "{}: add a line to KNOWN in draw/palette.rs", strategy.name);
    }
    let mut marks: Vec<_> = KNOWN.iter().map(|(_, family, mark)| (family, mark)).collect();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), KNOWN.len(), "two strategies of a family have one mark");
}
