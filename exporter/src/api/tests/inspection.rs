//! Packets that are sent to be inspected: what a request may look like, and what is told of it.

use std::cell::RefCell;

use proptest::prelude::*;

use super::schema::violations;
use super::*;
use crate::inspect::{Counted, Each, FILE, Parser, Report};
use crate::record::Link;
use crate::services::{Listening, PortRules, RankTable};

const ASKED: Asked<'_> = Asked {
    path: &[],
    query: &[],
    accept: None,
    content_type: Some("application/json"),
    content_encoding: None,
    if_match: None,
    base: "",
    id: None,
    body: br#"{"frames": ["00 11:22-33", "ff"], "encoding": "hex"}"#,
    by: "token `a` at 192.0.2.1",
};
const PCAP: Option<&str> = Some("application/vnd.tcpdump.pcap");
const RAW: Option<&str> = Some("application/octet-stream");

/// What was to be inspected: the link type with the frames, or a capture.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Frames(Link, Vec<Vec<u8>>),
    Capture(Vec<u8>),
}

fn operation() -> &'static Operation {
    OPERATIONS.iter().find(|it| it.id == "inspectPackets").unwrap()
}

fn sent(
    asked: &Asked<'_>,
    outcome: impl Fn(&Submission<'_>, bool) -> Result<Inspection, Uninspected>,
) -> Answer {
    let facts = || -> Facts { panic!("an inspection needs no counts") };
    let settings = || Arc::new(Effective::of_defaults());
    let patch = |_| Err(Unpatched::Stopping);

    let sources = Sources {
        facts: &facts,
        settings: &settings,
        patch: &patch,
        inspect: &outcome,
        samples: &samples::seen,
        capture: &|_| true,
    };
    answer(operation(), asked, sources)
}

/// Sends a request; returns the answer and what was to be inspected.
fn send(asked: &Asked<'_>) -> (Answer, Option<Seen>) {
    let seen = RefCell::new(None);
    let answer = sent(asked, |submission, is_each| {
        seen.replace(Some(match submission {
            Submission::Frames { link, frames } => {
                Seen::Frames(*link, frames.iter().map(|it| it.to_vec()).collect())
            }
            Submission::Capture(bytes) => Seen::Capture(bytes.to_vec()),
        }));
        Ok(inspected(submission, is_each))
    });

    (answer, seen.into_inner())
}

fn inspected(submission: &Submission<'_>, is_each: bool) -> Inspection {
    let tunnels = shared::TunnelPorts::USUAL;
    let mut counted = Counted::new(RankTable::of(&PortRules::default(), &Listening::default()));
    let mut each = Vec::new();
    for record in submission.records() {
        let parsed = crate::inspect::parse(&record, tunnels);
        each.push(Each::new(FILE, &record, &parsed));
        counted.add(&record, parsed);
    }

    Inspection {
        parser: Parser { kernel: 0, host: 1, reason: Some("this process has no CAP_BPF".into()) },
        format: None,
        incomplete: Some("it ends early".into()),
        cut_off: 0,
        understated: 0,
        report: Report::new(&counted, [("link_type", 3)]),
        each: is_each.then_some(each),
    }
}

fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

#[test]
fn a_body_is_what_its_type_says() {
    let raw = query(&[("link", "101")]);
    let base64 = br#"{"encoding": "base64", "link": 101, "frames": ["AAE="]}"#;
    let cases = [
        (ASKED, Seen::Frames(Link::Ethernet, vec![vec![0, 0x11, 0x22, 0x33], vec![0xff]])),
        (Asked { body: base64, ..ASKED }, Seen::Frames(Link::Ip, vec![vec![0, 1]])),
        (
            Asked { content_type: RAW, ..ASKED },
            Seen::Frames(Link::Ethernet, vec![ASKED.body.into()]),
        ),
        (
            Asked { content_type: RAW, query: &raw, ..ASKED },
            Seen::Frames(Link::Ip, vec![ASKED.body.into()]),
        ),
        (Asked { content_type: PCAP, ..ASKED }, Seen::Capture(ASKED.body.into())),
        (
            Asked {
                content_type: Some("Application/X-pcapng; a=b"),
                content_encoding: Some("GZIP"),
                ..ASKED
            },
            Seen::Capture(ASKED.body.into()),
        ),
    ];

    for (asked, expected) in cases {
        let (answer, seen) = send(&asked);
        assert_eq!(answer.status, 200, "{asked:?}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(seen.unwrap(), expected);
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let link = query(&[("link", "1")]);
    let foreign = query(&[("link", "105")]);
    let json = |body: &'static str| Asked { body: body.as_bytes(), ..ASKED };
    let multipart = Some("multipart/form-data; boundary=x");
    let form = Some("application/x-www-form-urlencoded");
    let long = vec![0; 262_145];
    let cases = [
        (Asked { content_type: None, ..ASKED }, 415, "is missing"),
        (Asked { content_type: Some("text/plain"), ..ASKED }, 415, "is text/plain"),
        (Asked { content_type: multipart, ..ASKED }, 415, "send the capture itself and not a form"),
        (Asked { content_type: form, ..ASKED }, 415, "`curl --data-binary @FILE`"),
        (Asked { content_encoding: Some("gzip"), ..ASKED }, 415, "has to be one of identity"),
        (Asked { content_type: PCAP, content_encoding: Some("br"), ..ASKED }, 415, "is br"),
        (Asked { query: &link, ..ASKED }, 400, "`link` is for application/octet-stream"),
        (Asked { content_type: RAW, query: &foreign, ..ASKED }, 400, "105 (802.11) is not read"),
        (Asked { content_type: RAW, body: &long, ..ASKED }, 400, "more than 262144 bytes"),
        (Asked { content_type: RAW, body: b"", ..ASKED }, 400, "the body is empty"),
        (json("{\"frames\": [\"00\"]"), 400, "line 1"),
        (json("[]"), 400, "the body is not read"),
        (json(r#"{"frames": ["00"]}"#), 400, "missing field `encoding`"),
        (json(r#"{"frames": ["00"], "encoding": "hex", "x": 1}"#), 400, "unknown field `x`"),
        (json(r#"{"frames": [], "encoding": "hex"}"#), 400, "has to have one at least"),
        (json(r#"{"frames": ["00", "0"], "encoding": "hex"}"#), 400, "frame 2 is not hexadecimal"),
        (json(r#"{"frames": ["0g"], "encoding": "hex"}"#), 400, "frame 1 is not hexadecimal"),
        (json(r#"{"frames": [""], "encoding": "hex"}"#), 400, "frame 1 is empty"),
        (json(r#"{"frames": ["AAE"], "encoding": "base64"}"#), 400, "frame 1 is not base64"),
        (json(r#"{"frames": ["00"], "encoding": "hex", "link": 6}"#), 400, "6 (Token Ring)"),
        (json(r#"{"frames": ["00"], "encoding": "hex", "link": 70000}"#), 400, "invalid value"),
    ];

    for (asked, status, said) in cases {
        let (answer, seen) = send(&asked);
        let (_, document) = problem(&answer);
        assert_eq!(answer.status, status, "{document}");
        assert!(document["detail"].as_str().unwrap().contains(said), "{document} for {said}");
        assert_eq!(seen, None, "{document}");
    }
    let (_, document) = problem(&send(&json(r#"{"frames": ["00", "x"], "encoding": "hex"}"#)).0);
    assert_eq!(document["errors"][0]["pointer"], "/frames/1");
}

#[test]
fn more_frames_than_an_inspection_takes_are_refused_with_what_to_do() {
    let frames = vec!["\"00\""; 100_001].join(",");
    let body = format!("{{\"encoding\": \"hex\", \"frames\": [{frames}]}}");

    let (answer, seen) = send(&Asked { body: body.as_bytes(), ..ASKED });

    let (kind, document) = problem(&answer);
    assert_eq!((answer.status, &*kind, seen), (413, "body-too-large", None));
    let detail = document["detail"].as_str().unwrap();
    assert!(detail.contains("100000") && detail.contains("`editcap -c 100000"), "{detail}");
}

#[test]
fn why_nothing_was_inspected_has_a_kind() {
    let cases = [
        (Uninspected::NoCapture("it is empty".into()), 400, "malformed-body"),
        (Uninspected::TooMany { most: 5 }, 413, "body-too-large"),
        (Uninspected::TooMuch { most_bytes: 1 << 20 }, 413, "body-too-large"),
        (Uninspected::Abandoned, 408, "timeout"),
    ];

    for (error, status, expected) in cases {
        let answer = sent(&ASKED, |_, _| Err(error.clone()));
        let (kind, document) = problem(&answer);
        assert_eq!((answer.status, &*kind), (status, expected));
        assert_eq!(document["detail"], error.to_string());
    }
    let busy = another_inspection(Told::default());
    assert_eq!((busy.status, busy.headers), (503, &[("retry-after", "1")][..]));
}

#[test]
fn an_inspection_is_as_its_schema_says() {
    let document = document("");
    let schema = &document["paths"]["/api/v1/packets"]["post"]["responses"]["200"];
    let schema = &schema["content"]["application/json"]["schema"];
    let each = query(&[("each", "true")]);

    for example in operation().examples {
        for query in [&each[..], &[]] {
            let asked = Asked { body: example.body.as_bytes(), query, ..ASKED };
            let answer = json(&send(&asked).0);
            assert_eq!(violations(&answer, schema, &document), Vec::<String>::new(), "{answer}");
            assert_eq!(answer["report"]["packets"], 1);
            assert_eq!(answer["each"].is_array(), !query.is_empty(), "{answer}");
        }
    }
}

proptest! {
    #[test]
    fn any_body_is_answered(
        body: Vec<u8>,
        json in r#"[\[\]{}",:a-z0-9 ]{0,40}"#,
        content_type in prop::sample::select(&["application/json", "application/octet-stream", "application/x-pcapng"][..]),
    ) {
        for body in [&body[..], json.as_bytes()] {
            let asked = Asked { content_type: Some(content_type), body, ..ASKED };
            let (answer, seen) = send(&asked);
            prop_assert_eq!(answer.status == 200, seen.is_some());
        }
    }
}
