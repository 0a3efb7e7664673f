//! The live page, and what it loads.

use std::sync::Arc;

use crate::http::{Answer, Handler, HeaderMap, Landing, Method, Path, Query, Route};
use crate::page::{self, FILES, File};
use crate::scope::Scope;
use crate::version::Build;

/// Returns what makes the page at `/`.
pub(super) fn page() -> Landing {
    Arc::new(|links| served("text/html; charset=utf-8", &page::page(Build::THIS.version, links)))
}

/// Returns a route for each file that the page loads.
pub(super) fn routes() -> impl Iterator<Item = Route> {
    FILES.iter().map(route)
}

fn route(file: &'static File) -> Route {
    Route {
        methods: &[Method::Get],
        path: Path::Fixed(file.path),
        scope: Scope::Metrics,
        query: Query::Any,
        body_bytes: 0,
        handler: Handler::Quick(Arc::new(|_| served(file.content_type, file.text))),
        title: None,
    }
}

fn served(content_type: &'static str, text: &str) -> Answer {
    let headers: HeaderMap = page::HEADERS
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
        .collect();

    Answer { headers, ..Answer::page(content_type, text.into()) }
}
