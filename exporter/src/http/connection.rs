//! Accepting connections and speaking HTTP on them.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::requests::Requests;
use super::server::Server;
use super::write_deadline::WriteDeadline;

/// Accepts connections until told to stop, then waits for those that are there.
pub(super) async fn accept(
    listener: TcpListener,
    server: Arc<Server>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    let mut is_failing = false;

    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                is_failing = false;
                let permit = tokio::select! {
                    () = stop.cancelled() => break,
                    permit = Arc::clone(&room).acquire_owned() => permit,
                };
                let (server, stop) = (Arc::clone(&server), stop.clone());
                connections.spawn(async move {
                    let _permit = permit;
                    connection(stream, server, stop).await;
                });
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

    while connections.join_next().await.is_some() {}
}

/// The client gave up before it was served. Source: accept(2), "Error handling".
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset};

    matches!(error.kind(), ConnectionAborted | ConnectionReset)
}

async fn connection(stream: TcpStream, server: Arc<Server>, stop: CancellationToken) {
    // Responses are written whole; to wait for more would only delay their last packet.
    let _ = stream.set_nodelay(true);
    let requests = Requests::default();
    let stream = WriteDeadline::new(stream, server.limits.write, requests.clone());

    let ended = match server.handshake().await {
        Err(error) => Err(error.into()),
        Ok(None) => converse(stream, false, server, requests, stop).await,
        Ok(Some(config)) => {
            let handshake = TlsAcceptor::from(config).accept(stream);
            match timeout(server.limits.handshake, handshake).await {
                Ok(Ok(stream)) => {
                    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    converse(stream, is_http2, server, requests, stop).await
                }
                Ok(Err(error)) => Err(error.into()),
                Err(elapsed) => Err(elapsed.into()),
            }
        }
    };

    if let Err(error) = ended {
        tracing::debug!(error, "Connection ended early");
    }
}

async fn converse<S>(
    stream: S,
    is_http2: bool,
    server: Arc<Server>,
    requests: Requests,
    stop: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = server.limits;
    let begun = requests.clone();
    let service = service_fn(move |request| {
        let unfinished = begun.begin();
        let server = Arc::clone(&server);
        async move {
            let response = server.answer(request).await;
            Ok::<_, Infallible>(response.map(|body| body.of(unfinished)))
        }
    });
    let builder = builder(is_http2, &limits);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));

    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stop.cancelled() => {}
        () = sleep(limits.age) => {}
        () = requests.missing(limits.head) => return Err("no request came".into()),
        () = requests.overdue(limits.answer) => return Err("an answer took too long".into()),
    }

    connection.as_mut().graceful_shutdown();
    let stopped = async {
        stop.cancelled().await;
        sleep(limits.stop).await;
    };
    tokio::select! {
        ended = connection => ended,
        () = stopped => Err("the server stops".into()),
        () = sleep(limits.leave) => Err("the connection is too old".into()),
    }
}

/// Never lets hyper find out the version: it would wait for the first bytes without a limit.
fn builder(is_http2: bool, limits: &Limits) -> auto::Builder<TokioExecutor> {
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };

    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(Limits::HEADERS)
        .max_buf_size(Limits::HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.head)
        .keep_alive_timeout(limits.head)
        .max_concurrent_streams(Limits::STREAMS)
        .max_header_list_size(Limits::HEAD_BYTES);

    builder
}
