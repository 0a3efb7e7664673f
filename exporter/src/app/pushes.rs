//! The pushes to receivers of OTLP, which follow the configuration.

mod events;
mod metrics;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::history::Kept;
use super::parts::{Optional, OptionalParts, Parts};
use super::samples::Samples;
use crate::catalog::{Choice, Readings};
use crate::config::{Config, Otlp};
use crate::export::otlp::{HostResource, Source};
use crate::health::{Configuration, Listened, Logging, Push, Sampled};
use crate::http::Refusals;
use crate::process::Process;
use crate::reload::Applying;
use crate::snapshot::Snapshot;
use crate::version::Build;

use metrics::Metrics;

pub(super) use events::LogPush;

/// How long a push may take to end: what is under way, and the last push.
const ENDING: Duration = Duration::from_secs(6);

/// What pushes, and follows the configuration.
pub(super) struct Pushes {
    metrics: Metrics,
    log: LogPush,
}

/// How each push is doing.
type Healths = Vec<watch::Receiver<Arc<Push>>>;

/// Reads what pushes need, as they do at the start; returns whether anything is pushed.
pub(super) fn check(otlp: &Otlp) -> anyhow::Result<bool> {
    let origin = HostResource::detect();
    // Nothing runs in it; connections of gRPC ask for one.
    let runtime = Builder::new_current_thread().build()?;
    let _inside = runtime.enter();
    let is_any = Metrics::check(otlp, &origin)?;

    Ok(LogPush::check(otlp, &origin)? || is_any)
}

/// Reads everything that metrics are made from.
pub(super) type Read = Arc<dyn Fn(Arc<Snapshot>) -> Readings + Send + Sync>;

/// What readings are made of beside the snapshot and the pushes.
pub(super) struct Sources<L, S> {
    pub(super) configuration: watch::Receiver<Arc<Configuration>>,
    pub(super) configs: watch::Receiver<Arc<Config>>,
    pub(super) parts: OptionalParts,
    pub(super) refusals: Refusals,
    /// Reads the lost events of the log.
    pub(super) lost: L,
    /// Returns how current the knowledge of sockets is.
    pub(super) listened: S,
    pub(super) history: Kept,
    /// What was sampled.
    pub(super) taken: watch::Receiver<Sampled>,
    pub(super) samples: Samples,
}

impl Pushes {
    /// Makes a sender for each receiver of the metrics, and one for the log.
    pub(super) fn new(otlp: &Otlp, origin: &HostResource, log: LogPush) -> anyhow::Result<Self> {
        let metrics = Metrics::new(otlp, origin)?;

        Ok(Self { metrics, log: log.connected(origin)? })
    }

    /// Returns what reads everything at the moment it is called, but what is left out then.
    pub(super) fn read<L, S>(&self, sources: Sources<L, S>) -> Read
    where
        L: Fn() -> u64 + Send + Sync + 'static,
        S: Fn() -> Listened + Send + Sync + 'static,
    {
        let health = self.metrics.health();
        let Sources {
            configuration,
            configs,
            parts,
            refusals,
            lost,
            listened,
            history,
            taken,
            samples,
        } = sources;

        Arc::new(move |snapshot| Readings {
            snapshot,
            configuration: Arc::clone(&configuration.borrow()),
            process: Process::read(),
            build: Build::THIS,
            serving: refusals.read(),
            pushes: health.borrow().iter().map(|push| Arc::clone(&push.borrow())).collect(),
            logging: Logging { lost: lost() },
            listened: listened(),
            sampled: taken.borrow().clone(),
            memory: history.memory().into_iter().chain(samples.memory()).collect(),
            parts: parts.health(),
            choice: Choice::without(&configs.borrow().metrics.exclude),
        })
    }

    /// Starts one part for each receiver, and one that has them follow the configuration.
    pub(super) fn start(
        mut self,
        parts: &Parts,
        snapshot: &watch::Receiver<Arc<Snapshot>>,
        read: &Read,
        mut config: watch::Receiver<Arc<Config>>,
    ) -> anyhow::Result<Applying> {
        let (snapshot, read) = (snapshot.clone(), Arc::clone(read));
        let source = Source { snapshot, read, is_ending: parts.is_ending() };
        let optional = parts.optional();
        self.metrics.start(&optional, &source)?;
        self.log.start(&optional)?;
        let (tell, applied) = watch::channel(Arc::clone(&config.borrow_and_update()));

        let following = Following { pushes: self, parts: optional.clone(), source, config, tell };
        optional.start("pushes", following)?;
        Ok(Applying::as_told("pushes", applied))
    }
}

/// Has pushes follow the configuration.
struct Following {
    pushes: Pushes,
    parts: OptionalParts,
    source: Source,
    config: watch::Receiver<Arc<Config>>,
    /// Reports what was applied.
    tell: watch::Sender<Arc<Config>>,
}

impl Optional for Following {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        if !Arc::ptr_eq(&self.config.borrow(), &self.tell.borrow()) {
            // A panic came before it was applied.
            self.config.mark_changed();
        }
        while let Some(Ok(())) = stop.run_until_cancelled(self.config.changed()).await {
            let config = Arc::clone(&self.config.borrow_and_update());
            let Self { pushes: Pushes { metrics, log }, parts, source, .. } = self;
            let applied = async {
                metrics.apply(&config.otlp, parts, source).await;
                log.apply(&config.otlp, parts).await;
            };
            if stop.run_until_cancelled(applied).await.is_some() {
                self.tell.send_replace(config);
            }
        }

        stop.cancelled().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::Handle;
    use tokio::time::timeout;

    use super::*;
    use crate::catalog::example;

    #[tokio::test]
    async fn what_a_panic_kept_from_being_applied_is_applied_after_it() {
        let otlp = Otlp::default();
        let (_bridge, log) = LogPush::new(&otlp).unwrap();
        let pushes = Pushes::new(&otlp, &HostResource::detect(), log).unwrap();
        let stop = CancellationToken::new();
        let parts = OptionalParts::on(Handle::current(), stop.clone());
        let (_snapshot, snapshot) = watch::channel(example::readings().snapshot);
        let read: Read = Arc::new(|snapshot| Readings { snapshot, ..example::readings() });
        let source = Source { snapshot, read, is_ending: CancellationToken::new() };
        let (publish, mut config) = watch::channel(Arc::new(Config::default()));
        let (tell, mut told) = watch::channel(Arc::clone(&config.borrow_and_update()));
        let new = Arc::new(Config::default());
        publish.send_replace(Arc::clone(&new));
        // As far as the panic came.
        config.borrow_and_update();

        let mut following = Following { pushes, parts, source, config, tell };
        let applied = async {
            let is_applied = |told: &Arc<Config>| Arc::ptr_eq(told, &new);
            timeout(Duration::from_secs(20), told.wait_for(is_applied)).await.unwrap().unwrap();
            stop.cancel();
        };

        tokio::join!(following.run(stop.clone()), applied).0.unwrap();
    }
}
