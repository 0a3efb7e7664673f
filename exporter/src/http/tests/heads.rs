//! Heads of requests that are refused, and TLS that is not spoken.

use super::tls::{Authority, PLAIN, folder};
use super::*;

#[tokio::test]
async fn a_request_without_one_valid_host_is_refused() {
    let server = Running::start(site("metrics"));
    let cases = [
        ("HTTP/1.1\r\n", "400", "The Host header is missing.\n"),
        ("HTTP/1.1\r\nhost: a\r\nhost: a\r\n", "400", "There is more than one Host header.\n"),
        ("HTTP/1.0\r\nhost: a\r\nhost: b\r\n", "400", "There is more than one Host header.\n"),
        ("HTTP/1.1\r\nhost: a b\r\n", "400", "The Host header is malformed.\n"),
        ("HTTP/1.1\r\nhost: user@a\r\n", "400", "The Host header is malformed.\n"),
        ("HTTP/1.1\r\nhost: a:b\r\n", "400", "The Host header is malformed.\n"),
        ("HTTP/1.1\r\nhost: [::1]:10199\r\nconnection: close\r\n", "200", "metrics -"),
        ("HTTP/1.1\r\nhost:\r\nconnection: close\r\n", "200", "metrics -"),
        ("HTTP/1.0\r\n", "200", "metrics -"),
    ];

    for (head, status, text) in cases {
        let answer = server.send(format!("GET /metrics {head}\r\n").as_bytes()).await;
        assert_eq!((answer.status(), answer.text()), (status, text), "{head:?}");
    }
    server.has_refused(&[(HttpRefusal::Head, 6)]).await;
}

#[tokio::test]
async fn heads_that_are_malformed_or_too_large_are_counted() {
    let server = Running::start(site("metrics"));
    let many = format!("GET /metrics HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(200));

    for (number, head) in [(1, "GET\r\n\r\n"), (2, "GET / HTTP/7.0\r\n\r\n"), (3, &many)] {
        let answer = server.send(head.as_bytes()).await;

        assert!(matches!(answer.status(), "400" | "431" | "reset"), "{answer:?}");
        server.has_refused(&[(HttpRefusal::Head, number)]).await;
    }
}

#[tokio::test]
async fn a_slow_head_is_counted_and_silence_between_requests_is_not() {
    let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
    let server = Running::within(limits);

    let silent = server.send(b"").await;
    let mut stream = server.connect().await;
    let _ = stream.write_all(b"GET /-/healthy HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let between = answer(&mut stream).await;
    let before = server.refusals.read();
    server.send(b"GET /-/healthy HTTP/1.1\r\n").await;

    assert_eq!(silent.head, "");
    // On a busy machine the request itself comes too late.
    assert!(between.status() == "200" || between.head.is_empty(), "{between:?}");
    assert_eq!(before, crate::health::Serving::default());
    server.has_refused(&[(HttpRefusal::Head, 1)]).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_counted_and_not_waited_for() {
    let server = Running::start(site("metrics"));

    let small = server.ask("POST /metrics", "content-length: 1\r\n").await;
    let large = server.ask("POST /metrics", "content-length: 1000000000000\r\n").await;

    assert_eq!((small.status(), large.status()), ("405", "405"));
    server.has_refused(&[(HttpRefusal::Body, 1)]).await;
}

#[tokio::test]
async fn http_on_the_port_of_tls_gets_the_sentence_of_go() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let server = Running::with_web(&folder.web());
    let long = format!("x: {}\r\n", "y".repeat(8 << 10));

    for more in ["", &long] {
        let answer = server.ask("GET /metrics", more).await;

        assert_eq!(answer.status(), "400", "{answer:?}");
        assert_eq!(answer.text(), "Client sent an HTTP request to an HTTPS server.\n");
        assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    }
    server.has_refused(&[(HttpRefusal::Tls, 2)]).await;
}

#[tokio::test]
async fn handshakes_that_fail_are_counted_and_probes_of_the_port_are_not() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let server = Running::with_web(&folder.web());

    drop(server.connect().await);
    let garbage = server.send(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00").await;

    assert!(!garbage.head.is_empty() || !garbage.body.is_empty(), "an alert of TLS");
    server.has_refused(&[(HttpRefusal::Tls, 1)]).await;
}
