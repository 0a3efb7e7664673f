//! The live page of a running service; a browser looks at it in the suite `api`.

use super::{cable, quick};

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_live_page_and_all_that_it_loads_are_served_and_may_load_nothing_else() {
    let cable = cable("page");
    let service = quick(&cable);

    let page = service.get("/").unwrap();
    let text = page.text();
    let named = |before: &str| -> Vec<String> {
        let all = text.split(before).skip(1).filter_map(|rest| rest.split('"').next());
        all.map(|path| format!("/{path}")).collect()
    };
    let loaded = [named("src=\""), named("rel=\"stylesheet\" href=\"")].concat();

    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(text.contains("<a href=\"/metrics\">Metrics</a>"), "{text}");
    assert!(text.contains("<a href=\"/api/v1/docs\">API reference</a>"), "{text}");
    assert_eq!(loaded.len(), 2, "{loaded:?}");
    for path in ["/".to_owned()].iter().chain(&loaded) {
        let answer = service.get(path).unwrap();
        let policy = answer.header("content-security-policy");
        assert_eq!((answer.status, answer.header("x-content-type-options")), (200, "nosniff"));
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{path}: {policy}");
    }
    for (request, status) in
        [("GET /page/", 404), ("GET /page/x.js", 404), ("POST /page/main.js", 405)]
    {
        assert_eq!(service.request(request, &[]).unwrap().status, status, "{request}");
    }
}
