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
    /// What was handed out to be written: requests that began, and pieces of streams.
    steps: u64,
    /// Those that are not answered to the end.
    unfinished: BTreeMap<u64, Pending>,
    /// When something was last completed: a request, the handshake, the connection itself.
    completed: Instant,
    /// Whether the client has sent anything since.
    is_heard: bool,
}

/// How a request is being answered.
#[derive(Clone, Copy, Debug)]
enum Pending {
    /// With an answer that has an end, since then.
    Whole(Instant),
    Stream {
        begun: Instant,
        /// When a piece was handed out that is not written yet.
        writing: Option<Instant>,
    },
}

/// What a connection is doing. The one that is idle for longest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Activity {
    /// Since then.
    Idle(Instant),
    /// The beginning of the oldest request that is not answered to the end.
    Answering(Instant),
    /// The beginning of the oldest stream.
    Streaming(Instant),
}

/// A request that is not answered to the end, until it is dropped.
#[derive(Debug)]
pub(super) struct Unfinished {
    number: u64,
    of: Requests,
}

/// A request that is answered with a stream. Its connection is not idle, and the time for an answer
/// is not for it.
#[derive(Clone, Debug)]
pub(super) struct Streaming {
    number: u64,
    of: Requests,
}

impl Requests {
    pub(super) fn begin(&self) -> Unfinished {
        let mut counted = self.counted();
        counted.begun += 1;
        counted.steps += 1;
        counted.is_heard = false;
        let number = counted.begun;
        counted.unfinished.insert(number, Pending::Whole(Instant::now()));

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
        let answering = counted.unfinished.values().map(|answering| match *answering {
            Pending::Whole(begun) => Activity::Answering(begun),
            Pending::Stream { begun, .. } => Activity::Streaming(begun),
        });
        let is_stream = |it: &Activity| matches!(it, Activity::Streaming(_));

        let stream = answering.clone().find(is_stream);
        stream.or(answering.min()).unwrap_or(Activity::Idle(counted.completed))
    }

    /// Returns whether there is a stream.
    pub(super) fn has_stream(&self) -> bool {
        matches!(self.activity(), Activity::Streaming(_))
    }

    /// Returns a number that is another one whenever there was something new to write.
    pub(super) fn steps(&self) -> u64 {
        self.counted().steps
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

    /// Ends when one has not been answered to the end within `answer`, or a piece of a stream was
    /// not written within `write`.
    pub(super) async fn overdue(&self, answer: Duration, write: Duration) {
        loop {
            let now = Instant::now();
            let due =
                self.counted().unfinished.values().filter_map(|it| it.due(answer, write)).min();
            if due.is_some_and(|due| due <= now) {
                return;
            }
            // Whatever begins in the meantime is not due before that.
            let soonest = now + answer.min(write);
            sleep_until(due.map_or(soonest, |due| due.min(soonest))).await;
        }
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn due(self, answer: Duration, write: Duration) -> Option<Instant> {
        match self {
            Self::Whole(begun) => Some(begun + answer),
            Self::Stream { begun: _, writing } => writing.map(|since| since + write),
        }
    }
}

impl Unfinished {
    /// Returns what notes how a stream goes on, with which the request is answered.
    pub(super) fn streaming(&self) -> Streaming {
        let Self { number, of } = self;

        Streaming { number: *number, of: of.clone() }
    }
}

impl Streaming {
    /// Notes that the stream has begun.
    pub(super) fn begin(&self) {
        self.note(|begun| Pending::Stream { begun, writing: None });
    }

    /// Notes that a piece was handed out.
    pub(super) fn has_some(&self) {
        self.of.counted().steps += 1;
        self.note(|begun| Pending::Stream { begun, writing: Some(Instant::now()) });
    }

    /// Notes that what was handed out is written.
    pub(super) fn wants_more(&self) {
        self.note(|begun| Pending::Stream { begun, writing: None });
    }

    fn note(&self, answering: impl FnOnce(Instant) -> Pending) {
        let mut counted = self.of.counted();
        if let Some(own) = counted.unfinished.get_mut(&self.number) {
            let (Pending::Whole(begun) | Pending::Stream { begun, .. }) = *own;
            *own = answering(begun);
        }
    }
}

impl Default for Counted {
    fn default() -> Self {
        Self {
            begun: 0,
            steps: 0,
            unfinished: BTreeMap::new(),
            completed: Instant::now(),
            is_heard: false,
        }
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
            () = requests.overdue(LIMIT, LIMIT) => {}
            () = quick => {}
        }

        assert_eq!(begun.elapsed().as_secs(), (LIMIT + LIMIT / 3).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_overdue_only_when_a_piece_is_not_written() {
        let requests = Requests::default();
        let unfinished = requests.begin();
        let streaming = unfinished.streaming();
        let begun = Instant::now();
        streaming.begin();

        let pieces = async {
            for _ in 0..10 {
                streaming.wants_more();
                sleep(LIMIT * 3).await;
                streaming.has_some();
                sleep(LIMIT / 2).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = requests.overdue(LIMIT * 2, LIMIT) => {}
            () = pieces => {}
        }

        assert_eq!(begun.elapsed().as_secs(), (LIMIT * 36).as_secs() - LIMIT.as_secs() / 2);
        assert_eq!(requests.activity(), Activity::Streaming(begun));
    }
}
