//! The table of operations and the documents that are made from it.

use std::collections::BTreeSet;
use std::{env, fs};

use super::schema::violations;
use super::*;
use crate::api::parameter::{Allowed, Parameter, Place};

/// The documents of all versions. Those of versions that users have are not written again: with a change,
/// `VERSION` is another one.
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi");
const RELEASED: [&str; 1] = ["1.0.0"];
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");

#[test]
fn the_document_reads_like_this() {
    let path = format!("{DOCUMENTS}/{VERSION}.json");
    let text = format!("{:#}\n", document(""));

    if RELEASED.contains(&VERSION) {
        let released = fs::read_to_string(path).unwrap();
        assert!(released == text, "{VERSION} is released; what changes needs another `VERSION`");
    } else {
        golden(&path, &text);
    }
}

#[test]
fn the_page_of_the_api_reads_like_this() {
    golden(PAGE, &reference::document());
}

#[track_caller]
fn golden(path: &str, text: &str) {
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, text).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();

    assert!(committed == text, "{path}: `UPDATE_GOLDEN=1 cargo test -p exporter` rewrites it");
}

#[test]
fn every_operation_is_described() {
    let mut ids = BTreeSet::new();
    let mut paths = BTreeSet::new();

    for operation in &OPERATIONS {
        let Operation { id, path, summary, description, examples, problems, .. } = operation;
        assert!(ids.insert(*id) && id.bytes().all(|it| it.is_ascii_alphanumeric()), "{id}");
        assert!(paths.insert((operation.method.name(), *path)), "{path} is there twice");
        assert!(path.starts_with(BASE), "{path}");
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{id}: {summary}");
        assert!(description.ends_with('.'), "{id}: {description}");
        assert!(!examples.is_empty(), "{id} has no example");
        let common = problems.iter().find(|kind| document::COMMON.contains(kind));
        assert_eq!(common, None, "{id}");
        let in_path = operation.parameters.iter().filter(|it| it.place == Place::Path);
        let in_path: Vec<_> = in_path.map(|it| format!("{{{}}}", it.name)).collect();
        assert!(in_path.iter().all(|it| path.contains(it)), "{id}: {in_path:?}");
        assert_eq!(path.matches('{').count(), in_path.len(), "{id}");
    }
}

#[test]
fn every_parameter_is_described_and_allows_its_default_and_its_example() {
    for operation in &OPERATIONS {
        for Parameter { name, allowed, default, help, .. } in operation.parameters {
            assert!(help.ends_with('.'), "{name}: {help}");
            assert!(default.is_none_or(|it| allowed.allows(it)), "{name}: {default:?}");
            if let Allowed::Text(form) = allowed {
                assert!(allowed.allows(form.example), "{name}: {}", form.example);
                assert!(regex::Regex::new(form.pattern).unwrap().is_match(form.example), "{name}");
            }
        }
    }
}

#[test]
fn every_example_is_answered_as_its_schema_says() {
    let document = document("");

    for operation in OPERATIONS.iter().filter(|it| it.method == Method::Get) {
        let path = &document["paths"][operation.path][operation.method.name()];
        let content = &path["responses"]["200"]["content"][operation.output.content_type()];
        for example in operation.examples {
            let answer = ask(&example.target());

            let type_only = answer.content_type.split(';').next().unwrap();
            assert_eq!(answer.status, 200, "{example:?}: {:?}", String::from_utf8(answer.body));
            assert_eq!(type_only, operation.output.content_type(), "{example:?}");
            if let Output::Json(_) = operation.output {
                let wrong = violations(&json(&answer), &content["schema"], &document);
                assert_eq!(wrong, Vec::<String>::new(), "{example:?}: {}", json(&answer));
            }
        }
    }
}

#[test]
fn every_problem_is_answered_as_its_schema_says() {
    let document = document("");
    let schema = &document["components"]["schemas"]["Problem"];

    for target in ["/api/v1/packets?x=1", "/api/v1/packets?by=source,port", "/api/v1/problems/x"] {
        let (_, problem) = problem(&ask(target));
        assert_eq!(violations(&problem, schema, &document), Vec::<String>::new(), "{problem}");
    }
}

#[test]
fn every_parameter_is_refused_when_it_is_out_of_range_doubled_or_unknown() {
    for operation in OPERATIONS.iter().filter(|it| it.method == Method::Get) {
        let of_query = operation.parameters.iter().filter(|it| it.place == Place::Query);
        let path = operation.path.replace("{name}", "busy").replace("{id}", "1-1");
        let target = |query: &str| format!("{path}?{query}");
        for Parameter { name, allowed, .. } in of_query {
            for value in bad(*allowed) {
                let answer = ask(&target(&format!("{name}={value}")));
                let (kind, document) = problem(&answer);
                assert_eq!((answer.status, &*kind), (400, "invalid-parameter"), "{name}={value}");
                assert_eq!(document["errors"][0]["parameter"], *name, "{value}");
                let words = allowed.words();
                let detail = document["detail"].as_str().unwrap();
                assert!(detail.contains(&words), "{name}={value}: {detail}");
            }
            let good = good(*allowed);
            let (kind, document) = problem(&ask(&target(&format!("{name}={good}&{name}={good}"))));
            assert_eq!(kind, "doubled-parameter", "{name}");
            assert_eq!(document["errors"][0]["parameter"], *name);
        }

        let (kind, document) = problem(&ask(&target("nonsense=1&Top=2")));
        assert_eq!(kind, "unknown-parameter", "{}", operation.path);
        let named: Vec<_> =
            document["errors"].as_array().unwrap().iter().map(|it| &it["parameter"]).collect();
        assert_eq!(named, ["nonsense", "Top"]);
    }
}

/// Values that are not allowed.
fn bad(allowed: Allowed) -> Vec<String> {
    let any = ["", "\u{fffd}", "nonsense/", "-1", "1e3", "%zz"].map(String::from);
    let more = match allowed {
        Allowed::Integer(least, most) => {
            let below = least.checked_sub(1).map(|it| it.to_string());
            let above =
                [(u64::from(most) + 1).to_string(), "9".repeat(40), "+1".into(), "1.5".into()];
            below.into_iter().chain(above).collect()
        }
        Allowed::OneOf(values) => vec![values[0].to_uppercase() + "x", values[..2].join(",")],
        Allowed::SomeOf(values) => {
            let first = values[0];
            vec![format!("{first},{first}"), format!("{first},"), format!(",{first}")]
        }
        Allowed::Text(form) => vec![format!("{0}{0}{0}{0}{0}/", form.example)],
    };
    // A device may be called nearly anything.
    let is_bad = |value: &String| !allowed.allows(value);

    any.into_iter().filter(is_bad).chain(more).collect()
}

fn good(allowed: Allowed) -> String {
    match allowed {
        Allowed::Integer(least, _) => least.to_string(),
        Allowed::OneOf(values) | Allowed::SomeOf(values) => values[0].into(),
        Allowed::Text(form) => form.example.into(),
    }
}

#[test]
fn the_pages_are_whole_and_need_nothing_from_elsewhere() {
    let policy = "default-src 'none'; style-src 'unsafe-inline';";

    for target in ["/api/v1/docs", "/api/v1/problems/busy"] {
        let answer = ask(target);
        let page = String::from_utf8(answer.body).unwrap();

        assert!(answer.headers[0].1.starts_with(policy), "{target}");
        for part in ["<script", "src=", "http://www", "https://", "url("] {
            assert!(!page.contains(part), "{target} has {part}");
        }
        for tag in ["main", "table", "tr", "td", "pre", "p", "code", "ul", "li"] {
            let [plain, more, close] = ["<{}>", "<{} ", "</{}>"]
                .map(|form| page.matches(&form.replace("{}", tag)).count());
            assert_eq!(plain + more, close, "{tag}");
        }
    }
    let page = String::from_utf8(ask("/api/v1/docs").body).unwrap();
    for operation in &OPERATIONS {
        assert!(page.contains(operation.path), "{}", operation.path);
    }
}

#[test]
fn links_begin_with_what_clients_reach_the_exporter_by() {
    let (operation, path) = found("/api/v1/problems/busy");
    let ask = |base| {
        let asked = Asked { path: &path, base, ..Asked::default() };
        String::from_utf8(answered(operation, &asked, &example::readings()).body).unwrap()
    };
    let base = "https://x.example/a";

    let nowhere = Problem::refused(Kind::NotFound, 404, "", Told { base, id: None });
    assert_eq!(json(&nowhere)["type"], "https://x.example/a/api/v1/problems/not-found");
    assert!(ask(base).contains("https://x.example/a/api/v1/problems/busy"), "{}", ask(base));
    assert!(ask("/a").contains("<code>/a/api/v1/problems/busy"), "{}", ask("/a"));
    assert_eq!(document(base)["servers"][0]["url"], base);
    let (operation, path) = found("/api/v1/packets");
    let query = [("by", "protocol"), ("top", "1")];
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = Asked { path: &path, query: &query, base, ..Asked::default() };
    let page = json(&answered(operation, &asked, &example::readings()));
    let next = page["next"].as_str().unwrap();
    assert!(next.starts_with("https://x.example/a/api/v1/packets?"), "{next}");
    assert!(reference::page("/a").contains("http://localhost:10199/a/api/v1/packets"));
    assert!(reference::page(base).contains("'https://x.example/a/api/v1/packets"));
}

#[test]
fn every_kind_of_problem_has_a_page() {
    for kind in Kind::ALL {
        let answer = ask(&format!("{}{}", path::PROBLEMS, kind.name()));
        let page = String::from_utf8(answer.body).unwrap();

        assert_eq!((answer.status, answer.content_type), (200, "text/html; charset=utf-8"));
        assert!(page.contains(kind.name()), "{page}");
    }
    assert_eq!(problem(&ask("/api/v1/problems/nonsense")).0, "not-found");
}

#[test]
fn a_client_that_accepts_another_type_is_told_so() {
    let (operation, path) = found("/api/v1/health");
    let asked = |accept| Asked { path: &path, accept: Some(accept), ..Asked::default() };

    let wrong = answered(operation, &asked("text/html"), &example::readings());
    let right = answered(operation, &asked("text/html, application/*;q=0.5"), &example::readings());

    let (kind, document) = problem(&wrong);
    assert_eq!((wrong.status, &*kind), (406, "not-acceptable"));
    assert!(document["detail"].as_str().unwrap().contains("application/json"), "{document}");
    assert_eq!(right.status, 200);
}
