//! What is served, as the tools of Prometheus and OpenMetrics read it.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::read::GzDecoder;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::Service;
use tests::tools::tool;

use super::{cable, quick};

pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";
/// Reads strictly, and counts the samples.
pub(super) const PARSE: &str = "
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
print(sum(len(family.samples) for family in families(sys.stdin.read())))
";

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn promtool_has_nothing_to_say() {
    let Some(promtool) = tool("promtool_has_nothing_to_say", "PACKET_EXPORTER_PROMTOOL") else {
        return;
    };
    let cable = cable("promtool");
    let service = after_traffic(&cable);
    let answer = service.get("/metrics").unwrap();

    let output = piped(&promtool, &["check", "metrics"], &answer.body);

    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(said(&output), "");
    assert!(output.status.success(), "{}", output.status);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_strict_parser_takes_every_sample() {
    let Some(python) = tool("the_strict_parser_takes_every_sample", "PACKET_EXPORTER_PYTHON")
    else {
        return;
    };
    let cable = cable("strict");
    let service = after_traffic(&cable);
    let answer = service.request("GET /metrics", &[("Accept", OPEN_METRICS)]).unwrap();
    let text = answer.text();

    let output = piped(&python, &["-c", PARSE], text.as_bytes());

    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    assert!(answer.header("content-type").starts_with(OPEN_METRICS), "{answer:?}");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    assert_eq!(said(&output).trim(), samples.to_string());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_body_is_the_same_however_it_is_compressed() {
    let cable = cable("compressed");
    // Between two folds nothing changes but what is read of the process and of the clock.
    let arguments = ["--devices.include", Cable::DEVICE, "--datapath.interval", "60s"];
    let service = Service::start(&cable.here, &arguments);
    let get = |encoding| {
        let answer = service.request("GET /metrics", &[("Accept-Encoding", encoding)]).unwrap();
        assert_eq!(answer.header("content-encoding"), encoding);
        answer.body
    };

    let plain = || service.get("/metrics").unwrap().text();

    // The device changes when the program is attached, and that is followed by a fold.
    let (plain, from_gzip, from_zstd) = wait_for("no fold amid the scrapes", || {
        let before = plain();
        let mut from_gzip = String::new();
        GzDecoder::new(&get("gzip")[..]).read_to_string(&mut from_gzip).unwrap();
        let from_zstd = String::from_utf8(zstd::decode_all(&get("zstd")[..]).unwrap()).unwrap();
        let after = plain();
        if without_moving(&before) != without_moving(&after) {
            return Err("a fold".into());
        }
        Ok((before, from_gzip, from_zstd))
    });

    assert_eq!(without_moving(&from_gzip), without_moving(&plain));
    assert_eq!(without_moving(&from_zstd), without_moving(&plain));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn both_formats_have_the_same_series() {
    let cable = cable("formats");
    let service = after_traffic(&cable);
    let series = |accept| {
        let answer = service.request("GET /metrics", &[("Accept", accept)]).unwrap();
        let text = answer.text();
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let mut series: Vec<_> =
            samples.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
        series.sort();
        series
    };

    // A fold between the two may bring a series.
    wait_for("the same series", || {
        let both = [OPEN_METRICS, "text/plain"].map(series);
        if both[0] == both[1] { Ok(()) } else { Err(format!("{both:#?}")) }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn pages_are_where_they_are_looked_for() {
    let cable = cable("pages");
    let service = quick(&cable);
    let cases = [
        ("GET /", 200, "text/html; charset=utf-8", "href=\"/metrics\""),
        ("GET /metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "# HELP"),
        ("GET /-/healthy", 200, "text/plain; charset=utf-8", "healthy"),
        ("GET /-/ready", 200, "text/plain; charset=utf-8", "ready"),
        ("GET /nowhere", 404, "text/plain; charset=utf-8", "Not Found"),
        ("POST /metrics", 405, "text/plain; charset=utf-8", "Method Not Allowed"),
    ];

    for (line, status, content_type, part) in cases {
        let answer = service.request(line, &[]).unwrap();
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(answer.header("content-type"), content_type, "{line}");
        assert!(answer.text().contains(part), "{line}: {}", answer.text());
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{line}");
    }
    for path in ["/", "/metrics", "/-/ready"] {
        let head = service.request(&format!("HEAD {path}"), &[]).unwrap();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_ne!(head.header("content-length"), "0", "{path}");
    }
}

/// A service that has counted something of everything that `ping` and its like make, on a device with a
/// remark of all that needs an escape, and of as many bytes as the kernel takes.
fn after_traffic(cable: &Cable) -> Service<'_> {
    let remark = [b"to \"spine 1\"\\\n{a=\"b\"} \x1b[0m \xff", &[b'x'; 200][..]].concat();
    let mut alias = cable.here.command("ip");
    alias.args(["link", "set", Cable::DEVICE, "alias"]).arg(OsStr::from_bytes(&remark));
    assert!(alias.status().unwrap().success());
    let mut service = quick(cable);
    cable.there.run("ping", &["-q", "-f", "-c", "50", Cable::HERE[0]]);
    cable.there.run("ping", &["-q", "-f", "-c", "50", Cable::HERE[1]]);
    cable.there.within(|| {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
        for port in 1..200 {
            socket.send_to(b"knock", (Cable::HERE[0], port)).unwrap();
        }
    });
    service.wait_for_fold();

    service
}

fn without_moving(text: &str) -> Vec<&str> {
    const MOVING: [&str; 3] = [
        "process_",
        "packet_exporter_listening_age_seconds",
        "packet_exporter_memory_bytes{part=\"history\"",
    ];
    let moves = |line: &&str| MOVING.iter().any(|it| line.starts_with(it));

    text.lines().filter(|line| !moves(line)).collect()
}

/// Runs a program to its end, with `input`.
pub(super) fn piped(program: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();

    child.wait_with_output().unwrap()
}

pub(super) fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();

    text(&output.stdout) + &text(&output.stderr)
}
