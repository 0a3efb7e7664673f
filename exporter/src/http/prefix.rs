//! The path that everything is below.

use axum::body::Body;
use hyper::header::{HeaderValue, LOCATION};
use hyper::http::uri::{PathAndQuery, Uri};
use hyper::{Request, Response, StatusCode};

use super::body::text;

/// Returns what a path has below the prefix, from a slash on; `None` where it is not below it.
pub(super) fn below<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| prefix.is_empty() || rest.starts_with('/'))
}

/// Takes the prefix away from the path of a request; returns whether it was there.
pub(super) fn take<B>(prefix: &str, request: &mut Request<B>) -> bool {
    if prefix.is_empty() {
        return true;
    }
    let uri = request.uri();
    let Some(path) = below(prefix, uri.path()) else { return false };
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(target).ok();
    let Ok(uri) = Uri::from_parts(parts) else { return false };
    *request.uri_mut() = uri;

    true
}

/// Leads a browser to the landing page from where it is expected; `None` where nothing is.
pub(super) fn redirect(prefix: &str, path: &str, base: &str) -> Option<Response<Body>> {
    if path != "/" && path != prefix {
        return None;
    }
    let target = format!("{base}/");
    let location = HeaderValue::from_str(&target).ok()?;
    let mut response = text(StatusCode::FOUND, format!("It is at {target}.\n"));
    response.headers_mut().insert(LOCATION, location);

    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_a_prefix_from_a_slash_on() {
        assert_eq!(below("", "/metrics"), Some("/metrics"));
        assert_eq!(below("/a", "/a/metrics"), Some("/metrics"));
        assert_eq!(below("/a", "/a/"), Some("/"));
        for path in ["/a", "/ab/metrics", "/metrics", "/", "/A/metrics", "//a/metrics"] {
            assert_eq!(below("/a", path), None, "{path}");
        }
    }

    #[test]
    fn what_is_left_keeps_its_query_and_its_host() {
        let mut request = Request::new(());
        *request.uri_mut() = "https://x.example/a/b?c=/a/d".parse().unwrap();

        assert!(take("/a", &mut request));
        assert_eq!(request.uri(), "https://x.example/b?c=/a/d");
        assert!(!take("/a", &mut request));
        *request.uri_mut() = "*".parse().unwrap();
        assert!(!take("/a", &mut request) && take("", &mut request));
    }
}
