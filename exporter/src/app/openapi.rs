//! `packet-exporter openapi`: the document of the REST API.

use crate::api;
use crate::config::DocumentFormat;

/// Returns the OpenAPI document.
pub fn openapi(format: DocumentFormat) -> String {
    let document = api::document("");

    match format {
        DocumentFormat::Json => format!("{document:#}"),
        DocumentFormat::Yaml => api::yaml(&document),
    }
}
