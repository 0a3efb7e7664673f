//! Who asks, and what it may do.

use std::fmt;

use axum::body::Body;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, VIA, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};

use super::body::text;
use super::cross_site;
use super::errors::Reason;
use super::line::Line;
use crate::config::{Config, Token};
use crate::scope::Scope;

/// What a proxy adds to a request that it forwards.
const FORWARDED: [HeaderName; 3] =
    [HeaderName::from_static("forwarded"), HeaderName::from_static("x-forwarded-for"), VIA];

/// Who asks, and what it may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principal {
    pub who: Who,
    /// It includes the scopes before it.
    pub scope: Scope,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// A client without a login.
    #[default]
    Anyone,
    /// A user of the web configuration.
    User(String),
    /// A token with this name.
    Token(String),
}

impl Principal {
    /// Returns what a client without a login is. On this host it may read, unless a proxy or a page of
    /// another site asks for somebody else.
    pub(super) fn anyone<B>(request: &Request<B>, line: Line, config: &Config) -> Self {
        let is_here = line.address.is_loopback() && !is_forwarded(request.headers());
        let is_own = is_here && cross_site::check(request, &config.web.listen_address).is_ok();

        Self { who: Who::Anyone, scope: if is_own { Scope::Read } else { Scope::Metrics } }
    }

    pub(super) fn user(name: &str, config: &Config) -> Self {
        Self { who: Who::User(name.into()), scope: config.api.scope_of(name) }
    }

    pub(super) fn token(token: &Token) -> Self {
        Self { who: Who::Token(token.name.clone()), scope: token.scope() }
    }

    /// Makes the answer to something that needs a scope that it does not have.
    /// Source: RFC 6750, section 3.
    pub(super) fn refused(&self, scope: Scope) -> Response<Body> {
        let (status, challenge, sentence) = match self.who {
            Who::Anyone => (
                StatusCode::UNAUTHORIZED,
                format!("Bearer scope=\"{scope}\""),
                format!("This needs a login with the scope `{scope}`.\n"),
            ),
            Who::User(_) | Who::Token(_) => (
                StatusCode::FORBIDDEN,
                format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""),
                format!("This needs the scope `{scope}`; {self} has `{}`.\n", self.scope),
            ),
        };

        let mut response = text(status, sentence);
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(Reason::ScopeMissing);
        response
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            Who::Anyone => f.write_str("a client without a login"),
            Who::User(name) => write!(f, "user `{}`", name.escape_default()),
            Who::Token(name) => write!(f, "token `{name}`"),
        }
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(address: &str, headers: &[(&str, &str)]) -> Scope {
        let mut request = Request::new(());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let line = Line { address: address.parse().unwrap(), is_tls: false, is_http2: false };

        Principal::anyone(&request, line, &Config::default()).scope
    }

    #[test]
    fn only_clients_on_this_host_may_read_without_a_login() {
        let name = ("host", "localhost:10199");
        let cases: [(&str, &[(&str, &str)], Scope); 10] = [
            ("127.0.0.1", &[name], Scope::Read),
            ("127.9.9.9", &[name], Scope::Read),
            ("::1", &[name, ("user-agent", "Mozilla/5.0")], Scope::Read),
            ("192.0.2.1", &[name], Scope::Metrics),
            ("::", &[name], Scope::Metrics),
            // A proxy asks for somebody else.
            ("127.0.0.1", &[name, ("x-forwarded-for", "127.0.0.1")], Scope::Metrics),
            ("127.0.0.1", &[name, ("forwarded", "for=127.0.0.1")], Scope::Metrics),
            ("::1", &[name, ("via", "1.1 proxy")], Scope::Metrics),
            // A page of another site asks, whose name leads here.
            ("::1", &[("host", "evil.example"), ("user-agent", "Mozilla/5.0")], Scope::Metrics),
            ("::1", &[name, ("sec-fetch-site", "cross-site")], Scope::Metrics),
        ];

        for (address, headers, expected) in cases {
            assert_eq!(scope(address, headers), expected, "{address} {headers:?}");
        }
    }

    #[test]
    fn who_is_unknown_has_to_log_in_and_who_is_known_may_do_what_is_listed() {
        let mut config = Config::default();
        config.api.users = vec!["ann=inspect".parse().unwrap()];
        let ann = Principal::user("ann", &config);

        let unknown = Principal::default().refused(Scope::Read);
        let known = ann.refused(Scope::Admin);

        assert_eq!(
            (ann.scope, Principal::user("bob", &config).scope),
            (Scope::Inspect, Scope::Read)
        );
        assert_eq!(unknown.status(), 401);
        assert_eq!(unknown.headers()[WWW_AUTHENTICATE], "Bearer scope=\"read\"");
        assert_eq!(known.status(), 403);
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"admin\"";
        assert_eq!(known.headers()[WWW_AUTHENTICATE], challenge);
    }
}
