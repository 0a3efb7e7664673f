//! Requests over gRPC.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes};
use hyper::body::Incoming;
use hyper::http::header;
use hyper::http::uri::PathAndQuery;
use hyper::{HeaderMap, Response, StatusCode};
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use super::failure::{NotGrpc, SendError};
use super::receiver::Receiver;
use crate::config::Compression;
use crate::outbound::{self, BoxError};

/// What carries calls.
pub(super) type Carrier = outbound::Client<Body>;

const METHOD: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// How the type of an answer begins.
const GRPC: &[u8] = b"application/grpc";

/// Calls the receiver with an encoded request; returns its encoded answer.
pub(super) async fn call(
    carrier: Carrier,
    receiver: &Receiver,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Bytes, SendError> {
    let mut grpc = Grpc::with_origin(Checked(carrier), receiver.url.clone());
    grpc = match receiver.compression {
        Compression::None => grpc,
        Compression::Gzip => grpc.send_compressed(CompressionEncoding::Gzip),
        Compression::Zstd => grpc.send_compressed(CompressionEncoding::Zstd),
    };
    let mut request = Request::new(body);
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    request.set_timeout(receiver.timeout);
    let method = PathAndQuery::from_static(METHOD);

    grpc.ready().await.map_err(SendError::of_transport)?;
    let response = grpc.unary(request, method, Encoded).await;
    response.map(tonic::Response::into_inner).map_err(SendError::of_status)
}

/// What carries calls, as long as it is gRPC that answers: a proxy may not speak it.
struct Checked(Carrier);

impl GrpcService<Body> for Checked {
    type ResponseBody = Incoming;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: hyper::Request<Body>) -> Self::Future {
        let answer = self.0.request(request);

        Box::pin(async move {
            let answer = answer.await?;
            let (status, headers) = (answer.status(), answer.headers());
            let content_type = headers.get(header::CONTENT_TYPE);
            let is_grpc = content_type.is_none_or(|it| it.as_bytes().starts_with(GRPC));
            match status {
                StatusCode::OK if is_grpc => Ok(answer),
                _ => Err(NotGrpc { status, headers: headers.clone() }.into()),
            }
        })
    }
}

/// Messages that are encoded already, so that a repetition costs nothing.
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.reserve(item.len());
        into.put(item);

        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
