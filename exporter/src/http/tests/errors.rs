//! Errors in the form of their path.

use super::logins::users;
use super::*;

/// A site whose errors below `/api/` have another form.
fn with_form() -> Site {
    let errors: Errors = Arc::new(|path, refused| {
        let Refused { status, reason: _, sentence: text, id: _ } = refused;
        let mut answer = route::Answer::text(StatusCode::OK, format!("{path} {status}: {text}"));
        answer.content_type = "application/problem+json";
        answer.headers.insert("cache-control", "no-store".parse().unwrap());
        path.starts_with("/api/").then_some(answer)
    });
    let mut site = site("metrics");
    site.errors = errors;
    let panics = Handler::Blocking(Arc::new(|_| panic!("on purpose")));
    let plain = Handler::Blocking(Arc::new(|_| route::Answer::text(StatusCode::OK, "fine")));
    site.routes.extend([route("/api/panics", panics), route("/api/{name}/x", plain)]);

    site
}

#[tokio::test]
async fn an_error_has_the_form_of_its_path_and_keeps_status_and_headers() {
    let server = Running::start(with_form());
    let cases = [
        ("GET /api/nowhere", "", "404", "/api/nowhere 404 Not Found: Not Found"),
        ("DELETE /api/a/x", "", "405", "/api/a/x 405 Method Not Allowed: Method Not Allowed"),
        ("GET /api/panics", "", "500", "Internal Server Error"),
        ("GET /api/a/x", "accept-encoding: identity;q=0, br\r\n", "406", "zstd, gzip and identity"),
        ("GET /api/%ff/x", "", "400", "/api/%ff/x 400 Bad Request: "),
        ("GET /api/a/x", "host: b\r\n", "400", "more than one Host header"),
    ];

    for (request, more, status, part) in cases {
        let answer = server.ask(request, more).await;
        assert_eq!(answer.status(), status, "{request}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{request}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{request}");
        assert!(answer.text().contains(part), "{request}: {}", answer.text());
        let length = answer.body.len().to_string();
        assert_eq!(answer.header("content-length"), Some(&*length), "{request}");
    }
    let not_allowed = server.ask("POST /api/a/x", "").await;
    assert_eq!(not_allowed.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn other_answers_stay_as_they_are() {
    let server = Running::start(with_form());

    let elsewhere = server.ask("GET /nowhere", "").await;
    let fine = server.ask("GET /api/a/x", "").await;

    assert_eq!((elsewhere.status(), elsewhere.text()), ("404", "Not Found"));
    assert_eq!((fine.status(), fine.text()), ("200", "fine"));
    assert_eq!(fine.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn who_has_to_log_in_is_told_so_in_the_form_of_the_path() {
    let folder = Folder::new(&users("alice", "secret", 4));
    let web = WebFile::open(&folder.web()).unwrap();
    let server = Running::with(with_form(), Some(web), Limits::default());

    let answer = server.ask("GET /api/a/x", "").await;

    assert_eq!((answer.status(), answer.header("www-authenticate")), ("401", Some("Basic")));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}
