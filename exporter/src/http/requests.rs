//! The requests of one connection, and how long they take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The requests of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<Mutex<Counted>>);

#[derive(Debug)]
struct Counted {
    begun: u64,
    /// When those began that are not answered to the end.
    unfinished: BTreeMap<u64, Instant>,
    /// When something was last completed: a request, the handshake, the connection itself.
    completed: Instant,
    /// Whether the client has sent anything since.
    is_heard: bool,
}

/// What a connection is doing. The one that is idle for longest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Activity {
    IdleSince(Instant),
    /// The beginning of the oldest request that is not answered to the end.
    AnsweringSince(Instant),
}

/// A request that is not answered to the end, until it is dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    number: u64,
    of: Requests,
}

impl Requests {
    pub(super) fn begin(&self) -> Unfinished {
        let mut counted = self.counted();
        counted.begun += 1;
        counted.is_heard = false;
        let number = counted.begun;
        counted.unfinished.insert(number, Instant::now());

        Unfinished { number, of: self.clone() }
    }

    /// Notes that the client has sent something.
    pub(super) fn hear(&self) {
        self.counted().is_heard = true;
    }

    /// Returns whether the client has begun to send a request.
    pub(super) fn is_heard(&self) -> bool {
        self.counted().is_heard
    }

    /// Notes that the handshake is done.
    pub(super) fn shook_hands(&self) {
        let mut counted = self.counted();
        counted.completed = Instant::now();
        counted.is_heard = false;
    }

    /// Returns what the connection is doing.
    pub(super) fn activity(&self) -> Activity {
        let counted = self.counted();
        let oldest = counted.unfinished.values().next().copied();

        oldest.map_or(Activity::IdleSince(counted.completed), Activity::AnsweringSince)
    }

    /// Returns how many have begun so far.
    pub(super) fn begun(&self) -> u64 {
        self.counted().begun
    }

    /// Ends when there is none for `limit` from now, which HTTP/2 would wait for.
    pub(super) async fn missing(&self, limit: Duration) {
        sleep_until(Instant::now() + limit).await;
        if self.begun() > 0 {
            std::future::pending::<()>().await;
        }
    }

    /// Ends when one has not been answered to the end within `limit`.
    pub(super) async fn overdue(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            let oldest = self.counted().unfinished.values().next().copied();
            if oldest.is_some_and(|begun| begun + limit <= now) {
                return;
            }
            sleep_until(oldest.unwrap_or(now) + limit).await;
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Counted {
    fn default() -> Self {
        Self { begun: 0, unfinished: BTreeMap::new(), completed: Instant::now(), is_heard: false }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let mut counted = self.of.counted();
        counted.unfinished.remove(&self.number);
        counted.completed = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_overdue_whatever_was_quick_beside_it() {
        let requests = Requests::default();
        let quick = async {
            sleep(LIMIT / 3).await;
            let _slow = requests.begin();
            loop {
                drop(requests.begin());
                sleep(LIMIT / 10).await;
            }
        };
        let begun = Instant::now();

        tokio::select! {
            () = requests.overdue(LIMIT) => {}
            () = quick => {}
        }

        assert_eq!(begun.elapsed().as_secs(), (LIMIT + LIMIT / 3).as_secs());
    }
}
