//! Explains failures of a receiver that speaks another protocol than configured.

use std::error::Error;

use rustls::AlertDescription;

use super::receiver::Receiver;
use crate::config::Protocol;
use crate::health::PushFailure;
use crate::outbound::{Heard, tls_error};

/// What the receiver speaks instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mismatch {
    #[error("the receiver does not speak TLS on this port; write `http://`")]
    Plain,
    #[error("the receiver speaks TLS on this port; write `https://`")]
    Tls,
    #[error(
        "the receiver does not speak gRPC on this port; for gRPC it usually is 4317, \
         and for HTTP 4318, with the protocol `http/protobuf`"
    )]
    NoGrpc,
    #[error(
        "the receiver speaks gRPC on this port; for HTTP it usually is 4318, \
         and for gRPC the protocol is `grpc`"
    )]
    Grpc,
}

impl Mismatch {
    /// Returns the mismatch that explains a failure of a connection, if one does.
    pub(super) fn find(
        receiver: &Receiver,
        heard: Heard,
        error: &(dyn Error + 'static),
    ) -> Option<Self> {
        let is_grpc = receiver.protocol == Protocol::Grpc;
        let is_secure = receiver.url.scheme_str() == Some("https");

        match heard {
            Heard::Nothing if is_secure => Self::in_handshake(is_grpc, error),
            Heard::Tls if !is_secure => Some(Self::Tls),
            Heard::Http1 | Heard::Other if is_grpc => Some(Self::NoGrpc),
            // Over TLS the two agree on a version first, and HTTP/2 is one.
            Heard::Http2 if !is_grpc && !is_secure => Some(Self::Grpc),
            Heard::Nothing | Heard::Http1 | Heard::Http2 | Heard::Tls | Heard::Other => None,
        }
    }

    /// Returns whether a server of TLS says in plain text that it was not spoken to in TLS: its
    /// answer is 400. Sources: `net/http` of Go, nginx, Apache httpd.
    pub(super) fn is_about_tls(receiver: &Receiver, message: &str) -> bool {
        const SAID: [&str; 3] = [
            "Client sent an HTTP request to an HTTPS server",
            "The plain HTTP request was sent to HTTPS port",
            "speaking plain HTTP to an SSL-enabled server port",
        ];

        receiver.url.scheme_str() != Some("https") && SAID.iter().any(|said| message.contains(said))
    }

    pub(super) const fn reason(self) -> PushFailure {
        match self {
            Self::Plain | Self::Tls => PushFailure::Tls,
            Self::NoGrpc | Self::Grpc => PushFailure::Response,
        }
    }

    fn in_handshake(is_grpc: bool, error: &(dyn Error + 'static)) -> Option<Self> {
        const NO_PROTOCOL: rustls::Error =
            rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);

        let error = tls_error(error)?;
        if matches!(error, rustls::Error::InvalidMessage(_)) {
            return Some(Self::Plain);
        }
        (is_grpc && *error == NO_PROTOCOL).then_some(Self::NoGrpc)
    }
}
