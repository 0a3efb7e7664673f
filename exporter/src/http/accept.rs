//! Accepting connections.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::connection::{Arrival, connection};
use super::line::{Door, Line};
use super::peer::Peer;
use super::server::Server;

/// Accepts connections until told to stop, then waits for those that are there.
pub(super) async fn accept(
    (listener, door): (TcpListener, Door),
    server: Arc<Server>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut is_failing = false;
    let note = |ended: Result<(), JoinError>| {
        if let Err(error) = ended {
            server.refusals.panicked(&error);
        }
    };

    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => {
                note(ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                is_failing = false;
                let line = Line::plain(address.ip(), door);
                if let Some(place) = server.places.take(Peer::of(line.address)) {
                    let arrival = Arrival { stream, line };
                    let server = Arc::clone(&server);
                    connections.spawn(connection(arrival, server, place, stop.clone()));
                }
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                if !is_failing {
                    let address = listener.local_addr().map(|address| address.to_string());
                    tracing::warn!(address = address.ok(), %error, "Cannot accept connections");
                }
                is_failing = true;
                // Out of files or memory: the next attempt would fail at once.
                let _ = timeout(Duration::from_secs(1), stop.cancelled()).await;
            }
        }
    }

    while let Some(ended) = connections.join_next().await {
        note(ended);
    }
}

/// The client gave up before it was served. Source: accept(2), "Error handling".
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};

    matches!(error.kind(), ConnectionAborted | ConnectionReset)
}
