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
    Client, Connection, HostResource, Make, Receiver, Sender, Source, Style, Taken, Times,
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
    /// Those that ended in a change that is under way.
    ended: Vec<Ended>,
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
            ended: Vec::new(),
            health: watch::Sender::new(Vec::new()),
            past: BTreeMap::new(),
        };
        for receiver in Receiver::of_metrics(otlp).context("cannot push")? {
            let client = client(receiver.clone())?;
            let (sender, health) = Sender::new(client.into(), metrics.make(otlp), times(otlp));
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
    ///
    /// After a panic it may be called again: what had ended then is still known.
    pub(super) async fn apply(&mut self, otlp: &Otlp, parts: &OptionalParts, source: &Source) {
        let receivers = match Receiver::of_metrics(otlp) {
            Ok(receivers) => receivers,
            // They were checked before.
            Err(error) => return tracing::warn!(%error, "Cannot push; the receivers stay"),
        };
        let stays = is_pushed_alike(&self.otlp, otlp);
        let is_changed = |it: &mut Pushed| !(stays && receivers.contains(&it.receiver));
        let changed = self.running.extract_if(.., is_changed).collect();
        end(changed, parts, &mut self.ended).await;
        self.remember();

        for receiver in &receivers {
            if self.running.iter().any(|it| it.receiver.name == receiver.name) {
                continue;
            }
            let begin = self.begin(receiver, &receivers);
            let (sender, pushed) = self.made_anew(receiver, begin, otlp, source).await;
            let part = PushPart { sender, source: source.clone() };
            match parts.start(self::part(receiver), part) {
                Ok(()) => self.running.push(pushed),
                Err(error) => tracing::warn!(%error, "Cannot push until the next reload"),
            }
        }
        let place = |it: &Pushed| receivers.iter().position(|new| new.name == it.receiver.name);
        self.running.sort_by_key(place);
        self.ended.clear();
        self.otlp = otlp.clone();
        self.publish();
    }

    /// Returns where pushes to a receiver begin. Of deltas, one that is new gets what is counted
    /// from now on, or since the last push to one that is gone: what that had, or may have in part,
    /// may have come to the same place. If it had nothing, the new one gets everything.
    fn begin(&mut self, receiver: &Receiver, receivers: &[Receiver]) -> Begin {
        let is_ours = |it: &Ended| it.receiver.is_same(receiver);
        if let Some(at) = self.ended.iter().position(is_ours) {
            let ended = self.ended.swap_remove(at);
            return if ended.receiver.name == receiver.name {
                Begin::Same(Box::new(ended))
            } else {
                let newest = ended.sender.newest().cloned();
                newest.map_or(Begin::Everything, |taken| Begin::After(Box::new(taken)))
            };
        }

        let is_gone = |it: &&Ended| !receivers.iter().any(|new| new.is_same(&it.receiver));
        let gone: Vec<_> = self.ended.iter().filter(is_gone).collect();
        let newest = gone.iter().filter_map(|it| it.sender.newest()).max_by_key(|it| it.time);
        match newest {
            Some(taken) => Begin::After(Box::new(taken.clone())),
            None if gone.is_empty() => Begin::Now,
            None => Begin::Everything,
        }
    }

    /// Makes a sender. It tries later what it cannot do now, as a file may have changed since it was
    /// checked.
    async fn made_anew(
        &self,
        receiver: &Receiver,
        begin: Begin,
        otlp: &Otlp,
        source: &Source,
    ) -> (Sender, Pushed) {
        let connection = connection(receiver).await;
        let (make, times) = (self.make(otlp), times(otlp));
        let is_delta = otlp.temporality == Temporality::Delta;
        let receiver = receiver.clone();

        let begin = match begin {
            Begin::Same(ended) => {
                let Ended { health, mut sender, .. } = *ended;
                sender.change(connection, make, times);
                return (sender, Pushed { receiver, health });
            }
            Begin::After(taken) => Some(*taken),
            Begin::Now if is_delta => now(source).await,
            Begin::Now | Begin::Everything => None,
        };
        let (mut sender, health) = Sender::new(connection, make, times);
        if let Some(push) = self.past.get(&receiver.name) {
            sender.go_on_from(push);
        }
        if let Some(taken) = begin.filter(|_| is_delta) {
            sender.begin_after(taken);
        }
        (sender, Pushed { receiver, health })
    }

    fn make(&self, otlp: &Otlp) -> Make {
        let Otlp { temporality, histogram, names, max_points, protocol, compression, .. } = *otlp;
        let began = self.began;
        let style = Style { temporality, buckets: histogram, names, max_points, began };

        Make { style, origin: self.origin.clone(), protocol, compression }
    }

    fn publish(&self) {
        let healths = self.running.iter().map(|it| it.health.clone()).collect();

        self.health.send_replace(healths);
    }

    /// Keeps the counts of receivers that may come back.
    fn remember(&mut self) {
        for Ended { receiver, health, .. } in &self.ended {
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

/// Where pushes to a receiver begin.
enum Begin {
    /// Where the ones to the same receiver ended.
    Same(Box<Ended>),
    After(Box<Taken>),
    Now,
    Everything,
}

/// Ends pushes, all at once. One that does not end in time is left behind.
async fn end(pushed: Vec<Pushed>, parts: &OptionalParts, ended: &mut Vec<Ended>) {
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

    while let Some(one) = ending.join_next().await {
        ended.extend(one.ok().flatten());
    }
}

fn times(otlp: &Otlp) -> Times {
    Times::spread(otlp.interval, otlp.push_timeout)
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

/// Returns a connection, which may have to be made later.
async fn connection(receiver: &Receiver) -> Connection {
    let of_client = receiver.clone();

    match spawn_blocking(move || client(of_client)).await.map_err(Into::into).flatten() {
        Ok(client) => client.into(),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, "Cannot push yet; each push tries again");
            Connection::unmade(receiver.clone())
        }
    }
}

fn client(receiver: Receiver) -> anyhow::Result<Client> {
    let name = Arc::clone(&receiver.name);

    Client::new(receiver).with_context(|| format!("cannot push to {name}"))
}

/// Returns the name of the part that pushes to a receiver.
fn part(receiver: &Receiver) -> String {
    format!("otlp {}", receiver.name)
}

#[cfg(test)]
mod tests;
