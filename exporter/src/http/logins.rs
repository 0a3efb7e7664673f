//! Logins: who has sent a request.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use tokio::sync::watch;

use super::basic_auth::Credentials;
use super::body::{status, text};
use super::caller::Caller;
use super::passwords::{Passwords, Verdict};
use super::places::Place;
use super::principal::Principal;
use super::reads::{Panicked, Reads};
use super::refused::Reason;
use super::token::TokenText;
use super::token_file::{TokenFile, Worth};
use super::web_file::WebRules;
use crate::config::Config;

const UNCHECKED: &str = "Too many passwords wait to be checked; try again.\n";
const UNKNOWN: &str = "The token is not in the token file.\n";
const PLAIN: &str = "A token was sent over plain HTTP, where anyone on the way can read it. Take it out of the \
    token file, and send its successor over TLS or from the host itself. `web.trusted_proxies` lists proxies that speak TLS with clients.\n";

/// Finds out who has sent a request.
#[derive(Debug)]
pub(super) struct Logins {
    passwords: Passwords,
    tokens: Option<Arc<TokenFile>>,
    config: watch::Receiver<Arc<Config>>,
}

/// What is known of the sender of a request before the login, and what reads files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub(super) place: &'a Place,
    pub(super) caller: Caller,
    pub(super) reads: &'a Reads,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("no user with this name and password")]
    NoUser,
    #[error("too many passwords wait to be checked")]
    Unchecked,
    #[error("the token is not in the token file")]
    UnknownToken,
    /// It was valid until then.
    #[error("the token has expired")]
    ExpiredToken(SystemTime),
    #[error("a token was sent over plain HTTP")]
    PlainToken,
    #[error("checking a login panicked")]
    Panicked,
}

impl Logins {
    pub(super) fn new(
        tokens: Option<Arc<TokenFile>>,
        config: watch::Receiver<Arc<Config>>,
    ) -> Self {
        Self { passwords: Passwords::new(), tokens, config }
    }

    /// Returns who has sent a request; `None` for a client without a login. Notes which connections have
    /// one.
    pub(super) async fn log_in(
        &self,
        headers: &HeaderMap,
        rules: Option<&Arc<WebRules>>,
        asking: Asking<'_>,
    ) -> Result<Option<Principal>, Denied> {
        let config = Arc::clone(&self.config.borrow());
        let gateway = config.api.gateway(asking.place.names());
        let principal = if let Some(token) = TokenText::of(headers) {
            self.of_token(token, asking).await?
        } else if let Some(rules) = rules.filter(|it| !it.config.basic_auth_users.is_empty()) {
            self.of_user(headers, rules, asking).await?
        } else {
            let caller = asking.caller;
            return Ok(match gateway {
                Some(gateway) => Some(Principal::through(gateway, headers, caller)),
                None => Principal::certified(asking.place, caller, &config),
            });
        };
        asking.place.log_in();

        Ok(Some(match gateway {
            Some(gateway) => principal.at_most(gateway.scope),
            None => principal,
        }))
    }

    async fn of_token(
        &self,
        text: TokenText,
        Asking { reads, caller, .. }: Asking<'_>,
    ) -> Result<Principal, Denied> {
        if !caller.keeps_secrets {
            return Err(Denied::PlainToken);
        }
        let Some(file) = self.tokens.clone() else { return Err(Denied::UnknownToken) };
        let worth = reads.read(move || file.worth(&text, SystemTime::now())).await;

        match worth {
            Ok(Worth::Valid(token)) => Ok(Principal::token(&token, caller)),
            Ok(Worth::Expired(at)) => Err(Denied::ExpiredToken(at)),
            Ok(Worth::Unknown) => Err(Denied::UnknownToken),
            Err(Panicked) => Err(Denied::Panicked),
        }
    }

    async fn of_user(
        &self,
        headers: &HeaderMap,
        rules: &Arc<WebRules>,
        Asking { place, caller, .. }: Asking<'_>,
    ) -> Result<Principal, Denied> {
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let credentials = authorization.and_then(Credentials::parse).ok_or(Denied::NoUser)?;
        let user = Principal::user(credentials.name(), caller, &self.config.borrow());

        match self.passwords.check(credentials, rules, place.peer).await {
            Verdict::Right => Ok(user),
            Verdict::Wrong => Err(Denied::NoUser),
            Verdict::Unchecked => Err(Denied::Unchecked),
            Verdict::Panicked => Err(Denied::Panicked),
        }
    }
}

impl Denied {
    /// Makes the answer. Source: RFC 6750, section 3.1.
    pub(super) fn answer(self) -> Response<Body> {
        const BAD_TOKEN: &str = "Bearer error=\"invalid_token\"";
        let (mut response, header, reason) = match self {
            Self::NoUser => {
                (status(StatusCode::UNAUTHORIZED), Some((WWW_AUTHENTICATE, "Basic")), None)
            }
            Self::Unchecked => {
                let response = text(StatusCode::SERVICE_UNAVAILABLE, UNCHECKED);
                (response, Some((RETRY_AFTER, "1")), None)
            }
            Self::UnknownToken => {
                let response = text(StatusCode::UNAUTHORIZED, UNKNOWN);
                (response, Some((WWW_AUTHENTICATE, BAD_TOKEN)), Some(Reason::BadToken))
            }
            Self::ExpiredToken(at) => {
                let at = humantime::format_rfc3339_seconds(at);
                let response =
                    text(StatusCode::UNAUTHORIZED, format!("The token expired at {at}.\n"));
                (response, Some((WWW_AUTHENTICATE, BAD_TOKEN)), Some(Reason::BadToken))
            }
            Self::PlainToken => {
                (text(StatusCode::FORBIDDEN, PLAIN), None, Some(Reason::PlainToken))
            }
            Self::Panicked => (status(StatusCode::INTERNAL_SERVER_ERROR), None, None),
        };
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }

        response
    }
}
