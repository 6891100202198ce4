//! Two strategies side by side, each with its part of the document.

mod book;
mod route;
pub mod router;
