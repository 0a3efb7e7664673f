//! Connections of which it is known what the receiver said first.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

use super::dialer::{Dialed, Dialer};
use super::error::BoxError;

/// What a receiver said first on a connection, behind TLS if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    #[default]
    Nothing,
    Http1,
    Http2,
    Tls,
    Other,
}

/// What makes connections and listens to them.
#[derive(Clone, Debug)]
pub struct Listening {
    connector: HttpsConnector<Dialer>,
    /// On the newest connection.
    heard: Arc<Mutex<Heard>>,
}

/// A connection that is listened to until something is heard.
#[derive(Debug)]
pub struct Ear {
    stream: TokioIo<MaybeHttpsStream<Dialed>>,
    listening: Option<Listening>,
    /// What was heard so far, as long as that does not tell.
    first: Vec<u8>,
}

impl Heard {
    /// Returns what begins with these bytes; nothing where they are too few to tell.
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [] | [b'H' | 20..=23 | 0] | [b'H', b'T'] | [0, _] | [0, _, _] => Self::Nothing,
            // The beginning of `HTTP/`: a client of gRPC takes three bytes for a length, and goes.
            [b'H', b'T', b'T', ..] => Self::Http1,
            // A record of the kinds 20 to 23. Source: RFC 8446, section 5.1.
            [20..=23, 3, ..] => Self::Tls,
            // A frame of settings comes first. Source: RFC 9113, sections 3.4, 4.1 and 6.5.
            [0, _, _, 4, ..] => Self::Http2,
            _ => Self::Other,
        }
    }
}

impl Listening {
    pub(super) fn new(connector: HttpsConnector<Dialer>) -> Self {
        Self { connector, heard: Arc::default() }
    }

    /// Returns what was heard on the newest connection.
    pub fn heard(&self) -> Heard {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, heard: Heard) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
    }
}

impl Service<Uri> for Listening {
    type Response = TokioIo<Ear>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        self.note(Heard::Nothing);
        let connecting = self.connector.call(to);
        let listening = self.clone();

        Box::pin(async move {
            let stream = TokioIo::new(connecting.await?);
            Ok(TokioIo::new(Ear { stream, listening: Some(listening), first: Vec::new() }))
        })
    }
}

impl Connection for Ear {
    fn connected(&self) -> Connected {
        self.stream.connected()
    }
}

impl AsyncRead for Ear {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;

        self.hear(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl Ear {
    /// Listens to what was read. No bytes are the end.
    fn hear(&mut self, bytes: &[u8]) {
        /// So many always tell.
        const ENOUGH: usize = 4;

        let Some(listening) = &self.listening else { return };
        let is_end = bytes.is_empty() && !self.first.is_empty();
        self.first.extend(bytes.iter().take(ENOUGH));
        let heard = if is_end { Heard::Other } else { Heard::of(&self.first) };

        if heard != Heard::Nothing {
            listening.note(heard);
            self.listening = None;
        }
    }
}

impl AsyncWrite for Ear {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_protocols_apart() {
        let cases: [(&[u8], Heard); 11] = [
            (b"", Heard::Nothing),
            (b"HTTP/1.1 400 Bad Request\r\n", Heard::Http1),
            (b"\x15\x03\x01\x00\x02\x02\x0a", Heard::Tls),
            (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", Heard::Http2),
            (b"\x00\x00\x00\x04\x00\x00\x00\x00\x00", Heard::Http2),
            (b"220 smtp.example.org", Heard::Other),
            (b"H", Heard::Nothing),
            (b"HT", Heard::Nothing),
            (b"HQ", Heard::Other),
            (b"\x15", Heard::Nothing),
            (b"\x00\x00\x12", Heard::Nothing),
        ];

        for (bytes, heard) in cases {
            assert_eq!(Heard::of(bytes), heard, "{bytes:?}");
        }
    }
}
