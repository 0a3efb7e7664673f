//! What a request came on.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::places::Place;
use super::requests::Streaming;

/// The connection that a request came on, and what a stream to it needs.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) place: Arc<Place>,
    pub(super) streaming: Streaming,
    /// Cancelled when the server stops.
    pub(super) stop: CancellationToken,
}
