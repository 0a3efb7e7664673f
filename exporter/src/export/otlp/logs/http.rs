//! What carries requests of the exporter over HTTP, by our own connections.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::http::{HeaderValue, header};
use hyper::{HeaderMap, Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use tokio::time::timeout;
use tonic::body::Body;

use super::super::client::Client;
use super::super::encoding::compressed;
use super::super::failure::SendError;
use super::super::local::LocalError;
use super::tries::Tries;

#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    tries: Arc<Tries>,
}

type Answered<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Http {
    fn send_bytes<'a, 'b>(&'a self, request: Request<Bytes>) -> Answered<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let headers = self.tries.begin();
            let most = self.client.receiver.timeout;
            let sent = timeout(most, self.send(request, headers)).await;

            sent.unwrap_or(Err(SendError::Timeout(most))).or_else(|error| {
                let error = self.client.explained(error);
                self.tries.failed(&error);
                let SendError::Http { status, retry_after, .. } = error else {
                    return Err(error.into());
                };
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = status;
                if let Some(wait) = retry_after {
                    response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
                }
                Ok(response)
            })
        })
    }
}

impl Http {
    pub(super) fn new(client: Client, tries: Arc<Tries>) -> Self {
        Self { client, tries }
    }

    async fn send(
        &self,
        request: Request<Bytes>,
        headers: HeaderMap,
    ) -> Result<Response<Bytes>, SendError> {
        let receiver = &self.client.receiver;
        let (mut head, body) = request.into_parts();
        // In place of what the exporter took from variables.
        let content_type = head.headers.remove(header::CONTENT_TYPE);
        head.headers = headers;
        head.headers.extend(content_type.map(|value| (header::CONTENT_TYPE, value)));
        // The exporter's own compression could not be turned off where a variable asks for it.
        let body = compressed(body.into(), receiver.compression)
            .map_err(|source| LocalError::Encoding { source })?;
        if let Some(encoding) = receiver.compression.content_encoding() {
            let encoding = HeaderValue::from_static(encoding);
            head.headers.insert(header::CONTENT_ENCODING, encoding);
        }

        let body = Body::new(Full::new(Bytes::from(body)));
        self.client.carry(Request::from_parts(head, body)).await
    }
}
