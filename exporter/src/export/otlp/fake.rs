//! A receiver that does what a test wants.

pub(crate) mod papers;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// How long anything may take that is not supposed to take time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(5);

/// Waits until it is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(STEP).await;
        }
    };

    timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Http {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Bytes,
    },
    /// A call that ends with this code; with a message where it is 0.
    Grpc {
        code: u16,
        details: Option<String>,
        message: Bytes,
    },
    /// Nothing, ever.
    Silence,
    /// The beginning of a body.
    Half,
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The number of the connection on which it came.
    pub(crate) connection: usize,
    /// As it was sent.
    raw: Bytes,
}

/// A receiver that runs until it is dropped. It answers as it is told, and at the end of that
/// takes everything.
pub(crate) struct Fake {
    pub(crate) port: u16,
    got: Shared<Vec<Got>>,
    replies: Shared<VecDeque<Reply>>,
    _serving: JoinSet<()>,
}

type Body = UnsyncBoxBody<Bytes, std::io::Error>;
type Shared<T> = Arc<Mutex<T>>;

impl Reply {
    pub(crate) const OK: Self = Self::Http { status: 200, headers: Vec::new(), body: Bytes::new() };

    pub(crate) fn status(status: u16) -> Self {
        Self::Http { status, headers: Vec::new(), body: Bytes::from_static(b"no reason") }
    }

    pub(crate) fn code(code: u16) -> Self {
        Self::Grpc { code, details: None, message: Bytes::new() }
    }
}

impl Got {
    /// Returns the request's message, whatever it was compressed with.
    pub(crate) fn message(&self) -> Vec<u8> {
        let is_grpc = self.header("content-type").starts_with("application/grpc");
        let (encoding, body) = match is_grpc {
            true if self.raw[0] == 0 => ("", &self.raw[5..]),
            true => (self.header("grpc-encoding"), &self.raw[5..]),
            false => (self.header("content-encoding"), &self.raw[..]),
        };
        let mut message = Vec::new();

        match encoding {
            "gzip" => {
                flate2::read::GzDecoder::new(body).read_to_end(&mut message).unwrap();
            }
            "zstd" => message = zstd::decode_all(body).unwrap(),
            "" => message = body.to_vec(),
            other => panic!("{other}"),
        }
        message
    }

    pub(crate) fn request(&self) -> ExportMetricsServiceRequest {
        let message = self.message();
        if self.header("content-type") == "application/json" {
            return serde_json::from_slice(&message).unwrap();
        }

        ExportMetricsServiceRequest::decode(&*message).unwrap()
    }

    pub(crate) fn metrics(&self) -> Vec<Metric> {
        self.request().resource_metrics.remove(0).scope_metrics.remove(0).metrics
    }

    /// Returns whether these bytes came.
    pub(crate) fn is(&self, body: &[u8]) -> bool {
        self.raw == body
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Fake {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::with(replies, None).await
    }

    pub(crate) async fn with(
        replies: impl IntoIterator<Item = Reply>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        Self::at(0, replies, tls).await
    }

    pub(crate) async fn at(
        port: u16,
        replies: impl IntoIterator<Item = Reply>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Shared::<Vec<Got>>::default();
        let replies: VecDeque<_> = replies.into_iter().collect();
        let replies = Arc::new(Mutex::new(replies));
        let mut serving = JoinSet::new();
        let (kept, told) = (Arc::clone(&got), Arc::clone(&replies));
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (kept, replies, tls) = (Arc::clone(&kept), Arc::clone(&told), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, number, kept, replies).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, number, kept, replies).await;
                            }
                        }
                    }
                });
            }
        });

        Self { port, got, replies, _serving: serving }
    }

    /// Answers so from now on, and then takes everything.
    pub(crate) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        *self.replies.lock().unwrap() = replies.into_iter().collect();
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

async fn serve<S>(
    stream: S,
    connection: usize,
    got: Shared<Vec<Got>>,
    replies: Shared<VecDeque<Reply>>,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let (got, replies) = (Arc::clone(&got), Arc::clone(&replies));
        async move {
            let (head, body) = request.into_parts();
            let raw = body.collect().await.unwrap().to_bytes();
            let is_grpc = head.version == hyper::Version::HTTP_2;
            let (path, headers) = (head.uri.path().to_owned(), head.headers);
            got.lock().unwrap().push(Got { path, headers, connection, raw });
            let ok = if is_grpc { Reply::code(0) } else { Reply::OK };
            let reply = replies.lock().unwrap().pop_front().unwrap_or(ok);
            Ok::<_, Infallible>(response(reply).await)
        }
    });

    // A client that goes away has its reasons.
    let _ =
        Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn response(reply: Reply) -> Response<Body> {
    let whole = |bytes: Bytes| Full::new(bytes).map_err(|never| match never {}).boxed_unsync();

    match reply {
        Reply::Http { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(whole(body)).unwrap()
        }
        Reply::Grpc { code: 0, details: _, message } => {
            let length = u32::try_from(message.len()).unwrap().to_be_bytes();
            let data = Bytes::from([&[0], &length[..], &message].concat());
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), 0.into())]);
            let frames = [Ok(Frame::data(data)), Ok(Frame::trailers(trailers))];
            let body = StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync();
            Response::builder().header("content-type", "application/grpc").body(body).unwrap()
        }
        Reply::Grpc { code, details, message: _ } => {
            let response = Response::builder()
                .header("content-type", "application/grpc")
                .header("grpc-status", code)
                .header("grpc-message", "no reason");
            let details = details.map(|details| ("grpc-status-details-bin", details));
            let response = details.into_iter().fold(response, |it, (n, v)| it.header(n, v));
            response.body(whole(Bytes::new())).unwrap()
        }
        Reply::Silence => std::future::pending().await,
        Reply::Half => {
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let frames = [Ok(Frame::data(Bytes::from_static(b"{"))), Err(broken)];
            let body = StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync();
            Response::builder().header("content-length", 100).body(body).unwrap()
        }
    }
}
