//! What responses are made of.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};

use super::requests::Unfinished;
use super::turns::Turn;

pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Takes the body of a response to HEAD, and leaves how long it is: over HTTP/2 a client would take it
/// for an error. Source: RFC 9110, section 9.3.2.
pub(super) fn without_body(mut response: Response<Body>) -> Response<Body> {
    let size = http_body::Body::size_hint(response.body()).exact().filter(|size| *size > 0);
    if let Some(size) = size {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(size.into());
    }

    *response.body_mut() = Body::empty();
    response
}

/// A body that is complete in memory.
///
/// They are handed out in pieces, so that most of them stay here until the client has read what
/// came before; with the last one goes the turn.
#[derive(Debug, Default)]
pub(super) struct Whole {
    rest: Bytes,
    turn: Option<Turn>,
}

impl Whole {
    pub(super) const PIECE: usize = 64 << 10;

    pub(super) fn new(bytes: impl Into<Bytes>, turn: Option<Turn>) -> Self {
        Self { rest: bytes.into(), turn }
    }
}

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            self.turn = None;
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

/// The body of the response to a request, which is finished with the last piece of it.
#[derive(Debug)]
pub(super) struct Sent {
    body: Body,
    unfinished: Option<Unfinished>,
}

impl Sent {
    pub(super) fn new(body: Body, unfinished: Unfinished) -> Self {
        Self { body, unfinished: Some(unfinished) }
    }
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.unfinished = None;
        }

        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a response of plain text says.
#[derive(Clone, Debug)]
pub(super) struct Sentence(pub(super) Bytes);

/// Makes a response of plain text.
pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let text = text.into();
    let mut response = respond(status, PLAIN, Whole::new(text.clone(), None));
    response.extensions_mut().insert(Sentence(text));

    response
}

/// Makes a response that says no more than its status.
pub(super) fn status(status: StatusCode) -> Response<Body> {
    text(status, status.canonical_reason().unwrap_or_default())
}

pub(super) fn respond<B>(status: StatusCode, content_type: &'static str, body: B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes, Error = axum::Error> + Send + 'static,
{
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));

    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_to_head_has_the_length_of_what_it_leaves_out() {
        let left = without_body(text(StatusCode::FORBIDDEN, "twelve bytes"));
        let streamed = without_body(status(StatusCode::NOT_FOUND).map(|_| Body::empty()));

        assert_eq!(left.headers()[CONTENT_LENGTH], "12");
        assert_eq!(http_body::Body::size_hint(left.body()).exact(), Some(0));
        assert_eq!(streamed.headers().get(CONTENT_LENGTH), None);
    }
}
