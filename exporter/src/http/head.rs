//! What is wrong with the head of a request that could be parsed.

use axum::body::Body;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Request, Response, StatusCode, Version};

use super::body::text;
use super::limits::Limits;

/// Why a request is refused for its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    #[error("the Host header is missing")]
    NoHost,
    #[error("there is more than one Host header")]
    TwoHosts,
    #[error("the Host header is malformed")]
    MalformedHost,
    #[error("the headers are too large")]
    TooLarge,
}

impl HeadError {
    /// Returns the answer, after which a connection of HTTP/1 is closed.
    pub(super) fn answer(self) -> Response<Body> {
        let (status, sentence) = match self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "The Host header is missing.\n"),
            Self::TwoHosts => (StatusCode::BAD_REQUEST, "There is more than one Host header.\n"),
            Self::MalformedHost => (StatusCode::BAD_REQUEST, "The Host header is malformed.\n"),
            Self::TooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.\n")
            }
        };
        let mut answer = text(status, sentence);
        if status == StatusCode::BAD_REQUEST {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }

        answer
    }
}

/// Checks the head of a request.
pub(super) fn check<B>(request: &Request<B>) -> Result<(), HeadError> {
    if request.version() <= Version::HTTP_11 { check_host(request) } else { check_size(request) }
}

/// Source: RFC 9112, section 3.2.
fn check_host<B>(request: &Request<B>) -> Result<(), HeadError> {
    let mut hosts = request.headers().get_all(HOST).iter();

    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(HeadError::TwoHosts),
        (Some(host), None) if !is_host(host.as_bytes()) => Err(HeadError::MalformedHost),
        (None, None) if request.version() == Version::HTTP_11 => Err(HeadError::NoHost),
        _ => Ok(()),
    }
}

/// Returns whether this is a host and perhaps a port, or nothing, as in a request without an
/// authority. Source: RFC 9110, section 7.2.
fn is_host(host: &[u8]) -> bool {
    if host.is_empty() {
        return true;
    }
    let Ok(authority) = Authority::try_from(host) else { return false };
    let port = authority.as_str().strip_prefix(authority.host());

    match port.and_then(|port| port.strip_prefix(':')) {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port == Some(""),
    }
}

/// HTTP/1 is measured while it is read. Source: RFC 9113, section 6.5.2 (how a size is counted).
fn check_size<B>(request: &Request<B>) -> Result<(), HeadError> {
    let headers = request.headers();
    let size = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32);
    let is_too_large = size.sum::<usize>() > Limits::HEAD_BYTES as usize;

    if is_too_large || headers.len() > Limits::HEADERS { Err(HeadError::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        let good = ["", "localhost", "a_b.example", "192.0.2.1:10199", "[2001:db8::1]:80", "a:"];
        let bad = ["a b", "a/b", "user@a", "a:b", "a:80:80", "[::1", "a?b", "\u{e4}", "http://a"];

        for host in good {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in bad {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
