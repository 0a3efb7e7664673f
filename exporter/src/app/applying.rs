//! Parts that apply the configuration and do nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts, Parts};
use super::service_manager::Reloads;
use crate::config::Config;
use crate::folder::Applied;
use crate::reload::{self, Applying, Reload, Requests, Trigger};

/// Reads the configuration again.
pub(super) struct ReloadPart {
    pub(super) reload: Reload,
    pub(super) requests: Requests,
    pub(super) reloads: Reloads,
}

impl Optional for ReloadPart {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        while let Some(Some(request)) = stop.run_until_cancelled(self.requests.next()).await {
            let _under_way = self.reloads.begin();
            self.reload.answer(request).await;
        }
        stop.cancelled().await;
        Ok(())
    }
}

/// Returns how to see that the folder counts under a configuration, with every program.
pub(super) fn by_the_folder(told: watch::Receiver<Option<Applied>>) -> Applying {
    Applying::of("folder", told, |told: &Option<Applied>, config| {
        told.as_ref().is_some_and(|it| Arc::ptr_eq(&it.config, config) && it.behind == 0)
    })
}

/// Starts the part that looks for changes of the configuration file.
pub(super) fn follow_file(
    parts: &OptionalParts,
    file: PathBuf,
    config: watch::Receiver<Arc<Config>>,
    trigger: Trigger,
) -> anyhow::Result<()> {
    parts.start("config", move |stop| {
        let (file, config, trigger) = (file.clone(), config.clone(), trigger.clone());
        async move {
            reload::follow(file, config, trigger, stop).await;
            Ok(())
        }
    })?;

    Ok(())
}

/// Starts a part that has each new configuration applied.
pub(super) fn start(
    parts: &mut Parts,
    name: &'static str,
    config: &watch::Receiver<Arc<Config>>,
    apply: impl Fn(&Config) + Send + Sync + 'static,
) -> Applying {
    let mut config = config.clone();
    let (tell, applied) = watch::channel(Arc::clone(&config.borrow_and_update()));

    parts.start(name, |stop| async move {
        while let Some(Ok(())) = stop.run_until_cancelled(config.changed()).await {
            let new = Arc::clone(&config.borrow_and_update());
            apply(&new);
            tell.send_replace(new);
        }
        stop.cancelled().await;
        Ok(())
    });

    Applying::as_told(name, applied)
}
