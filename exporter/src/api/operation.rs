//! What an operation of the API consists of; the table has nothing else.

use schemars::{Schema, SchemaGenerator};

use super::events::Events;
use super::kind::Kind;
use super::parameter::Parameter;
use crate::samples::Writer;
use crate::scope::Scope;

/// Something that can be asked.
#[derive(Debug)]
pub struct Operation {
    /// Unique, and only letters: code generators make names of it.
    pub id: &'static str,
    pub method: Method,
    /// With its parameters in braces.
    pub path: &'static str,
    /// What a client must be allowed to do.
    pub scope: Scope,
    /// A sentence without a full stop.
    pub summary: &'static str,
    pub description: &'static str,
    pub parameters: &'static [Parameter],
    /// What a request sends; `None` for nothing.
    pub body: Option<Body>,
    pub output: Output,
    /// Beside those that any request may meet.
    pub problems: &'static [Kind],
    pub examples: &'static [Example],
    /// The version of the API that had it first.
    pub since: &'static str,
    /// What to use instead of it.
    pub deprecated: Option<&'static str>,
    /// What the landing page calls it; `None` if the landing page does not link it.
    pub title: Option<&'static str>,
    pub(super) serves: Serves,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Patch,
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    pub content_types: &'static [&'static str],
    /// Schema of what is JSON; `None` for any object.
    pub schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub most_bytes: usize,
    /// A sentence.
    pub description: &'static str,
}

/// What the answer is.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// JSON of this schema.
    Json(fn(&mut SchemaGenerator) -> Schema),
    /// The OpenAPI document.
    Document,
    /// A page of HTML.
    Page,
    /// Server-sent events, for as long as the client listens.
    Events,
    /// Packets as a file of pcapng, sent as they come.
    Capture,
    /// A file of pcapng.
    Recording,
}

/// A request that shows what an operation is for.
#[derive(Debug)]
pub struct Example {
    /// What it is good for.
    pub about: &'static str,
    /// The path with its parameters filled in.
    pub path: &'static str,
    /// Encoded, as it stands in the address.
    pub query: &'static str,
    /// Empty for none.
    pub body: &'static str,
}

/// What makes the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serves {
    Packets,
    History,
    SignalHistory,
    Events,
    Devices,
    Signals,
    Health,
    Settings,
    Change,
    Inspection,
    Document,
    Reference,
    ProblemPage,
    Samples,
    Packet,
    Capture,
    Recordings,
    Recording,
    AwsDocument,
}

impl Method {
    /// Returns the name of the method, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
        }
    }

    /// Returns the name of the method as requests have it.
    pub const fn upper(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
        }
    }
}

impl Operation {
    /// Returns whether it inspects what is sent, which takes a thread and time.
    pub fn is_inspection(&self) -> bool {
        self.serves == Serves::Inspection
    }
}

impl Output {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json(_) | Self::Document => "application/json",
            Self::Page => "text/html",
            Self::Events => Events::CONTENT_TYPE,
            Self::Capture | Self::Recording => Writer::CONTENT_TYPE,
        }
    }
}

impl Example {
    /// Returns the path and the query.
    pub fn target(&self) -> String {
        let Self { about: _, path, query, body: _ } = self;

        if query.is_empty() { (*path).into() } else { format!("{path}?{query}") }
    }
}
