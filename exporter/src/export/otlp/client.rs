//! Connections to one receiver.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::http::{HeaderValue, Response, header};
use hyper::{HeaderMap, Method, Request};
use tokio::time;
use tonic::body::Body;

use super::failure::SendError;
use super::grpc::{self, Carrier};
use super::local::LocalError;
use super::receiver::Receiver;
use super::said::shortened;
use super::signal::{self, Answer, Format};
use crate::config::Protocol;
use crate::outbound::{self, Listening};

/// Connections to one receiver, made when they are needed.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) receiver: Receiver,
    carrier: Carrier,
    listening: Listening,
}

/// Most of an answer that is read; receivers have little to say.
const LONGEST_ANSWER: usize = 1 << 20;

impl Client {
    /// Reads the certificates that connections need. Blocks.
    pub fn new(receiver: Receiver) -> Result<Self, LocalError> {
        let is_grpc = receiver.protocol == Protocol::Grpc;
        let listening = receiver.connector()?;
        receiver.check_headers()?;

        Ok(Self { carrier: outbound::client(&listening, is_grpc), listening, receiver })
    }

    /// Sends one encoded request, for as long as is `left`.
    pub(super) async fn send(&self, body: Bytes, left: Duration) -> Result<Answer, SendError> {
        let Receiver { timeout, protocol, .. } = self.receiver;
        let timeout = timeout.min(left);
        let headers = self.receiver.headers().await?;
        let sending = async {
            match protocol {
                Protocol::Grpc => {
                    let receiver = &self.receiver;
                    let sent = grpc::call(self.carrier.clone(), receiver, headers, body).await;
                    Ok(signal::answer(Format::Protobuf, &sent?))
                }
                Protocol::HttpProtobuf | Protocol::HttpJson => self.post(headers, body).await,
            }
        };

        let sent = time::timeout(timeout, sending).await;
        let sent = sent.unwrap_or(Err(SendError::Timeout(timeout)));
        sent.map_err(|error| self.explained(error))
    }

    /// Returns the better reason of a failure, if what the receiver said first shows one.
    pub(super) fn explained(&self, error: SendError) -> SendError {
        error.on(&self.receiver, self.listening.heard())
    }

    async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Answer, SendError> {
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

        let (head, body) = self.carry(request).await?.into_parts();
        Ok(signal::answer(Format::of(&head.headers, self.receiver.protocol), &body))
    }

    /// Sends a request over HTTP. Returns the answer, if it is one of success.
    pub(super) async fn carry(&self, request: Request<Body>) -> Result<Response<Bytes>, SendError> {
        let response = self.carrier.request(request).await;

        answered(response.map_err(|error| SendError::of_transport(error.into()))?).await
    }
}

/// Returns an answer with its body, if it is one of success.
async fn answered(response: Response<Incoming>) -> Result<Response<Bytes>, SendError> {
    const PAGE: &str = "with a web page, as no receiver of OTLP does";

    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes);

    if head.status.is_success() {
        let body = match body {
            Err(error) if error.is::<LengthLimitError>() => None,
            body => Some(body.map_err(SendError::of_transport)?),
        };
        if signal::is_page(&head.headers, body.as_deref()) {
            return Err(SendError::Stranger { status: head.status, what: PAGE });
        }
        // A receiver that says too much has taken the request all the same.
        let body = body.unwrap_or_default();
        // Nothing compressed was asked for, and there is little to say.
        let is_plain = !head.headers.contains_key(header::CONTENT_ENCODING);
        return Ok(Response::from_parts(head, if is_plain { body } else { Bytes::new() }));
    }
    let message = body.map(|body| message(&body)).unwrap_or_default();
    Err(SendError::of_answer(head.status, &head.headers, message))
}

/// Returns the message of a failed answer: that of a `google.rpc.Status`, or a text.
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
