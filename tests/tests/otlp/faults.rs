//! Receivers that are not there, do not answer, or come back.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::receivers::oracle::Oracle;
use tests::service::Service;
use tests::tools::tool;

use super::{GRPC, HTTP, HTTP_METRICS, PYTHON, cable, start};

/// Nothing listens there.
const NOBODY: &str = "http://127.0.0.1:4999";
/// A server listens there that never answers.
const SILENT: (&str, u16) = ("http://127.0.0.1:4998", 4998);

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn receivers_that_are_down_delay_neither_scrapes_nor_folds_nor_another_receiver() {
    let test = "receivers_that_are_down_delay_neither_scrapes_nor_folds_nor_another_receiver";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("down");
    let _silent = cable.here.within(|| TcpListener::bind(("127.0.0.1", SILENT.1)).unwrap());
    let oracle = Oracle::start(&cable.here, &python);

    // A machine that stands still for a second delays everything; not each time.
    let delays: Vec<_> =
        (0..3).map_while(|_| beside_receivers_that_are_down(&cable, &oracle).err()).collect();

    assert!(delays.len() < 3, "{delays:#?}");
    oracle.assert_content();
}

/// Returns what was delayed, if anything was.
fn beside_receivers_that_are_down(cable: &Cable, oracle: &Oracle<'_>) -> Result<(), String> {
    let service = start(cable, &[NOBODY, SILENT.0, GRPC], &["--otlp.timeout", "1s"]);
    oracle.next();
    let pushes = oracle.pushes().len();
    let folds = folds(&service);
    let begun = Instant::now();

    let mut longest = Duration::ZERO;
    while failures(&service, SILENT.0, "timeout") == 0 || begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        service.scrape();
        longest = longest.max(asked.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(15), "{}", service.log());
    }
    let elapsed = begun.elapsed();
    let [pushes, folds] =
        [oracle.pushes().len() - pushes, (self::folds(&service) - folds) as usize];

    assert!(failures(&service, NOBODY, "connect") > 0);
    // Once per change, and not for every failure.
    for endpoint in [NOBODY, SILENT.0] {
        let lines = wait_for("a line", || match service.said(endpoint) {
            0 => Err(service.log()),
            lines => Ok(lines),
        });
        assert_eq!(lines, 1, "{endpoint}: {}", service.log());
    }
    let seen =
        format!("in {elapsed:?}: {pushes} pushes, {folds} folds, longest scrape {longest:?}");
    println!("{seen}");
    let periods = |period: u128| (elapsed.as_millis() / period) as usize;
    let is_in_time = pushes >= periods(300) * 2 / 3
        && folds >= periods(100) * 2 / 3
        && longest < Duration::from_secs(1);

    if is_in_time { Ok(()) } else { Err(seen) }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn who_is_asked_to_stop_while_receivers_are_down_stops_soon_and_well() {
    let cable = cable("stopdown");
    let _silent = cable.here.within(|| TcpListener::bind(("127.0.0.1", SILENT.1)).unwrap());
    let mut service = start(&cable, &[NOBODY, SILENT.0], &[]);
    wait_for("a failure", || match failures(&service, NOBODY, "connect") {
        0 => Err(service.log()),
        _ => Ok(()),
    });
    let asked = Instant::now();

    service.signal(Signal::TERM);
    let status = service.end();

    println!("it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_last_counts_are_pushed_before_the_end() {
    let test = "the_last_counts_are_pushed_before_the_end";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("flush");
    let oracle = Oracle::start(&cable.here, &python);
    // Nothing but the end is a reason to push within the test.
    let arguments = ["--devices.include", Cable::DEVICE, "--otlp.endpoints", GRPC];
    let arguments = [&arguments[..], &["--otlp.interval", "1h"]].concat();
    let mut service = Service::start(&cable.here, &arguments);
    let before = oracle.pushes().len();

    service.signal(Signal::TERM);
    let status = service.end();

    assert_eq!(status.code(), Some(0), "{}", service.log());
    wait_for("the last push", || match oracle.pushes().len() {
        now if now > before => Ok(()),
        now => Err(format!("{now} pushes")),
    });
    oracle.assert_content();
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_receiver_that_comes_back_gets_the_newest_counts() {
    let test = "a_receiver_that_comes_back_gets_the_newest_counts";
    let Some(python) = tool(test, PYTHON) else { return };
    for (protocol, endpoint) in [("grpc", GRPC), ("http/protobuf", HTTP_METRICS)] {
        let cable = cable("back");
        let oracle = Oracle::start(&cable.here, &python);
        let service = start(&cable, &[endpoint], &["--otlp.protocol", protocol]);
        oracle.next();
        wait_for("its answer", || {
            match service.scrape().find("packet_exporter_otlp_exports_total", &[]) {
                None | Some(0) => Err(service.log()),
                Some(_) => Ok(()),
            }
        });

        drop(oracle);
        wait_for("a failure", || match failures(&service, endpoint, "connect") {
            0 => Err(service.log()),
            _ => Ok(()),
        });
        tests::programs::ping(&cable, Cable::THERE[0], 5, 56);
        let oracle = Oracle::start(&cable.here, &python);

        wait_for("the pings", || {
            let push = oracle.pushes().pop().ok_or("nothing was pushed")?;
            let echo = [("family", "ipv4"), ("type", "echo_request")];
            let points =
                tests::receivers::oracle::points(&push, "packet.receive.icmp.packets", &echo);
            match points.first().map(|point| &point["value"]) {
                Some(value) if *value == 5 => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        oracle.assert_content();
        // A line for each change: from good to bad, and back. A push that was on its way when the
        // receiver ended has a line too, since it fails for another reason.
        let underway = u64::from(failures(&service, endpoint, "response") > 0);
        wait_for("the changes to be logged", || match service.said(endpoint) as u64 {
            lines if lines == 2 + underway => Ok(()),
            lines => Err(format!("{lines} lines: {}", service.log())),
        });
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_port_that_speaks_something_else_is_a_failure_that_is_named() {
    let test = "a_port_that_speaks_something_else_is_a_failure_that_is_named";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("port");
    let oracle = Oracle::start(&cable.here, &python);
    // gRPC to a server of HTTP/1.1, HTTP to a server of gRPC, and HTTP to where there is no such page.
    let own = "http://127.0.0.1:10199/v1/metrics";
    let cases = [
        ("grpc", HTTP, "does not speak gRPC on this port"),
        ("http/protobuf", GRPC, "speaks gRPC on this port"),
        ("http/protobuf", own, "answered 404"),
        ("http/json", own, "answered 404"),
        ("grpc", "https://127.0.0.1:4317", "write `http://`"),
    ];
    for (protocol, endpoint, words) in cases {
        let service =
            start(&cable, &[endpoint], &["--otlp.protocol", protocol, "--otlp.timeout", "2s"]);

        wait_for("a failure", || {
            let failures = service.scrape().find(FAILURES, &[]).unwrap_or_default();
            let is_said = service.said(endpoint) > 0;
            if failures > 0 && is_said { Ok(()) } else { Err(service.log()) }
        });

        let log = service.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(endpoint)).collect();
        println!("{protocol}: {}", lines.join("\n"));
        assert!(
            lines.len() == 1 && lines[0].contains("level=warn") && lines[0].contains(words),
            "{protocol} {endpoint}: {log}"
        );
        assert_eq!(service.scrape().find("packet_exporter_otlp_exports_total", &[]), Some(0));
    }
    assert_eq!(oracle.pushes().len(), 0);
}

pub(super) const FAILURES: &str = "packet_exporter_otlp_export_failures_total";

pub(super) fn failures(service: &Service<'_>, endpoint: &str, reason: &str) -> u64 {
    let labels = [("endpoint", endpoint), ("reason", reason)];

    service.scrape().find(FAILURES, &labels).unwrap_or_default()
}

fn folds(service: &Service<'_>) -> u64 {
    service.scrape().find("packet_exporter_folds_total", &[]).unwrap_or_default()
}
