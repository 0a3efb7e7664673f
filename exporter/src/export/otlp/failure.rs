//! Why a request failed, and what to do about that.

use std::error::Error;
use std::time::{Duration, SystemTime};

use hyper::Uri;
use hyper::http::{HeaderMap, StatusCode, header};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::local::LocalError;
use super::mismatch::Mismatch;
use super::receiver::Receiver;
use super::said::shortened;
use crate::causes::chain;
use crate::health::PushFailure;
use crate::outbound::{
    BoxError, Heard, ProxyError, is_connect, is_of_connection, proxy_error, tls_error,
};

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error(transparent)]
    Local(#[from] LocalError),
    #[error("no connection")]
    Connect { source: BoxError },
    #[error("no connection through the proxy")]
    Proxy { reason: PushFailure, passes: bool, source: BoxError },
    #[error("no secure connection; check `otlp.ca_file`, `otlp.cert_file` and the receiver's name")]
    Tls { source: BoxError },
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection broke before the answer was complete")]
    Broken { source: BoxError },
    #[error("{0}")]
    OtherProtocol(Mismatch),
    #[error("answered {status}, but {what}; check the address and the path of the endpoint")]
    Stranger { status: StatusCode, what: &'static str },
    #[error("answered {status}: {message}")]
    Http { status: StatusCode, message: String, retry_after: Option<Duration> },
    #[error("answered {code:?}: {message}")]
    Grpc { code: Code, message: String, retry_after: Option<Duration> },
}

/// An answer that is not one of gRPC.
#[derive(Debug, thiserror::Error)]
#[error("{}", Self::WHAT)]
pub(super) struct NotGrpc {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
}

impl NotGrpc {
    const WHAT: &str = "its answer is not gRPC";
}

/// Codes of temporary failures. Source: OTLP specification, "Failures" of OTLP/gRPC.
const PASSING: [Code; 6] = [
    Code::Cancelled,
    Code::DeadlineExceeded,
    Code::Aborted,
    Code::OutOfRange,
    Code::Unavailable,
    Code::DataLoss,
];

impl SendError {
    /// Makes an error of what went wrong on the way.
    pub(super) fn of_transport(source: BoxError) -> Self {
        if let Some(error) = proxy_error(&*source) {
            let (reason, passes) = of_proxy(error);
            return Self::Proxy { reason, passes, source };
        }
        if tls_error(&*source).is_some() {
            return Self::Tls { source };
        }

        if is_connect(&*source) { Self::Connect { source } } else { Self::Broken { source } }
    }

    /// Makes an error of an answer that is not one of success.
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, message: String) -> Self {
        let retry_after = retry_after(headers, SystemTime::now());
        let message = if status.is_redirection() { elsewhere(headers) } else { message };

        Self::Http { status, message, retry_after }
    }

    /// Makes an error of a failure on a connection on which something was `heard`.
    pub(super) fn on(self, receiver: &Receiver, heard: Heard) -> Self {
        match &self {
            Self::Connect { .. } | Self::Tls { .. } | Self::Timeout(_) | Self::Broken { .. } => {
                Mismatch::find(receiver, heard, &self).map_or(self, Self::OtherProtocol)
            }
            Self::Http { status: StatusCode::BAD_REQUEST, message, .. }
                if Mismatch::is_about_tls(receiver, message) =>
            {
                Self::OtherProtocol(Mismatch::Tls)
            }
            Self::Local(_)
            | Self::Proxy { .. }
            | Self::OtherProtocol(_)
            | Self::Stranger { .. }
            | Self::Http { .. }
            | Self::Grpc { .. } => self,
        }
    }

    /// Makes an error of what a call of gRPC ended with.
    pub(super) fn of_status(status: Status) -> Self {
        let not_grpc = chain(&status).find_map(|error| error.downcast_ref::<NotGrpc>());
        if let Some(NotGrpc { status, headers }) = not_grpc {
            let (status, what) = (*status, NotGrpc::WHAT);
            return if status.is_success() {
                Self::Stranger { status, what }
            } else {
                Self::of_answer(status, headers, what.into())
            };
        }
        if is_of_connection(&status) {
            return Self::of_transport(Box::new(status));
        }

        Self::Grpc {
            code: status.code(),
            message: shortened(status.message()),
            retry_after: status.get_details_retry_info().and_then(|info| info.retry_delay),
        }
    }

    pub(super) fn reason(&self) -> PushFailure {
        match self {
            Self::Local(_) => PushFailure::Local,
            Self::Connect { .. } => PushFailure::Connect,
            Self::Proxy { reason, .. } => *reason,
            Self::Tls { .. } => PushFailure::Tls,
            Self::Timeout(_) | Self::Grpc { code: Code::DeadlineExceeded, .. } => {
                PushFailure::Timeout
            }
            Self::Broken { .. } | Self::Stranger { .. } => PushFailure::Response,
            Self::OtherProtocol(mismatch) => mismatch.reason(),
            Self::Http { status, .. } => match status.as_u16() {
                401 | 403 => PushFailure::Unauthorized,
                429 => PushFailure::Throttled,
                502..=504 => PushFailure::Unavailable,
                _ => PushFailure::Rejected,
            },
            Self::Grpc { code: Code::Unauthenticated | Code::PermissionDenied, .. } => {
                PushFailure::Unauthorized
            }
            Self::Grpc { code: Code::ResourceExhausted, retry_after: Some(_), .. } => {
                PushFailure::Throttled
            }
            Self::Grpc { .. } if self.is_passing() => PushFailure::Unavailable,
            Self::Grpc { .. } => PushFailure::Rejected,
        }
    }

    /// Returns whether the same request may succeed later.
    /// Source: OTLP specification, "Failures" of OTLP/HTTP, and as above.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout(_) | Self::Broken { .. } => true,
            Self::Proxy { passes, .. } => *passes,
            Self::Local(_) | Self::Tls { .. } | Self::OtherProtocol(_) | Self::Stranger { .. } => {
                false
            }
            Self::Http { status, .. } => matches!(status.as_u16(), 429 | 502..=504),
            Self::Grpc { code, retry_after, .. } => {
                PASSING.contains(code) || *code == Code::ResourceExhausted && retry_after.is_some()
            }
        }
    }

    /// Returns whether the receiver will never accept the content of this request.
    pub(super) fn is_about_the_content(&self) -> bool {
        match self {
            Self::Http { status, .. } => matches!(status.as_u16(), 400 | 413 | 422),
            Self::Grpc { code, retry_after, .. } => {
                *code == Code::InvalidArgument
                    || *code == Code::ResourceExhausted && retry_after.is_none()
            }
            Self::Local(_)
            | Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. }
            | Self::Timeout(_)
            | Self::Broken { .. }
            | Self::OtherProtocol(_)
            | Self::Stranger { .. } => false,
        }
    }

    /// Returns whether something answered that it does not take the request, for a reason that is
    /// not known to pass and not about the client.
    pub(super) fn is_refusal(&self) -> bool {
        let is_answer =
            matches!(self, Self::Stranger { .. } | Self::Http { .. } | Self::Grpc { .. });

        let reasons = [PushFailure::Rejected, PushFailure::Response];
        is_answer && !self.is_passing() && reasons.contains(&self.reason())
    }

    /// Returns whether the receiver may have taken the request, or a part of it, all the same.
    pub(super) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Broken { .. } => true,
            Self::Local(_)
            | Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. }
            | Self::OtherProtocol(_)
            | Self::Stranger { .. } => false,
            Self::Http { status, .. } => status.is_server_error(),
            Self::Grpc { code, .. } => !matches!(
                code,
                Code::InvalidArgument
                    | Code::NotFound
                    | Code::PermissionDenied
                    | Code::ResourceExhausted
                    | Code::Unauthenticated
                    | Code::Unimplemented
            ),
        }
    }

    /// Returns whether a new connection may help.
    pub(super) fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. }
            | Self::Timeout(_)
            | Self::Broken { .. }
            | Self::OtherProtocol(_) => true,
            Self::Local(_) | Self::Stranger { .. } | Self::Http { .. } | Self::Grpc { .. } => false,
        }
    }

    /// Returns how long the receiver wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http { retry_after, .. } | Self::Grpc { retry_after, .. } => *retry_after,
            Self::Local(_)
            | Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. }
            | Self::Timeout(_)
            | Self::Broken { .. }
            | Self::OtherProtocol(_)
            | Self::Stranger { .. } => None,
        }
    }
}

/// Returns as what a failure of a proxy counts, and whether it may pass.
fn of_proxy(error: &ProxyError) -> (PushFailure, bool) {
    match error {
        ProxyError::Unreachable { source, .. } if tls_error(&**source).is_some() => {
            (PushFailure::Tls, false)
        }
        ProxyError::Unreachable { .. } | ProxyError::Closed { .. } => (PushFailure::Connect, true),
        ProxyError::Silent { .. } => (PushFailure::Timeout, true),
        ProxyError::Stranger { .. } => (PushFailure::Response, false),
        ProxyError::Refused { status, .. } => match status {
            401 | 403 | 407 => (PushFailure::Unauthorized, false),
            429 => (PushFailure::Throttled, true),
            502..=504 => (PushFailure::Unavailable, true),
            _ => (PushFailure::Rejected, false),
        },
    }
}

/// Reads Retry-After: seconds or a date. Source: RFC 9110, section 10.2.3.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().map(Duration::from_secs).ok();

    seconds.or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    })
}

/// Returns where an answer redirects to, without what may be secret.
fn elsewhere(headers: &HeaderMap) -> String {
    let location = headers.get(header::LOCATION).and_then(|it| it.to_str().ok()?.parse().ok());
    let Some(location): Option<Uri> = location else {
        return "it redirects; redirects are not followed".into();
    };
    let host = location.host().map(|host| match location.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.into(),
    });
    let base = location.scheme().zip(host).map(|(scheme, host)| format!("{scheme}://{host}"));
    let to = shortened(&[&base.unwrap_or_default(), location.path()].concat());

    format!(
        "it redirects to `{to}`, and redirects are not followed; if the receiver is there, set \
         that URL instead"
    )
}

/// Returns the words of an error and of its causes. A status of gRPC that has a cause only repeats that.
pub(super) fn described(error: &(dyn Error + 'static)) -> String {
    let says_more = |error: &&(dyn Error + 'static)| !error.is::<Status>();
    let texts: Vec<_> = chain(error).filter(says_more).map(ToString::to_string).collect();

    shortened(&texts.join(": "))
}
