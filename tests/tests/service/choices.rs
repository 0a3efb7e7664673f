//! Which metrics a scrape has: `metrics.exclude`, `collect[]` and `exclude[]`.

use std::collections::BTreeSet;

use tests::patience::wait_for;
use tests::receivers::prometheus::Prometheus;
use tests::service::Service;
use tests::tools::tool;

use super::expositions::{OPEN_METRICS, PARSE, piped, said};
use super::{QUICK, cable};

const CONFIG: &str = "\
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: sources
    params: {'collect[]': [sources, packet_exporter_folds]}
    static_configs: [{targets: ['127.0.0.1:10199']}]
  - job_name: rest
    params: {'exclude[]': [sources, ports, unknown]}
    static_configs: [{targets: ['127.0.0.1:10199']}]
  - job_name: wrong
    params: {'collect[]': [sources, unknown]}
    static_configs: [{targets: ['127.0.0.1:10199']}]
";

/// Names of the metrics in a scrape.
fn names(service: &Service<'_>, query: &str) -> BTreeSet<String> {
    let answer = service.get(&format!("/metrics{query}")).unwrap();
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let text = answer.text();
    let samples = text.lines().filter(|line| !line.starts_with('#'));

    samples.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_scrape_has_what_it_names_and_not_what_is_left_out() {
    let test = "a_scrape_has_what_it_names_and_not_what_is_left_out";
    let cable = cable("choices");
    let mut service = Service::start(&cable.here, &[&QUICK[..], &EXCLUDE].concat());
    cable.there.run("ping", &["-q", "-f", "-c", "5", tests::cable::Cable::HERE[0]]);
    service.wait_for_fold();

    let all = names(&service, "");
    let totals = names(&service, "?collect[]=totals");
    let two = names(&service, "?collect%5B%5D=packet_receive_source&collect[]=process&x=y");
    let but = names(&service, "?exclude[]=process&exclude[]=unknown");

    assert!(!all.iter().any(|name| name.contains("_port") || name.contains("_icmp")), "{all:?}");
    assert!(totals.is_subset(&all) && totals.contains("packet_receive_packets_total"));
    assert!(!totals.iter().any(|name| name.contains("source") || name.contains("exporter")));
    assert!(two.iter().any(|name| name == "packet_receive_source_packets_total"), "{two:?}");
    assert!(two.iter().all(|name| name.starts_with("process_") || name.contains("_source_")));
    assert!(but.iter().all(|name| name.starts_with("packet_")) && but.is_subset(&all));
    for (query, text) in [
        ("?collect[]=totals&exclude[]=ports", "cannot be combined"),
        ("?collect[]=unknown", "`collect[]=unknown` names no metric"),
        ("?collect[]=packet_receive_port", "left out by `metrics.exclude`"),
    ] {
        let answer = service.get(&format!("/metrics{query}")).unwrap();
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(text), "{query}: {}", answer.text());
    }

    let query = "GET /metrics?collect[]=packet_receive&collect[]=exporter";
    let text = service.request(query, &[]).unwrap();
    if let Some(promtool) = tool(test, "PACKET_EXPORTER_PROMTOOL") {
        let output = piped(&promtool, &["check", "metrics"], &text.body);
        assert_eq!(said(&output), "");
        assert!(output.status.success(), "{}", output.status);
    }
    if let Some(python) = tool(test, "PACKET_EXPORTER_PYTHON") {
        let text = service.request(query, &[("Accept", OPEN_METRICS)]).unwrap().text();
        let samples = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(
            said(&piped(&python, &["-c", PARSE], text.as_bytes())).trim(),
            samples.to_string()
        );
    }
}

/// Each is a pattern of its own.
const EXCLUDE: [&str; 4] =
    ["--metrics.exclude", ".*_port(s|_.*)", "--metrics.exclude", "packet_.*_icmp_.*"];

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn prometheus_scrapes_in_parts() {
    let test = "prometheus_scrapes_in_parts";
    let Some(program) = tool(test, "PACKET_EXPORTER_PROMETHEUS") else { return };
    let cable = cable("parts");
    let mut service = Service::start(&cable.here, &QUICK);
    cable.there.run("ping", &["-q", "-f", "-c", "5", tests::cable::Cable::HERE[0]]);
    service.wait_for_fold();
    let prometheus = Prometheus::start(&cable.here, &program, CONFIG, &[]);

    wait_for("all three jobs to be scraped", || {
        let up = ["sources", "rest", "wrong"]
            .map(|job| prometheus.value(&format!("up{{job=\"{job}\"}}")));
        if up == [Some(1.0), Some(1.0), Some(0.0)] { Ok(()) } else { Err(format!("{up:?}")) }
    });

    let count = |selector: &str| prometheus.value(&format!("count({{{selector}}})"));
    let of_sources = "__name__=~\"packet_.*\",job=\"sources\"";
    assert_eq!(
        count(&format!(
            "{of_sources},__name__!~\".*(_source_(pack|byt)|_destination_(pack|byt)|_folds_).*\""
        )),
        None
    );
    assert!(count(&format!("{of_sources},source!=\"\"")).is_some());
    let left = "__name__=~\"packet_(receive|transmit)_.*\",job=\"rest\",source!=\"\"";
    assert_eq!(count(left), None);
    assert!(count("__name__=\"packet_receive_packets_total\",job=\"rest\"").is_some());
}
