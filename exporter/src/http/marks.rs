//! What a proxy in front calls a request.

use hyper::Response;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::caller::is_in;
use super::line::Line;
use crate::config::Network;

const REQUEST: HeaderName = HeaderName::from_static("x-request-id");
/// Source: AWS X-Ray Developer Guide, "Tracing header".
const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// What a trusted proxy calls a request; nothing of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    request: Option<String>,
    trace: Option<String>,
}

impl Marks {
    /// Reads the headers of a request, which count only where a trusted proxy sends them.
    pub(super) fn of(line: Line, headers: &HeaderMap, proxies: &[Network]) -> Self {
        if !is_in(proxies, line.address) {
            return Self::default();
        }
        let one = |name: &HeaderName| {
            let mut values = headers.get_all(name).iter();
            let value = values.next().filter(|_| values.next().is_none())?;
            value.to_str().ok()
        };

        Self {
            request: one(&REQUEST).filter(|it| is_id(it)).map(Into::into),
            trace: one(&TRACE).and_then(root).map(Into::into),
        }
    }

    /// Returns by what the request is found in the logs of the proxy: of a trace, rather than alone.
    pub(super) fn id(&self) -> Option<&str> {
        self.trace.as_deref().or(self.request.as_deref())
    }

    /// Repeats the id of the request, and notes the answer.
    pub(super) fn apply<B>(&self, response: &mut Response<B>, path: &str) {
        let Self { request, trace } = self;
        let value = request.as_deref().and_then(|it| HeaderValue::from_str(it).ok());
        if let Some(value) = value {
            response.headers_mut().insert(REQUEST, value);
        }

        if self.id().is_some() {
            let status = response.status().as_u16();
            tracing::debug!(request, trace, path, status, "Answering a request through a proxy");
        }
    }
}

/// Returns whether it can stand in a log and in a URI as it is.
fn is_id(text: &str) -> bool {
    let allowed = |it: u8| it.is_ascii_alphanumeric() || b"-._".contains(&it);

    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// Returns the id of the trace: a version, eight digits of a time and 24 more.
fn root(text: &str) -> Option<&str> {
    let root = text.split(';').find_map(|field| field.trim().strip_prefix("Root="))?;
    let mut parts = root.split('-');
    let is_hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|it| it.len() == length && it.bytes().all(|it| it.is_ascii_hexdigit()))
    };
    let is_whole = parts.next() == Some("1")
        && is_hex(parts.next(), 8)
        && is_hex(parts.next(), 24)
        && parts.next().is_none();

    is_whole.then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::line::Door;

    const ROOT: &str = "1-67891233-abcdef012345678912345678";

    fn marks(address: &str, headers: &[(&'static str, &str)]) -> Marks {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let line = Line::plain(address.parse().unwrap(), Door::Web);

        Marks::of(line, &headers.collect(), &["10.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn a_trusted_proxy_names_the_request_and_its_trace() {
        let trace = format!("Self=1-a-b;Root={ROOT};Sampled=1");
        let headers = [("x-request-id", "c6af9ac6-7b61"), ("x-amzn-trace-id", &*trace)];

        let both = marks("10.0.0.1", &headers);

        assert_eq!(both.id(), Some(ROOT));
        assert_eq!(marks("10.0.0.1", &headers[..1]).id(), Some("c6af9ac6-7b61"));
        assert_eq!(marks("192.0.2.1", &headers), Marks::default());
        let mut response = Response::new(());
        both.apply(&mut response, "/");
        assert_eq!(response.headers()[REQUEST], "c6af9ac6-7b61");
    }

    #[test]
    fn what_is_no_id_is_left_alone() {
        let long = "a".repeat(129);
        for value in ["", "a b", "a/b", "a\"b", &long] {
            assert_eq!(marks("10.0.0.1", &[("x-request-id", value)]), Marks::default(), "{value}");
        }
        let doubled = [("x-request-id", "a"), ("x-request-id", "b")];
        assert_eq!(marks("10.0.0.1", &doubled), Marks::default());
        for value in ["", "Root=", "Root=1-6789-abc", "Root=1-67891233-abcdef01234567891234567g"] {
            let value = [("x-amzn-trace-id", value)];
            assert_eq!(marks("10.0.0.1", &value), Marks::default(), "{value:?}");
        }
    }
}
