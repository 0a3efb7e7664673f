//! Tests wait for conditions, not for time.

use tests::sources::{TextFile, rust_files};

/// Where the helpers for waiting are.
const HELPERS: &str = "tests/src/patience.rs";
/// Tests beside the code of the service that sleep, how often, and why they have to.
const SLEEPS: &[(&str, usize, &str)] = &[
    ("exporter/src/export/otlp/fake.rs", 1, "looks again and again for a condition"),
    ("exporter/src/export/otlp/sender/tests/answers.rs", 1, "keeps bytes apart on the wire"),
    ("exporter/src/http/tests/gateways.rs", 1, "plays an answer that takes too long"),
    ("exporter/src/http/tests.rs", 1, "looks again and again for a condition"),
    ("exporter/src/http/tests/limits.rs", 2, "plays a slow client, and a slow answer"),
    ("exporter/src/http/tests/streams.rs", 1, "plays a stream with pauses"),
    ("exporter/src/http/tests/refusals.rs", 1, "looks again and again for a condition"),
];

#[test]
fn tests_do_not_sleep() {
    let mut strays = Vec::new();

    for TextFile { path, text } in rust_files(&["exporter/src", "tests"]) {
        let is_for_tests = path.starts_with("tests/")
            || path.contains("/tests/")
            || path.ends_with("/tests.rs")
            || path.ends_with("/fake.rs");
        // Where time is paused, nothing waits for it.
        if !is_for_tests || path == HELPERS || text.contains("start_paused = true") {
            continue;
        }
        let expected = SLEEPS.iter().find(|(file, ..)| *file == path).map_or(0, |it| it.1);
        let found = sleeps(&text);
        if found != expected {
            strays.push(format!("{path} sleeps in {found} places, not in {expected}"));
        }
    }

    assert!(strays.is_empty(), "\n{}\n{HELPERS} has what waits", strays.join("\n"));
}

#[test]
fn each_file_that_may_sleep_is_there() {
    let files = rust_files(&["exporter/src"]);

    for (path, ..) in SLEEPS {
        assert!(files.iter().any(|file| file.path == *path), "there is no {path}");
    }
}

#[test]
fn a_sleep_is_seen_however_it_is_written() {
    let asleep = concat!("thread::sle", "ep(SHORT); tokio::time::sle", "ep (SHORT).await");

    assert_eq!(sleeps(asleep), 2);
    assert_eq!(sleeps("let asleep = (1, 2); // it may sleep here"), 0);
    assert_eq!(sleeps(concat!("use std::thread::{self, sle", "ep};\nsle", "ep\n(SHORT)")), 1);
}

/// Counts the calls of a function `sleep`.
fn sleeps(code: &str) -> usize {
    let calls = code.match_indices("sleep").filter(|(at, word)| {
        let before = code[..*at].chars().next_back();
        let is_part = before.is_some_and(|it| it.is_alphanumeric() || it == '_');
        !is_part && code[at + word.len()..].trim_start().starts_with('(')
    });

    calls.count()
}
