//! Optional parts: each may fail, be stopped and be replaced while the others run.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::{self, Future};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::pause::Pause;
use crate::health;

/// A part that the process can do without.
pub(crate) trait Optional: Send + 'static {
    /// Runs until `stop` is cancelled, and has to return soon then. It must not block.
    ///
    /// It is called again after it has returned without being asked to, or panicked: then `self` is
    /// as the panic left it, and what was half done has to be put right first.
    fn run(&mut self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + Send;
}

impl<P, F> Optional for P
where
    P: FnMut(CancellationToken) -> F + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    fn run(&mut self, stop: CancellationToken) -> impl Future<Output = anyhow::Result<()>> + Send {
        self(stop)
    }
}

/// Starts and stops optional parts. Every clone reaches the same ones.
#[derive(Clone, Debug)]
pub(crate) struct OptionalParts {
    runtime: Handle,
    /// Stops all of them; each has a child of it.
    stop: CancellationToken,
    tasks: TaskTracker,
    parts: watch::Sender<BTreeMap<Arc<str>, Part>>,
}

/// One optional part.
#[derive(Debug)]
struct Part {
    stop: CancellationToken,
    /// Returns the part when it has ended; `None` where another task waits for that.
    task: Option<JoinHandle<Box<dyn Any + Send>>>,
    is_up: bool,
    restarts: u64,
    since: SystemTime,
}

/// Why a part was not started.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {name} part runs already, or has not ended yet")]
pub(crate) struct StillThere {
    name: Arc<str>,
}

impl OptionalParts {
    /// Makes room for parts that run on `runtime` until `stop` is cancelled.
    pub(in crate::app) fn on(runtime: Handle, stop: CancellationToken) -> Self {
        let parts = watch::Sender::new(BTreeMap::new());

        Self { runtime, stop, tasks: TaskTracker::new(), parts }
    }

    /// Starts a part. When it fails or panics, that is logged and counted, and it is started again.
    ///
    /// # Errors
    ///
    /// When a part of that name has not ended: [`Self::stop`] it first.
    pub(crate) fn start<P: Optional>(
        &self,
        name: impl Into<Arc<str>>,
        part: P,
    ) -> Result<(), StillThere> {
        let (name, stop) = (name.into(), self.stop.child_token());
        let was_started = self.parts.send_if_modified(|parts| {
            let is_free = !parts.contains_key(&name);
            if is_free {
                let stop = stop.clone();
                let since = SystemTime::now();
                let part = Part { stop, task: None, is_up: true, restarts: 0, since };
                parts.insert(Arc::clone(&name), part);
            }
            is_free
        });
        if !was_started {
            return Err(StillThere { name });
        }

        let kept = Kept { name: Arc::clone(&name), parts: self.parts.clone(), told: None };
        // Not while the list is locked: where the runtime has ended, this drops the part at once.
        let task = self.tasks.spawn_on(keep(part, kept, stop), &self.runtime);
        self.parts.send_modify(|parts| {
            if let Some(part) = parts.get_mut(&name) {
                part.task = Some(task);
            }
        });
        Ok(())
    }

    /// Stops a part and waits until it has ended, which may be never: bound that in time. Returns
    /// the part with what it knows, for the one that follows it; `None` if there is none of that name
    /// and kind.
    pub(crate) async fn stop<P: Any>(&self, name: &str) -> Option<P> {
        let mut task = None;
        self.parts.send_if_modified(|parts| {
            if let Some(part) = parts.get_mut(name) {
                part.stop.cancel();
                task = part.task.take();
            }
            false
        });

        let part = task?.await.ok()?;
        part.downcast().ok().map(|part| *part)
    }

    /// Returns how every part is doing, in the order of their names.
    pub(crate) fn health(&self) -> Vec<health::Part> {
        let health = |(name, part): (&Arc<str>, &Part)| health::Part {
            name: Arc::clone(name),
            is_up: part.is_up,
            restarts: part.restarts,
            since: part.since,
        };

        self.parts.borrow().iter().map(health).collect()
    }

    /// Waits until all parts have ended, once they were told to.
    pub(in crate::app) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Returns the names of the parts that have not ended.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.parts.borrow().keys().cloned().collect()
    }
}

/// Runs a part again and again until it is told to stop; returns it then.
async fn keep<P: Optional>(
    mut part: P,
    mut kept: Kept,
    stop: CancellationToken,
) -> Box<dyn Any + Send> {
    let mut pause = Pause::default();

    loop {
        let begun = Instant::now();
        kept.change(|it| it.is_up = true);
        let outcome = caught(run(&mut part, &kept.name, stop.clone())).await;
        kept.change(|it| it.is_up = false);
        if stop.is_cancelled() {
            kept.stopped(outcome);
            return Box::new(part);
        }
        // One that ran for so long has recovered.
        if begun.elapsed() >= Pause::LONGEST {
            (pause, kept.told) = (Pause::default(), None);
        }
        let wait = pause.longer();
        kept.failed(outcome, wait);
        stop.run_until_cancelled(sleep(wait)).await;
        if stop.is_cancelled() {
            return Box::new(part);
        }
        kept.change(|it| it.restarts += 1);
    }
}

#[cfg(not(debug_assertions))]
async fn run(part: &mut impl Optional, _: &str, stop: CancellationToken) -> anyhow::Result<()> {
    part.run(stop).await
}

/// As in a release, but for the panics that tests plant.
#[cfg(debug_assertions)]
async fn run(part: &mut impl Optional, name: &str, stop: CancellationToken) -> anyhow::Result<()> {
    tokio::select! {
        biased;
        outcome = part.run(stop) => outcome,
        () = super::planted::panic(name) => Ok(()),
    }
}

/// Makes an error of a panic.
async fn caught(running: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut running = pin!(running);

    future::poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(anyhow!("it panicked: {}", text(&*panic)))))
    })
    .await
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);

    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

/// A part among the others, until it has ended.
struct Kept {
    name: Arc<str>,
    parts: watch::Sender<BTreeMap<Arc<str>, Part>>,
    /// Why it failed, as the log has it.
    told: Option<String>,
}

impl Kept {
    fn change(&self, change: impl FnOnce(&mut Part)) {
        self.parts.send_if_modified(|parts| {
            parts.get_mut(&self.name).map(change);
            true
        });
    }

    /// Logs a failure, once for each reason.
    fn failed(&mut self, outcome: anyhow::Result<()>, pause: Duration) {
        let name = &*self.name;
        let error = match outcome {
            Ok(()) => "it ended without being asked to".to_owned(),
            Err(error) => format!("{error:#}"),
        };

        if self.told.as_ref() == Some(&error) {
            tracing::debug!(part = name, error, ?pause, "Part failed again; starting it again");
        } else {
            tracing::warn!(part = name, error, ?pause, "Part failed; starting it again");
            self.told = Some(error);
        }
    }

    fn stopped(&self, outcome: anyhow::Result<()>) {
        if let Err(error) = outcome {
            let error = format!("{error:#}");
            tracing::warn!(part = &*self.name, error, "Part failed while it was stopping");
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.parts.send_modify(|parts| drop(parts.remove(&self.name)));
    }
}

#[cfg(test)]
mod tests;
