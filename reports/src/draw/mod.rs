//! Drawing: a chart makes a [`Scene`], plain data in pixels; [`Scene::svg`] writes it, [`Scene::inline`] as a part of
//! a page, and [`Scene::png`] hands it to
//! plotters. A scene is data, so tests can check that no label leaves the picture or covers another.

pub mod axes;
pub mod cluster;
pub mod ends;
pub mod flip;
pub mod front;
pub mod geometry;
pub mod inline;
pub mod label;
pub mod legend;
pub mod paint;
pub mod palette;
pub mod panel;
pub mod ratio;
pub mod scale;
pub mod scene;
mod stroke;
pub mod svg;
pub mod text;

pub use geometry::{Anchor, Point, Rect};
pub use scene::{Color, Scene, Tag};
