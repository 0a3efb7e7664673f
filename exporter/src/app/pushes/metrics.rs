//! The senders of the metrics, one for each receiver.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{ENDING, Healths};
use crate::app::parts::{Optional, OptionalParts};
use crate::config::{Otlp, Temporality};
use crate::export::otlp::{
    Client, HostResource, Make, Receiver, Sender, Source, Style, Taken, Times,
};
use crate::health::Push;

/// Most names of receivers whose counts are kept for their return.
const REMEMBERED: usize = 64;

/// The senders of the metrics, one for each receiver.
pub(super) struct Metrics {
    otlp: Otlp,
    origin: HostResource,
    began: SystemTime,
    /// Those that are not started yet.
    made: Vec<Sender>,
    running: Vec<Pushed>,
    health: watch::Sender<Healths>,
    /// Counts of receivers that are gone, by their name.
    past: BTreeMap<Arc<str>, Arc<Push>>,
}

/// A receiver that is pushed to.
struct Pushed {
    receiver: Receiver,
    health: watch::Receiver<Arc<Push>>,
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

impl Metrics {
    /// Makes a sender for each receiver. Blocks.
    pub(super) fn new(otlp: &Otlp, origin: &HostResource) -> anyhow::Result<Self> {
        let mut metrics = Self {
            otlp: otlp.clone(),
            origin: origin.clone(),
            began: SystemTime::now(),
            made: Vec::new(),
            running: Vec::new(),
            health: watch::Sender::new(Vec::new()),
            past: BTreeMap::new(),
        };
        for receiver in Receiver::of_metrics(otlp).context("cannot push")? {
            let client = client(receiver.clone())?;
            let (sender, health) = Sender::new(client, metrics.make(), metrics.times());
            metrics.made.push(sender);
            metrics.running.push(Pushed { receiver, health });
        }
        metrics.publish();

        Ok(metrics)
    }

    /// Returns whether there are receivers, and all that they need can be read. Blocks.
    pub(super) fn check(otlp: &Otlp, origin: &HostResource) -> anyhow::Result<bool> {
        Ok(!Self::new(otlp, origin)?.made.is_empty())
    }

    /// Returns what reads how the pushes are doing that there are then.
    pub(super) fn health(&self) -> watch::Receiver<Healths> {
        self.health.subscribe()
    }

    /// Starts one part for each receiver.
    pub(super) fn start(&mut self, parts: &OptionalParts, source: &Source) -> anyhow::Result<()> {
        for (sender, Pushed { receiver, .. }) in self.made.drain(..).zip(&self.running) {
            parts.start(part(receiver), PushPart { sender, source: source.clone() })?;
        }

        Ok(())
    }

    /// Follows a change of the configuration. A receiver for which nothing changes is not touched;
    /// any other pushes once more, and goes on with what it has.
    pub(super) async fn apply(&mut self, otlp: &Otlp, parts: &OptionalParts, source: &Source) {
        let receivers = match Receiver::of_metrics(otlp) {
            Ok(receivers) => receivers,
            // They were checked before.
            Err(error) => return tracing::warn!(%error, "Cannot push; the receivers stay"),
        };
        let stays = is_pushed_alike(&self.otlp, otlp);
        let is_kept = |it: &Pushed| stays && receivers.contains(&it.receiver);
        let (kept, changed): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.running).into_iter().partition(is_kept);
        self.otlp = otlp.clone();
        let mut ended = end(changed, parts).await;
        self.remember(&ended);

        let is_gone = |it: &&mut Ended| !receivers.iter().any(|new| new.is_same(&it.receiver));
        let gone = ended.iter_mut().filter(is_gone);
        let last = gone.filter_map(|it| it.sender.delivered().last().cloned());
        let last = last.max_by_key(|taken| taken.time);
        let mut running = Vec::new();
        let mut left: BTreeMap<Arc<str>, Pushed> =
            kept.into_iter().map(|it| (Arc::clone(&it.receiver.name), it)).collect();
        for receiver in receivers {
            if let Some(kept) = left.remove(&receiver.name) {
                running.push(kept);
                continue;
            }
            let at = ended.iter().position(|it| it.receiver.is_same(&receiver));
            let before = at.map(|at| ended.swap_remove(at));
            if let Some((sender, pushed)) =
                self.made_anew(receiver, before, last.as_ref(), source).await
            {
                let part = PushPart { sender, source: source.clone() };
                match parts.start(self::part(&pushed.receiver), part) {
                    Ok(()) => running.push(pushed),
                    Err(error) => tracing::warn!(%error, "Cannot push until the next reload"),
                }
            }
        }
        self.running = running;
        self.publish();
    }

    /// Makes a sender that goes on where another one ended, if one did. Of deltas, a receiver that
    /// is new gets what is counted from now on, or since the last push to one that is gone: what it
    /// had may have come to the same place.
    async fn made_anew(
        &self,
        receiver: Receiver,
        before: Option<Ended>,
        last: Option<&Taken>,
        source: &Source,
    ) -> Option<(Sender, Pushed)> {
        let of_client = receiver.clone();
        let client = match spawn_blocking(move || client(of_client)).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "Cannot push until the next reload");
                return None;
            }
            Err(_panicked) => return None,
        };
        let (make, times) = (self.make(), self.times());
        let is_delta = self.otlp.temporality == Temporality::Delta;

        let (sender, health) = match before {
            Some(Ended { receiver: old, health, mut sender }) if old.name == receiver.name => {
                sender.change(client, make, times);
                (sender, health)
            }
            before => {
                let (mut sender, health) = Sender::new(client, make, times);
                if let Some(push) = self.past.get(&receiver.name) {
                    sender.go_on_from(push);
                }
                let before = before.and_then(|it| it.sender.delivered().last().cloned());
                if is_delta
                    && let Some(taken) = before.or_else(|| last.cloned()).or(now(source).await)
                {
                    sender.begin_after(taken);
                }
                (sender, health)
            }
        };
        Some((sender, Pushed { receiver, health }))
    }

    fn make(&self) -> Make {
        let Otlp { temporality, histogram, names, max_points, protocol, compression, .. } =
            self.otlp;
        let began = self.began;
        let style = Style { temporality, buckets: histogram, names, max_points, began };

        Make { style, origin: self.origin.clone(), protocol, compression }
    }

    fn times(&self) -> Times {
        Times::spread(self.otlp.interval, self.otlp.push_timeout)
    }

    fn publish(&self) {
        let healths = self.running.iter().map(|it| it.health.clone()).collect();

        self.health.send_replace(healths);
    }

    /// Keeps the counts of receivers that may come back.
    fn remember(&mut self, ended: &[Ended]) {
        for Ended { receiver, health, .. } in ended {
            if self.past.len() < REMEMBERED || self.past.contains_key(&receiver.name) {
                self.past.insert(Arc::clone(&receiver.name), Arc::clone(&health.borrow()));
            }
        }
    }
}

/// A push that has ended.
struct Ended {
    receiver: Receiver,
    health: watch::Receiver<Arc<Push>>,
    sender: Sender,
}

/// Ends pushes, all at once. One that does not end in time is left behind.
async fn end(pushed: Vec<Pushed>, parts: &OptionalParts) -> Vec<Ended> {
    let mut ending = JoinSet::new();
    for Pushed { receiver, health } in pushed {
        let parts = parts.clone();
        ending.spawn(async move {
            let name = part(&receiver);
            let stopped = timeout(ENDING, parts.stop::<PushPart>(&name)).await;
            let Ok(Some(PushPart { sender, .. })) = stopped else {
                tracing::warn!(part = name, "Push does not end; it is left behind");
                return None;
            };
            Some(Ended { receiver, health, sender })
        });
    }

    ending.join_all().await.into_iter().flatten().collect()
}

/// Reads what is counted now.
async fn now(source: &Source) -> Option<Taken> {
    let readings = source.readings().await.ok()?;

    Some(Taken { readings, time: SystemTime::now() })
}

/// Returns whether what all receivers have in common is the same.
fn is_pushed_alike(one: &Otlp, other: &Otlp) -> bool {
    let common = |it: &Otlp| {
        let style = (it.temporality, it.histogram, it.names, it.max_points);
        (style, it.protocol, it.compression, it.interval, it.push_timeout)
    };

    common(one) == common(other)
}

fn client(receiver: Receiver) -> anyhow::Result<Client> {
    let name = Arc::clone(&receiver.name);

    Client::new(receiver).with_context(|| format!("cannot push to {name}"))
}

/// Returns the name of the part that pushes to a receiver.
fn part(receiver: &Receiver) -> String {
    format!("otlp {}", receiver.name)
}
