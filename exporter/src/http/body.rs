//! What responses are made of.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::requests::Unfinished;

/// Bytes that are there already.
///
/// They are handed out in pieces, so that most of them stay here until the client has read what
/// came before; with the last one go the permit and the request.
#[derive(Debug, Default)]
pub(super) struct Body {
    rest: Bytes,
    permit: Option<OwnedSemaphorePermit>,
    unfinished: Option<Unfinished>,
}

impl Body {
    const PIECE: usize = 64 << 10;

    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        Self { rest: bytes.into(), ..Self::default() }
    }

    pub(super) fn holding(self, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self { permit, ..self }
    }

    pub(super) fn of(self, request: Unfinished) -> Self {
        Self { unfinished: Some(request), ..self }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            (self.permit, self.unfinished) = (None, None);
            return Poll::Ready(None);
        }
        let piece = self.rest.len().min(Self::PIECE);

        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// Makes a response of plain text.
pub(super) fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    respond(status, "text/plain; charset=utf-8", Body::new(text))
}

/// Makes a response that says no more than its status.
pub(super) fn status(status: StatusCode) -> Response<Body> {
    text(status, status.canonical_reason().unwrap_or_default())
}

pub(super) fn respond(
    status: StatusCode,
    content_type: &'static str,
    body: Body,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));

    response
}
