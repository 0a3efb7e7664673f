use tokio::time::Instant;

use super::tls::{Authority, PLAIN, folder};
use super::*;

const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn who_sends_the_head_slowly_is_hung_up_on() {
    let server = Running::within(Limits { head: SHORT, ..Limits::default() });
    let heads = ["", "GET /metrics HTTP/1.1\r\nhost: test\r\n", "GET"];

    for head in heads {
        let mut stream = server.connect().await;
        // On a busy machine the server may have hung up by now.
        let _ = stream.write_all(head.as_bytes()).await;

        let answer = answer(&mut stream).await;

        assert!(answer.head.is_empty() || answer.status() == "408", "{head:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_head_that_trickles_in_wins_no_time() {
    let server = Running::within(Limits { head: SHORT, ..Limits::default() });
    let begun = Instant::now();
    let (mut reader, mut writer) = server.connect().await.into_split();

    let trickle = async {
        let _ = writer.write_all(b"GET /metrics HTTP/1.1\r\n").await;
        while writer.write_all(b"x: y\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = answer(&mut reader) => {}
        () = trickle => {}
    }

    assert!(begun.elapsed() >= SHORT);
}

#[tokio::test]
async fn who_does_not_read_is_hung_up_on_and_its_place_is_free_again() {
    let mut site = site_of(|_| page("text/plain", vec![b'x'; 64 << 20]));
    site.config = configured(|web| web.max_requests = 1);
    let server = Running::with(site, None, Limits { write: SHORT * 10, ..Limits::default() });
    let mut stream = server.connect().await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    stream.readable().await.unwrap();

    let while_it_does_not_read = server.ask("HEAD /metrics", "").await;
    let served_again = async { while server.ask("HEAD /metrics", "").await.status() != "200" {} };
    timeout(DEADLINE, served_again).await.expect("the server waits for ever");

    assert_eq!(while_it_does_not_read.status(), "503");
}

#[tokio::test]
async fn a_connection_that_is_old_is_ended_between_requests() {
    let limits = Limits { age: SHORT, head: DEADLINE * 10, ..Limits::default() };
    let server = Running::within(limits);
    let healthy = b"GET /-/healthy HTTP/1.1\r\nhost: test\r\n\r\n";

    // On a busy machine a connection may be old before its request is read.
    let answered = async {
        loop {
            match server.send(healthy).await {
                answer if answer.status() == "200" => break,
                answer => assert!(matches!(answer.status(), "none" | "reset"), "{answer:?}"),
            }
        }
    };

    timeout(DEADLINE * 3, answered).await.expect("no request is answered");
}

#[tokio::test]
async fn requests_that_are_too_large_are_refused() {
    let server = Running::start(site("metrics"));
    let many = "x: y\r\n".repeat(200);
    let long = format!("x: {}\r\n", "y".repeat(100_000));

    for more in [many, long] {
        let answer = server.ask("GET /metrics", &more).await;
        assert!(matches!(answer.status(), "431" | "reset"), "{}", answer.head);
    }
}

#[tokio::test]
async fn the_body_of_a_request_is_not_waited_for() {
    let server = Running::start(site("metrics"));

    let answer = server.ask("GET /metrics", "content-length: 1000000000000\r\n").await;

    assert_eq!(answer.text(), "metrics -");
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_lets_answers_finish() {
    let (begun, has_begun) = std::sync::mpsc::channel();
    let server = Running::start(site_of(move |_| {
        begun.send(()).unwrap();
        std::thread::sleep(SHORT);
        page("text/plain", b"late".to_vec())
    }));
    let mut idle = server.connect().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    tokio::task::spawn_blocking(move || has_begun.recv_timeout(DEADLINE)).await.unwrap().unwrap();

    let (idle, busy, ()) = tokio::join!(answer(&mut idle), answer(&mut busy), server.stopped());

    assert_eq!((idle.head.as_str(), busy.status(), busy.text()), ("", "200", "late"));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_who_does_not_read() {
    let site = site_of(|_| page("text/plain", vec![b'x'; 64 << 20]));
    let limits = Limits { stop: SHORT, write: DEADLINE * 10, ..Limits::default() };
    let server = Running::with(site, None, limits);
    let mut stream = server.connect().await;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    stream.readable().await.unwrap();

    server.stopped().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_handshake() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let web = WebFile::open(&folder.web()).unwrap();
    let limits = Limits { handshake: DEADLINE * 10, ..Limits::default() };
    let server = Running::with(site("metrics"), Some(web), limits);
    let _silent = server.connect().await;
    let mut half = server.connect().await;
    half.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    // Connections are accepted in turn: those are there when this one is answered.
    server.ask("GET /metrics", "").await;

    server.stopped().await;
}
