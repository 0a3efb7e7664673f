//! The service's own log, as OTLP.

use tempfile::TempDir;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::receivers::collector::Collector;
use tests::receivers::oracle::Oracle;
use tests::service::Service;
use tests::tools::tool;

use super::tls::{self, authority, behind_tls, file, vouch};
use super::{COLLECTOR, GRPC, HTTP, PYTHON, cable, start, start_in};

const ON_CABLE: [&str; 4] = ["--devices.include", Cable::DEVICE, "--datapath.interval", "100ms"];

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_collector_gets_the_log_that_the_environment_asks_for() {
    let test = "the_collector_gets_the_log_that_the_environment_asks_for";
    let Some(program) = tool(test, COLLECTOR) else { return };
    for (protocol, endpoint) in [("grpc", GRPC), ("http/protobuf", HTTP), ("http/json", HTTP)] {
        let cable = cable("logs");
        let collector = Collector::start(&cable.here, &program);

        let _service = start_in(&cable, &ON_CABLE, &logging(protocol, endpoint));

        wait_for("what is logged at the start", || {
            let log = collector.log();
            let parts = ["LogRecord #", "Body: Str(Counting", "device: Str(veth0)"];
            let missing = parts.iter().find(|part| !log.contains(**part));
            missing.map_or(Ok(()), |part| Err(format!("{protocol}: no {part:?} in {log}")))
        });
        assert!(collector.log().contains("service.name: Str(packet-exporter)"));
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn each_event_comes_once_with_the_resource_of_the_metrics() {
    let test = "each_event_comes_once_with_the_resource_of_the_metrics";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("events");
    let oracle = Oracle::start(&cable.here, &python);
    let mut service = start_in(&cable, &ON_CABLE, &logging("grpc", GRPC));
    oracle.next();
    cable.cut();
    let said = |text: &str| {
        let records = oracle.records();
        records.iter().filter(|it| it["body"].as_str().is_some_and(|it| it.contains(text))).count()
    };
    wait_for("the device and its end", || {
        // Once for each direction.
        if said("Counting") == 2 && said("Device is gone") == 2 {
            Ok(())
        } else {
            Err(service.log())
        }
    });

    service.signal(rustix::process::Signal::TERM);
    let status = service.end();

    assert_eq!(status.code(), Some(0), "{}", service.log());
    // What is said last is sent before the end.
    wait_for("the last word", || if said("Stopping") == 1 { Ok(()) } else { Err("none".into()) });
    let resources = oracle.resources();
    assert!(
        resources.len() > 1 && resources.iter().all(|it| *it == resources[0]),
        "{resources:#?}"
    );
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn variables_of_the_log_are_used_beside_those_of_metrics() {
    let test = "variables_of_the_log_are_used_beside_those_of_metrics";
    let Some(python) = tool(test, PYTHON) else { return };
    let folder = TempDir::new().unwrap();
    let authority = authority();
    let trusted = file(&folder, "ca.pem", &authority.pem());
    let strange = file(&folder, "other.pem", &tls::authority().pem());
    let (certificate, key) = vouch(&authority, "localhost");
    let cable = cable("ownlog");
    let oracle = behind_tls(&cable.here, &python, &certificate, &key);
    let environment = [
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "tenant=all"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &strange),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://localhost:4317"),
        ("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", &trusted),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "tenant=metrics"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "https://localhost:4318/v1/logs"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "tenant=log"),
        ("OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE", &trusted),
    ];
    let service = start_in(&cable, &ON_CABLE, &environment);

    let push = oracle.next();
    let log = wait_for("the log", || oracle.logs().pop().ok_or_else(|| service.log()));

    assert_eq!([&push["transport"], &push["headers"]["tenant"]], ["grpc", "metrics"]);
    assert_eq!([&log["transport"], &log["headers"]["tenant"]], ["http", "log"]);
    assert_eq!(log["headers"]["content-encoding"], "gzip");
    assert_eq!(log["headers"]["content-type"], "application/json");
    oracle.assert_content();
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_command_line_is_stronger_than_variables_of_the_log() {
    let test = "the_command_line_is_stronger_than_variables_of_the_log";
    let Some(python) = tool(test, PYTHON) else { return };
    let asked = ["--otlp.logs-headers", "tenant=flag", "--otlp.logs-compression", "none"];
    for (protocol, endpoint) in [("grpc", GRPC), ("http/protobuf", HTTP)] {
        let cable = cable("stronger");
        let oracle = Oracle::start(&cable.here, &python);
        let variable = if protocol == "grpc" { "none" } else { "gzip" };
        let variables = [
            ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "tenant=variable,other=variable"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_LOGS_COMPRESSION", variable),
        ];
        let environment = [&logging(protocol, endpoint)[..], &variables].concat();

        let service = start_in(&cable, &[&ON_CABLE[..], &asked].concat(), &environment);
        let log = wait_for("the log", || oracle.logs().pop().ok_or_else(|| service.log()));

        let headers = &log["headers"];
        assert_eq!(headers["tenant"], "flag", "{headers}");
        for absent in ["other", "content-encoding", "grpc-encoding"] {
            assert!(headers[absent].is_null(), "{headers}");
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_log_that_nobody_takes_does_not_feed_itself() {
    let cable = cable("nolog");
    let service = start_in(&cable, &ON_CABLE, &logging("grpc", "http://127.0.0.1:4999"));
    for failure in ["Cannot push; ", "Cannot push the log"] {
        service.said_within(failure, 1);
    }

    let before = service.log().lines().count();
    let failures = failures(&service);
    // One more is enough, and comes soon: each wait is twice as long as the one before.
    wait_for("one more failure", || {
        let now = self::failures(&service);
        if now > failures { Ok(()) } else { Err(now.to_string()) }
    });

    let log = service.log();
    assert!(log.lines().count() <= before + 1, "{log}");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn events_that_a_receiver_never_takes_are_counted() {
    let cable = cable("lostlog");
    let unpushed = start(&cable, &[GRPC], &[]);
    assert_eq!(unpushed.scrape().find(LOST, &[]), Some(0), "standard error takes all");
    drop(unpushed);
    // There is no such page.
    let itself = "http://127.0.0.1:10199";
    let service = start_in(&cable, &ON_CABLE, &logging("http/protobuf", itself));
    assert!(service.scrape().find(LOST, &[]).is_some());

    wait_for("lost events", || match service.scrape().find(LOST, &[]) {
        Some(lost) if lost > 0 => Ok(()),
        other => Err(format!("{other:?}: {}", service.log())),
    });
}

const LOST: &str = "packet_exporter_log_events_lost_total";

fn logging(protocol: &'static str, endpoint: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
    ]
}

fn failures(service: &Service<'_>) -> u64 {
    service.scrape().find("packet_exporter_otlp_export_failures_total", &[]).unwrap_or_default()
}
