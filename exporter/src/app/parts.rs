//! Parts that start together and stop together.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::task::{JoinError, JoinSet};
use tokio::time;
use tokio_util::sync::CancellationToken;

/// What a part has left to finish after a stop: a scrape, a last drain.
const GRACE: Duration = Duration::from_secs(10);

/// The running parts. None outlives the others.
#[derive(Debug, Default)]
pub(super) struct Parts {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: CancellationToken,
}

impl Parts {
    /// Starts a part; it has to return soon after its token is cancelled.
    pub(super) fn start<F>(&mut self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let part = part(self.stop.clone());
        self.running.spawn(async move { (name, part.await) });
    }

    /// Waits for `ask_to_stop` or for the first part to end, then stops the rest.
    ///
    /// # Errors
    ///
    /// Names the part that failed first, or that did not stop in time.
    pub(super) async fn run(mut self, ask_to_stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let first = tokio::select! {
            () = ask_to_stop => Ok(()),
            Some(ended) = self.running.join_next() => {
                outcome(ended).and_then(|name| Err(anyhow!("the {name} part ended by itself")))
            }
        };
        self.stop.cancel();

        let rest = time::timeout(GRACE, async {
            while let Some(ended) = self.running.join_next().await {
                outcome(ended)?;
            }
            anyhow::Ok(())
        });
        let rest =
            rest.await.unwrap_or_else(|_| Err(anyhow!("some parts did not stop within {GRACE:?}")));

        first.and(rest)
    }
}

fn outcome(
    ended: Result<(&'static str, anyhow::Result<()>), JoinError>,
) -> anyhow::Result<&'static str> {
    let (name, result) = ended.context("a part panicked")?;

    result.with_context(|| format!("the {name} part failed")).map(|()| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn until_stopped(stop: CancellationToken) -> anyhow::Result<()> {
        stop.cancelled().await;
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_of_one_part_stops_the_others_and_is_named() {
        let mut parts = Parts::default();
        parts.start("http", until_stopped);
        parts.start("folder", |_| async { Err(anyhow!("map is gone")) });

        let error = parts.run(std::future::pending()).await.unwrap_err();

        assert_eq!(format!("{error:#}"), "the folder part failed: map is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_to_stop_stops_all_parts() {
        let mut parts = Parts::default();
        parts.start("http", until_stopped);
        parts.start("folder", until_stopped);

        assert!(parts.run(std::future::ready(())).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_stop_is_not_waited_for() {
        let mut parts = Parts::default();
        parts.start("http", |_| std::future::pending());

        let error = parts.run(std::future::ready(())).await.unwrap_err();

        assert_eq!(error.to_string(), "some parts did not stop within 10s");
    }
}
