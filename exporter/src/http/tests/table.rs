//! What a route may have: parameters, a query, a body, a status, a path that changes.

use super::*;

/// A site with a route that shows what it was asked.
fn echo(methods: &'static [Method], body_bytes: usize) -> Site {
    let shown = |asked: Asked| {
        let Asked { parameters, query, body, .. } = asked;
        let text = format!("{parameters:?} {query:?} {}", String::from_utf8_lossy(&body));
        let mut answer = route::Answer::text(StatusCode::CREATED, text);
        answer.headers.insert("location", "/there".parse().unwrap());
        answer
    };
    let handler = Handler::Blocking(Arc::new(shown));
    let mut site = site("metrics");
    let query = Query::Only(&["a", "b"]);
    site.routes.push(Route { methods, query, body_bytes, ..route("/things/{name}/x", handler) });

    site
}

#[tokio::test]
async fn a_handler_sees_the_parameters_of_the_path_and_the_query() {
    let server = Running::start(echo(&[Method::Get], 0));

    let answer = server.ask("GET /things/a%2Fb/x?a=1&b=2+3&a=", "").await;

    let expected = r#"[("name", "a/b")] [("a", "1"), ("b", "2 3"), ("a", "")] "#;
    assert_eq!((answer.status(), answer.text()), ("201", expected));
    assert_eq!(answer.header("location"), Some("/there"));
    assert_eq!(server.ask("GET /things//x", "").await.status(), "404");
    assert_eq!(server.ask("GET /things/a/b/x", "").await.status(), "404");
    assert_eq!(server.ask("GET /things/%ff/x", "").await.status(), "400");
}

#[tokio::test]
async fn a_route_may_refuse_what_it_does_not_know() {
    let server = Running::start(echo(&[Method::Get], 0));

    let answer = server.ask("GET /things/a/x?a=1&%22c%0a=2", "").await;

    assert_eq!(answer.status(), "400");
    assert_eq!(answer.text(), "There is no parameter `\\\"c\\n` here.\n");
}

#[tokio::test]
async fn a_body_is_read_up_to_the_limit_of_its_route() {
    let server = Running::start(echo(&[Method::Put, Method::Patch], 8));
    let put = "PUT /things/a/x";
    let chunked = |text: &str| {
        let length = text.len();
        let head = "PUT /things/a/x HTTP/1.1\r\nhost: t\r\nconnection: close\r\n";
        format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n{text}\r\n0\r\n\r\n")
    };

    let fits = server.ask(put, "content-length: 8\r\n\r\n12345678").await;
    let announced = server.ask(put, "content-length: 9\r\n\r\n123456789").await;
    let fits_in_chunks = server.send(chunked("12345678").as_bytes()).await;
    let too_long = server.send(chunked("123456789").as_bytes()).await;
    let not_allowed = server.ask("GET /things/a/x", "").await;

    let statuses = [&fits, &announced, &fits_in_chunks, &too_long].map(Answer::status);
    assert_eq!(statuses, ["201", "413", "201", "413"]);
    assert!(fits.text().ends_with(" 12345678") && fits_in_chunks.text().ends_with(" 12345678"));
    assert_eq!(not_allowed.header("allow"), Some("PUT, PATCH"));
    server.has_refused(&[(HttpRefusal::Body, 2)]).await;
}

#[tokio::test]
async fn the_path_of_the_metrics_is_that_of_the_moment() {
    let (config, read) = watch::channel(Arc::new(Config::default()));
    let server = Running::start(Site { config: read, ..site("metrics") });
    let paths = ["/metrics", "/{a}", "/:b", "/*c", "/a%20b", "//", "/-/x"];

    for path in paths {
        let mut changed = Config::default();
        changed.web.telemetry_path = path.into();
        config.send_replace(Arc::new(changed));

        for other in paths {
            let status = if other == path { "200" } else { "404" };
            assert_eq!(server.ask(&format!("GET {other}"), "").await.status(), status, "{other}");
        }
        let landing = server.ask("GET /", "").await;
        let link = format!("<a href=\"{path}\">Metrics</a>");
        assert_eq!(landing.text().matches("Metrics</a>").count(), 1);
        assert!(landing.text().contains(&link), "{}", landing.text());
    }
}

#[tokio::test]
async fn a_lower_limit_of_requests_holds_for_the_next_one() {
    let mut one = Config::default();
    one.web.max_requests = 1;
    let (config, read) = watch::channel(Arc::new(Config::default()));
    let body = vec![b'x'; 64 << 20];
    let site = Site { config: read, ..site_of(move |_| page("text/plain", body.clone())) };
    let server = Running::start(site);
    let mut reading = server.connect().await;
    reading.write_all(b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    reading.readable().await.unwrap();

    let before = server.ask("HEAD /metrics", "").await;
    config.send_replace(Arc::new(one));
    let after = server.ask("HEAD /metrics", "").await;
    drop(reading);
    let free_again = async { while server.ask("HEAD /metrics", "").await.status() != "200" {} };

    assert_eq!((before.status(), after.status()), ("200", "503"));
    timeout(DEADLINE, free_again).await.expect("the turn is never free again");
}
