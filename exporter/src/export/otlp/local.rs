//! Why a request cannot be made here.

use std::io;
use std::sync::Arc;

use opentelemetry_otlp::ExporterBuildError;
use tokio::task::JoinError;

use crate::outbound::OutboundError;

/// What a request is made of cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("`otlp.endpoints` names `{0}` more than once; remove one")]
    Twice(Arc<str>),
    #[error("`{0}` cannot be used as a URL")]
    Url(String),
    #[error(
        "`{0}` would still compress the log over gRPC; set \
         `OTEL_EXPORTER_OTLP_LOGS_COMPRESSION=none`"
    )]
    Compressing(&'static str),
    #[error("cannot create the exporter that pushes the log")]
    Exporter(#[from] ExporterBuildError),
    #[error("cannot encode a request")]
    Encoding { source: io::Error },
    #[error("the task that makes a request ended early")]
    Unmade(#[from] JoinError),
}
