//! What is done with a request before and after it finds its page.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::basic_auth::Credentials;
use super::body::{status, text};
use super::errors::Forms;
use super::limits::Limits;
use super::passwords::{Passwords, Verdict};
use super::places::{Place, Places};
use super::refusals::Refusals;
use super::routes::Routes;
use super::visit::Visit;
use super::web_file::{Handshake, WebFile, WebRules};
use super::{Site, head};
use crate::health::HttpRefusal;

/// The exporter panicked while it read something; that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

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
    errors: Forms,
}

impl Server {
    pub(super) fn new(site: &Site, web: Option<WebFile>, limits: Limits) -> Self {
        let refusals = site.refusals.clone();
        let places = Places::new(&limits, refusals.clone());
        places.keep_half(web.as_ref().is_some_and(WebFile::has_logins));

        Self {
            limits,
            places,
            refusals,
            routes: Routes::new(site, &limits),
            web: web.map(Arc::new),
            reads: Arc::new(Semaphore::new(Limits::READS)),
            passwords: Passwords::new(),
            errors: Forms::of(site),
        }
    }

    /// Returns what a handshake needs, if TLS is spoken.
    pub(super) async fn handshake(&self) -> Result<Option<Handshake>, Panicked> {
        let Some(web) = self.web.clone().filter(|web| web.has_tls()) else { return Ok(None) };

        self.read(move || web.handshake()).await
    }

    /// Reads on a thread that may block; that goes on when the client hangs up, and so does its
    /// turn. A panic is counted.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let turn = Arc::clone(&self.reads).acquire_owned().await;

        let read = spawn_blocking(move || {
            let _turn = turn;
            read()
        });
        read.await.map_err(|error| {
            self.refusals.panicked(&error);
            Panicked
        })
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, visit: Visit) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let response = self.answer_in_text(request, visit).await;

        self.errors.apply(response, &path)
    }

    /// Answers; what it refuses by itself is plain text.
    async fn answer_in_text(&self, request: Request<Incoming>, visit: Visit) -> Response<Body> {
        let place = &visit.place;
        if let Err(error) = head::check(&request) {
            self.refusals.count(HttpRefusal::Head, place.peer, Some(&error));
            return error.answer();
        }

        let Some(web) = &self.web else { return self.routes.answer(request, visit).await };
        let web = Arc::clone(web);
        let Ok(Ok(rules)) = self.read(move || web.rules()).await else {
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        };
        self.places.keep_half(rules.config.has_logins());
        let mut response = self.answer_within(&rules, request, visit).await;
        add_headers(response.headers_mut(), &rules);

        response
    }

    async fn answer_within(
        &self,
        rules: &Arc<WebRules>,
        request: Request<Incoming>,
        visit: Visit,
    ) -> Response<Body> {
        let place = &visit.place;
        if !rules.bucket.take(Instant::now()) {
            self.refusals.count(HttpRefusal::Rate, place.peer, None);
            return status(StatusCode::TOO_MANY_REQUESTS);
        }
        let verdict = self.log_in(request.headers(), rules, place).await;
        match verdict {
            Verdict::Right => {}
            Verdict::Wrong | Verdict::Unchecked => {
                self.refusals.count(HttpRefusal::Login, place.peer, None);
            }
            Verdict::Panicked => self.refusals.panicked(&"checking a password"),
        }

        match verdict {
            Verdict::Right => self.routes.answer(request, visit).await,
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
            Verdict::Panicked => status(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// Returns whether the request may be answered; notes which connections have a login.
    async fn log_in(&self, headers: &HeaderMap, rules: &Arc<WebRules>, place: &Place) -> Verdict {
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

fn add_headers(headers: &mut HeaderMap, rules: &WebRules) {
    for (name, value) in rules.config.http_server_config.headers() {
        // Both were tried when the file was read.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::sync::watch;
    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    fn server(web: Option<WebFile>) -> Server {
        let site = Site {
            routes: Vec::new(),
            config: watch::channel(Arc::default()).1,
            is_ready: Arc::new(|| Ok(())),
            reload: Arc::new(|| Box::pin(async { Err("not here".into()) })),
            landing: Arc::new(|_| crate::http::Answer::text(StatusCode::OK, "")),
            refusals: Refusals::default(),
            errors: Arc::new(|_, _, _| None),
        };

        Server::new(&site, web, Limits::default())
    }

    fn web(path: &Path, text: &str) -> WebFile {
        std::fs::write(path, text).unwrap();

        WebFile::open(path).unwrap()
    }

    #[tokio::test]
    async fn a_panic_while_a_file_is_read_is_counted() {
        let server = server(None);

        let read = server.read(|| panic!("planted")).await.map(|(): ()| ());

        assert_eq!(read, Err(Panicked));
        assert_eq!(server.refusals.read().panics, 1);
    }

    #[tokio::test]
    async fn one_reading_of_the_web_configuration_ends_before_the_next_begins() {
        static READING: AtomicUsize = AtomicUsize::new(0);
        let server = server(None);
        let read = || {
            server.read(|| {
                let others = READING.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                READING.fetch_sub(1, Ordering::SeqCst);
                others
            })
        };

        let others = tokio::join!(read(), read(), read(), read());

        assert_eq!(others, (Ok(0), Ok(0), Ok(0), Ok(0)));
    }

    #[tokio::test]
    async fn a_connection_without_tls_waits_for_no_reading() {
        let folder = TempDir::new().unwrap();
        let server = server(Some(web(&folder.path().join("web.yml"), "")));
        let _reading = server.reads.acquire().await.unwrap();

        let handshake = timeout(DEADLINE, server.handshake()).await.expect("it waits");

        assert!(handshake.is_ok_and(|handshake| handshake.is_none()));
    }

    #[tokio::test]
    async fn places_are_kept_for_logins_from_the_start() {
        let folder = TempDir::new().unwrap();
        let hash = bcrypt::hash_with_salt("secret", 4, [7; 16]).unwrap();
        let users = format!("basic_auth_users:\n  alice: {hash}\n");

        for (text, keeps) in [("", false), (users.as_str(), true)] {
            let server = server(Some(web(&folder.path().join("web.yml"), text)));
            assert_eq!(server.places.keeps_half(), keeps, "{text}");
        }
    }
}
