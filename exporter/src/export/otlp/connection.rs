//! What requests are sent on, made anew when it fails.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::client::Client;
use super::failure::SendError;
use super::local::LocalError;
use super::receiver::Receiver;
use super::signal::Answer;

/// Connections to a receiver, and what new ones are made from.
#[derive(Debug)]
pub struct Connection {
    receiver: Receiver,
    /// `None` until the next request makes it: before the first one, and after a failure.
    client: Option<Client>,
}

impl From<Client> for Connection {
    fn from(client: Client) -> Self {
        Self { receiver: client.receiver.clone(), client: Some(client) }
    }
}

impl Connection {
    /// One that each request tries to make, until it can be made.
    pub fn unmade(receiver: Receiver) -> Self {
        Self { receiver, client: None }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.receiver.name
    }

    /// Has the next request make a new one.
    pub(super) fn close(&mut self) {
        self.client = None;
    }

    /// Sends one encoded request, for as long as is `left`.
    pub(super) async fn send(&mut self, body: Bytes, left: Duration) -> Result<Answer, SendError> {
        let client = if let Some(client) = self.client.take() {
            client
        } else {
            let receiver = self.receiver.clone();
            let made = spawn_blocking(|| Client::new(receiver)).await;
            made.map_err(LocalError::from)??
        };
        // A request that is cancelled leaves it as it is.
        let sent = self.client.insert(client).send(body, left).await;

        // A connection on which nothing comes back would be used again; certificates may have
        // been replaced.
        if sent.as_ref().is_err_and(SendError::is_about_the_connection) {
            self.close();
        }
        sent
    }
}
