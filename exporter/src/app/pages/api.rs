//! The routes of the REST API, made from its table.

use std::sync::Arc;
use std::time::SystemTime;

use super::Pages;
use crate::api::{self, Facts, OPERATIONS, Operation, Output, Problem};
use crate::app::history::Kept;
use crate::app::readiness;
use crate::http::{
    Answer, Asked, Content, Errors, Handler, HeaderMap, Method, Path, Query, Route, Scope,
    StatusCode,
};

type ReadFacts = Arc<dyn Fn() -> Facts + Send + Sync>;

/// Returns a route for each operation.
pub(super) fn routes(pages: &Pages) -> Vec<Route> {
    let history = pages.history.clone();
    let pages = pages.clone();
    let facts: ReadFacts = Arc::new(move || {
        let snapshot = Arc::clone(&pages.snapshot.borrow());
        let ready = readiness::of(&snapshot.health);
        let (readings, history) = ((pages.read)(snapshot), pages.history.view());
        Facts { readings, history, ready, now: SystemTime::now() }
    });

    OPERATIONS.iter().map(|operation| route(operation, &facts, &history)).collect()
}

/// Returns what writes errors below the API as problems.
pub(super) fn errors() -> Errors {
    Arc::new(|path, status, sentence| {
        path.starts_with(api::BASE).then(|| served(Problem::refused(status.as_u16(), sentence)))
    })
}

fn route(operation: &'static Operation, facts: &ReadFacts, history: &Kept) -> Route {
    let (facts, history) = (Arc::clone(facts), history.clone());
    let answer = move |asked: &Asked| {
        let Asked { parameters, query, accept, .. } = asked;
        let asked = api::Asked { path: parameters, query, accept: accept.as_deref() };
        served(api::answer(operation, &asked, &*facts))
    };
    let handler = match operation.output {
        Output::Events => Handler::Quick(Arc::new(move |asked| {
            let answer = answer(asked);
            if answer.status != StatusCode::OK {
                return answer;
            }
            match history.events(asked.last_event.as_deref()) {
                Some(events) => Answer { content: Content::Stream(events), ..answer },
                None => served(api::no_history()),
            }
        })),
        Output::Json(_) | Output::Document | Output::Page => {
            Handler::Blocking(Arc::new(move |asked| answer(&asked)))
        }
    };

    Route {
        methods: match operation.method {
            api::Method::Get => &[Method::Get],
        },
        path: Path::Fixed(operation.path),
        scope: match operation.scope {
            api::Scope::Metrics => Scope::Metrics,
        },
        // The table knows its parameters, and refuses others in its own words.
        query: Query::Any,
        body_bytes: 0,
        handler,
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
