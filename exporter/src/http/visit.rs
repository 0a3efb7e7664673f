//! What a request came on.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::line::Line;
use super::marks::Marks;
use super::places::Place;
use super::principal::Principal;
use super::requests::Streaming;

/// The connection that a request came on, and what a stream to it needs.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) place: Arc<Place>,
    pub(super) line: Line,
    pub(super) marks: Marks,
    /// Who asks: anyone, until the login was looked at.
    pub(super) principal: Principal,
    pub(super) streaming: Streaming,
    /// Cancelled when the server stops.
    pub(super) stop: CancellationToken,
}
