//! Formats in which the catalogue leaves the process.

pub mod otlp;
pub mod prometheus;
