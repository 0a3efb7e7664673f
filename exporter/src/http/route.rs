//! What can be asked of the server, and what it answers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::unfold;
use hyper::{HeaderMap, StatusCode};

use super::principal::Principal;
use crate::config::Config;
use crate::scope::Scope;

/// Something that can be asked of the server.
#[derive(Clone, Debug)]
pub struct Route {
    pub methods: &'static [Method],
    pub path: Path,
    /// What a client must be allowed to do.
    pub scope: Scope,
    pub query: Query,
    /// Most bytes of the body of a request. With 0 the body is not read.
    pub body_bytes: usize,
    pub handler: Handler,
    /// What the landing page calls it; `None` if the landing page does not link it.
    pub title: Option<&'static str>,
}

/// A method of HTTP. A route for GET answers HEAD too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Where a route is.
#[derive(Clone, Copy, Debug)]
pub enum Path {
    /// A pattern with parameters, as in `/devices/{name}`.
    Fixed(&'static str),
    /// The path that is configured at the moment of the request. It goes before fixed paths.
    Configured(Configured),
}

/// Reads a path from the configuration.
pub(super) type Configured = fn(&Config) -> &str;

/// What becomes of parameters in the query that a route does not know.
#[derive(Clone, Copy, Debug)]
pub enum Query {
    /// They are ignored.
    Any,
    /// The request is refused if it has others than these.
    Only(&'static [&'static str]),
}

/// Answers requests.
#[derive(Clone)]
pub enum Handler {
    /// Takes no time.
    Quick(Arc<dyn Fn(&Asked) -> Answer + Send + Sync>),
    /// May block. At most `web.max_requests` run at once, each on a thread.
    Blocking(Arc<dyn Fn(Asked) -> Answer + Send + Sync>),
    /// Waits for something. It is dropped if the client hangs up.
    Waiting(Arc<dyn Fn(Asked) -> Waited<Answer> + Send + Sync>),
}

/// Something that is there later.
pub type Waited<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A request, as handlers see it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Names and values of the parameters in the path.
    pub parameters: Vec<(String, String)>,
    /// Names and values of the parameters in the query, in its order.
    pub query: Vec<(String, String)>,
    /// The Accept header.
    pub accept: Option<String>,
    /// The Last-Event-ID header.
    pub last_event: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub if_match: Option<String>,
    pub body: Vec<u8>,
    pub principal: Principal,
    /// What a trusted proxy calls the request.
    pub id: Option<String>,
}

/// What a client gets.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content_type: &'static str,
    /// Beside those that the server adds.
    pub headers: HeaderMap,
    pub content: Content,
}

/// The body of an answer.
pub enum Content {
    /// Compressed as the client likes it.
    Whole(Vec<u8>),
    /// Sent piece by piece, as they come, and never compressed.
    Stream(Chunks),
}

/// Pieces that come over time. No task has to make them: the connection that sends them waits for
/// them.
pub type Chunks = Pin<Box<dyn Stream<Item = Vec<u8>> + Send>>;

/// Makes pieces from a state, one after the other, until there is none.
pub fn pieces<S, F>(state: S, next: impl FnMut(S) -> F + Send + 'static) -> Chunks
where
    S: Send + 'static,
    F: Future<Output = Option<(Vec<u8>, S)>> + Send + 'static,
{
    Box::pin(unfold(state, next))
}

impl Asked {
    /// Returns all values of a parameter in the query.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Answer {
    const PLAIN: &str = "text/plain; charset=utf-8";

    /// Makes an answer of a page.
    pub fn page(content_type: &'static str, body: Vec<u8>) -> Self {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());

        Self { status, content_type, headers, content: Content::Whole(body) }
    }

    /// Makes an answer of a text for people.
    pub fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, ..Self::page(Self::PLAIN, text.into().into_bytes()) }
    }

    /// Makes an answer that goes on as long as there are `chunks`.
    pub fn stream(content_type: &'static str, chunks: Chunks) -> Self {
        Self { content: Content::Stream(chunks), ..Self::page(content_type, Vec::new()) }
    }
}

impl Method {
    /// Returns whether it may change something, which no page of another site may do.
    pub(super) fn is_change(self) -> bool {
        self != Self::Get
    }

    pub(super) fn of(method: &hyper::Method) -> Option<Self> {
        match *method {
            hyper::Method::GET | hyper::Method::HEAD => Some(Self::Get),
            hyper::Method::POST => Some(Self::Post),
            hyper::Method::PUT => Some(Self::Put),
            hyper::Method::PATCH => Some(Self::Patch),
            hyper::Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }

    /// Returns how the Allow header lists it.
    pub(super) fn allowed(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Query {
    /// Returns the first parameter that is refused.
    pub(super) fn refused(self, query: &[(String, String)]) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Only(known) => {
                let mut names = query.iter().map(|(name, _)| name.as_str());
                names.find(|name| !known.contains(name))
            }
        }
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quick(_) => "Quick",
            Self::Blocking(_) => "Blocking",
            Self::Waiting(_) => "Waiting",
        })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}
