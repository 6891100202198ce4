//! Drawing: a chart makes a [`Scene`], plain data in pixels; [`Scene::svg`] and [`Scene::png`] hand it to a plotters
//! backend. A scene is data, so tests can check that no label leaves the picture or covers another.

pub mod axes;
pub mod cluster;
pub mod ends;
pub mod flip;
pub mod geometry;
pub mod label;
pub mod legend;
pub mod paint;
pub mod palette;
pub mod panel;
pub mod ratio;
pub mod scale;
pub mod scene;
pub mod text;

pub use geometry::{Anchor, Point, Rect};
pub use scene::{Color, Scene};
