//! The push of the exporter's own log.

use anyhow::Context;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::ENDING;
use crate::app::parts::{Optional, OptionalParts};
use crate::config::Otlp;
use crate::export::otlp::{
    self, Bridge, Events, HostResource, LogClient, LogConnection, LogSender, Lost, Receiver,
};

const PART: &str = "otlp-logs";

/// The push of the exporter's own log.
pub(crate) struct LogPush {
    receiver: Option<Receiver>,
    origin: Option<HostResource>,
    state: State,
}

enum State {
    /// Nobody takes the events, or nobody does yet.
    Idle(Events),
    Made(Box<LogSender>),
    Running,
}

impl Optional for LogSender {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.run(stop).await;
        Ok(())
    }
}

impl LogPush {
    /// Begins to take events, if somebody is to have them.
    pub(crate) fn new(otlp: &Otlp) -> anyhow::Result<(Bridge, Self)> {
        let receiver = receiver(otlp)?;
        let (bridge, events) = otlp::bridge();
        let events = if receiver.is_some() { events } else { events.ignored() };

        Ok((bridge, Self { receiver, origin: None, state: State::Idle(events) }))
    }

    /// Returns whether the log is pushed, and all that it needs can be read. Blocks, and must be
    /// called within a runtime.
    pub(super) fn check(otlp: &Otlp, origin: &HostResource) -> anyhow::Result<bool> {
        let receiver = receiver(otlp)?;

        Ok(receiver.map(|receiver| client(receiver, origin)).transpose()?.is_some())
    }

    /// Reads the files that the push needs. Blocks, and must be called within a runtime.
    pub(super) fn connected(mut self, origin: &HostResource) -> anyhow::Result<Self> {
        self.origin = Some(origin.clone());
        if let Some(receiver) = self.receiver.clone() {
            self.go_on_with(Some(client(receiver, origin)?.into()));
        }

        Ok(self)
    }

    /// Returns what counts the events that are lost.
    pub(crate) fn lost(&self) -> Lost {
        match &self.state {
            State::Idle(events) => events.lost(),
            State::Made(sender) => sender.lost(),
            State::Running => Lost::default(),
        }
    }

    pub(super) fn start(&mut self, parts: &OptionalParts) -> anyhow::Result<()> {
        match std::mem::replace(&mut self.state, State::Running) {
            State::Made(sender) => Ok(parts.start(PART, *sender)?),
            before @ (State::Idle(_) | State::Running) => {
                self.state = before;
                Ok(())
            }
        }
    }

    /// Follows a change of the configuration.
    pub(super) async fn apply(&mut self, otlp: &Otlp, parts: &OptionalParts) {
        let receiver = receiver(otlp).unwrap_or_default();
        if receiver == self.receiver {
            return;
        }
        if let Err(error) = self.apply_to(receiver, parts).await {
            let error = format!("{error:#}");
            tracing::warn!(error, "Cannot push the log until the next reload");
        }
    }

    async fn apply_to(
        &mut self,
        receiver: Option<Receiver>,
        parts: &OptionalParts,
    ) -> anyhow::Result<()> {
        if matches!(self.state, State::Running) {
            let stopped = timeout(ENDING, parts.stop::<LogSender>(PART)).await;
            let sender = stopped.ok().flatten().context("its push does not end")?;
            self.state = State::Made(Box::new(sender));
            self.receiver = None;
        }
        let connection = match receiver.clone().zip(self.origin.clone()) {
            None => None,
            Some((receiver, origin)) => Some(connection(receiver, origin).await),
        };

        self.go_on_with(connection);
        self.receiver = receiver;
        self.start(parts)
    }

    /// Goes on with another connection, or with none; changes nothing while it runs.
    fn go_on_with(&mut self, connection: Option<LogConnection>) {
        self.state = match (std::mem::replace(&mut self.state, State::Running), connection) {
            (State::Idle(events), None) => State::Idle(events),
            (State::Made(sender), None) => State::Idle(sender.into_events().ignored()),
            (State::Idle(events), Some(connection)) => State::Made(Box::new(events.to(connection))),
            (State::Made(mut sender), Some(connection)) => {
                sender.change(connection);
                State::Made(sender)
            }
            (State::Running, _) => State::Running,
        };
    }
}

fn receiver(otlp: &Otlp) -> anyhow::Result<Option<Receiver>> {
    Receiver::of_logs(otlp).context("cannot push the log")
}

fn client(receiver: Receiver, origin: &HostResource) -> anyhow::Result<LogClient> {
    let name = receiver.name.clone();

    LogClient::new(receiver, origin).with_context(|| format!("cannot push the log to {name}"))
}

/// Returns a connection. What cannot be made now, as a file may have changed since it was checked,
/// is made later.
async fn connection(receiver: Receiver, origin: HostResource) -> LogConnection {
    let (of_client, of_origin) = (receiver.clone(), origin.clone());
    let made = spawn_blocking(move || client(of_client, &of_origin)).await;

    match made.map_err(Into::into).flatten() {
        Ok(client) => client.into(),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(error, "Cannot push the log yet; each push tries again");
            LogConnection::unmade(receiver, origin)
        }
    }
}
