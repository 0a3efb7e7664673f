//! The schemas of answers. Source: OpenAPI Specification 3.0.3, section 4.7.24.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::Output;
use super::operations::OPERATIONS;
use super::problem::Document;

/// Schemas by name, and of each operation a reference to its own; in the order of the table.
pub(super) struct Schemas {
    pub(super) by_name: Map<String, Value>,
    pub(super) of_operations: Vec<Option<Value>>,
    pub(super) of_problems: Value,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let mut generator = SchemaSettings::openapi3().into_generator();
        let of_operations = OPERATIONS
            .iter()
            .map(|operation| match operation.output {
                Output::Json(schema) => Some(schema(&mut generator).to_value()),
                Output::Document | Output::Page | Output::Events => None,
            })
            .collect();
        let of_problems = generator.subschema_for::<Document>().to_value();
        // What is taken without `true` is JSON Schema of another version.
        let mut by_name = generator.take_definitions(true);
        by_name.values_mut().for_each(plain);
        for name in nullable(&by_name) {
            by_name[&name]["nullable"] = true.into();
        }

        Self { by_name, of_operations, of_problems }
    }
}

/// Removes formats that only schemars knows, as `uint64`, and types of null, which 3.0 does not have.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let null = json!({ "enum": [null], "nullable": true });
            if let Some(Value::Array(mut parts)) = members.remove("anyOf") {
                parts.retain(|part| *part != null);
                members.insert("allOf".into(), parts.into());
                // In 3.0, a schema may be null only beside a type of its own.
                members.insert("type".into(), "object".into());
                members.insert("nullable".into(), true.into());
            }
            let is_own = |format: &Value| format.as_str().is_some_and(|it| it.starts_with("uint"));
            if members.get("format").is_some_and(is_own) {
                members.remove("format");
            }
            members.values_mut().for_each(plain);
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the names of schemas that something null refers to: what stands beside a reference loosens
/// nothing.
fn nullable(by_name: &Map<String, Value>) -> BTreeSet<String> {
    let members = by_name.values().filter_map(|schema| schema["properties"].as_object());
    let null = members.flat_map(Map::values).filter(|it| it["nullable"] == true);
    let references = null.filter_map(|it| it["allOf"][0]["$ref"].as_str()?.rsplit('/').next());

    references.map(Into::into).collect()
}

/// Returns the type of a schema in words.
pub(super) fn words(schema: &Value) -> String {
    let text = |name: &str| schema.get(name).and_then(Value::as_str);
    let or_null = if schema.get("nullable") == Some(&Value::Bool(true)) { " or null" } else { "" };
    if let Some(name) = text("$ref").and_then(|it| it.rsplit('/').next()) {
        return format!("{name}{or_null}");
    }
    let parts = ["allOf", "anyOf", "oneOf"].iter().find_map(|it| schema.get(*it)?.as_array());
    if let Some([part, ..]) = parts.map(Vec::as_slice) {
        return format!("{}{or_null}", words(part));
    }

    let kind = match text("type") {
        Some("array") => format!("list of {}", schema.get("items").map(words).unwrap_or_default()),
        Some("object") => {
            let values = schema.get("additionalProperties").map(words).unwrap_or_default();
            format!("{values} by name")
        }
        Some("integer") => "whole number".into(),
        Some(kind) => kind.into(),
        None => "anything".into(),
    };

    format!("{kind}{or_null}")
}
