//! Connections to one receiver.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::http::{HeaderValue, Response, header};
use hyper::{HeaderMap, Method, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time;
use tonic::body::Body;

use super::failure::{LocalError, SendError, shortened};
use super::grpc;
use super::receiver::Receiver;
use super::signal::{self, Answer};
use super::tls;
use crate::config::Protocol;

/// What carries requests of both protocols.
pub(super) type Carrier = HyperClient<Connector, Body>;
type Connector = HttpsConnector<HttpConnector>;

/// Connections to one receiver, made when they are needed.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) receiver: Receiver,
    carrier: Carrier,
}

/// Most of an answer that is read; receivers have little to say.
const LONGEST_ANSWER: usize = 1 << 20;

impl Client {
    /// Reads the certificates that connections need.
    pub fn new(receiver: Receiver) -> Result<Self, LocalError> {
        let is_grpc = receiver.protocol == Protocol::Grpc;
        let connector = connector(&receiver)?;
        receiver.headers()?;
        let mut carrier = HyperClient::builder(TokioExecutor::new());
        carrier.http2_only(is_grpc).timer(TokioTimer::new()).pool_timer(TokioTimer::new());

        Ok(Self { carrier: carrier.build(connector), receiver })
    }

    /// Sends one encoded request, for as long as is `left`.
    pub(super) async fn send(&self, body: Bytes, left: Duration) -> Result<Answer, SendError> {
        let Receiver { timeout, protocol, .. } = self.receiver;
        let timeout = timeout.min(left);
        let headers = self.receiver.headers()?;
        let sending = async {
            match protocol {
                Protocol::Grpc => {
                    grpc::call(self.carrier.clone(), &self.receiver, headers, body).await
                }
                Protocol::HttpProtobuf | Protocol::HttpJson => self.post(headers, body).await,
            }
        };

        let answer = time::timeout(timeout, sending).await;
        let body = answer.unwrap_or(Err(SendError::Timeout(timeout)))?;
        Ok(signal::answer(protocol, &body))
    }

    async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Bytes, SendError> {
        let content_type = match self.receiver.protocol {
            Protocol::HttpJson => "application/json",
            Protocol::HttpProtobuf | Protocol::Grpc => "application/x-protobuf",
        };
        let mut request = Request::new(Body::new(Full::new(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.receiver.url.clone();
        let set = request.headers_mut();
        *set = headers;
        set.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(encoding) = self.receiver.compression.content_encoding() {
            set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }

        self.carry(request).await
    }

    /// Sends a request over HTTP; gives the body of an answer of success.
    pub(super) async fn carry(&self, request: Request<Body>) -> Result<Bytes, SendError> {
        let response = self.carrier.request(request).await;

        answered(response.map_err(|error| SendError::of_transport(error.into()))?).await
    }
}

/// Gives what makes connections, after reading the certificates that they need.
pub(super) fn connector(receiver: &Receiver) -> Result<Connector, LocalError> {
    let tls = tls::config(receiver)?;
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();

    Ok(match receiver.protocol {
        Protocol::Grpc => connector.enable_http2().wrap_connector(http),
        Protocol::HttpProtobuf | Protocol::HttpJson => {
            connector.enable_all_versions().wrap_connector(http)
        }
    })
}

/// Gives the body of an answer of success.
async fn answered(response: Response<Incoming>) -> Result<Bytes, SendError> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes);

    if head.status.is_success() {
        // Whoever says too much has taken the request all the same.
        return match body {
            Err(error) if error.is::<LengthLimitError>() => Ok(Bytes::new()),
            body => body.map_err(SendError::of_transport),
        };
    }
    let message = body.map(|body| message(&body)).unwrap_or_default();
    Err(SendError::of_answer(head.status, &head.headers, message))
}

/// Gives what an answer of failure says: a `google.rpc.Status`, or a text.
fn message(body: &Bytes) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        message: String,
    }
    let of_protobuf = || {
        let status: tonic_types::Status = prost::Message::decode(body.clone()).ok()?;
        Some(status.message).filter(|message| !message.is_empty())
    };
    let of_json = || Some(serde_json::from_slice::<Said>(body).ok()?.message);

    let message = of_json().or_else(of_protobuf);
    shortened(&message.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned()))
}
