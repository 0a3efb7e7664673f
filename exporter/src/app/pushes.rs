//! The pushes to receivers of OTLP.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts, Parts};
use crate::catalog::{Choice, Readings};
use crate::config::{Config, Otlp};
use crate::export::otlp::{
    self, Bridge, Client, Events, LogClient, LogSender, Make, Origin, Receiver, Sender, Source,
    Style, Times,
};
use crate::health::{Logging, Push};
use crate::http::Refusals;
use crate::process::Process;
use crate::snapshot::Snapshot;
use crate::version::Build;

/// Those who push, and how they are doing.
#[derive(Debug)]
pub(super) struct Pushes {
    senders: Vec<Sender>,
    health: Vec<watch::Receiver<Arc<Push>>>,
}

/// Reads what pushes need, as they do at the start; says whether anything is pushed.
pub(super) fn check(otlp: &Otlp) -> anyhow::Result<bool> {
    let origin = Origin::detect();
    let Pushes { senders, .. } = Pushes::new(otlp, &origin)?;
    let log_push = LogPush::new(otlp)?.map(|(_bridge, log_push)| log_push);
    let is_any = !senders.is_empty() || log_push.is_some();
    // Nothing runs in it; connections of gRPC ask for one.
    let runtime = Builder::new_current_thread().build()?;
    let _inside = runtime.enter();
    log_push.map(|log_push| log_push.connect(&origin)).transpose()?;

    Ok(is_any)
}

/// Gives everything that metrics are read from.
pub(super) type Read = Arc<dyn Fn(Arc<Snapshot>) -> Readings + Send + Sync>;

impl Pushes {
    /// Makes a sender for each receiver of the metrics.
    pub(super) fn new(otlp: &Otlp, origin: &Origin) -> anyhow::Result<Self> {
        let receivers = Receiver::of_metrics(otlp).context("cannot push")?;
        let style = Style {
            temporality: otlp.temporality,
            buckets: otlp.histogram,
            names: otlp.names,
            max_points: otlp.max_points,
            began: SystemTime::now(),
        };
        let sender = |receiver: Receiver| {
            let make = Make {
                style,
                origin: origin.clone(),
                protocol: otlp.protocol,
                compression: otlp.compression,
            };
            let times = Times::spread(otlp.interval, otlp.push_timeout);
            let name = Arc::clone(&receiver.name);
            let client = Client::new(receiver).with_context(|| format!("cannot push to {name}"))?;
            Ok(Sender::new(client, make, times))
        };

        let made: anyhow::Result<Vec<_>> = receivers.into_iter().map(sender).collect();
        let (senders, health) = made?.into_iter().unzip();
        Ok(Self { senders, health })
    }

    /// Returns what reads everything at the moment it is called, but what is left out then; `lost`
    /// reads the lost events of the log.
    pub(super) fn read(
        &self,
        parts: OptionalParts,
        configs: watch::Receiver<Arc<Config>>,
        refusals: Refusals,
        lost: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Read {
        let health = self.health.clone();

        Arc::new(move |snapshot| Readings {
            snapshot,
            process: Process::read(),
            build: Build::THIS,
            serving: refusals.read(),
            pushes: health.iter().map(|push| Arc::clone(&push.borrow())).collect(),
            logging: Logging { lost: lost() },
            parts: parts.health(),
            choice: Choice::without(&configs.borrow().metrics.exclude),
        })
    }

    /// Starts one part for each receiver.
    pub(super) fn start(
        self,
        parts: &Parts,
        snapshot: &watch::Receiver<Arc<Snapshot>>,
        read: &Read,
    ) -> anyhow::Result<()> {
        for (sender, health) in self.senders.into_iter().zip(self.health) {
            let name = format!("otlp {}", health.borrow().endpoint);
            let source = Source {
                snapshot: snapshot.clone(),
                read: Arc::clone(read),
                is_ending: parts.is_ending(),
            };
            parts.optional().start(name, PushPart { sender, source })?;
        }

        Ok(())
    }
}

/// Pushes the metrics to one receiver.
struct PushPart {
    sender: Sender,
    source: Source,
}

impl Optional for PushPart {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.sender.run(self.source.clone(), stop).await;
        Ok(())
    }
}

impl Optional for LogSender {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.run(stop).await;
        Ok(())
    }
}

/// The push of the exporter's own log.
#[derive(Debug)]
pub(super) struct LogPush {
    receiver: Receiver,
    events: Events,
}

impl LogPush {
    /// Begins to take events, if somebody is to have them.
    pub(super) fn new(otlp: &Otlp) -> anyhow::Result<Option<(Bridge, Self)>> {
        let receiver = Receiver::of_logs(otlp).context("cannot push the log")?;

        Ok(receiver.map(|receiver| {
            let (bridge, events) = otlp::bridge();
            (bridge, Self { receiver, events })
        }))
    }

    /// Reads the files that pushes need. Must be called within a runtime.
    pub(super) fn connect(self, origin: &Origin) -> anyhow::Result<LogSender> {
        let Self { receiver, events } = self;
        let name = Arc::clone(&receiver.name);
        let client = LogClient::new(receiver, origin)
            .with_context(|| format!("cannot push the log to {name}"))?;

        Ok(events.to(client))
    }
}
