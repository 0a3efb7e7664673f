//! The routes of the REST API, made from its table.

use std::sync::Arc;
use std::time::SystemTime;

use super::Pages;
use crate::api::{self, Facts, Kind, OPERATIONS, Operation, Problem};
use crate::app::readiness;
use crate::http::{
    Answer, Asked, Content, Errors, Handler, HeaderMap, Method, Path, Query, Reason, Refused,
    Route, StatusCode,
};

type ReadFacts = Arc<dyn Fn() -> Facts + Send + Sync>;

/// Returns a route for each operation.
pub(super) fn routes(pages: &Pages) -> Vec<Route> {
    let pages = pages.clone();
    let facts: ReadFacts = Arc::new(move || {
        let snapshot = Arc::clone(&pages.snapshot.borrow());
        let ready = readiness::of(&snapshot.health);
        Facts { readings: (pages.read)(snapshot), ready, now: SystemTime::now() }
    });

    OPERATIONS.iter().map(|operation| route(operation, &facts)).collect()
}

/// Returns what writes errors below the API as problems.
pub(super) fn errors() -> Errors {
    Arc::new(|path, refused| {
        let Refused { status, reason, sentence } = refused;
        let kind = match (reason, status) {
            (Some(Reason::ScopeMissing), StatusCode::FORBIDDEN) => Kind::ScopeMissing,
            (Some(Reason::BadToken), _) => Kind::BadToken,
            (Some(Reason::PlainToken), _) => Kind::PlainToken,
            (Some(Reason::TokenInQuery), _) => Kind::TokenInQuery,
            (Some(Reason::ScopeMissing) | None, _) => Kind::of_status(status.as_u16()),
        };
        path.starts_with(api::BASE)
            .then(|| served(Problem::refused(kind, status.as_u16(), sentence)))
    })
}

fn route(operation: &'static Operation, facts: &ReadFacts) -> Route {
    let facts = Arc::clone(facts);
    let answer = move |asked: Asked| {
        let Asked { parameters, query, accept, body: _ } = asked;
        let asked = api::Asked { path: &parameters, query: &query, accept: accept.as_deref() };
        served(api::answer(operation, &asked, &*facts))
    };

    Route {
        methods: match operation.method {
            api::Method::Get => &[Method::Get],
        },
        path: Path::Fixed(operation.path),
        scope: operation.scope,
        // The table knows its parameters, and refuses others in its own words.
        query: Query::Any,
        body_bytes: 0,
        handler: Handler::Blocking(Arc::new(answer)),
        title: operation.title,
    }
}

fn served(answer: api::Answer) -> Answer {
    let api::Answer { status, content_type, headers, body } = answer;
    let all = api::Answer::HEADERS.iter().chain(headers);
    let headers: HeaderMap =
        all.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect();

    Answer {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        content_type,
        headers,
        content: Content::Whole(body),
    }
}
