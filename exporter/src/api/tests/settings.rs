//! Changing settings: what a request may look like, and what is told of it.

use std::cell::RefCell;

use super::*;
use crate::config::{Fault, Patch, Patched, Wanted};

/// Sends a patch that ends like this; returns the answer and what was wanted.
fn send(
    asked: &Asked<'_>,
    outcome: impl Fn() -> Result<Patched, Unpatched>,
) -> (Answer, Option<Wanted>) {
    let operation = OPERATIONS.iter().find(|it| it.id == "patchConfig").unwrap();
    let seen = RefCell::new(None);
    let facts = || -> Facts { panic!("a change needs no counts") };
    let settings = || Arc::new(Effective::of_defaults());
    let patch = |wanted| {
        seen.replace(Some(wanted));
        outcome()
    };

    let sources = Sources {
        facts: &facts,
        settings: &settings,
        patch: &patch,
        inspect: &nothing,
        samples: &samples::seen,
        capture: &|_| true,
    };
    let answer = answer(operation, asked, sources);
    (answer, seen.into_inner())
}

fn patched() -> Patched {
    let (live, waiting, late) = (Vec::new(), Vec::new(), vec!["folder"]);

    Patched { live, waiting, late, tag: "1-2".into(), is_kept: true }
}

const ASKED: Asked<'_> = Asked {
    path: &[],
    query: &[],
    accept: None,
    content_type: Some("application/merge-patch+json"),
    content_encoding: None,
    if_match: None,
    body: br#"{"sources": {"limit": 8}}"#,
    base: "",
    id: None,
    by: "token `a` at 192.0.2.1",
};

#[test]
fn a_change_is_handed_on_as_it_was_sent() {
    let query = [("dry_run".to_owned(), "true".to_owned())];
    let asked = Asked { query: &query, if_match: Some("\"1-2\" , \"1-3\""), ..ASKED };

    let (answer, wanted) = send(&asked, || Ok(patched()));

    let Wanted { patch, dry_run, if_match, by } = wanted.unwrap();
    assert_eq!(patch, Patch::parse(ASKED.body).unwrap());
    assert_eq!((dry_run, by.as_str()), (true, "token `a` at 192.0.2.1"));
    assert_eq!(if_match, Some(vec!["1-2".to_owned(), "1-3".to_owned()]));
    assert_eq!((answer.status, answer.tag.as_deref()), (200, Some("\"1-2\"")));
    let document = json(&answer);
    assert_eq!(document["late"][0], "folder");
    assert_eq!((&document["dry_run"], &document["kept"]), (&true.into(), &true.into()));
    let plain = Asked { content_type: Some("Application/JSON; charset=utf-8"), ..ASKED };
    let (answer, wanted) = send(&plain, || Ok(patched()));
    assert_eq!((answer.status, wanted.unwrap().if_match), (200, None));
}

#[test]
fn what_cannot_be_read_is_refused_before_anything_changes() {
    let cases = [
        (Asked { content_type: None, ..ASKED }, 415, "unsupported-type"),
        (Asked { content_type: Some("text/plain"), ..ASKED }, 415, "unsupported-type"),
        (Asked { content_encoding: Some("gzip"), ..ASKED }, 415, "unsupported-type"),
        (Asked { body: b"", ..ASKED }, 400, "malformed-body"),
        (Asked { body: b"{\"a\": ", ..ASKED }, 400, "malformed-body"),
        (Asked { body: b"[1]", ..ASKED }, 400, "malformed-body"),
        (Asked { body: b"\xff\xfe", ..ASKED }, 400, "malformed-body"),
        (Asked { if_match: Some("1-2"), ..ASKED }, 400, "invalid-parameter"),
        (Asked { if_match: Some("W/\"1-2\""), ..ASKED }, 400, "invalid-parameter"),
        (Asked { if_match: Some(""), ..ASKED }, 400, "invalid-parameter"),
        (Asked { accept: Some("text/html"), ..ASKED }, 406, "not-acceptable"),
    ];

    for (asked, status, expected) in cases {
        let (answer, wanted) = send(&asked, || Ok(patched()));
        let (kind, document) = problem(&answer);
        assert_eq!((answer.status, &*kind), (status, expected), "{asked:?}");
        assert!(wanted.is_none(), "{document}");
    }
}

#[test]
fn what_is_refused_later_has_a_kind_and_points_to_its_place() {
    let fault = |key| Fault::of(key, "is no key");
    let faults = || vec![fault("sources.limt"), fault("a")];
    let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let cases: [(&dyn Fn() -> Unpatched, u16, &str, &str); 6] = [
        (&|| Unpatched::Faults(faults()), 400, "invalid-setting", "`sources.limt` is no key; `a`"),
        (&|| Unpatched::FileOnly(vec!["api.users".into()]), 403, "file-only", "`api.users`"),
        (&|| Unpatched::Stale { tag: "1-3".into() }, 412, "stale", "1-3"),
        (&|| Unpatched::NotKept(full()), 500, "not-kept", "`api.state_file`"),
        (&|| Unpatched::Refused("no device".into()), 400, "invalid-setting", "no device"),
        (&|| Unpatched::Stopping, 503, "busy", "is stopping"),
    ];

    for (error, status, expected, part) in cases {
        let (answer, _) = send(&ASKED, || Err(error()));
        let (kind, document) = problem(&answer);
        assert_eq!((answer.status, &*kind), (status, expected));
        assert!(document["detail"].as_str().unwrap().contains(part), "{document}");
    }
    let (answer, _) = send(&ASKED, || Err(Unpatched::Faults(faults())));
    let document = json(&answer);
    assert_eq!(document["errors"][0]["pointer"], "/sources/limt");
    assert_eq!(document["errors"][1]["pointer"], "/a");
    assert!(document["errors"][0].get("parameter").is_none(), "{document}");
}

#[test]
fn the_settings_are_shown_with_the_tag_that_a_change_needs() {
    let answer = ask("/api/v1/config");

    let document = json(&answer);
    assert_eq!(answer.tag.as_deref(), Some("\"0\""));
    assert_eq!(document["values"]["sources"]["limit"], 100);
    let keys = document["keys"].as_array().unwrap();
    let find = |name: &str| keys.iter().find(|key| key["key"] == name).unwrap();
    let limit = find("sources.limit");
    assert_eq!((&limit["origin"], &limit["effect"]), (&"default".into(), &"live".into()));
    assert_eq!((&limit["change"], &find("api.users")["change"]), (&"api".into(), &"file".into()));
    assert_eq!(find("log.format")["effect"], "restart");
}

#[test]
fn every_example_of_a_change_is_a_patch() {
    for operation in OPERATIONS.iter().filter(|it| it.method == Method::Patch) {
        for example in operation.examples {
            let (_, query) = example.path.split_once('?').unwrap_or((example.path, example.query));
            assert!(query.is_empty() || query == "dry_run=true", "{example:?}");
            let parsed = crate::config::Layer::parse(example.body.as_bytes());
            assert!(parsed.is_ok(), "{example:?}: {parsed:?}");
        }
    }
}
