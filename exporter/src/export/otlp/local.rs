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
    #[error("`{0}` is named more than once in `otlp.endpoints`; leave one out")]
    Twice(Arc<str>),
    #[error("`{0}` cannot be used as a URL")]
    Url(String),
    #[error(
        "`{0}` would compress the log over gRPC all the same; \
         set `OTEL_EXPORTER_OTLP_LOGS_COMPRESSION=none`"
    )]
    Compressing(&'static str),
    #[error("nothing can be made that pushes the log")]
    Exporter(#[from] ExporterBuildError),
    #[error("a request cannot be encoded")]
    Encoding { source: io::Error },
    #[error("a request was not made")]
    Unmade(#[from] JoinError),
}
