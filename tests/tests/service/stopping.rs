//! Signals, and what is finished before the end.

use std::io::Write;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::http::answer;
use tests::service::{Service, command};

use super::refusals::File;
use super::{QUICK, assert_nothing_attached, cable, quick};

/// More than all of its parts may take.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn who_is_asked_to_stop_stops_soon_and_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let cable = cable("stop");
        let mut service = quick(&cable);
        let asked = Instant::now();

        service.signal(signal);
        let status = service.end();

        println!("{signal:?}: it took {:?}", asked.elapsed());
        assert_eq!(status.code(), Some(0), "{}", service.log());
        assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
        assert_eq!(service.said_within("Stopping", 1), 1, "{}", service.log());
        assert_nothing_attached(&cable);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_scrape_under_way_is_answered_before_the_end() {
    let cable = cable("underway");
    let mut service = quick(&cable);
    let mut scrape = service.connect().unwrap();
    scrape.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\n").unwrap();
    // Connections are accepted in turn: that one is when this one is answered.
    assert_eq!(service.get("/-/healthy").unwrap().status, 200);

    service.signal(Signal::TERM);
    service.wait_until("it stops", |service| service.said("Stopping") > 0);
    scrape.write_all(b"\r\n").unwrap();
    let answer = answer(&mut scrape).unwrap();

    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("packet_receive_packets_total"), "{}", answer.text());
    assert_eq!(service.end().code(), Some(0), "{}", service.log());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_client_that_does_nothing_does_not_hold_up_the_end() {
    let cable = cable("lazy");
    let mut service = quick(&cable);
    let _lazy = service.connect().unwrap();
    let mut half = service.connect().unwrap();
    half.write_all(b"GET /met").unwrap();
    assert_eq!(service.get("/-/healthy").unwrap().status, 200);

    assert_stops_soon(&mut service);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_client_that_does_nothing_before_tls_does_not_hold_up_the_end() {
    let cable = cable("lazytls");
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let cert = File::with("lazy.crt", &certificate.cert.pem());
    let key = File::with("lazy.key", &certificate.signing_key.serialize_pem());
    let web =
        format!("tls_server_config:\n  cert_file: {}\n  key_file: {}\n", cert.path(), key.path());
    let web = File::with("lazy.yml", &web);
    let path = web.path();
    let arguments = [&QUICK[..], &["--web.config.file", &path]].concat();
    let mut service = Service::spawn(&cable.here, command(&arguments));
    // It answers that TLS is expected.
    service.wait_until("it listens", |service| {
        service.get("/-/healthy").is_ok_and(|answer| answer.status == 400)
    });
    let _lazy = service.connect().unwrap();
    let mut half = service.connect().unwrap();
    half.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    assert_eq!(service.get("/-/healthy").unwrap().status, 400);

    assert_stops_soon(&mut service);
}

#[track_caller]
fn assert_stops_soon(service: &mut Service<'_>) {
    let asked = Instant::now();
    service.signal(Signal::TERM);
    let status = service.end();

    println!("it took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(asked.elapsed() < LONGEST, "{:?}", asked.elapsed());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_stop_while_it_attaches_is_not_put_off_until_all_devices_have_a_program() {
    const PAIRS: usize = 15;
    let cable = cable("stopstart");
    for pair in 0..PAIRS {
        let (one, other) = (format!("many{pair}a"), format!("many{pair}b"));
        cable.here.ip(&["link", "add", &one, "type", "veth", "peer", "name", &other]);
    }
    let arguments = ["--devices.include", "many.*", "--datapath.mode", "native"];
    let mut service = Service::spawn(&cable.here, command(&arguments));
    service.wait_until("the first program is attached", |it| it.said("Counting") > 0);
    let asked = Instant::now();

    service.signal(Signal::TERM);
    let status = service.end();

    println!("it took {:?} after {} programs", asked.elapsed(), service.said("Counting"));
    assert_eq!(status.code(), Some(0), "{}", service.log());
    // One for each end and direction would be all.
    assert!(service.said("Counting") < 2 * PAIRS, "{}", service.log());
    assert_eq!(service.said_within("Stopping", 1), 1, "{}", service.log());
    assert_nothing_attached(&cable);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_hangup_does_not_end_it() {
    let cable = cable("hangup");
    let mut service = quick(&cable);

    service.signal(Signal::HUP);
    service.wait_until("it answers the signal", |service| {
        service.said("Configuration was read again") > 0
    });
    service.wait_for_fold();

    service.signal(Signal::TERM);
    assert_eq!(service.end().code(), Some(0), "{}", service.log());
}
