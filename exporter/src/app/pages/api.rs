//! The routes of the REST API, made from its table.

use std::cell::Cell;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;

use super::Pages;
use crate::api::{
    self, Facts, Inspect, Kind, OPERATIONS, Operation, Output, Problem, Sources, Told,
};
use crate::app::readiness;
use crate::app::samples::Busy;
use crate::config::Config;
use crate::http::{
    Answer, Asked, Content, Errors, Handler, HeaderMap, Method, Path, Query, Reason, Refused,
    Route, StatusCode,
};
use crate::inspect::{Inspection, Submission, Uninspected};
use crate::samples::Bounded;
use crate::scope::Scope;

/// Returns a route for each operation.
pub(super) fn routes(pages: &Pages) -> Vec<Route> {
    OPERATIONS.iter().map(|operation| route(operation, pages.clone())).collect()
}

/// Returns what writes errors below the API as problems.
pub(super) fn errors(configs: watch::Receiver<Arc<Config>>) -> Errors {
    Arc::new(move |path, refused| {
        let Refused { status, reason, sentence, id } = refused;
        let kind = match (reason, status) {
            (Some(Reason::ScopeMissing), StatusCode::FORBIDDEN) => Kind::ScopeMissing,
            (Some(Reason::BadToken), _) => Kind::BadToken,
            (Some(Reason::PlainToken), _) => Kind::PlainToken,
            (Some(Reason::TokenInQuery), _) => Kind::TokenInQuery,
            (Some(Reason::TooSlow), _) => Kind::TooSlow,
            (Some(Reason::ScopeMissing) | None, _) => Kind::of_status(status.as_u16()),
        };
        let refused = || {
            let config = Arc::clone(&configs.borrow());
            let told = Told { base: config.web.link_base(), id };
            served(Problem::refused(kind, status.as_u16(), sentence, told))
        };
        path.starts_with(api::BASE).then(refused)
    })
}

fn route(operation: &'static Operation, pages: Pages) -> Route {
    let methods: &[_] = match operation.method {
        api::Method::Get => &[Method::Get],
        api::Method::Post => &[Method::Post],
        api::Method::Patch => &[Method::Patch],
    };
    let handler = match operation.output {
        _ if operation.is_inspection() => {
            let pages = Arc::new(pages);
            Handler::Waiting(Arc::new(move |asked| {
                Box::pin(inspected(operation, asked, Arc::clone(&pages)))
            }))
        }
        Output::Events => Handler::Quick(Arc::new(move |asked| events(operation, asked, &pages))),
        Output::Capture => {
            Handler::Quick(Arc::new(move |asked| answer(operation, asked, &pages, &no_thread)))
        }
        Output::Json(_) | Output::Document | Output::Page | Output::Recording => {
            Handler::Blocking(Arc::new(move |asked| answer(operation, &asked, &pages, &no_thread)))
        }
    };

    Route {
        methods,
        path: Path::Fixed(operation.path),
        scope: operation.scope,
        // The table knows its parameters, and refuses others in its own words.
        query: Query::Any,
        body_bytes: operation.body.map_or(0, |body| body.most_bytes),
        handler,
        title: operation.title,
    }
}

fn answer(
    operation: &'static Operation,
    asked: &Asked,
    pages: &Pages,
    inspect: Inspect<'_>,
) -> Answer {
    let Asked { parameters, query, body, principal, .. } = asked;
    let of_request = asked.id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
    let by = format!("{principal} at {}{of_request}", principal.address);
    let config = Arc::clone(&pages.configs.borrow());
    let asked = api::Asked {
        path: parameters,
        query,
        accept: asked.accept.as_deref(),
        content_type: asked.content_type.as_deref(),
        content_encoding: asked.content_encoding.as_deref(),
        if_match: asked.if_match.as_deref(),
        body,
        base: config.web.link_base(),
        id: asked.id.as_deref(),
        by: &by,
    };
    let facts = || {
        let snapshot = Arc::clone(&pages.snapshot.borrow());
        let ready = readiness::of(&snapshot.health);
        let (readings, history) = ((pages.read)(snapshot), pages.history.view());
        Facts { readings, history, ready, now: SystemTime::now() }
    };
    let settings = || Arc::clone(&pages.settings.borrow());
    let patch = |wanted| pages.trigger.patch(wanted);

    let begun = Cell::new(None);
    let capture = |bounded: Bounded| match pages.samples.capture(&bounded) {
        Ok(chunks) => begun.replace(Some(chunks)).is_none(),
        Err(Busy) => false,
    };

    let sources = Sources {
        facts: &facts,
        settings: &settings,
        patch: &patch,
        inspect,
        samples: &|| pages.samples.now(),
        capture: &capture,
    };
    let answer = served(api::answer(operation, &asked, sources));
    let is_read = operation.scope == Scope::Inspect && answer.status == StatusCode::OK;
    if is_read && operation.method == api::Method::Get {
        note(operation, &asked, pages);
    }

    match begun.into_inner() {
        Some(chunks) => Answer { content: Content::Stream(chunks), ..answer },
        None => answer,
    }
}

/// Logs who reads packets: each capture, and anything else where it may have more than headers.
fn note(operation: &'static Operation, asked: &api::Asked<'_>, pages: &Pages) {
    let api::Asked { path, query, by, .. } = asked;
    let pairs: Vec<_> =
        path.iter().chain(*query).map(|(name, value)| format!("{name}={value}")).collect();
    let filter = pairs.join(" ");

    if matches!(operation.output, Output::Capture) {
        tracing::info!(by, filter, "Packets are captured through the API");
    } else if pages.samples.has_payload() {
        let operation = operation.id;
        tracing::info!(by, operation, filter, "Packets with payload are read through the API");
    }
}

/// Only operations that have a thread of their own inspect.
fn no_thread(_: &Submission<'_>, _: bool) -> Result<Inspection, Uninspected> {
    Err(Uninspected::Abandoned)
}

/// Inspects what a client has sent, as long as it waits for the answer.
async fn inspected(operation: &'static Operation, asked: Asked, pages: Arc<Pages>) -> Answer {
    let config = Arc::clone(&pages.configs.borrow());
    let id = asked.id.clone();
    let told = Told { base: config.web.link_base(), id: id.as_deref() };
    let Some(turn) = pages.inspections.take() else { return served(api::another_inspection(told)) };

    let answered = turn.run(move |running| {
        let config = Arc::clone(&pages.configs.borrow());
        let inspect =
            |submission: &Submission<'_>, is_each| running.inspect(&config, submission, is_each);
        answer(operation, &asked, &pages, &inspect)
    });
    answered.await.unwrap_or_else(|| {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        served(Problem::refused(Kind::Internal, status.as_u16(), "", told))
    })
}

/// Answers with events as they come, unless the request is refused.
fn events(operation: &'static Operation, asked: &Asked, pages: &Pages) -> Answer {
    let answer = answer(operation, asked, pages, &no_thread);
    if answer.status != StatusCode::OK {
        return answer;
    }

    if let Some(events) = pages.history.events(asked.last_event.as_deref()) {
        return Answer { content: Content::Stream(events), ..answer };
    }

    let base = pages.configs.borrow().web.link_base().to_owned();
    served(api::no_history(Told { base: &base, id: asked.id.as_deref() }))
}

fn served(answer: api::Answer) -> Answer {
    let api::Answer { status, content_type, headers, tag, body } = answer;
    let tag = tag.as_deref().map(|tag| ("etag", tag));
    let all = api::Answer::HEADERS.iter().chain(headers).copied().chain(tag);
    let headers: HeaderMap =
        all.filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?))).collect();

    Answer {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        content_type,
        headers,
        content: Content::Whole(body),
    }
}
