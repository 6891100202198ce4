//! What lies behind the figures of a cell: histograms and curves. They are many times larger than the figures and are needed
//! for drawing only, so they lie in a file beside the cells and are read when asked for.

mod codec;
mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use syncbench_strategies::document::Digest;

pub use file::SeriesFile;
pub(super) use file::{Frame, MAGIC, frame, scan};

/// A sparse histogram: (value, count) in ascending order of value, in nanoseconds. What quantiles over several seeds are made from.
pub type Histogram = Vec<(u64, u64)>;

/// A curve: points in ascending order of their first coordinate.
pub type Curve = Vec<(f64, f64)>;

/// What lies behind the figures of a cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Samples behind the quantiles, in nanoseconds, by metric.
    pub histograms: BTreeMap<String, Histogram>,
    /// Curves by metric: `divergence` over the run's time in milliseconds, `resident_bytes` and `server_resident_bytes` over
    /// the operations issued.
    pub curves: BTreeMap<String, Curve>,
}

/// A cell's series: in memory, or in a file until somebody asks.
#[derive(Clone)]
pub struct LazySeries(Place);

#[derive(Clone)]
enum Place {
    Memory(Arc<Series>),
    /// The series of the cell with this id.
    File(Arc<SeriesFile>, Digest),
}

impl LazySeries {
    /// In a file, under the id of the cell.
    pub(super) fn stored(file: Arc<SeriesFile>, id: Digest) -> Self {
        Self(Place::File(file, id))
    }

    /// The series; read now if they are in a file.
    pub fn get(&self) -> Arc<Series> {
        match &self.0 {
            Place::Memory(series) => series.clone(),
            Place::File(file, id) => file.get(*id),
        }
    }

    /// The series in memory, to be changed.
    pub fn get_mut(&mut self) -> &mut Series {
        if let Place::File(file, id) = &self.0 {
            self.0 = Place::Memory(file.get(*id));
        }
        match &mut self.0 {
            Place::Memory(series) => Arc::make_mut(series),
            Place::File(..) => unreachable!("it was just put into memory"),
        }
    }
}

impl From<Series> for LazySeries {
    fn from(series: Series) -> Self {
        Self(Place::Memory(Arc::new(series)))
    }
}

impl Default for LazySeries {
    fn default() -> Self {
        Series::default().into()
    }
}

impl fmt::Debug for LazySeries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Memory(series) => series.fmt(f),
            Place::File(file, _) => write!(f, "in {}", file.path().display()),
        }
    }
}
