//! Has the configuration read again when its file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::trigger::Trigger;
use super::watching::{WatchError, Watching};
use crate::causes::with_causes;
use crate::config::Config;
use crate::health::ReloadSource;

/// Programs write in pieces: a change is over when nothing happens for so long.
const SETTLED: Duration = Duration::from_secs(1);
/// What never settles is read all the same.
const RESTLESS: Duration = Duration::from_secs(10);
/// How often to look at a file that is not watched, or could not be read.
const AGAIN: Duration = Duration::from_secs(30);
/// How often to look at any file: not every change is noticed.
const ANYWAY: Duration = Duration::from_mins(5);

/// Has the configuration read again whenever its file changes, until told to stop.
pub async fn follow(
    file: PathBuf,
    mut config: watch::Receiver<Arc<Config>>,
    trigger: Trigger,
    stop: CancellationToken,
) {
    let following = async {
        let mut is_failing = false;
        loop {
            let is_wanted = config.borrow_and_update().config.watch;
            if is_wanted {
                tokio::select! {
                    () = follow_once(&file, &trigger, &mut is_failing) => {}
                    Ok(()) = until_unwanted(&mut config) => {}
                }
            } else if config.changed().await.is_err() {
                return;
            }
        }
    };

    stop.run_until_cancelled(following).await;
}

async fn until_unwanted(
    config: &mut watch::Receiver<Arc<Config>>,
) -> Result<(), watch::error::RecvError> {
    config.wait_for(|config| !config.config.watch).await.map(drop)
}

/// Reads the file if it has changed, then waits until it may have changed again. The way to the file
/// is looked at anew each time: a directory may have come in the place of another.
async fn follow_once(file: &Path, trigger: &Trigger, is_failing: &mut bool) {
    let path = file.to_owned();
    let watching = match spawn_blocking(move || Watching::begin(&path)).await {
        Ok(watching) => watching,
        Err(_panicked) => return sleep(AGAIN).await,
    };
    tell(is_failing, watching.as_ref().err());
    let is_read = trigger.reload(ReloadSource::File).await.is_ok();

    let Ok(watching) = watching else { return sleep(AGAIN).await };
    // A file that hung, or one that it names, may be there by now without a change.
    let patience = if is_read { ANYWAY } else { AGAIN };
    if timeout(patience, watching.changed()).await.is_err() {
        return;
    }
    settle(&watching).await;
}

async fn settle(watching: &Watching) {
    let latest = Instant::now() + RESTLESS;
    let settle = async { while timeout(SETTLED, watching.changed()).await.is_ok() {} };

    let _restless = timeout_at(latest, settle).await;
}

/// Logs that changes begin to go unnoticed, and that they are noticed again.
fn tell(is_failing: &mut bool, error: Option<&WatchError>) {
    let was_failing = std::mem::replace(is_failing, error.is_some());

    match error {
        Some(error) if !was_failing => {
            let error = with_causes(error);
            tracing::warn!(error, "Cannot watch the configuration file; looking every 30 s");
        }
        None if was_failing => tracing::info!("The configuration file is watched again"),
        Some(_) | None => {}
    }
}
