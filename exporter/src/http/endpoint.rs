//! What is at one path: from a request to a response.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, IF_MATCH, RETRY_AFTER, VARY,
};
use hyper::{Request, Response, StatusCode};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{Whole, respond, status, text};
use super::encoding::Encoding;
use super::limits::Limits;
use super::line::Door;
use super::refusals::Refusals;
use super::refused::Reason;
use super::route::{Answer, Asked, Content, Handler, Method, Route};
use super::streamed::Streamed;
use super::turns::{StreamTurns, Turn, Turns};
use super::visit::Visit;
use super::{Site, cross_site, query};
use crate::config::Config;
use crate::health::HttpRefusal;
use crate::scope::Scope;

const UNACCEPTABLE: &str =
    "`Accept-Encoding` excludes zstd, gzip and identity, which are all there are.\n";
const BUSY: &str = "Too many requests at once; `web.max_requests` is the limit.\n";
const BUSY_WITH_BODIES: &str =
    "Too many large bodies are read or answered; ask again in a second.\n";
const TOO_SLOW: &str = "Making the answer takes longer than 25 seconds, which is more than proxies wait for. Ask for less.\n";
const BUSY_STREAMING: &str = "Too many streams at once.\n";

/// The routes at one path, each for other methods.
#[derive(Debug)]
pub(super) struct Endpoint(pub(super) Vec<Route>);

/// What all endpoints share.
#[derive(Debug)]
pub(super) struct Shared {
    config: watch::Receiver<Arc<Config>>,
    refusals: Refusals,
    turns: Turns,
    large_bodies: Turns,
    stream_turns: StreamTurns,
    stream_age: Duration,
    work: Duration,
}

/// What a client gets instead of what it has asked for.
type Refused = Box<Response<Body>>;

/// Where an answer goes.
struct To {
    visit: Visit,
    encoding: Encoding,
    /// Whether it depends on what the client accepts.
    varies: bool,
    /// Kept until the answer is read: it may be as large as the body.
    of_body: Option<Turn>,
}

impl Shared {
    pub(super) fn new(site: &Site, limits: &Limits) -> Self {
        Self {
            config: site.config.clone(),
            refusals: site.refusals.clone(),
            turns: Turns::default(),
            large_bodies: Turns::default(),
            stream_turns: StreamTurns::new(limits),
            stream_age: limits.stream_age,
            work: limits.work,
        }
    }

    /// Returns what is configured now.
    pub(super) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.borrow())
    }

    /// Returns whether a route is there for a connection: with addresses of its own, the API has none
    /// elsewhere, but for what everyone may read.
    fn is_there(&self, route: &Route, door: Option<Door>) -> bool {
        let is_elsewhere = !self.config().api.listen_address.is_empty();

        route.scope == Scope::Metrics || !is_elsewhere || door == Some(Door::Api)
    }

    /// Counts a body that is too large, where none is read: the connection ends with the answer.
    pub(super) fn note_unread(&self, request: &Request<Body>) {
        let visit = request.extensions().get::<Visit>();
        if let Some(visit) = visit
            && request.body().size_hint().lower() > Limits::BODY_BYTES
        {
            self.refusals.count(HttpRefusal::Body, visit.place.peer, None);
        }
    }

    /// Takes a turn for a route that reads a large body; `None` for the others.
    fn turn_of_body(&self, route: &Route, visit: &Visit) -> Result<Option<Turn>, Refused> {
        if route.body_bytes as u64 <= Limits::BODY_BYTES {
            return Ok(None);
        }
        let turn = self.large_bodies.take(Limits::LARGE_BODIES).ok_or_else(|| {
            self.refusals.count(HttpRefusal::Requests, visit.place.peer, None);
            Box::new(busy(BUSY_WITH_BODIES))
        });

        turn.map(Some)
    }

    fn turn(&self, visit: &Visit) -> Result<Turn, Refused> {
        self.turns.take(self.config().web.max_requests).ok_or_else(|| {
            self.refusals.count(HttpRefusal::Requests, visit.place.peer, None);
            Box::new(text(StatusCode::SERVICE_UNAVAILABLE, BUSY))
        })
    }
}

impl Endpoint {
    pub(super) async fn answer(
        &self,
        shared: &Shared,
        request: Request<Body>,
        parameters: Vec<(String, String)>,
    ) -> Response<Body> {
        let answered = self.try_to_answer(shared, request, parameters).await;

        answered.unwrap_or_else(|refused| *refused)
    }

    async fn try_to_answer(
        &self,
        shared: &Shared,
        mut request: Request<Body>,
        parameters: Vec<(String, String)>,
    ) -> Result<Response<Body>, Refused> {
        let until = Instant::now() + shared.work;
        let method = Method::of(request.method());
        let door = request.extensions().get::<Visit>().map(|visit| visit.line.door);
        let there: Vec<_> = self.0.iter().filter(|it| shared.is_there(it, door)).collect();
        let route = there.iter().find(|it| method.is_some_and(|own| it.methods.contains(&own)));
        if route.is_none_or(|route| route.body_bytes == 0) {
            shared.note_unread(&request);
        }
        let route = *route.ok_or_else(|| Box::new(not_allowed(&there)))?;
        let visit = request.extensions_mut().remove();
        let Some(visit): Option<Visit> = visit else {
            return Err(Box::new(status(StatusCode::INTERNAL_SERVER_ERROR)));
        };
        let Visit { place, principal, .. } = &visit;
        if principal.scope < route.scope {
            shared.refusals.count(HttpRefusal::Login, place.peer, None);
            return Err(Box::new(principal.refused(route.scope)));
        }
        if method.is_some_and(Method::is_change) {
            cross_site::check(&request, &shared.config())
                .map_err(|error| Box::new(text(StatusCode::FORBIDDEN, format!("{error}\n"))))?;
        }
        let query = query::parse(request.uri().query().unwrap_or(""));
        if let Some(name) = route.query.refused(&query) {
            return Err(Box::new(unknown(name)));
        }
        let headers = request.headers();
        let encoding = encoding(headers, &route.handler).ok_or_else(|| Box::new(unacceptable()))?;
        let last_event = headers.get("last-event-id").and_then(|it| it.to_str().ok());
        let asked = Asked {
            parameters,
            query,
            last_event: last_event.map(Into::into),
            accept: joined(headers, &ACCEPT),
            content_type: joined(headers, &CONTENT_TYPE),
            content_encoding: joined(headers, &CONTENT_ENCODING),
            if_match: joined(headers, &IF_MATCH),
            body: Vec::new(),
            principal: visit.principal.clone(),
            id: visit.marks.id().map(Into::into),
        };
        let of_body = shared.turn_of_body(route, &visit)?;
        let body = read(request.into_body(), route.body_bytes).await.map_err(|refused| {
            shared.refusals.count(HttpRefusal::Body, visit.place.peer, None);
            Box::new(unread(refused, route.body_bytes))
        })?;

        let asked = Asked { body, ..asked };
        let varies = matches!(route.handler, Handler::Blocking(_));
        let to = To { visit, encoding, varies, of_body };
        let handled = timeout_at(until, handled(&route.handler, shared, asked, to)).await;
        handled.unwrap_or_else(|_elapsed| Err(Box::new(too_slow())))
    }
}

/// Refuses a method that none of the routes has.
fn not_allowed(there: &[&Route]) -> Response<Body> {
    if there.is_empty() {
        return status(StatusCode::NOT_FOUND);
    }
    let methods = there.iter().flat_map(|route| route.methods);
    let allowed: Vec<_> = methods.map(|method| method.allowed()).collect();
    let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }

    response
}

async fn handled(
    handler: &Handler,
    shared: &Shared,
    asked: Asked,
    to: To,
) -> Result<Response<Body>, Refused> {
    let encoding = to.encoding;
    let (answer, turn) = match handler {
        Handler::Quick(answer) => (compressed(answer(&asked), encoding), None),
        Handler::Waiting(answer) => (compressed(answer(asked).await, encoding), None),
        Handler::Blocking(answer) => {
            let turn = shared.turn(&to.visit)?;
            let answer = Arc::clone(answer);
            // Continues when nothing waits for it any more, and so does its turn.
            let answered = spawn_blocking(move || (compressed(answer(asked), encoding), turn));
            match answered.await {
                Ok((answer, turn)) => (answer, Some(turn)),
                Err(error) => {
                    shared.refusals.panicked(&error);
                    return Err(Box::new(status(StatusCode::INTERNAL_SERVER_ERROR)));
                }
            }
        }
    };
    let answer = answer.map_err(|error| {
        tracing::error!(%error, "Cannot compress an answer");
        Box::new(status(StatusCode::INTERNAL_SERVER_ERROR))
    })?;

    responded(answer, turn, shared, to)
}

fn compressed(answer: Answer, encoding: Encoding) -> io::Result<Answer> {
    let content = match answer.content {
        Content::Whole(bytes) => Content::Whole(encoding.encode(bytes)?),
        stream @ Content::Stream(_) => stream,
    };

    Ok(Answer { content, ..answer })
}

fn responded(
    answer: Answer,
    turn: Option<Turn>,
    shared: &Shared,
    to: To,
) -> Result<Response<Body>, Refused> {
    let Answer { status, content_type, headers, content } = answer;
    let To { visit: Visit { place, streaming, stop, .. }, encoding, varies, of_body } = to;
    let turn = turn.or(of_body);

    let mut response = match content {
        Content::Whole(bytes) => {
            let mut response = respond(status, content_type, Whole::new(bytes, turn));
            if let Some(name) = encoding.name() {
                let name = HeaderValue::from_static(name);
                response.headers_mut().insert(CONTENT_ENCODING, name);
            }
            response
        }
        Content::Stream(chunks) => {
            let turn = shared.stream_turns.take(place.peer).ok_or_else(|| {
                shared.refusals.count(HttpRefusal::Requests, place.peer, None);
                Box::new(text(StatusCode::SERVICE_UNAVAILABLE, BUSY_STREAMING))
            })?;
            streaming.begin();
            let until = (shared.stream_age, stop);
            respond(status, content_type, Streamed::new(chunks, turn, streaming, until))
        }
    };
    if varies {
        let accepts = HeaderValue::from_static("accept, accept-encoding");
        response.headers_mut().insert(VARY, accepts);
    }
    response.headers_mut().extend(headers);

    Ok(response)
}

/// Reads the body of a request, of at most this many bytes.
async fn read(body: Body, most: usize) -> Result<Vec<u8>, StatusCode> {
    if most == 0 {
        return Ok(Vec::new());
    }
    if body.size_hint().lower() > most as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }

    match timeout(Limits::BODY, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => Err(StatusCode::BAD_REQUEST),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// What is rendered on a thread is worth to be compressed.
fn encoding(headers: &HeaderMap, handler: &Handler) -> Option<Encoding> {
    let accepted = joined(headers, &ACCEPT_ENCODING);

    match handler {
        Handler::Blocking(_) => Encoding::best(accepted.as_deref()),
        Handler::Quick(_) | Handler::Waiting(_) => Encoding::plainest(accepted.as_deref()),
    }
}

/// Returns the answer to a request whose body is not read.
fn unread(refused: StatusCode, most: usize) -> Response<Body> {
    if refused != StatusCode::PAYLOAD_TOO_LARGE {
        return status(refused);
    }

    text(refused, format!("The body has more than {} KiB, which is the limit here.\n", most >> 10))
}

/// Ends what takes too long. A thread goes on until it has its answer, and keeps its turn.
fn too_slow() -> Response<Body> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, TOO_SLOW);
    response.extensions_mut().insert(Reason::TooSlow);

    response
}

/// Returns an answer after which a client may come again.
fn busy(sentence: &'static str) -> Response<Body> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, sentence);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));

    response
}

fn unknown(name: &str) -> Response<Body> {
    /// Of what a client has sent.
    const SHOWN: usize = 64;
    let name: String = name.chars().take(SHOWN).flat_map(char::escape_default).collect();

    text(StatusCode::BAD_REQUEST, format!("There is no parameter `{name}` here.\n"))
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
