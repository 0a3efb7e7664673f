//! Files on a mount that does not answer.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use tests::hanging::Hanging;
use tests::patience::wait_for;
use tests::service::Service;

use super::faults::failures;
use super::tls::{authority, file};
use super::{cable, start};

/// Nothing listens there.
const OF_GRPC: [&str; 2] = ["http://127.0.0.1:4999", "http://127.0.0.1:4998"];
const OF_HTTP: [&str; 2] = ["http://127.0.0.1:4999/v1/metrics", "http://127.0.0.1:4998/v1/metrics"];

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_file_of_headers_that_hangs_holds_up_nothing_but_the_pushes() {
    for (protocol, receivers) in [("grpc", OF_GRPC), ("http/protobuf", OF_HTTP)] {
        let cable = cable("headers");
        let folder = TempDir::new().unwrap();
        let path = file(&folder, "headers", "a: b\n");
        let arguments =
            ["--otlp.protocol", protocol, "--otlp.headers-file", &path, "--otlp.logs=true"];
        let mut service = start(&cable, &receivers, &arguments);

        let hanging = Hanging::in_place_of(&path);
        for receiver in receivers {
            wait_for_failures(&service, receiver, "local", 3);
        }
        assert_goes_on(&mut service);

        let log = service.log();
        let told = format!("cannot read `{path}`: not read within 5s; its file system may hang");
        assert!(log.contains(&told), "{log}");
        let readers = service.threads().iter().filter(|(_, name)| name == "file").count();
        assert_eq!(readers, 1, "{:?}", service.threads());

        hanging.end("a: b\n");
        let before = failures(&service, receivers[0], "connect");
        wait_for_failures(&service, receivers[0], "connect", before + 1);
        let _hanging = Hanging::in_place_of(&file(&folder, "headers", ""));
        assert_stops(service);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_file_of_authorities_that_hangs_holds_up_nothing_but_the_pushes() {
    const RECEIVER: &str = "https://127.0.0.1:4999";
    let cable = cable("authorities");
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "ca.pem", &authority().pem());
    let mut service = start(&cable, &[RECEIVER], &["--otlp.ca-file", &path]);

    let _hanging = Hanging::in_place_of(&path);
    wait_for_failures(&service, RECEIVER, "local", 1);
    assert_goes_on(&mut service);

    let told = format!("cannot read `{path}`: ");
    service.said_within(&told, 1);
    assert_stops(service);
}

fn wait_for_failures(service: &Service<'_>, endpoint: &str, reason: &str, least: u64) {
    wait_for("failures", || match failures(service, endpoint, reason) {
        failures if failures >= least => Ok(()),
        failures => Err(format!("{failures} of {endpoint} for {reason}: {}", service.log())),
    });
}

#[track_caller]
fn assert_goes_on(service: &mut Service<'_>) {
    for _ in 0..3 {
        service.wait_for_fold();
        let asked = Instant::now();
        assert_eq!(service.get("/-/healthy").unwrap().status, 200);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
}

#[track_caller]
fn assert_stops(mut service: Service<'_>) {
    let asked = Instant::now();
    service.signal(Signal::TERM);
    let status = service.end();

    println!("it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}
