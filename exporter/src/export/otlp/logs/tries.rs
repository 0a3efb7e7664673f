//! What the requests for one batch of records have in common.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::HeaderMap;

use super::super::failure::described;

/// What the requests for one batch of records are made with, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// They are read before: what adds them to a call of gRPC may not wait for a file.
    headers: Mutex<HeaderMap>,
    made: AtomicUsize,
    why: Mutex<Option<String>>,
}

impl Tries {
    /// Notes that a request begins; returns its headers.
    pub(super) fn begin(&self) -> HeaderMap {
        self.made.fetch_add(1, Ordering::Relaxed);

        locked(&self.headers).clone()
    }

    /// Notes why a request failed, which the exporter does not pass on.
    pub(super) fn failed(&self, error: &(dyn std::error::Error + 'static)) {
        *locked(&self.why) = Some(described(error));
    }

    /// Begins anew, for a batch whose requests have these headers.
    pub(super) fn reset(&self, headers: HeaderMap) {
        self.made.store(0, Ordering::Relaxed);
        self.why();
        *locked(&self.headers) = headers;
    }

    /// Returns how many requests were made.
    pub(super) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// Takes why the last request failed.
    pub(super) fn why(&self) -> Option<String> {
        locked(&self.why).take()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
