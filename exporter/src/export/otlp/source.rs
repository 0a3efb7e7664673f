//! What is pushed.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::local::LocalError;
use crate::catalog::Readings;
use crate::snapshot::Snapshot;

/// What is pushed.
#[derive(Clone)]
pub struct Source {
    /// Nothing is folded any more once it is closed.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    pub read: Arc<dyn Fn(Arc<Snapshot>) -> Readings + Send + Sync>,
    /// The process ends, so that a last fold comes; a receiver alone may be stopped without it.
    pub is_ending: CancellationToken,
}

impl Source {
    /// Reads everything, on a thread that may wait: some of it is in /proc.
    pub async fn readings(&self) -> Result<Readings, LocalError> {
        let (read, snapshot) = (Arc::clone(&self.read), Arc::clone(&self.snapshot.borrow()));

        Ok(spawn_blocking(move || read(snapshot)).await?)
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("snapshot", &self.snapshot).finish_non_exhaustive()
    }
}
