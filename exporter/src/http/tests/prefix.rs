//! Everything below a prefix.

use super::*;

/// A server with this prefix and this external URL.
fn server(prefix: &str, external_url: &str) -> Running {
    let config = configured(|web| {
        web.route_prefix = prefix.into();
        web.external_url = external_url.into();
    });
    let errors: Errors = Arc::new(|path, _| {
        let text = format!("error at {path}");
        Some(route::Answer::text(StatusCode::NOT_FOUND, text))
    });

    Running::start(Site { config, errors, ..site("metrics") })
}

#[tokio::test]
async fn everything_is_below_the_prefix_and_nothing_elsewhere() {
    for (prefix, external_url) in [("/a/b", ""), ("/a/b/", ""), ("", "https://x.example/a/b")] {
        let server = server(prefix, external_url);

        for page in ["metrics", "metrics?x=1", "", "-/healthy", "-/ready", "healthz", "livez"] {
            let below = server.ask(&format!("GET /a/b/{page}"), "").await;
            assert_eq!(below.status(), "200", "{page}: {}", below.text());
        }
        for elsewhere in ["/metrics", "/-/healthy", "/a/metrics", "/a/bmetrics", "/a/b/a/b/metrics"]
        {
            assert_eq!(server.ask(&format!("GET {elsewhere}"), "").await.status(), "404");
        }
        let landing = server.ask("GET /a/b/", "").await;
        assert!(landing.text().contains("<a href=\"/a/b/metrics\">Metrics"), "{}", landing.text());
        for place in ["/", "/a/b"] {
            let led = server.ask(&format!("GET {place}"), "").await;
            assert_eq!((led.status(), led.header("location")), ("302", Some("/a/b/")), "{place}");
        }
        assert_eq!(server.ask("POST /a/b/-/reload", "").await.status(), "403");
    }
}

#[tokio::test]
async fn a_proxy_that_takes_the_path_away_has_it_in_links_alone() {
    let server = server("/", "https://x.example/a");

    let landing = server.ask("GET /", "").await;

    assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
    assert_eq!(server.ask("GET /a/metrics", "").await.status(), "404");
    assert!(landing.text().contains("<a href=\"/a/metrics\">Metrics"), "{}", landing.text());
}

#[tokio::test]
async fn an_error_has_the_form_of_its_path_below_the_prefix() {
    let server = server("/a", "");

    assert_eq!(server.ask("GET /a/api/x", "").await.text(), "error at /api/x");
    assert_eq!(server.ask("GET /api/x", "").await.text(), "error at /api/x");
}
