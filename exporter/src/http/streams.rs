//! Runs the streams of HTTP/2, each a task that nothing waits for.

use std::thread;

use hyper::rt::Executor;
use hyper_util::rt::TokioExecutor;

use super::refusals::Refusals;

/// Runs the streams of HTTP/2, and counts those that panic.
#[derive(Clone, Debug)]
pub(super) struct Streams(Refusals);

/// Counts a panic when it is dropped by one.
struct Watch(Refusals);

impl Streams {
    pub(super) fn new(refusals: Refusals) -> Self {
        Self(refusals)
    }
}

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, stream: F) {
        let watch = Watch(self.0.clone());

        TokioExecutor::new().execute(async move {
            let _watch = watch;
            stream.await
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.panicked(&"a request of HTTP/2");
        }
    }
}
