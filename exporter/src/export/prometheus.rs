//! `/metrics`: text for Prometheus and other programs that read it.

use prometheus_client::encoding::text::encode as encode_openmetrics;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::registry::Registry;

use crate::catalog::Readings;

mod format;
mod scrape;
#[cfg(test)]
mod tests;
mod text;

pub use format::{Format, negotiate};
use scrape::Scrape;
use text::Text;

/// Writes every metric in `format`.
#[expect(clippy::expect_used, reason = "the encoder fails only where the writer does")]
pub fn encode(readings: &Readings, format: Format) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape(readings.clone())));
    let mut out = String::new();

    let written = match format {
        Format::Text0_0_4 | Format::Text1_0_0 => {
            encode_registry(&mut Text::new(&mut out), &registry)
        }
        Format::OpenMetrics0_0_1 | Format::OpenMetrics1_0_0 => {
            encode_openmetrics(&mut out, &registry)
        }
    };
    written.expect("a String takes whatever is written to it");

    out
}
