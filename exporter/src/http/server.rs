//! What is done with a request before and after it finds its page.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use hyper::body::{Body as _, Incoming};
use hyper::header::{
    AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Request, Response, StatusCode};
use rustls::ServerConfig;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use super::basic_auth::Credentials;
use super::body::{Body, status, text};
use super::limits::Limits;
use super::passwords::{Passwords, Verdict};
use super::places::{Place, Places};
use super::refusals::Refusals;
use super::routes::Routes;
use super::web_file::{Rules, WebFile};
use super::{Site, head};
use crate::health::HttpRefusal;

const UNCHECKED: &str = "Too many passwords wait to be checked; try again.\n";

/// What all connections share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) limits: Limits,
    pub(super) refusals: Refusals,
    pub(super) places: Arc<Places>,
    routes: Routes,
    web: Option<Arc<WebFile>>,
    /// How many more may read the web configuration now.
    reads: Arc<Semaphore>,
    passwords: Passwords,
}

impl Server {
    pub(super) fn new(site: Site, web: Option<WebFile>, limits: Limits) -> Self {
        let refusals = site.refusals.clone();

        Self {
            limits,
            places: Places::new(&limits, refusals.clone()),
            refusals,
            routes: Routes::new(site),
            web: web.map(Arc::new),
            reads: Arc::new(Semaphore::new(Limits::READS)),
            passwords: Passwords::new(),
        }
    }

    /// Gives what a handshake needs, if TLS is spoken.
    ///
    /// An error does not mean that it is not.
    pub(super) async fn handshake(&self) -> Result<Option<Arc<ServerConfig>>, JoinError> {
        let Some(web) = self.web.clone() else { return Ok(None) };

        self.read(move || web.handshake()).await
    }

    /// Reads on a thread that may block; that goes on when the client hangs up, and so does its turn.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let turn = Arc::clone(&self.reads).acquire_owned().await;

        spawn_blocking(move || {
            let _turn = turn;
            read()
        })
        .await
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, place: &Place) -> Response<Body> {
        if let Err(error) = head::check(&request) {
            self.refusals.count(HttpRefusal::Head, place.peer, Some(&error));
            return error.answer();
        }
        if request.body().size_hint().lower() > Limits::BODY_BYTES {
            // It is not read, so the connection ends with the answer.
            self.refusals.count(HttpRefusal::Body, place.peer, None);
        }

        let Some(web) = &self.web else { return self.routes.answer(&request, place.peer).await };
        let web = Arc::clone(web);
        let Ok(Ok(rules)) = self.read(move || web.rules()).await else {
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        };
        self.places.keep_half(rules.config.has_logins());
        let mut response = self.answer_within(&rules, &request, place).await;
        add_headers(response.headers_mut(), &rules);

        response
    }

    async fn answer_within(
        &self,
        rules: &Arc<Rules>,
        request: &Request<Incoming>,
        place: &Place,
    ) -> Response<Body> {
        if !rules.bucket.take(Instant::now()) {
            self.refusals.count(HttpRefusal::Rate, place.peer, None);
            return status(StatusCode::TOO_MANY_REQUESTS);
        }
        let verdict = self.log_in(request.headers(), rules, place).await;
        if verdict != Verdict::Right {
            self.refusals.count(HttpRefusal::Login, place.peer, None);
        }

        match verdict {
            Verdict::Right => self.routes.answer(request, place.peer).await,
            Verdict::Wrong => {
                let mut response = status(StatusCode::UNAUTHORIZED);
                let challenge = HeaderValue::from_static("Basic");
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                response
            }
            Verdict::Unchecked => {
                let mut response = text(StatusCode::SERVICE_UNAVAILABLE, UNCHECKED);
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
        }
    }

    /// Returns whether the request may be answered; notes which connections have a login.
    async fn log_in(&self, headers: &HeaderMap, rules: &Arc<Rules>, place: &Place) -> Verdict {
        let has_certificate = place.has_certificate.load(Ordering::Relaxed);
        if has_certificate && rules.config.tls_server_config.verifies_clients() {
            place.log_in();
        }
        if rules.config.basic_auth_users.is_empty() {
            return Verdict::Right;
        }

        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(credentials) = authorization.and_then(Credentials::parse) else {
            return Verdict::Wrong;
        };
        let verdict = self.passwords.check(credentials, rules, place.peer).await;
        if verdict == Verdict::Right {
            place.log_in();
        }

        verdict
    }
}

fn add_headers(headers: &mut HeaderMap, rules: &Rules) {
    for (name, value) in rules.config.http_server_config.headers() {
        // Both were tried when the file was read.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}
