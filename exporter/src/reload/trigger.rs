//! Who asks for the configuration to be read again, and waits for the answer.

use tokio::sync::{mpsc, oneshot};

use crate::config::{Patched, Unpatched, Wanted};
use crate::health::ReloadSource;

/// What was applied and what was not, or why everything stays as it was.
pub type Answer = Result<String, String>;

/// Most requests that wait.
const WAITING: usize = 16;
const STOPPING: &str = "the exporter is stopping";

/// Requests reloads of the configuration.
#[derive(Clone, Debug)]
pub struct Trigger(mpsc::Sender<Request>);

/// What was asked, one after the other.
#[derive(Debug)]
pub struct Requests(mpsc::Receiver<Request>);

/// One request, which gets one answer.
#[derive(Debug)]
pub enum Request {
    /// Read the configuration again.
    Reload { source: ReloadSource, answer: Option<oneshot::Sender<Answer>> },
    /// Change settings.
    Patch { wanted: Wanted, answer: oneshot::Sender<Result<Patched, Unpatched>> },
}

/// Returns both ends.
pub fn channel() -> (Trigger, Requests) {
    let (trigger, requests) = mpsc::channel(WAITING);

    (Trigger(trigger), Requests(requests))
}

impl Trigger {
    /// Has the configuration read again, and waits for the answer.
    pub async fn reload(&self, source: ReloadSource) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = Request::Reload { source, answer: Some(answer) };
        if self.0.send(request).await.is_err() {
            return Err(STOPPING.into());
        }

        answered.await.unwrap_or_else(|_| Err(STOPPING.into()))
    }

    /// Has settings changed, and waits for the answer. Blocks.
    pub fn patch(&self, wanted: Wanted) -> Result<Patched, Unpatched> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Patch { wanted, answer };
        self.0.blocking_send(request).map_err(|_| Unpatched::Stopping)?;

        answered.blocking_recv().unwrap_or(Err(Unpatched::Stopping))
    }

    /// Has the configuration read again, and waits for nothing.
    pub fn ask(&self, source: ReloadSource) {
        // Where too many wait already, the last of them reads what is there now.
        let _is_asked_already = self.0.try_send(Request::Reload { source, answer: None });
    }
}

impl Requests {
    /// Waits for the next one; `None` if there will be none.
    pub async fn next(&mut self) -> Option<Request> {
        self.0.recv().await
    }
}

/// Sends the answer to the client that waits for it.
pub(super) fn tell<T>(waiting: Option<oneshot::Sender<T>>, answer: T) {
    if let Some(waiting) = waiting {
        let _nobody_waits_any_more = waiting.send(answer);
    }
}
