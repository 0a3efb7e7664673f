//! `packet-exporter openapi`: the document of the REST API.

use crate::api;
use crate::config::{DocumentFormat, WantedDocument};

/// Returns the OpenAPI document, or the one for a gateway.
pub fn openapi(wanted: &WantedDocument) -> String {
    let document = wanted.gateway.as_ref().map_or_else(|| api::document(""), api::aws);

    match wanted.format {
        DocumentFormat::Json => format!("{document:#}"),
        DocumentFormat::Yaml => api::yaml(&document),
    }
}
