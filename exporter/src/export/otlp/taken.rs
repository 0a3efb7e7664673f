//! Readings and the time they were taken at.

use std::time::SystemTime;

use crate::catalog::Readings;

/// Readings, and when they were taken.
#[derive(Clone, Debug)]
pub struct Taken {
    pub readings: Readings,
    pub time: SystemTime,
}
