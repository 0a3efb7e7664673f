//! What is done with a request before and after it finds its page.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::watch;

use super::body::{status, text, without_body};
use super::caller::Caller;
use super::errors::Forms;
use super::limits::Limits;
use super::logins::{Asking, Denied, Logins};
use super::marks::Marks;
use super::peer::Peer;
use super::places::Places;
use super::principal::Principal;
use super::reads::{Panicked, Reads};
use super::refusals::Refusals;
use super::refused::Reason;
use super::routes::Routes;
use super::token::TokenText;
use super::visit::Visit;
use super::web_file::{Handshake, WebFile, WebRules};
use super::{Site, head, prefix, query};
use crate::config::Config;
use crate::health::HttpRefusal;

const TOKEN_IN_QUERY: &str = "A token is in the query, which logs and histories keep. Take it out of the token file, and send \
    its successor in the header `Authorization: Bearer`.\n";

/// What all connections share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) limits: Limits,
    pub(super) refusals: Refusals,
    pub(super) places: Arc<Places>,
    routes: Routes,
    web: Option<Arc<WebFile>>,
    reads: Reads,
    logins: Logins,
    config: watch::Receiver<Arc<Config>>,
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
            routes: Routes::new(site, &limits),
            web: web.map(Arc::new),
            reads: Reads::new(refusals.clone()),
            logins: Logins::new(site.tokens.clone(), site.config.clone()),
            config: site.config.clone(),
            refusals,
            errors: Forms::of(site),
        }
    }

    /// Returns what a handshake needs, if TLS is spoken.
    pub(super) async fn handshake(&self) -> Result<Option<Handshake>, Panicked> {
        let Some(web) = self.web.clone().filter(|web| web.has_tls()) else { return Ok(None) };

        self.reads.read(move || web.handshake()).await
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, visit: Visit) -> Response<Body> {
        let config = Arc::clone(&self.config.borrow());
        let path = request.uri().path();
        let path = prefix::below(config.web.prefix(), path).unwrap_or(path).to_owned();
        let is_head = request.method() == Method::HEAD;
        let marks = Marks::of(visit.line, request.headers(), &config.web.trusted_proxies);
        let visit = Visit { marks: marks.clone(), ..visit };
        let response = self.answer_in_text(request, visit).await;

        let mut response = self.errors.apply(response, &path, marks.id());
        marks.apply(&mut response, &path);
        if is_head { without_body(response) } else { response }
    }

    /// Answers; what it refuses by itself is plain text.
    async fn answer_in_text(&self, request: Request<Incoming>, visit: Visit) -> Response<Body> {
        let peer = visit.place.peer;
        if let Err(error) = head::check(&request) {
            self.refusals.count(HttpRefusal::Head, peer, Some(&error));
            return error.answer();
        }
        if TokenText::is_in(&query::parse(request.uri().query().unwrap_or_default())) {
            self.refusals.count(HttpRefusal::Login, peer, Some(&"a token is in the query"));
            let mut response = text(StatusCode::BAD_REQUEST, TOKEN_IN_QUERY);
            response.extensions_mut().insert(Reason::TokenInQuery);
            return response;
        }

        let Some(web) = self.web.clone() else {
            return self.answer_within(None, request, visit).await;
        };
        let Ok(Ok(rules)) = self.reads.read(move || web.rules()).await else {
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        };
        self.places.keep_half(rules.config.has_logins());
        let mut response = self.answer_within(Some(&rules), request, visit).await;
        add_headers(response.headers_mut(), &rules);

        response
    }

    async fn answer_within(
        &self,
        rules: Option<&Arc<WebRules>>,
        request: Request<Incoming>,
        mut visit: Visit,
    ) -> Response<Body> {
        let peer = visit.place.peer;
        if rules.is_some_and(|rules| !rules.bucket.take(Instant::now())) {
            self.refusals.count(HttpRefusal::Rate, peer, None);
            return status(StatusCode::TOO_MANY_REQUESTS);
        }
        let config = Arc::clone(&self.config.borrow());
        let caller = Caller::of(visit.line, request.headers(), &config.web.trusted_proxies);
        visit.principal = Principal::anyone(&request, caller, &config);
        let (reads, place) = (&self.reads, Arc::clone(&visit.place));
        let asking = Asking { place: &place, caller, reads };
        match self.logins.log_in(request.headers(), rules, asking).await {
            Ok(Some(principal)) => visit.principal = principal,
            Ok(None) => {}
            Err(denied) => {
                if denied == Denied::Panicked {
                    self.refusals.panicked(&denied);
                } else {
                    let peer = Peer::of(caller.address);
                    self.refusals.count(HttpRefusal::Login, peer, Some(&denied));
                }
                return denied.answer();
            }
        }

        self.routes.answer(request, visit).await
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
            tokens: None,
            errors: Arc::new(|_, _| None),
        };

        Server::new(&site, web, Limits::default())
    }

    fn web(path: &Path, text: &str) -> WebFile {
        std::fs::write(path, text).unwrap();

        WebFile::open(path).unwrap()
    }

    #[tokio::test]
    async fn a_connection_without_tls_waits_for_no_reading() {
        let folder = TempDir::new().unwrap();
        let server = server(Some(web(&folder.path().join("web.yml"), "")));
        let _reading = server.reads.turn().await;

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
