//! A service below a prefix, as a proxy shows it.

use serde_json::Value;
use tests::cable::Cable;
use tests::service::{PORT, Service, command};

use super::{QUICK, cable};

/// Starts a service with more arguments, and waits until it counts.
fn start<'a>(cable: &'a Cable, more: &[&str], prefix: &str) -> Service<'a> {
    let mut service = Service::spawn(&cable.here, command(&[&QUICK[..], more].concat()));
    let ready = format!("{prefix}/-/ready");
    service.wait_until("it is ready", |it| it.get(&ready).is_ok_and(|it| it.status == 200));

    service
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn page_reference_metrics_probes_and_top_work_below_a_prefix() {
    let cable = cable("prefix");
    let service = start(&cable, &["--web.route-prefix", "/packets"], "/packets");
    let get = |path: &str| service.get(&format!("/packets{path}")).unwrap();

    for path in ["/metrics", "/-/healthy", "/healthz", "/livez", "/readyz", "/api/v1/health"] {
        assert_eq!(get(path).status, 200, "{path}");
        assert_eq!(service.get(path).unwrap().status, 404, "{path}");
    }
    let landing = get("/").text();
    for link in ["/packets/metrics", "/packets/api/v1/docs", "/packets/-/ready"] {
        assert!(landing.contains(&format!("<a href=\"{link}\">")), "{landing}");
        assert_eq!(service.get(link).unwrap().status, 200, "{link}");
    }
    // What the page loads is found relative to it.
    for file in landing.split("\"page/").skip(1).filter_map(|it| it.split('"').next()) {
        assert_eq!(get(&format!("/page/{file}")).status, 200, "{file}");
    }
    let docs = get("/api/v1/docs").text();
    assert!(docs.contains("http://localhost:10199/packets/api/v1/packets"), "{docs}");
    let problem: Value = serde_json::from_slice(&get("/api/v1/packets?x=1").body).unwrap();
    assert_eq!(problem["type"], "/packets/api/v1/problems/unknown-parameter");
    assert_eq!(service.get(problem["type"].as_str().unwrap()).unwrap().status, 200);
    let document: Value = serde_json::from_slice(&get("/api/v1/openapi.json").body).unwrap();
    assert_eq!(document["servers"][0]["url"], "/packets");
    let root = service.get("/").unwrap();
    assert_eq!((root.status, root.header("location")), (302, "/packets/"));

    let url = format!("http://127.0.0.1:{PORT}/packets/");
    let mut top = command(&["top", "--once", "--url", &url]);
    let top = cable.here.within(|| top.output()).unwrap();
    let table = String::from_utf8(top.stdout).unwrap();
    assert!(top.status.success() && table.contains(Cable::DEVICE), "{table}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn links_are_those_of_the_external_url_and_bad_ones_are_refused() {
    let cable = cable("external");
    let url = "https://gate.example/packets/";
    let arguments = ["--web.external-url", url, "--web.route-prefix", "/"];
    let service = start(&cable, &arguments, "");

    let problem: Value =
        serde_json::from_slice(&service.get("/api/v1/packets?x=1").unwrap().body).unwrap();
    let landing = service.get("/").unwrap().text();

    let expected = "https://gate.example/packets/api/v1/problems/unknown-parameter";
    assert_eq!(problem["type"], expected);
    assert!(landing.contains("<a href=\"/packets/metrics\">"), "{landing}");
    drop(service);
    for (flag, value) in [("--web.route-prefix", "packets"), ("--web.external-url", "gate.example")]
    {
        let refused = tests::service::refused(&cable.here, command(&[flag, value]));
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(refused.stderr.contains(value), "{}", refused.stderr);
    }
}
