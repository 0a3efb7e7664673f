//! What API Gateway does not take when it imports a document as a REST API.
//!
//! Nothing else that runs without an account judges a document as it does. Source: API Gateway Developer
//! Guide, "Important notes for REST APIs", "Quotas", "Data models", and "OpenAPI extensions".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::schema::REFUSED;

/// A rule: its name, and what finds the places that break it.
pub(super) type Rule = (&'static str, fn(&Value) -> Vec<String>);

pub(super) const RULES: [Rule; 19] = [
    ("the version is 3.0", version),
    ("names of models are alphanumeric", names),
    ("segments of paths are plain, or whole parameters", segments),
    ("paths of the gateway's own checks are not taken", reserved),
    ("parameters at one place have one name", siblings),
    ("models have no words that are not taken", words),
    ("a type is one text", types),
    ("nothing but models is referred to, and what is there", references),
    ("models are objects", objects),
    ("parameters have simple types", parameters),
    ("every operation has an integration", integrations),
    ("every parameter in a path is passed on", passed),
    ("an answer comes within 29 seconds, or as a stream", times),
    ("every operation has a login of its own", logins),
    ("logins are of the type apiKey", schemes),
    ("validators are there, and no GET has one of the body", validators),
    ("types of refusals are known", refusals),
    ("there are at most 300 resources", resources),
    ("the document has at most 2 MB", size),
];

/// Returns the names of rules that a document breaks, each with the places.
pub(super) fn broken(document: &Value) -> Vec<(&'static str, Vec<String>)> {
    let found = RULES.map(|(name, find)| (name, find(document)));

    found.into_iter().filter(|(_, places)| !places.is_empty()).collect()
}

/// 3.1 is refused with "Unable to determine OAS version".
fn version(document: &Value) -> Vec<String> {
    let version = document["openapi"].as_str().unwrap_or_default();
    let is_known = ["3.0.0", "3.0.1", "3.0.2", "3.0.3"].contains(&version);

    (!is_known).then(|| version.to_owned()).into_iter().collect()
}

fn names(document: &Value) -> Vec<String> {
    let is_plain = |name: &str| name.bytes().all(|it| it.is_ascii_alphanumeric());

    members(&document["components"]["schemas"])
        .map(|(name, _)| name)
        .filter(|it| !is_plain(it))
        .collect()
}

fn segments(document: &Value) -> Vec<String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_.,:-".contains(&it))
    };
    let is_segment = |text: &str| match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').is_some_and(is_name),
        None => is_name(text),
    };
    let is_path = |path: &str| {
        path == "/" || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment))
    };

    members(&document["paths"]).map(|(path, _)| path).filter(|it| !is_path(it)).collect()
}

fn reserved(document: &Value) -> Vec<String> {
    let paths = members(&document["paths"]).map(|(path, _)| path);

    paths.filter(|path| ["/ping", "/sping"].contains(&path.as_str())).collect()
}

/// "A sibling of this resource already has a variable path part".
fn siblings(document: &Value) -> Vec<String> {
    let mut by_parent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, _) in members(&document["paths"]) {
        for (at, _) in path.match_indices("/{") {
            let name = path[at + 1..].split('/').next().unwrap_or_default();
            by_parent.entry(path[..at].into()).or_default().insert(name.into());
        }
    }

    by_parent.into_iter().filter(|(_, names)| names.len() > 1).map(|(parent, _)| parent).collect()
}

fn words(document: &Value) -> Vec<String> {
    let is_choice = |word: &str| word == "oneOf";
    let mut found = Vec::new();

    schemas(document, &mut |place, schema| {
        let words = schema.keys().filter(|it| REFUSED.contains(&it.as_str()) || is_choice(it));
        found.extend(words.map(|word| format!("{place}: {word}")));
        // Draft 4 wants one at least.
        if schema.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            found.push(format!("{place}: required"));
        }
    });

    found
}

fn types(document: &Value) -> Vec<String> {
    let mut found = Vec::new();

    schemas(document, &mut |place, schema| {
        if schema.get("type").is_some_and(|it| !it.is_string()) {
            found.push(place.to_owned());
        }
    });

    found
}

/// Responses and parameters are written where they are used.
fn references(document: &Value) -> Vec<String> {
    let mut found = Vec::new();

    walk(document, "", &mut |place, value| {
        let Some(target) = value.get("$ref").and_then(Value::as_str) else { return };
        let name = target.strip_prefix("#/components/schemas/");
        let is_there = name.is_some_and(|it| document["components"]["schemas"][it].is_object());
        let is_of_response = place.rsplit('/').nth(1) == Some("responses");
        if !is_there || is_of_response {
            found.push(format!("{place}: {target}"));
        }
    });

    found
}

fn objects(document: &Value) -> Vec<String> {
    let is_object = |schema: &Value| {
        let named =
            schema["$ref"].as_str().and_then(|it| document.pointer(it.trim_start_matches('#')));
        named.unwrap_or(schema)["type"] == "object"
    };
    let mut found = Vec::new();

    walk(document, "", &mut |place, value| {
        let content = members(value.get("content").unwrap_or(&Value::Null));
        let wrong = content.filter(|(_, it)| it.get("schema").is_some_and(|it| !is_object(it)));
        found.extend(wrong.map(|(name, _)| format!("{place}/{name}")));
    });

    found
}

fn parameters(document: &Value) -> Vec<String> {
    let is_simple = |parameter: &Value| {
        let schema: Vec<_> = members(&parameter["schema"]).map(|(name, _)| name).collect();
        let kind = parameter["schema"]["type"].as_str().unwrap_or_default();
        let place = parameter["in"].as_str().unwrap_or_default();
        let name = parameter["name"].as_str().unwrap_or_default();
        schema == ["type"]
            && ["boolean", "integer", "number", "string"].contains(&kind)
            && ["header", "path", "query"].contains(&place)
            && !name.contains(['|', ';'])
    };
    let wrong = |operation: &Value| {
        let all = operation["parameters"].as_array().into_iter().flatten();
        all.filter(|it| !is_simple(it)).map(|it| it["name"].to_string()).collect::<Vec<_>>()
    };

    found(document, |_, _, operation| wrong(operation))
}

fn integrations(document: &Value) -> Vec<String> {
    found(document, |_, _, operation| {
        let integration = &operation["x-amazon-apigateway-integration"];
        let has = |name: &str| integration[name].as_str().is_some_and(|it| !it.is_empty());
        let is_linked = integration["connectionType"] != "VPC_LINK" || has("connectionId");
        let is_whole = has("type") && has("httpMethod") && has("uri") && is_linked;
        if is_whole { Vec::new() } else { vec!["integration".into()] }
    })
}

/// "Invalid mapping expression specified".
fn passed(document: &Value) -> Vec<String> {
    found(document, |path, _, operation| {
        let mapped = &operation["x-amazon-apigateway-integration"]["requestParameters"];
        let declared = operation["parameters"].as_array().into_iter().flatten();
        let declared: Vec<_> =
            declared.filter(|it| it["in"] == "path").filter_map(|it| it["name"].as_str()).collect();
        let names = path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
        let is_passed = |name: &&str| {
            let value = &mapped[format!("integration.request.path.{name}")];
            declared.contains(name) && *value == format!("method.request.path.{name}")
        };
        names.filter(|name| !is_passed(name)).map(Into::into).collect()
    })
}

fn times(document: &Value) -> Vec<String> {
    found(document, |_, _, operation| {
        let integration = &operation["x-amazon-apigateway-integration"];
        let is_stream = integration["responseTransferMode"] == "STREAM";
        let most = if is_stream { 900_000 } else { 29_000 };
        let time = integration["timeoutInMillis"].as_u64().unwrap_or(29_000);
        if (50..=most).contains(&time) { Vec::new() } else { vec![time.to_string()] }
    })
}

/// What stands at the root of a document is not read.
fn logins(document: &Value) -> Vec<String> {
    let schemes = &document["components"]["securitySchemes"];

    found(document, |_, _, operation| {
        let all = operation["security"].as_array().into_iter().flatten();
        let named: Vec<_> = all.flat_map(|it| members(it).map(|(name, _)| name)).collect();
        let is_signed =
            named.iter().any(|name| schemes[name]["x-amazon-apigateway-authtype"] == "awsSigv4");
        let is_known = named.iter().all(|name| schemes[name].is_object());
        if is_signed && is_known { Vec::new() } else { vec!["security".into()] }
    })
}

fn schemes(document: &Value) -> Vec<String> {
    let all = members(&document["components"]["securitySchemes"]);

    all.filter(|(_, scheme)| scheme["type"] != "apiKey").map(|(name, _)| name).collect()
}

/// A validator of the body answers 400 to what has no body.
fn validators(document: &Value) -> Vec<String> {
    let named = &document["x-amazon-apigateway-request-validators"];
    let usual = &document["x-amazon-apigateway-request-validator"];

    found(document, |_, _, operation| {
        let name = operation.get("x-amazon-apigateway-request-validator").unwrap_or(usual);
        let validator = &named[name.as_str().unwrap_or_default()];
        let is_of_body = validator["validateRequestBody"] == true;
        let is_fitting =
            validator.is_object() && is_of_body == operation["requestBody"].is_object();
        if is_fitting { Vec::new() } else { vec![name.to_string()] }
    })
}

fn refusals(document: &Value) -> Vec<String> {
    let is_type = |name: &str| {
        name.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    };
    let is_status =
        |it: &Value| it.is_null() || (400..600).contains(&it.as_u64().unwrap_or_default());
    let all = members(&document["x-amazon-apigateway-gateway-responses"]);

    all.filter(|(name, it)| !is_type(name) || !is_status(&it["statusCode"]))
        .map(|(name, _)| name)
        .collect()
}

/// Every segment is one, and the root.
fn resources(document: &Value) -> Vec<String> {
    let paths = members(&document["paths"]).map(|(path, _)| path);
    let resources: BTreeSet<_> = paths
        .flat_map(|path| {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            ends.map(|at| path[..at].to_owned()).collect::<Vec<_>>()
        })
        .collect();

    (resources.len() > 300).then(|| resources.len().to_string()).into_iter().collect()
}

fn size(document: &Value) -> Vec<String> {
    let size = format!("{document:#}").len();

    (size > 2_000_000).then(|| size.to_string()).into_iter().collect()
}

/// Goes through all operations.
fn found(document: &Value, find: impl Fn(&str, &str, &Value) -> Vec<String>) -> Vec<String> {
    let mut places = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let found = find(&path, &method, operation);
            places.extend(found.into_iter().map(|it| format!("{method} {path}: {it}")));
        }
    }

    places
}

/// Goes through all schemas, and the parts of each.
fn schemas(document: &Value, visit: &mut impl FnMut(&str, &Map<String, Value>)) {
    walk(document, "", &mut |place, value| {
        let mut parents = place.rsplit('/').skip(1);
        let is_part = ["schemas", "properties", "allOf", "anyOf", "oneOf"]
            .contains(&parents.next().unwrap_or_default());
        let own = place.rsplit('/').next().unwrap_or_default();
        let is_schema = is_part || ["schema", "items", "additionalProperties"].contains(&own);
        if let Some(schema) = value.as_object().filter(|_| is_schema) {
            visit(place, schema);
        }
    });
}

fn walk(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(place, value);
    for (name, member) in members(value) {
        walk(member, &format!("{place}/{}", name.replace('/', "~1")), visit);
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        walk(item, &format!("{place}/{at}"), visit);
    }
}

fn members(value: &Value) -> impl Iterator<Item = (String, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.clone(), member))
}
