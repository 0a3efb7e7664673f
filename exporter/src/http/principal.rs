//! Who asks, and what it may do.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};

use super::body::text;
use super::caller::Caller;
use super::cross_site;
use super::places::Place;
use super::refused::Reason;
use crate::config::{ClientName, Config, Token};
use crate::scope::Scope;

/// In which a gateway names who asks through it.
const CALLER: HeaderName = HeaderName::from_static("x-caller-arn");

/// Who asks, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub who: Who,
    /// From where, as far as that is known behind proxies.
    pub address: IpAddr,
    /// It includes the scopes before it.
    pub scope: Scope,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A client without a login.
    Anyone,
    /// A user of the web configuration.
    User(String),
    /// A token with this name.
    Token(String),
    /// A client whose certificate has this name.
    Certificate(String),
    /// Who asks through a gateway whose certificate has this name.
    Through { gateway: String, arn: String },
}

impl Default for Principal {
    fn default() -> Self {
        Self::unknown(Ipv4Addr::UNSPECIFIED.into())
    }
}

impl Principal {
    /// Who may do the least, until it is known who asks.
    pub(super) fn unknown(address: IpAddr) -> Self {
        Self { who: Who::Anyone, address, scope: Scope::Metrics }
    }

    /// Returns what a client without a login is. On this host it may read, unless a page of another site
    /// asks.
    pub(super) fn anyone<B>(request: &Request<B>, caller: Caller, config: &Config) -> Self {
        let is_own = || cross_site::check(request, config).is_ok();
        let may_read = caller.is_here && is_own();

        let scope = if may_read { Scope::Read } else { Scope::Metrics };
        Self { scope, ..Self::unknown(caller.address) }
    }

    pub(super) fn user(name: &str, caller: Caller, config: &Config) -> Self {
        let scope = config.api.scope_of(name);

        Self { who: Who::User(name.into()), address: caller.address, scope }
    }

    pub(super) fn token(token: &Token, caller: Caller) -> Self {
        let who = Who::Token(token.name.clone());

        Self { who, address: caller.address, scope: token.scope() }
    }

    /// Returns who has a certificate, if one of its names is listed.
    pub(super) fn certified(place: &Place, caller: Caller, config: &Config) -> Option<Self> {
        let ClientName { name, scope } = config.api.client_name(place.names())?;
        let who = Who::Certificate(name.to_string());

        caller.is_direct.then_some(Self { who, address: caller.address, scope: *scope })
    }

    /// Returns who asks through a gateway that has shown its certificate; where it names nobody, a client that
    /// may do the least. What other connections say of that does not count.
    pub(super) fn through(gateway: &ClientName, headers: &HeaderMap, caller: Caller) -> Self {
        let unknown = Self::unknown(caller.address);
        let mut values = headers.get_all(CALLER).iter();
        let value = values.next().filter(|_| values.next().is_none());
        let Some(arn) = value.and_then(|it| it.to_str().ok()).filter(|it| is_arn(it)) else {
            return unknown;
        };
        let who = Who::Through { gateway: gateway.name.to_string(), arn: arn.into() };

        Self { who, scope: gateway.scope, ..unknown }
    }

    /// Returns the same with no more than this scope.
    pub(super) fn at_most(self, scope: Scope) -> Self {
        Self { scope: self.scope.min(scope), ..self }
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
            Who::User(_) | Who::Token(_) | Who::Certificate(_) | Who::Through { .. } => (
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
            Who::Certificate(name) => write!(f, "certificate `{}`", name.escape_default()),
            Who::Through { gateway, arn } => {
                write!(f, "`{arn}` through gateway `{}`", gateway.escape_default())
            }
        }
    }
}

/// Returns whether it can stand in a log as the name of a caller. Source: IAM User Guide, "IAM ARNs".
fn is_arn(text: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_graphic() && !b"`\"\\".contains(&it);

    text.len() <= 512 && text.starts_with("arn:") && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::line::{Door, Line};

    type Headers<'a> = &'a [(&'a str, &'a str)];

    fn scope(address: &str, headers: Headers<'_>) -> Scope {
        let mut request = Request::new(());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let line = Line::plain(address.parse().unwrap(), Door::Web);
        let caller = Caller::of(line, request.headers(), &[]);

        Principal::anyone(&request, caller, &Config::default()).scope
    }

    #[test]
    fn only_clients_on_this_host_may_read_without_a_login() {
        let name = ("host", "localhost:10199");
        let cases: [(&str, Headers<'_>, Scope); 10] = [
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
        let line = Line::plain([192, 0, 2, 1].into(), Door::Web);
        let caller = Caller::of(line, &HeaderMap::new(), &[]);
        let [ann, bob] = ["ann", "bob"].map(|name| Principal::user(name, caller, &config));

        let unknown = Principal::unknown(caller.address).refused(Scope::Read);
        let known = ann.refused(Scope::Admin);

        assert_eq!((ann.scope, bob.scope), (Scope::Inspect, Scope::Read));
        assert_eq!(unknown.status(), 401);
        assert_eq!(unknown.headers()[WWW_AUTHENTICATE], "Bearer scope=\"read\"");
        assert_eq!(known.status(), 403);
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"admin\"";
        assert_eq!(known.headers()[WWW_AUTHENTICATE], challenge);
    }

    #[test]
    fn a_gateway_names_who_asks_once_and_as_an_arn() {
        const ARN: &str = "arn:aws:sts::111122223333:assumed-role/oncall/ann";
        let gateway = "dns:gateway.example=inspect".parse().unwrap();
        let through = |values: &[&str]| {
            let values = values.iter().map(|it| (CALLER, it.parse().unwrap()));
            let line = Line::plain([10, 0, 0, 1].into(), Door::Web);
            let caller = Caller::of(line, &HeaderMap::new(), &[]);
            Principal::through(&gateway, &values.collect(), caller)
        };

        let ann = through(&[ARN]);
        assert_eq!(ann.scope, Scope::Inspect);
        assert_eq!(ann.to_string(), format!("`{ARN}` through gateway `dns:gateway.example`"));
        assert_eq!(ann.at_most(Scope::Read).scope, Scope::Read);
        let long = format!("arn:{}", "a".repeat(512));
        for values in [&[][..], &["ann"], &[""], &["arn:a b"], &["arn:a`b"], &[&long], &[ARN, ARN]]
        {
            assert_eq!(through(values), Principal::unknown([10, 0, 0, 1].into()), "{values:?}");
        }
    }
}
