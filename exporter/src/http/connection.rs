//! Speaking TLS and HTTP on a connection.

use std::convert::Infallible;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::body::Sent;
use super::limits::Limits;
use super::line::Line;
use super::marks::Marks;
use super::places::Place;
use super::principal::Principal;
use super::requests::Requests;
use super::server::Server;
use super::streams::Streams;
use super::tls;
use super::visit::Visit;
use super::web_file::Handshake;
use super::write_deadline::WriteDeadline;
use crate::health::HttpRefusal;

/// What a client gets that speaks HTTP where TLS is expected; the sentence is Go's.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 48\r\n\
    connection: close\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";

const OVERDUE: &str = "an answer took too long";

/// A connection that was accepted.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    /// As if there was no TLS, which only the handshake shows.
    pub(super) line: Line,
}

/// Why a connection ended early.
#[derive(Debug)]
struct Early {
    error: Box<dyn Error + Send + Sync>,
    /// Under which reason it counts, if it was the exporter that ended it.
    refusal: Option<HttpRefusal>,
}

/// Serves a connection until it ends, or makes room for another one.
pub(super) async fn connection(
    arrival: Arrival,
    server: Arc<Server>,
    place: Place,
    stop: CancellationToken,
) {
    let make_room = place.make_room.clone();

    make_room.run_until_cancelled(serve(arrival, server, Arc::new(place), stop)).await;
}

async fn serve(arrival: Arrival, server: Arc<Server>, place: Arc<Place>, stop: CancellationToken) {
    // Responses are written whole; to wait for more would only delay their last packet.
    let _ = arrival.stream.set_nodelay(true);
    let ended = speak(arrival, &server, &place, stop).await;

    let Err(Early { error, refusal }) = ended else { return };
    match refusal {
        Some(reason) if tls::is_told(&*error) => {
            server.refusals.count_told(reason, place.peer, &error);
        }
        Some(reason) => server.refusals.count(reason, place.peer, Some(&error)),
        None => tracing::debug!(error, "Connection ended early"),
    }
}

async fn speak(
    Arrival { stream, line }: Arrival,
    server: &Arc<Server>,
    place: &Arc<Place>,
    stop: CancellationToken,
) -> Result<(), Early> {
    let Some(handshake) = stop.run_until_cancelled(server.handshake()).await else { return Ok(()) };
    let Ok(handshake) = handshake else { return Ok(()) };
    let Some(handshake) = handshake else {
        let stream = deadline(stream, server, place);
        return converse(stream, line, Arc::clone(server), place, stop).await;
    };

    let shaken = shake_hands(stream, handshake, server, place);
    let Some(shaken) = stop.run_until_cancelled(shaken).await else { return Ok(()) };
    let Some(stream) = shaken? else { return Ok(()) };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");

    let line = Line { is_tls: true, is_http2, ..line };
    converse(stream, line, Arc::clone(server), place, stop).await
}

fn deadline(stream: TcpStream, server: &Server, place: &Place) -> WriteDeadline<TcpStream> {
    WriteDeadline::new(stream, server.limits.write, place.requests.clone())
}

/// Shakes hands; `None` if the client has said nothing, as probes of a port do.
async fn shake_hands(
    mut stream: TcpStream,
    Handshake { config, verifies_clients }: Handshake,
    server: &Server,
    place: &Place,
) -> Result<Option<TlsStream<WriteDeadline<TcpStream>>>, Early> {
    let until = Instant::now() + server.limits.handshake;
    let mut first = [0];
    let Ok(Ok(1)) = timeout_at(until, stream.peek(&mut first)).await else { return Ok(None) };
    // TLS begins with the type of a record, 22; a request with its method.
    if first[0].is_ascii_uppercase() {
        let _ = timeout(Limits::LINGER, answer_plain(&mut stream)).await;
        return Err(Early::refused(HttpRefusal::Tls, "the client speaks HTTP without TLS"));
    }

    let stream = deadline(stream, server, place);
    let stream = match timeout_at(until, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Early::refused(HttpRefusal::Tls, error)),
        Err(elapsed) => return Err(Early::refused(HttpRefusal::Tls, elapsed)),
    };
    place.requests.shook_hands();
    let shown = stream.get_ref().1.peer_certificates().and_then(|it| it.first());
    if let Some(certificate) = shown.filter(|_| verifies_clients) {
        place.certify(tls::known_names(certificate));
    }

    Ok(Some(stream))
}

/// Answers a request that came without TLS. What the client sends is read before the connection
/// is closed: a reset would take the answer back. Source: RFC 9112, section 9.6.
async fn answer_plain(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(PLAIN).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1024];
    let mut left = Limits::HEAD_BYTES as usize;
    while left > 0 {
        match stream.read(&mut unread).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }

    Ok(())
}

async fn converse<S>(
    stream: S,
    line: Line,
    server: Arc<Server>,
    place: &Arc<Place>,
    stop: CancellationToken,
) -> Result<(), Early>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = server.limits;
    let requests = &place.requests;
    let builder = builder(line.is_http2, &server);
    let (place_of_requests, stop_of_requests) = (Arc::clone(place), stop.clone());
    let service = service_fn(move |request| {
        let (server, place) = (Arc::clone(&server), Arc::clone(&place_of_requests));
        let unfinished = place.requests.begin();
        let stop = stop_of_requests.clone();
        async move {
            let (principal, streaming) = (Principal::unknown(line.address), unfinished.streaming());
            let marks = Marks::default();
            let visit = Visit { place, line, marks, principal, streaming, stop };
            let response = server.answer(request, visit).await;
            Ok::<_, Infallible>(response.map(|body| Sent::new(body, unfinished)))
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let early = |error| Early::of_http(error, !line.is_http2 && requests.is_heard());

    tokio::select! {
        ended = connection.as_mut() => return ended.map_err(early),
        () = stop.cancelled() => {}
        () = sleep(limits.age) => {}
        () = requests.missing(limits.head) => return Err(early("no request came".into())),
        () = requests.overdue(limits.answer, limits.write) => return Err(Early::because(OVERDUE)),
    }

    connection.as_mut().graceful_shutdown();
    let stopped = async {
        stop.cancelled().await;
        sleep(limits.stop).await;
    };
    tokio::select! {
        ended = connection => ended.map_err(early),
        () = stopped => Err(Early::because("the server stops")),
        () = left(requests, limits.leave) => Err(Early::because("the connection is too old")),
        () = requests.overdue(limits.answer, limits.write) => Err(Early::because(OVERDUE)),
    }
}

/// Waits for as long as a connection that is too old may take; streams have an age of their own.
async fn left(requests: &Requests, leave: Duration) {
    loop {
        sleep(leave).await;
        if !requests.has_stream() {
            break;
        }
    }
}

/// Never lets hyper find out the version: it would wait for the first bytes without a limit.
fn builder(is_http2: bool, server: &Server) -> auto::Builder<Streams> {
    let builder = auto::Builder::new(Streams::new(server.refusals.clone()));
    let mut builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };

    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(server.limits.head)
        .max_headers(Limits::HEADERS)
        .max_buf_size(Limits::HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(server.limits.head)
        .keep_alive_timeout(server.limits.head)
        .max_concurrent_streams(Limits::STREAMS)
        // Heads above our limit and below this one are refused and counted here; h2 would refuse
        // them without telling us.
        .max_header_list_size(2 * Limits::HEAD_BYTES);

    builder
}

impl Early {
    fn because(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into(), refusal: None }
    }

    fn refused(reason: HttpRefusal, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { error: error.into(), refusal: Some(reason) }
    }

    /// Finds out whether a head was refused; silence between requests is no fault.
    fn of_http(error: Box<dyn Error + Send + Sync>, is_within_head: bool) -> Self {
        let of_hyper = error.downcast_ref::<hyper::Error>();
        let is_malformed = of_hyper.is_some_and(hyper::Error::is_parse);
        let is_slow = is_within_head && of_hyper.is_none_or(hyper::Error::is_timeout);

        Self { refusal: (is_malformed || is_slow).then_some(HttpRefusal::Head), error }
    }
}
