//! Reading files that decide who may do what, for requests and handshakes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::limits::Limits;
use super::refusals::Refusals;

/// The exporter panicked while it read something; that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

/// Reads on threads that may block, a bounded number at once.
#[derive(Debug)]
pub(super) struct Reads {
    turns: Arc<Semaphore>,
    refusals: Refusals,
}

impl Reads {
    pub(super) fn new(refusals: Refusals) -> Self {
        Self { turns: Arc::new(Semaphore::new(Limits::READS)), refusals }
    }

    /// Reads on a thread that may block; that goes on when the client hangs up, and so does its
    /// turn. A panic is counted.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let turn = self.turn().await;

        let read = spawn_blocking(move || {
            let _turn = turn;
            read()
        });
        read.await.map_err(|error| {
            self.refusals.panicked(&error);
            Panicked
        })
    }

    pub(super) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // Nothing closes it.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_panic_while_a_file_is_read_is_counted() {
        let refusals = Refusals::default();
        let reads = Reads::new(refusals.clone());

        let read = reads.read(|| panic!("planted")).await.map(|(): ()| ());

        assert_eq!(read, Err(Panicked));
        assert_eq!(refusals.read().panics, 1);
    }

    #[tokio::test]
    async fn one_reading_of_the_web_configuration_ends_before_the_next_begins() {
        static READING: AtomicUsize = AtomicUsize::new(0);
        let reads = Reads::new(Refusals::default());
        let read = || {
            reads.read(|| {
                let others = READING.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                READING.fetch_sub(1, Ordering::SeqCst);
                others
            })
        };

        let others = tokio::join!(read(), read(), read(), read());

        assert_eq!(others, (Ok(0), Ok(0), Ok(0), Ok(0)));
    }
}
