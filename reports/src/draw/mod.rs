//! Drawing: a chart makes a [`Scene`], plain data in pixels; [`Scene::svg`] and [`Scene::png`] hand the same scene to a
//! plotters backend. Being data, a scene can be tested: no label may leave the picture or cover another.

pub mod axes;
pub mod geometry;
pub mod label;
pub mod legend;
pub mod paint;
pub mod palette;
pub mod panel;
pub mod scale;
pub mod scene;
pub mod text;

pub use geometry::{Anchor, Point, Rect};
pub use scene::{Color, Scene};
