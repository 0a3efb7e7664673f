use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use super::*;

#[tokio::test]
async fn each_path_has_its_page() {
    let server = Running::start(site("metrics"));
    let cases = [
        ("GET /metrics", "200", "metrics -"),
        ("GET /metrics?x=1", "200", "metrics -"),
        ("GET /-/healthy", "200", "packet-exporter is healthy.\n"),
        ("GET /healthz", "200", "packet-exporter is healthy.\n"),
        ("GET /livez", "200", "packet-exporter is healthy.\n"),
        ("GET /-/ready", "200", "packet-exporter is ready.\n"),
        ("GET /readyz", "200", "packet-exporter is ready.\n"),
        ("GET /metrics/", "404", "Not Found"),
        ("GET /x", "404", "Not Found"),
        ("POST /x", "404", "Not Found"),
        ("POST /metrics", "405", "Method Not Allowed"),
        ("DELETE /", "405", "Method Not Allowed"),
        ("OPTIONS /-/ready", "405", "Method Not Allowed"),
    ];

    for (request, status, body) in cases {
        let answer = server.ask(request, "").await;
        assert_eq!((answer.status(), answer.text()), (status, body), "{request}");
        let allow = answer.header("allow");
        assert_eq!(allow.is_some(), status == "405", "{request}");
        assert!(allow.is_none_or(|allow| allow == "GET, HEAD"), "{request}");
    }
}

#[tokio::test]
async fn all_addresses_are_served() {
    let server = Running::start(site("metrics"));

    for address in &server.addresses {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let answer = ask(&mut stream, "GET /metrics", "").await;
        assert_eq!(answer.status(), "200", "{address}");
    }
}

#[tokio::test]
async fn the_landing_page_links_every_page() {
    let server = Running::start(site("metrics"));

    let answer = server.ask("GET /", "").await;

    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let links = ["/metrics\">Metrics", "/-/healthy\">Healthy", "/-/ready\">Ready"];
    assert!(links.iter().all(|link| answer.text().contains(link)), "{}", answer.text());
}

#[tokio::test]
async fn metrics_may_take_the_place_of_the_landing_page() {
    let mut site = site("metrics");
    site.config = configured(|web| web.telemetry_path = "/".into());
    let server = Running::start(site);

    assert_eq!(server.ask("GET /", "").await.text(), "metrics -");
    assert_eq!(server.ask("GET /metrics", "").await.status(), "404");
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = Running::start(site("metrics"));

    for path in ["/", "/metrics", "/-/healthy"] {
        let get = server.ask(&format!("GET {path}"), "").await;
        let head = server.ask(&format!("HEAD {path}"), "").await;

        assert_eq!(head.body, b"", "{path}");
        for name in ["content-length", "content-type", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
        assert_eq!(get.header("content-length"), Some(&*get.body.len().to_string()), "{path}");
    }
}

#[tokio::test]
async fn readiness_is_asked_each_time() {
    let is_ready = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_ready);
    let mut site = site("metrics");
    site.is_ready = Arc::new(move || {
        asked.load(Ordering::Relaxed).then_some(()).ok_or_else(|| "on purpose".into())
    });
    let server = Running::start(site);

    let before = server.ask("GET /-/ready", "").await;
    is_ready.store(true, Ordering::Relaxed);
    let after = server.ask("GET /-/ready", "").await;

    assert_eq!((before.status(), after.status()), ("503", "200"));
    assert_eq!(before.text(), "packet-exporter is not ready yet: on purpose.\n");
}

#[tokio::test]
async fn a_page_is_compressed_as_the_client_likes_it() {
    let text = "packet_receive_packets_total 1\n".repeat(10_000);
    let body = text.clone();
    let server = Running::start(site_of(move |_| {
        page("text/plain; version=0.0.4", body.clone().into_bytes())
    }));

    let plain = server.ask("GET /metrics", "").await;
    let gzip = server.ask("GET /metrics", "accept-encoding: gzip\r\n").await;
    let zstd = server.ask("GET /metrics", "accept-encoding: gzip, zstd\r\n").await;
    let none = server.ask("GET /metrics", "accept-encoding: br, *;q=0\r\n").await;

    let mut unzipped = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&gzip.body[..]);
    std::io::Read::read_to_string(&mut decoder, &mut unzipped).unwrap();
    assert!(plain.text() == text && unzipped == text);
    assert!(zstd::decode_all(&zstd.body[..]).unwrap() == text.as_bytes());
    assert_eq!(none.status(), "406");
    let encodings = [&plain, &gzip, &zstd].map(|answer| answer.header("content-encoding"));
    assert_eq!(encodings, [None, Some("gzip"), Some("zstd")]);
    assert_eq!(gzip.header("content-type"), Some("text/plain; version=0.0.4"));
    assert_eq!(gzip.header("vary"), Some("accept, accept-encoding"));
}

#[tokio::test]
async fn no_page_is_plain_for_a_client_that_excludes_it() {
    let server = Running::start(site("metrics"));

    for path in ["/", "/metrics", "/-/healthy", "/-/ready"] {
        let request = format!("GET {path}");
        let plain = server.ask(&request, "").await;
        let gzip = server.ask(&request, "accept-encoding: identity;q=0, gzip\r\n").await;
        let none = server.ask(&request, "accept-encoding: br, identity;q=0\r\n").await;

        assert_eq!(gzip.header("content-encoding"), Some("gzip"), "{path}");
        let mut unzipped = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&gzip.body[..]);
        std::io::Read::read_to_end(&mut decoder, &mut unzipped).unwrap();
        assert!(unzipped == plain.body, "{path}");
        assert_eq!((none.status(), none.header("vary")), ("406", Some("accept-encoding")));
        assert!(none.text().contains("zstd, gzip and identity"), "{}", none.text());
    }
}

#[tokio::test]
async fn a_page_is_rendered_for_what_the_client_accepts() {
    let server = Running::start(site("metrics"));

    let answer = server.ask("GET /metrics", "accept: text/plain\r\naccept: */*;q=0.1\r\n").await;

    assert_eq!(answer.text(), "metrics text/plain, */*;q=0.1");
}

#[tokio::test]
async fn above_the_limit_a_scrape_is_turned_away_and_below_it_served_again() {
    let (begun, has_begun) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let mut site = site_of(move |_| {
        let _ = begun.send(());
        let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(DEADLINE);
        page("text/plain", b"late".to_vec())
    });
    site.config = configured(|web| web.max_requests = 1);
    let server = Running::start(site);

    let in_between = async {
        let begun = tokio::task::spawn_blocking(move || has_begun.recv_timeout(DEADLINE));
        begun.await.unwrap().unwrap();
        let turned_away = server.ask("GET /metrics", "").await;
        let healthy = server.ask("GET /-/healthy", "").await;
        go.send(()).unwrap();
        (turned_away, healthy)
    };
    let (first, (turned_away, healthy)) = tokio::join!(server.ask("GET /metrics", ""), in_between);
    drop(go);
    let again = server.ask("GET /metrics", "").await;

    assert_eq!((first.status(), first.text()), ("200", "late"));
    assert_eq!((turned_away.status(), healthy.status()), ("503", "200"));
    assert_eq!(again.status(), "200");
}

#[tokio::test]
async fn a_page_that_panics_is_one_answer_500() {
    let server = Running::start(site_of(|accept| match accept {
        Some(_) => panic!("on purpose"),
        None => page("text/plain", b"fine".to_vec()),
    }));

    let first = server.ask("GET /metrics", "accept: */*\r\n").await;
    let second = server.ask("GET /metrics", "").await;

    assert_eq!((first.status(), second.status()), ("500", "200"));
}
