//! The OpenAPI document. Source: OpenAPI Specification 3.0.3.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::VERSION;
use super::kind::Kind;
use super::operation::{Body, Operation, Output};
use super::operations::OPERATIONS;
use super::parameter::{Allowed, Parameter, Place};
use super::path::CURRENT;
use super::problem::Problem;
use super::schemas::Schemas;
use crate::scope::Scope;

/// Problems that every operation has.
pub(super) const COMMON: [Kind; 13] = [
    Kind::TokenInQuery,
    Kind::UnknownParameter,
    Kind::DoubledParameter,
    Kind::InvalidParameter,
    Kind::LoginRequired,
    Kind::BadToken,
    Kind::PlainToken,
    Kind::ScopeMissing,
    Kind::NotAcceptable,
    Kind::TooManyRequests,
    Kind::Internal,
    Kind::Busy,
    Kind::TooSlow,
];

pub(super) const DESCRIPTION: &str = "Counts of the packets of a Linux host. Counts are exact whole \
    numbers up to 2^64; times are those of RFC 3339 in UTC. Fields may be added to answers, and \
    values to labels, so clients have to ignore what they do not know; parameters are never ignored. \
    Counts belong to one host: behind a balancer, each request may reach another.";

/// Makes the document; `base` is what the URLs of operations begin with.
pub fn document(base: &str) -> Value {
    let Schemas { by_name, of_operations, of_bodies, of_problems } = Schemas::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for ((operation, schema), of_body) in OPERATIONS.iter().zip(of_operations).zip(of_bodies) {
        let schema = schema.unwrap_or_else(|| json!({ "type": "object" }));
        let path = paths.entry(operation.path).or_default();
        let mut described = described(operation, &schema, &of_problems);
        if let Some(body) = operation.body {
            described["requestBody"] = request_body(operation, body, of_body);
        }
        path.insert(operation.method.name().into(), described);
    }

    let tags: BTreeSet<_> = OPERATIONS.iter().map(tag).collect();
    let tags: Vec<_> = tags.into_iter().map(|name| json!({ "name": name })).collect();

    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "packet-exporter",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": by_name,
            "securitySchemes": logins(),
        },
    })
}

fn described(operation: &Operation, schema: &Value, of_problems: &Value) -> Value {
    let parameters: Vec<_> = operation.parameters.iter().map(parameter).collect();
    let mut description = operation.description.to_owned();
    if let Some(instead) = operation.deprecated {
        description = format!("{description} Deprecated: {instead}");
    }

    json!({
        "operationId": operation.id,
        "tags": [tag(operation)],
        "summary": operation.summary,
        "description": description,
        "deprecated": operation.deprecated.is_some(),
        "parameters": parameters,
        "responses": answers(operation, schema, of_problems),
        "security": allowed(operation.scope),
        "x-scope": operation.scope.name(),
        "x-since": operation.since,
    })
}

/// What is sent: JSON of its schema, or bytes.
fn request_body(operation: &Operation, body: Body, schema: Option<Value>) -> Value {
    let Body { content_types, description, .. } = body;
    let mut examples = operation.examples.iter();
    let example = examples.find_map(|it| serde_json::from_str::<Value>(it.body).ok());
    let object = schema.unwrap_or_else(|| json!({ "type": "object" }));
    let content = content_types.iter().map(|name| {
        let bytes = || json!({ "type": "string", "format": "binary" });
        let is_json = name.ends_with("json");
        let mut sent = json!({ "schema": if is_json { object.clone() } else { bytes() } });
        if let Some(example) = example.as_ref().filter(|_| is_json) {
            sent["example"] = example.clone();
        }
        ((*name).to_owned(), sent)
    });
    let content: Map<_, _> = content.collect();

    json!({ "required": true, "description": description, "content": content })
}

/// Returns what generators of clients group operations by: what is asked about.
fn tag(operation: &Operation) -> &'static str {
    if matches!(operation.output, Output::Document | Output::Page) {
        return "reference";
    }
    let below = operation.path.strip_prefix(CURRENT).unwrap_or(operation.path);

    below.split('/').find(|it| !it.is_empty()).unwrap_or(below)
}

/// The ways to say who asks.
fn logins() -> Value {
    json!({
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `api.token_file`, with its scopes.",
        },
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "A user of the web configuration, with the scope in `api.users`.",
        },
    })
}

/// Returns what is enough for a scope. Without a login, `read` is for clients on this host alone, and
/// nobody comes without one where the web configuration has users.
fn allowed(scope: Scope) -> Value {
    let logins = [json!({ "bearer": [] }), json!({ "basic": [] })];
    let nothing = (scope <= Scope::Read).then(|| json!({}));

    nothing.into_iter().chain(logins).collect()
}

fn parameter(parameter: &Parameter) -> Value {
    let mut described = json!({
        "name": parameter.name,
        "in": match parameter.place { Place::Path => "path", Place::Query => "query", Place::Header => "header" },
        "required": parameter.place == Place::Path,
        "description": parameter.help,
        "schema": schema(parameter),
    });
    match parameter.allowed {
        Allowed::SomeOf(_) => {
            described["style"] = "form".into();
            described["explode"] = false.into();
        }
        Allowed::Text(form) => described["example"] = form.example.into(),
        Allowed::Integer(..) | Allowed::OneOf(_) => {}
    }

    described
}

fn schema(parameter: &Parameter) -> Value {
    let mut schema = match parameter.allowed {
        Allowed::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Allowed::OneOf(values) => json!({ "type": "string", "enum": values }),
        Allowed::SomeOf(values) => json!({
            "type": "array",
            "items": { "type": "string", "enum": values },
            "minItems": 1,
            "uniqueItems": true,
        }),
        Allowed::Text(form) => json!({ "type": "string", "pattern": form.pattern }),
    };
    if let Some(default) = parameter.default {
        let number: Option<u32> = default.parse().ok();
        schema["default"] = number.map_or_else(|| default.into(), Value::from);
    }

    schema
}

fn answers(operation: &Operation, schema: &Value, of_problems: &Value) -> Value {
    let schema = match operation.output {
        Output::Page | Output::Events => json!({ "type": "string" }),
        Output::Capture | Output::Recording => json!({ "type": "string", "format": "binary" }),
        Output::Json(_) | Output::Document => schema.clone(),
    };
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for kind in COMMON.iter().chain(operation.problems).chain(kinds_by_path(operation)) {
        let (_, status, title, _) = kind.words();
        by_status.entry(status).or_default().push(title);
    }

    let mut answers = Map::new();
    let content = json!({ operation.output.content_type(): { "schema": schema } });
    answers.insert("200".into(), json!({ "description": "The answer", "content": content }));
    for (status, titles) in by_status {
        let content = json!({ Problem::CONTENT_TYPE: { "schema": of_problems } });
        let answer = json!({ "description": titles.join("; "), "content": content });
        answers.insert(status.to_string(), answer);
    }

    Value::Object(answers)
}

/// What is not at a path with parameters.
fn kinds_by_path(operation: &Operation) -> &'static [Kind] {
    let has = operation.parameters.iter().any(|it| it.place == Place::Path);

    if has { &[Kind::NotFound] } else { &[] }
}
