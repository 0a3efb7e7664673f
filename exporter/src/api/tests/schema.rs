//! The rules of OpenAPI 3.0 for schemas, and whether an answer keeps to its own.

use serde_json::Value;

use super::*;

/// Returns what of a value is not as the schema says.
pub(super) fn violations(value: &Value, schema: &Value, document: &Value) -> Vec<String> {
    if let Some(path) = schema["$ref"].as_str() {
        let target = document.pointer(path.trim_start_matches('#')).expect(path);
        return violations(value, target, document);
    }
    if *schema == true || schema.as_object().is_some_and(serde_json::Map::is_empty) {
        return Vec::new();
    }
    if value.is_null() {
        let may_be = schema["nullable"] == true && schema["type"].is_string();
        let own = (!may_be).then(|| format!("null for {schema}"));
        let parts = schema["allOf"].as_array().into_iter().flatten();
        return parts.flat_map(|it| violations(value, it, document)).chain(own).collect();
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().flat_map(|part| violations(value, part, document)).collect();
    }

    let fits = match schema["type"].as_str().unwrap_or_else(|| panic!("no type: {schema}")) {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{other}"),
    };
    if !fits {
        return vec![format!("{value} for {schema}")];
    }
    let items = value.as_array().into_iter().flatten();
    let of_items = items.flat_map(|item| violations(item, &schema["items"], document));
    let members = value.as_object().into_iter().flatten();
    let of_members = members.flat_map(|(name, member)| {
        let own = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
        own.map_or_else(
            || vec![format!("{name} is unknown")],
            |it| violations(member, it, document),
        )
    });
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| value.get(name).is_none());

    of_items.chain(of_members).chain(missing.map(|name| format!("{name} is missing"))).collect()
}

#[test]
fn a_value_that_is_not_as_the_schema_says_is_noticed() {
    let document = document();
    let schema = &document["components"]["schemas"]["Problem"];
    let good = problem(&ask("/api/v1/packets?x=1")).1;

    let mut spoilt = vec![good.clone(); 4];
    spoilt[0].as_object_mut().unwrap().remove("title");
    spoilt[1]["status"] = "400".into();
    spoilt[2]["errors"][0]["detail"] = Value::Null;
    spoilt[3]["more"] = 1.into();

    assert_eq!(violations(&good, schema, &document), Vec::<String>::new());
    for spoilt in spoilt {
        assert_eq!(violations(&spoilt, schema, &document).len(), 1, "{spoilt}");
    }
}

/// What other versions of JSON Schema have, and 3.0 does not.
#[test]
fn the_document_has_only_words_of_openapi_3_0() {
    const OTHERS: [&str; 9] = [
        "const",
        "examples",
        "$defs",
        "definitions",
        "$schema",
        "patternProperties",
        "prefixItems",
        "unevaluatedProperties",
        "exclusiveMinimum",
    ];
    let mut strays = Vec::new();

    walk(&document(), "", &mut |path, name, value| {
        // Properties may be called anything.
        let is_name = path.ends_with("/properties") || path.ends_with("/schemas");
        if !is_name && OTHERS.contains(&name) {
            strays.push(format!("{path}/{name}"));
        }
        if name == "type" && !is_name && !value.is_string() {
            strays.push(format!("{path}/type is {value}"));
        }
        let is_format = name == "format" && !is_name;
        if is_format && !["double", "float", "int32", "int64"].map(Value::from).contains(value) {
            strays.push(format!("{path}/format is {value}"));
        }
        if name == "$ref" && document().pointer(&value.as_str().unwrap()[1..]).is_none() {
            strays.push(format!("{path} refers to {value}"));
        }
    });

    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn objects_are_explained_and_members_whose_name_is_not_enough() {
    /// Members that say what they are by their name, or by what they are part of.
    const PLAIN: usize = 41;
    let document = document();
    let mut plain = 0;

    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        let members = schema["properties"].as_object().unwrap();
        plain += members.values().filter(|it| it["description"].is_null()).count();
    }

    assert!(plain <= PLAIN, "{plain} members are not explained");
}

fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &str, &Value)) {
    let members = value.as_object().into_iter().flatten();
    for (name, member) in members {
        visit(path, name, member);
        walk(member, &format!("{path}/{}", name.replace('/', "~1")), visit);
    }
    for item in value.as_array().into_iter().flatten() {
        walk(item, path, visit);
    }
}
