//! Parts that start together and stop together: vital ones, of which none outlives the others, and
//! optional ones.

mod optional;
#[cfg(debug_assertions)]
mod planted;

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time;
use tokio_util::sync::CancellationToken;

pub(crate) use optional::{Optional, OptionalParts};

/// What a part has left to finish after a stop: a scrape, a last drain.
const GRACE: Duration = Duration::from_secs(8);

/// The running parts. No vital one outlives the others; an optional one is started again.
#[derive(Debug)]
pub(super) struct Parts {
    runtime: Handle,
    running: JoinSet<anyhow::Result<()>>,
    /// The vital parts that have not ended.
    names: Vec<(Id, &'static str)>,
    optional: OptionalParts,
    stop: CancellationToken,
}

impl Parts {
    /// Makes room for parts that run on `runtime`.
    pub(super) fn on(runtime: Handle) -> Self {
        let stop = CancellationToken::new();
        let optional = OptionalParts::on(runtime.clone(), stop.clone());

        Self { runtime, running: JoinSet::new(), names: Vec::new(), optional, stop }
    }

    /// Returns what starts and stops optional parts, also while the others run.
    pub(super) fn optional(&self) -> OptionalParts {
        self.optional.clone()
    }

    /// Returns what is cancelled once all parts are to stop.
    pub(super) fn is_ending(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a vital part; it has to return soon after its token is cancelled, and must not block.
    pub(super) fn start<F>(&mut self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let part = part(self.stop.child_token());
        let task = self.running.spawn_on(part, &self.runtime);

        self.names.push((task.id(), name));
    }

    /// Starts a vital part that blocks, on a thread of its own.
    pub(super) fn start_blocking<F>(
        &mut self,
        name: &'static str,
        part: impl FnOnce(CancellationToken) -> F,
    ) -> io::Result<()>
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (ended, outcome) = oneshot::channel();
        let (part, runtime) = (part(self.stop.child_token()), self.runtime.clone());
        thread::Builder::new().name(name.into()).spawn(move || {
            let _nobody_waits_any_more = ended.send(runtime.block_on(part));
        })?;

        self.start(name, |_| async { outcome.await.context("its thread panicked")? });
        Ok(())
    }

    /// Waits for `ask_to_stop` or for the first vital part to end, then stops the rest.
    ///
    /// Run it apart from the runtime of the parts: then no part can hold it up.
    ///
    /// # Errors
    ///
    /// Names the vital part that failed first, or those that did not stop in time.
    pub(super) async fn run(mut self, ask_to_stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let first = tokio::select! {
            () = ask_to_stop => Ok(()),
            Some(ended) = self.running.join_next_with_id() => {
                self.outcome(ended)
                    .and_then(|name| Err(anyhow!("the {name} part ended without being asked to")))
            }
        };
        self.stop.cancel();

        let mut outcome = first;
        let rest = time::timeout(GRACE, async {
            while let Some(ended) = self.running.join_next_with_id().await {
                let ended = self.outcome(ended);
                if outcome.is_ok() {
                    outcome = ended.map(drop);
                }
            }
            self.optional.ended().await;
        });
        let is_late = rest.await.is_err();

        if is_late { outcome.and(Err(self.too_slow())) } else { outcome }
    }

    fn outcome(
        &mut self,
        ended: Result<(Id, anyhow::Result<()>), JoinError>,
    ) -> anyhow::Result<&'static str> {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let at = self.names.iter().position(|(it, _)| *it == id);
        let name = at.map_or("unknown", |at| self.names.swap_remove(at).1);
        let result = ended.with_context(|| format!("the {name} part panicked"))?.1;

        result.with_context(|| format!("the {name} part failed")).map(|()| name)
    }

    fn too_slow(&self) -> anyhow::Error {
        let optional = self.optional.names();
        let vital = self.names.iter().map(|(_, name)| *name);
        let names: Vec<_> = vital.chain(optional.iter().map(|name| &**name)).collect();

        anyhow!("did not stop within {GRACE:?}: {}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::runtime::Builder;

    use super::*;

    async fn until_stopped(stop: CancellationToken) -> anyhow::Result<()> {
        stop.cancelled().await;
        Ok(())
    }

    fn parts() -> Parts {
        Parts::on(Handle::current())
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_of_one_part_stops_the_others_and_is_named() {
        let mut parts = parts();
        parts.start("http", until_stopped);
        parts.start("folder", |_| async { Err(anyhow!("map is gone")) });

        let error = parts.run(std::future::pending()).await.unwrap_err();

        assert_eq!(format!("{error:#}"), "the folder part failed: map is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_asked_to_stop_stops_all_parts() {
        let mut parts = parts();
        parts.start("http", until_stopped);
        parts.start("folder", until_stopped);

        assert!(parts.run(std::future::ready(())).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_of_one_part_during_a_stop_cuts_no_other_short() {
        let (end, mut has_ended) = oneshot::channel();
        let mut parts = parts();
        parts.start("http", |stop| async move {
            stop.cancelled().await;
            Err(anyhow!("planted"))
        });
        parts.start("folder", |stop| async move {
            stop.cancelled().await;
            time::sleep(GRACE / 2).await;
            end.send(()).map_err(|()| anyhow!("nobody waits"))
        });

        let error = parts.run(std::future::ready(())).await.unwrap_err();

        assert_eq!(format!("{error:#}"), "the http part failed: planted");
        assert!(has_ended.try_recv().is_ok(), "the last drain was cut short");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_does_not_stop_is_named_and_not_waited_for() {
        let mut parts = parts();
        parts.start("http", |_| std::future::pending());
        parts.start("interfaces", until_stopped);
        parts.optional().start("otlp", |_| std::future::pending()).unwrap();

        let error = parts.run(std::future::ready(())).await.unwrap_err();

        assert_eq!(error.to_string(), "did not stop within 8s: http, otlp");
    }

    #[tokio::test]
    async fn a_part_that_panics_is_named_wherever_it_runs() {
        let planted = |_| async { panic!("planted") };
        let (mut task, mut thread) = (parts(), parts());
        task.start("http", planted);
        thread.start_blocking("folder", planted).unwrap();

        let [task, thread] = [task, thread].map(|parts| parts.run(std::future::pending()));

        let text = |outcome: anyhow::Result<()>| format!("{:#}", outcome.unwrap_err());
        assert!(text(task.await).starts_with("the http part panicked: task "));
        assert!(text(thread.await).starts_with("the folder part failed: its thread panicked"));
    }

    #[test]
    fn threads_that_are_blocked_hold_up_neither_the_stop_nor_the_end() {
        let (never, blocks) = mpsc::channel::<()>();
        let blocks = std::sync::Arc::new(std::sync::Mutex::new(blocks));
        let block = |_| {
            let blocks = std::sync::Arc::clone(&blocks);
            async move {
                let _ended = blocks.lock().map(|blocks| blocks.recv());
                Ok(())
            }
        };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let here = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let mut parts = Parts::on(runtime.handle().clone());
        parts.start("http", block);
        parts.start_blocking("folder", block).unwrap();

        let error = here.block_on(parts.run(std::future::ready(()))).unwrap_err();
        runtime.shutdown_background();

        assert_eq!(error.to_string(), "did not stop within 8s: http, folder");
        drop(never);
    }
}
