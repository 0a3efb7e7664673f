//! The document that Amazon API Gateway imports as a REST API, made from that of this API.
//!
//! Source: API Gateway Developer Guide, "OpenAPI extensions for API Gateway", "Private integrations for
//! REST APIs" and "Important notes".

mod integration;
mod refusals;
#[cfg(test)]
mod rules;
mod schema;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use self::integration::integration;
use super::VERSION;
use super::document::{DESCRIPTION, document};
use super::operation::{Method, Operation, Output};
use super::operations::OPERATIONS;
use super::path::{CURRENT, PROBLEMS};
use crate::config::Gateway;

/// How callers sign.
const SIGNED: &str = "sigv4";
/// How callers show the key of a usage plan.
const KEY: &str = "api_key";
/// Names of validators, of parameters alone and of the body too.
const PARAMETERS: &str = "parameters";
const BODY: &str = "body";

/// Bytes that the gateway must not take for text. Source: "Binary media types for REST APIs".
const BINARY: [&str; 3] =
    ["application/octet-stream", "application/vnd.tcpdump.pcap", "application/x-pcapng"];

/// Makes the document for a gateway.
pub fn aws(gateway: &Gateway) -> Value {
    let mut own = document("");
    let mut paths: Map<String, Value> = Map::new();
    let mut left_out = Vec::new();
    for operation in &OPERATIONS {
        let described = own["paths"][operation.path][operation.method.name()].take();
        if is_published(operation, gateway) {
            let path = paths.entry(published(operation)).or_insert_with(|| json!({}));
            path[operation.method.name()] = imported(operation, &described, gateway);
        } else {
            left_out.push(format!("{} {}", operation.method.upper(), operation.path));
        }
    }
    let mut models = own["components"]["schemas"].take();
    schema::import_all(&mut models);

    json!({
        "openapi": "3.0.1",
        "info": {
            "title": "packet-exporter",
            "version": VERSION,
            "description": description(&left_out),
        },
        "paths": paths,
        "components": { "schemas": models, "securitySchemes": logins(gateway) },
        "x-amazon-apigateway-binary-media-types": BINARY,
        // The exporter compresses nothing for the gateway, which would take that for text.
        "x-amazon-apigateway-minimum-compression-size": 1024,
        "x-amazon-apigateway-request-validators": { PARAMETERS: validator(false), BODY: validator(true) },
        "x-amazon-apigateway-request-validator": PARAMETERS,
        "x-amazon-apigateway-gateway-responses": refusals::all(),
    })
}

/// Returns whether callers of the gateway may ask for this.
fn is_published(operation: &Operation, gateway: &Gateway) -> bool {
    match operation.output {
        // They are of the exporter's own paths.
        Output::Document => false,
        Output::Page => operation.path.starts_with(PROBLEMS),
        Output::Events | Output::Capture => gateway.streams,
        Output::Json(_) | Output::Recording => gateway.changes || operation.method != Method::Patch,
    }
}

/// Returns the path at the gateway. Pages of problems stay where problems say they are.
fn published(operation: &Operation) -> String {
    if operation.path.starts_with(PROBLEMS) {
        return operation.path.into();
    }

    operation.path.strip_prefix(CURRENT).unwrap_or(operation.path).into()
}

fn description(left_out: &[String]) -> String {
    format!(
        "{DESCRIPTION} This is the API behind a gateway: callers sign with Signature Version 4. `next` \
         of a page has the path at the exporter; ask this API with its query. An answer takes 25 \
         seconds at most, and a body may have 8 MiB. Not published: {}.",
        left_out.join(", ")
    )
}

/// Describes an operation with what API Gateway reads of it.
fn imported(operation: &Operation, own: &Value, gateway: &Gateway) -> Value {
    let parameters = own["parameters"].as_array().into_iter().flatten().map(parameter);
    let mut imported = json!({
        "operationId": own["operationId"],
        "summary": own["summary"],
        "description": own["description"],
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": answers(&own["responses"]),
        "security": [security(gateway)],
        "x-amazon-apigateway-integration": integration(operation, gateway),
    });
    if let Some(body) = own.get("requestBody") {
        imported["requestBody"] = json!({
            "required": true,
            "description": body["description"],
            "content": modelled(&body["content"]),
        });
        // Only types with a model are checked. On GET, a validator of the body refuses what has none.
        imported["x-amazon-apigateway-request-validator"] = BODY.into();
    }

    imported
}

/// Of a parameter, the gateway reads no more than this; the exporter checks what values are allowed.
fn parameter(own: &Value) -> Value {
    let kind = match own["schema"]["type"].as_str() {
        Some("integer") => "integer",
        _ => "string",
    };

    json!({
        "name": own["name"],
        "in": own["in"],
        "required": own["required"],
        "description": own["description"],
        "schema": { "type": kind },
    })
}

fn answers(own: &Value) -> Value {
    let answers = own.as_object().into_iter().flatten().map(|(status, answer)| {
        let description = &answer["description"];
        let content = modelled(&answer["content"]);
        (status.clone(), json!({ "description": description, "content": content }))
    });

    answers.collect::<Map<_, _>>().into()
}

/// Returns the types, each with its model if it is an object: nothing else can be one.
fn modelled(content: &Value) -> Value {
    let types = content.as_object().into_iter().flatten().map(|(name, sent)| {
        let is_object = sent["schema"]["$ref"].is_string() || sent["schema"]["type"] == "object";
        let mut model = sent["schema"].clone();
        schema::import(&mut model);
        (name.clone(), if is_object { json!({ "schema": model }) } else { json!({}) })
    });

    types.collect::<Map<_, _>>().into()
}

fn validator(of_body: bool) -> Value {
    json!({ "validateRequestParameters": true, "validateRequestBody": of_body })
}

/// What has to be shown with every request; the gateway does not read it at the root of the document.
fn security(gateway: &Gateway) -> Value {
    let names = [Some(SIGNED), gateway.key.then_some(KEY)];

    names.into_iter().flatten().map(|name| (name.into(), json!([]))).collect::<Map<_, _>>().into()
}

fn logins(gateway: &Gateway) -> Value {
    let mut logins = json!({
        SIGNED: {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    });
    if gateway.key {
        logins[KEY] = json!({ "type": "apiKey", "name": "x-api-key", "in": "header" });
    }

    logins
}
