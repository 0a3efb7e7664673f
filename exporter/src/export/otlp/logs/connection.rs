//! The way of log records to one receiver, which may have to be made yet.

use std::sync::Arc;

use opentelemetry_sdk::logs::LogBatch;
use tokio::task::spawn_blocking;

use super::super::failure::described;
use super::super::local::LocalError;
use super::super::receiver::Receiver;
use super::super::resource::HostResource;
use super::client::{LogClient, Undelivered};

/// The way of log records to one receiver, and what it is made from.
#[derive(Debug)]
pub struct LogConnection {
    receiver: Receiver,
    origin: HostResource,
    client: Option<LogClient>,
}

impl From<LogClient> for LogConnection {
    fn from(client: LogClient) -> Self {
        let (receiver, origin) = (client.receiver.clone(), client.origin.clone());

        Self { receiver, origin, client: Some(client) }
    }
}

impl LogConnection {
    /// One that each request tries to make, until it can be made.
    pub fn unmade(receiver: Receiver, origin: HostResource) -> Self {
        Self { receiver, origin, client: None }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.receiver.name
    }

    /// Sends records, twice if the first failure may pass.
    pub(super) async fn send(&mut self, batch: LogBatch<'_>) -> Result<(), Undelivered> {
        let client = if let Some(client) = self.client.take() {
            client
        } else {
            let (receiver, origin) = (self.receiver.clone(), self.origin.clone());
            let made = spawn_blocking(move || LogClient::new(receiver, &origin)).await;
            // The file may be mended.
            let failed = |error| Undelivered { text: described(&error), is_final: false };
            made.map_err(LocalError::from).flatten().map_err(failed)?
        };

        self.client.insert(client).send(batch).await
    }
}
