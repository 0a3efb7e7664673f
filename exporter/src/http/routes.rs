//! Which path has which page.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, HeaderMap, HeaderName, HeaderValue, VARY,
};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::body::{Body, respond, status, text};
use super::encoding::Encoding;
use super::landing::landing;
use super::peer::Peer;
use super::{Page, Rendered, Site};
use crate::health::HttpRefusal;

const PLAIN: &str = "text/plain; charset=utf-8";
const UNACCEPTABLE: &str =
    "`Accept-Encoding` excludes zstd, gzip and identity, which are all there are.\n";
const BUSY: &str = "Too many requests at once; `web.max_requests` is the limit.\n";

/// Which path has which page.
#[derive(Debug)]
pub(super) struct Routes {
    site: Site,
    landing: String,
    /// How many more pages may be rendered now; `None` for any number.
    room: Option<Arc<Semaphore>>,
}

/// What a path stands for.
enum Route<'a> {
    Healthy,
    Ready,
    Landing,
    Page(&'a Page),
}

impl Routes {
    pub(super) fn new(site: Site) -> Self {
        let landing = landing(&site);
        let room = (site.max_requests > 0).then(|| Arc::new(Semaphore::new(site.max_requests)));

        Self { site, landing, room }
    }

    pub(super) async fn answer(&self, request: &Request<Incoming>, peer: Peer) -> Response<Body> {
        let Some(route) = self.route(request.uri().path()) else {
            return status(StatusCode::NOT_FOUND);
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }

        let headers = request.headers();
        match route {
            Route::Healthy => {
                fixed(headers, StatusCode::OK, PLAIN, "packet-exporter is healthy.\n")
            }
            Route::Ready => match (self.site.is_ready)() {
                Ok(()) => fixed(headers, StatusCode::OK, PLAIN, "packet-exporter is ready.\n"),
                Err(reason) => {
                    let text = format!("packet-exporter is not ready yet: {reason}.\n");
                    fixed(headers, StatusCode::SERVICE_UNAVAILABLE, PLAIN, &text)
                }
            },
            Route::Landing => {
                fixed(headers, StatusCode::OK, "text/html; charset=utf-8", &self.landing)
            }
            Route::Page(page) => self.render(page, headers, peer).await,
        }
    }

    fn route(&self, path: &str) -> Option<Route<'_>> {
        match path {
            "/-/healthy" | "/healthz" | "/livez" => Some(Route::Healthy),
            "/-/ready" | "/readyz" => Some(Route::Ready),
            path => match self.site.pages.iter().find(|page| page.path == path) {
                Some(page) => Some(Route::Page(page)),
                None => (path == "/").then_some(Route::Landing),
            },
        }
    }

    /// Renders and compresses on a thread of its own: both take milliseconds.
    async fn render(&self, page: &Page, headers: &HeaderMap, peer: Peer) -> Response<Body> {
        let Some(encoding) = Encoding::best(joined(headers, &ACCEPT_ENCODING).as_deref()) else {
            return unacceptable();
        };
        let permit = match &self.room {
            None => None,
            Some(room) => {
                let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
                    self.site.refusals.count(HttpRefusal::Requests, peer, None);
                    return text(StatusCode::SERVICE_UNAVAILABLE, BUSY);
                };
                Some(permit)
            }
        };

        let accept = joined(headers, &ACCEPT);
        let render = Arc::clone(&page.render);
        let rendered = spawn_blocking(move || {
            let Rendered { content_type, body } = render(accept.as_deref());
            // Goes with the body, or with this thread if nobody waits for it any more.
            encoding.encode(body).map(|body| (content_type, Body::new(body).holding(permit)))
        });

        match rendered.await {
            Ok(Ok((content_type, body))) => rendered_as(encoding, content_type, body),
            Ok(Err(error)) => {
                tracing::error!(path = page.path, %error, "Cannot compress a page");
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Err(error) => {
                self.site.refusals.panicked(&error);
                status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}

fn rendered_as(encoding: Encoding, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = respond(StatusCode::OK, content_type, body);
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    note(encoding, headers);

    response
}

/// Answers with a text that takes no time to make.
fn fixed(
    headers: &HeaderMap,
    status_code: StatusCode,
    content_type: &'static str,
    text: &str,
) -> Response<Body> {
    let Some(encoding) = Encoding::plainest(joined(headers, &ACCEPT_ENCODING).as_deref()) else {
        return unacceptable();
    };
    let Ok(body) = encoding.encode(text.into()) else {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };

    let mut response = respond(status_code, content_type, Body::new(body));
    note(encoding, response.headers_mut());

    response
}

fn note(encoding: Encoding, headers: &mut HeaderMap) {
    if let Some(name) = encoding.name() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
}

/// Source: RFC 9110, sections 12.5.3 and 15.5.7.
fn unacceptable() -> Response<Body> {
    let mut response = text(StatusCode::NOT_ACCEPTABLE, UNACCEPTABLE);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));

    response
}

/// Returns all headers of the name as one. Source: RFC 9110, section 5.3.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();

    (!values.is_empty()).then(|| values.join(", "))
}
