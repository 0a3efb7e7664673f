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
            // A file that hangs does not keep the process from stopping.
            let answered = self.reload.answer(request, || self.reloads.begin());
            stop.run_until_cancelled(answered).await;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::time::timeout;

    use super::*;
    use crate::config::Command;
    use crate::health::ReloadSource;
    use crate::reload::InForce;

    /// As it does for a file that hangs, or for parts that apply it slowly.
    #[tokio::test]
    async fn a_reload_that_takes_long_does_not_keep_the_part_from_stopping() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "[sources]\nlimit = 7\n").unwrap();
        let flag = format!("--config.file={}", file.display());
        let parsed = Command::parse(["packet-exporter", &flag].map(Into::into).into_iter());
        let Ok(Command::Run(inputs)) = parsed else { panic!("not a command line") };
        let in_force = InForce::read(&inputs).unwrap();
        let (live, config) = watch::channel(Arc::new(in_force.loaded.config.clone()));
        let (_tell, told) = watch::channel(Arc::new(Config::default()));
        let (reload, _health) = Reload::new(in_force, live, Arc::new(|_| Ok(())));
        let reload = reload.waiting_for(vec![Applying::as_told("slow", told)]);
        let (trigger, requests) = reload::channel();
        let mut part = ReloadPart { reload, requests, reloads: Reloads::new() };
        let stop = CancellationToken::new();
        std::fs::write(&file, "[sources]\nlimit = 8\n").unwrap();

        let under_way = async {
            let mut config = config.clone();
            config.wait_for(|config| config.sources.limit == 8).await.unwrap();
            stop.cancel();
        };
        let running = async { tokio::join!(part.run(stop.clone()), under_way).0 };
        let asked = trigger.reload(ReloadSource::Api);

        let both = Box::pin(async { tokio::join!(asked, running) });
        let (answer, ended) = timeout(Duration::from_secs(10), both)
            .await
            .expect("it stops before the slow part has applied it");
        assert_eq!(answer.unwrap_err(), "the exporter is stopping");
        ended.unwrap();
    }
}
