//! Two strategies side by side, each with its part of the document.

mod book;
mod merged;
mod models;
mod overlaid;
mod route;
pub mod router;
