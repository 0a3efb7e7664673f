//! The document is one that API Gateway takes, and has what the table of operations has.

use std::collections::BTreeSet;

use super::rules::{RULES, broken};
use super::*;

/// Breaks one rule.
type Mutant = (&'static str, fn(&mut Value));

const MUTANTS: [Mutant; 30] = [
    (RULES[0].0, |it| it["openapi"] = "3.1.0".into()),
    (RULES[0].0, |it| it["openapi"] = Value::Null),
    (RULES[1].0, |it| it["components"]["schemas"]["A-b"] = json!({ "type": "object" })),
    (RULES[2].0, |it| moved(it, "/signals", "/a b")),
    (RULES[2].0, |it| moved(it, "/signals", "/signals/")),
    (RULES[2].0, |it| moved(it, "/signals", "/a{b}")),
    (RULES[3].0, |it| moved(it, "/signals", "/ping")),
    (RULES[4].0, |it| {
        let mut item = it["paths"]["/packets/{id}"].clone();
        item["get"]["parameters"][0]["name"] = "other".into();
        let integration = &mut item["get"]["x-amazon-apigateway-integration"];
        integration["requestParameters"]["integration.request.path.other"] =
            "method.request.path.other".into();
        it["paths"]["/packets/{other}/more"] = item;
    }),
    (RULES[5].0, |it| property(it)["nullable"] = true.into()),
    (RULES[5].0, |it| property(it)["format"] = "int64".into()),
    (RULES[5].0, |it| property(it)["oneOf"] = json!([{ "type": "string" }])),
    (RULES[5].0, |it| it["components"]["schemas"]["Health"]["required"] = json!([])),
    (RULES[6].0, |it| property(it)["type"] = json!(["integer", "null"])),
    (RULES[7].0, |it| property(it)["$ref"] = "#/components/schemas/Nothing".into()),
    (RULES[7].0, |it| {
        get(it)["responses"]["400"] = json!({ "$ref": "#/components/schemas/Problem" });
    }),
    (RULES[8].0, |it| {
        get(it)["responses"]["200"]["content"]["application/json"]["schema"] =
            json!({ "type": "array", "items": { "type": "string" } });
    }),
    (RULES[9].0, |it| get(it)["parameters"][0]["schema"] = json!({ "type": "array" })),
    (RULES[9].0, |it| get(it)["parameters"][0]["schema"]["enum"] = json!(["a"])),
    (RULES[9].0, |it| get(it)["parameters"][0]["in"] = "cookie".into()),
    (RULES[9].0, |it| get(it)["parameters"][0]["name"] = "a|b".into()),
    (RULES[10].0, |it| {
        get(it)["x-amazon-apigateway-integration"] = Value::Null;
    }),
    (RULES[10].0, |it| get(it)["x-amazon-apigateway-integration"]["connectionId"] = "".into()),
    (RULES[11].0, |it| {
        it["paths"]["/packets/{id}"]["get"]["x-amazon-apigateway-integration"]["requestParameters"] =
            json!({});
    }),
    (RULES[12].0, |it| {
        get(it)["x-amazon-apigateway-integration"]["timeoutInMillis"] = 30_000.into();
    }),
    (RULES[13].0, |it| get(it)["security"] = Value::Null),
    (RULES[13].0, |it| get(it)["security"] = json!([{ "sigv4": [], "basic": [] }])),
    (RULES[14].0, |it| it["components"]["securitySchemes"]["sigv4"]["type"] = "http".into()),
    (RULES[15].0, |it| get(it)["x-amazon-apigateway-request-validator"] = BODY.into()),
    (RULES[15].0, |it| {
        it["x-amazon-apigateway-request-validators"] = json!({ PARAMETERS: validator(false) });
    }),
    (RULES[16].0, |it| {
        it["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["statusCode"] = 200.into();
    }),
];

/// The mutants that take long to read.
const LARGE: [Mutant; 2] = [
    (RULES[17].0, |it| {
        let item = it["paths"]["/signals"].clone();
        for number in 0..300 {
            it["paths"][format!("/more{number}")] = item.clone();
        }
    }),
    (RULES[18].0, |it| it["info"]["description"] = "x".repeat(2_000_000).into()),
];

fn get(document: &mut Value) -> &mut Value {
    &mut document["paths"]["/signals"]["get"]
}

fn property(document: &mut Value) -> &mut Value {
    &mut document["components"]["schemas"]["Health"]["properties"]["ready"]
}

fn moved(document: &mut Value, from: &str, to: &str) {
    let item = document["paths"].as_object_mut().unwrap().remove(from).unwrap();
    document["paths"][to] = item;
}

fn all() -> Gateway {
    let target = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/a/1";

    Gateway {
        uri: "https://packets.internal:10199/hosts/a/".into(),
        target: Some(target.into()),
        changes: true,
        streams: true,
        key: true,
    }
}

#[test]
fn the_document_breaks_no_rule() {
    for gateway in [Gateway::default(), all()] {
        assert_eq!(broken(&aws(&gateway)), [], "{gateway:?}");
    }
}

#[test]
fn every_mutant_breaks_the_rule_that_it_is_of() {
    let document = aws(&Gateway::default());
    let mut seen = Vec::new();

    for (rule, mutate) in MUTANTS.into_iter().chain(LARGE) {
        let mut mutant = document.clone();
        mutate(&mut mutant);
        let names: Vec<_> = broken(&mutant).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [rule]);
        seen.push(rule);
    }

    for (rule, _) in RULES {
        assert!(seen.contains(&rule), "{rule}: no mutant");
    }
}

#[test]
fn the_document_of_this_api_is_none_that_the_gateway_takes() {
    let broken = broken(&document(""));

    assert!(broken.len() >= 8, "{broken:#?}");
}

#[test]
fn changes_streams_and_the_own_reference_are_published_only_if_that_is_asked_for() {
    let paths = |gateway: &Gateway| {
        let document = aws(gateway);
        let of_path = |(path, item): (&String, &Value)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| format!("{method} {path}")).collect::<Vec<_>>()
        };
        document["paths"].as_object().unwrap().iter().flat_map(of_path).collect::<BTreeSet<_>>()
    };

    let usual = paths(&Gateway::default());
    let more: Vec<_> = paths(&all()).difference(&usual).cloned().collect();

    for path in ["get /packets", "post /packets", "get /packets/{id}", "get /history"] {
        assert!(usual.contains(path), "{path}");
    }
    assert_eq!(more, ["get /events", "get /packets/capture", "patch /config"]);
    assert_eq!(usual.len(), OPERATIONS.len() - 6, "{usual:?}");
    assert!(usual.contains("get /api/v1/problems/{name}"), "problems have this path");
    let text = aws(&Gateway::default())["info"]["description"].to_string();
    assert!(text.contains("Not published: GET /api/v1/events, PATCH /api/v1/config"), "{text}");
}

#[test]
fn the_gateway_asks_the_exporter_as_the_table_has_it() {
    let document = aws(&all());
    let of = |path: &str, method: &str| &document["paths"][path][method]["x-amazon-apigateway-integration"];

    let packet = of("/packets/{id}", "get");
    assert_eq!(packet["uri"], "https://packets.internal:10199/hosts/a/api/v1/packets/{id}");
    assert_eq!((&packet["type"], &packet["httpMethod"]), (&"http_proxy".into(), &"GET".into()));
    assert_eq!(packet["connectionType"], "VPC_LINK");
    assert_eq!(Some(packet["integrationTarget"].as_str().unwrap()), all().target.as_deref());
    let passed = &packet["requestParameters"];
    assert_eq!(passed["integration.request.path.id"], "method.request.path.id");
    assert_eq!(passed["integration.request.header.X-Caller-Arn"], "context.identity.userArn");
    assert_eq!(of("/events", "get")["responseTransferMode"], "STREAM");
    assert_eq!(of("/packets", "get")["timeoutInMillis"], 29_000);
    let usual = aws(&Gateway::default());
    let usual = &usual["paths"]["/packets"]["get"]["x-amazon-apigateway-integration"];
    assert_eq!(usual["uri"], "http://${stageVariables.backend}/api/v1/packets");
    assert!(usual["integrationTarget"].is_null());
}

#[test]
fn bodies_are_checked_where_they_have_a_model_and_bytes_stay_bytes() {
    let document = aws(&Gateway::default());
    let post = &document["paths"]["/packets"]["post"];

    let content = post["requestBody"]["content"].as_object().unwrap();
    assert_eq!(content["application/json"]["schema"]["$ref"], "#/components/schemas/Frames");
    for name in BINARY {
        assert_eq!(content[name], json!({}), "{name}");
    }
    assert_eq!(post["x-amazon-apigateway-request-validator"], BODY);
    let encoding = &document["components"]["schemas"]["Frames"]["properties"]["encoding"];
    assert_eq!(encoding["enum"], json!(["hex", "base64"]));
    let recording = &document["paths"]["/recordings/{id}"]["get"]["responses"]["200"]["content"];
    let types: Vec<_> = recording.as_object().unwrap().keys().collect();
    assert!(types.iter().all(|it| BINARY.contains(&it.as_str())), "{types:?}");
}

#[test]
fn what_the_gateway_refuses_is_a_problem() {
    let document = aws(&Gateway::default());
    let schema = &document["components"]["schemas"]["Problem"];

    for (name, response) in document["x-amazon-apigateway-gateway-responses"].as_object().unwrap() {
        let template = response["responseTemplates"]["application/json"].as_str().unwrap();
        let filled = template
            .replace("$context.error.messageString", "\"Because\"")
            .replace("$context.requestId", "1-a");
        let problem: Value = serde_json::from_str(&filled).unwrap();
        let problem = problem.as_object().unwrap();
        let known = schema["properties"].as_object().unwrap();
        assert!(problem.keys().all(|it| known.contains_key(it)), "{name}: {filled}");
        assert_eq!(problem.get("status"), response.get("statusCode"), "{name}");
    }
}

#[test]
fn the_document_is_what_the_exporter_answers_with() {
    let answer = crate::api::tests::ask("/api/v1/openapi.aws.json");

    let answered: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answered, aws(&Gateway::default()));
}
