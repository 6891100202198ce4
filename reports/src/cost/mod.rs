//! What a product of some size will need, and what breaks first as it grows: from measured curves, and a product's shape.
//!
//! [`Costs`] reads the curves of one strategy at a place; [`NEEDS`] and [`LIMITS`] say what follows for a [`Product`], and
//! every number that they take for granted is one of [`ASSUMPTIONS`].

mod amount;
mod assumption;
mod charts;
pub mod check;
mod committed;
mod costs;
mod estimate;
mod limits;
mod line;
#[cfg(test)]
mod made;
mod needs;
mod page;
pub mod prices;
pub mod product;
mod text;
mod words;

pub use amount::Amount;
pub use assumption::{ASSUMPTIONS, Assumption, Kind, assumption};
pub use charts::{COST_CHARTS, CostChart};
pub use committed::committed;
pub use costs::{Costs, Place, Reader, Stopped};
pub use estimate::{Answer, Estimate, Needed};
pub use limits::{Break, LIMITS, Limit, breaks, months_until_full};
pub use line::{Basis, Line};
pub use needs::{NEEDS, Need, Unit};
pub use page::{MARK, page};
pub use prices::{Money, Prices};
pub use product::Product;
pub use text::{measured_by, text};
pub use words::told;
