//! Schemas as models: JSON Schema draft 4, without what API Gateway does not take.

use serde_json::{Map, Value};

/// Words that models do not have. Source: "Important notes for REST APIs", and draft 4.
pub(super) const REFUSED: [&str; 14] = [
    "default",
    "deprecated",
    "discriminator",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "minItems",
    "nullable",
    "readOnly",
    "writeOnly",
    "xml",
];

/// Makes models of schemas by name.
pub(super) fn import_all(by_name: &mut Value) {
    by_name.as_object_mut().into_iter().flatten().for_each(|(_, schema)| import(schema));
}

/// Makes a model of a schema.
pub(super) fn import(schema: &mut Value) {
    let Value::Object(members) = schema else { return };
    members.retain(|name, _| !REFUSED.contains(&name.as_str()));
    if let Some(Value::Array(parts)) = members.remove("oneOf") {
        choose(members, parts);
    }
    if let Some(reference) = only_reference(members) {
        *schema = reference;
        return;
    }
    if members.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        members.remove("required");
    }

    if let Some(properties) = members.get_mut("properties") {
        import_all(properties);
    }
    for name in ["items", "additionalProperties"] {
        members.get_mut(name).into_iter().for_each(import);
    }
}

/// Writes one of several texts as an enumeration; of other parts, a model may be any.
fn choose(members: &mut Map<String, Value>, parts: Vec<Value>) {
    let texts: Option<Vec<Value>> = parts
        .into_iter()
        .map(|mut part| Some(part["enum"].as_array_mut()?.swap_remove(0)))
        .collect();
    if let Some(texts) = texts {
        members.insert("type".into(), "string".into());
        members.insert("enum".into(), texts.into());
    }
}

/// Returns what a schema of a single part refers to; what stands beside a reference counts nothing.
fn only_reference(members: &Map<String, Value>) -> Option<Value> {
    match members.get("allOf")?.as_array()?.as_slice() {
        [part] if part["$ref"].is_string() => Some(part.clone()),
        _ => None,
    }
}
