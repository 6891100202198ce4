//! Drawing: a chart makes a [`Scene`], plain data in pixels; [`Scene::svg`] writes it, and [`Scene::png`] hands it to
//! plotters. A scene is data, so tests can check that no label leaves the picture or covers another.

pub mod axes;
pub mod cluster;
pub mod ends;
pub mod flip;
pub mod front;
pub mod geometry;
pub mod label;
pub mod legend;
pub mod paint;
pub mod palette;
pub mod panel;
pub mod ratio;
pub mod scale;
pub mod scene;
pub mod svg;
pub mod text;

pub use geometry::{Anchor, Point, Rect};
pub use scene::{Color, Scene};
