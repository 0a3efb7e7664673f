//! What is done with a request before and after it finds its page.

use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Request, Response, StatusCode};
use rustls::ServerConfig;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use super::Site;
use super::basic_auth::{Credentials, Verified};
use super::body::{Body, status};
use super::limits::Limits;
use super::routes::Routes;
use super::web_file::{Rules, WebFile};

/// What all connections share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) limits: Limits,
    routes: Routes,
    web: Option<Arc<WebFile>>,
    verified: Arc<Verified>,
    /// One password is checked at a time, so that guessing takes one CPU and not all.
    checking: Semaphore,
}

impl Server {
    pub(super) fn new(site: Site, web: Option<WebFile>, limits: Limits) -> Self {
        Self {
            limits,
            routes: Routes::new(site),
            web: web.map(Arc::new),
            verified: Arc::default(),
            checking: Semaphore::new(1),
        }
    }

    /// Gives what a handshake needs, if TLS is spoken.
    ///
    /// An error does not mean that it is not.
    pub(super) async fn handshake(&self) -> Result<Option<Arc<ServerConfig>>, JoinError> {
        let Some(web) = self.web.clone() else { return Ok(None) };

        spawn_blocking(move || web.handshake()).await
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let Some(web) = &self.web else { return self.routes.answer(&request).await };
        let web = Arc::clone(web);
        let Ok(Ok(rules)) = spawn_blocking(move || web.rules()).await else {
            return status(StatusCode::INTERNAL_SERVER_ERROR);
        };

        let mut response = if !rules.bucket.take(Instant::now()) {
            status(StatusCode::TOO_MANY_REQUESTS)
        } else if !self.is_allowed(request.headers(), &rules).await {
            let mut response = status(StatusCode::UNAUTHORIZED);
            let challenge = HeaderValue::from_static("Basic");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            response
        } else {
            self.routes.answer(&request).await
        };
        add_headers(response.headers_mut(), &rules);

        response
    }

    async fn is_allowed(&self, headers: &HeaderMap, rules: &Arc<Rules>) -> bool {
        if rules.config.basic_auth_users.is_empty() {
            return true;
        }
        let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(credentials) = authorization.and_then(Credentials::parse) else { return false };
        if self.verified.knows(&credentials, &rules.config.basic_auth_users) {
            return true;
        }

        let _turn = self.checking.acquire().await;
        let (verified, rules) = (Arc::clone(&self.verified), Arc::clone(rules));
        let users = move || verified.verify(&credentials, &rules.config.basic_auth_users);

        spawn_blocking(users).await.unwrap_or(false)
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
