//! A stream that notes what is read, and whose writes end with an error if the client does not read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::requests::Requests;

/// Passes bytes on; from the first write that has to wait, the response has `limit`. So has each
/// piece of a stream.
///
/// A reader that takes a byte now and then does not win time by it.
#[derive(Debug)]
pub(super) struct WriteDeadline<S> {
    stream: S,
    limit: Duration,
    requests: Requests,
    deadline: Pin<Box<Sleep>>,
    /// The response, or the piece of a stream, that the deadline is for.
    running_for: Option<u64>,
}

impl<S> WriteDeadline<S> {
    pub(super) fn new(stream: S, limit: Duration, requests: Requests) -> Self {
        Self { stream, limit, requests, deadline: Box::pin(sleep(limit)), running_for: None }
    }

    fn waiting<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let step = self.requests.steps();
        if self.running_for != Some(step) {
            self.running_for = Some(step);
            self.deadline.as_mut().reset(Instant::now() + self.limit);
        }
        ready!(self.deadline.as_mut().poll(context));

        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteDeadline<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.requests.hear();
        }

        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.waiting(context),
            written @ Poll::Ready(_) => written,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, slices) {
            Poll::Pending => self.waiting(context),
            written @ Poll::Ready(_) => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.waiting(context),
            flushed @ Poll::Ready(_) => flushed,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.waiting(context),
            shut @ Poll::Ready(_) => shut,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_a_byte_now_and_then_wins_no_time() {
        let (near, mut far) = duplex(16);
        let mut near = WriteDeadline::new(near, LIMIT, Requests::default());
        let begun = Instant::now();

        let drip = async {
            loop {
                sleep(LIMIT / 10).await;
                far.read_u8().await.unwrap();
            }
        };
        let error = tokio::select! {
            written = near.write_all(&[0; 1024]) => written.unwrap_err(),
            () = drip => unreachable!("drips for ever"),
        };

        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed().as_secs(), LIMIT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn each_request_has_its_own_time() {
        let (near, mut far) = duplex(16);
        let requests = Requests::default();
        let mut near = WriteDeadline::new(near, LIMIT, requests.clone());

        for _ in 0..3 {
            let _request = requests.begin();
            let read = async {
                sleep(LIMIT / 2).await;
                far.read_exact(&mut [0; 32]).await.unwrap();
            };
            let (written, ()) = tokio::join!(near.write_all(&[0; 32]), read);
            written.unwrap();
        }
    }
}
