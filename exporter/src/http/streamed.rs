//! Answers that are sent piece by piece, as they come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::body::Whole;
use super::requests::Streaming;
use super::route::{Chunks, Waited};
use super::turns::StreamTurn;

/// A stream of chunks. It ends with its last chunk, when it is too old, and when the server stops.
pub(super) struct Streamed {
    chunks: Chunks,
    /// Of the last chunk.
    rest: Bytes,
    end: Waited<()>,
    streaming: Streaming,
    _turn: StreamTurn,
}

impl Streamed {
    pub(super) fn new(
        chunks: Chunks,
        turn: StreamTurn,
        streaming: Streaming,
        (age, stop): (Duration, CancellationToken),
    ) -> Self {
        let end = Box::pin(async move {
            stop.run_until_cancelled_owned(sleep(age)).await;
        });

        Self { chunks, rest: Bytes::new(), end, streaming, _turn: turn }
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // A reader that asks for more has room for it.
        self.streaming.wants_more();
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        while self.rest.is_empty() {
            let Some(chunk) = ready!(self.chunks.as_mut().poll_next(context)) else {
                return Poll::Ready(None);
            };
            self.rest = chunk.into();
        }
        let piece = self.rest.len().min(Whole::PIECE);
        self.streaming.has_some();

        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(piece)))))
    }
}
