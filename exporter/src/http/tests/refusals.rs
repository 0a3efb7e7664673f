//! What is counted of what is not served.

use std::sync::Mutex;
use std::sync::mpsc;

use super::logins::{authorization, users};
use super::*;

#[tokio::test]
async fn requests_that_are_refused_are_counted_by_reason() {
    let folder = Folder::new(&users("alice", "secret", 4));
    let server = Running::with_web(&folder.web());

    server.ask("GET /metrics", "").await;
    server.ask("GET /metrics", &authorization("alice:guess")).await;
    server.ask("GET /metrics", &authorization("alice:secret")).await;
    folder.write("web.yml", "rate_limit:\n  interval: 1h\n  burst: 1\n");
    server.ask("GET /metrics", "").await;
    server.ask("GET /metrics", "").await;

    server.has_refused(&[(HttpRefusal::Login, 2), (HttpRefusal::Rate, 1)]).await;
}

#[tokio::test]
async fn scrapes_above_the_limit_are_counted() {
    let (begun, has_begun) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let mut site = site_of(move |_| {
        begun.send(()).unwrap();
        let _ = wait.lock().unwrap().recv_timeout(DEADLINE);
        page("text/plain", b"late".to_vec())
    });
    site.config = configured(|web| web.max_requests = 1);
    let server = Running::start(site);

    let turned_away = async {
        let begun = tokio::task::spawn_blocking(move || has_begun.recv_timeout(DEADLINE));
        begun.await.unwrap().unwrap();
        let answer = server.ask("GET /metrics", "").await;
        go.send(()).unwrap();
        answer
    };
    let (first, second) = tokio::join!(server.ask("GET /metrics", ""), turned_away);

    assert_eq!((first.status(), second.status()), ("200", "503"));
    server.has_refused(&[(HttpRefusal::Requests, 1)]).await;
}

#[tokio::test]
async fn a_connection_that_panics_is_counted_and_the_others_go_on() {
    let mut site = site("metrics");
    site.is_ready = Arc::new(|| panic!("on purpose"));
    let server = Running::start(site);

    let panicked = server.ask("GET /-/ready", "").await;
    let is_counted = async {
        while server.refusals.read().panics != 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, is_counted).await.expect("it is not counted");

    assert!(matches!(panicked.status(), "none" | "reset"), "{panicked:?}");
    assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
}

#[tokio::test]
async fn a_rate_limit_of_ages_is_no_panic() {
    let folder = Folder::new("rate_limit:\n  interval: 500000000000y\n  burst: 4294967295\n");
    let server = Running::with_web(&folder.web());

    let statuses = [(); 2].map(|()| server.ask("GET /metrics", ""));
    for answer in statuses {
        assert_eq!(answer.await.status(), "200");
    }
    assert_eq!(server.refusals.read(), crate::health::Serving::default());
}
