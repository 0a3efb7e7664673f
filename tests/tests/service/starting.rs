//! A start with many devices.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::{Service, command};

use super::{assert_nothing_attached, cable};

const PAIRS: usize = 32;
const ATTACHED: &str = "packet_exporter_program_attached";
const FOLDS: &str = "packet_exporter_folds_total";

/// A service that has many devices to attach to, with a program and a little memory for each, and
/// looks often.
fn many(cable: &Cable) -> Service<'_> {
    for pair in 0..PAIRS {
        let (one, other) = (format!("many{pair}a"), format!("many{pair}b"));
        cable.here.ip(&["link", "add", &one, "type", "veth", "peer", "name", &other]);
    }
    let few = ["--datapath.source-overflow-entries", "1024", "--datapath.port-overflow-entries"];
    let devices = ["--devices.include", "many.*", "--datapath.mode", "native"];
    let interval = ["--datapath.interval", "100ms"];
    let arguments = [&devices[..], &few, &["1024"], &interval].concat();

    Service::spawn(&cable.here, command(&arguments))
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn pages_answer_while_it_attaches_and_it_is_ready_once_each_device_was_tried() {
    let cable = cable("starting");
    let mut service = many(&cable);
    service.wait_until("it listens", |service| service.connect().is_ok());

    let asked = Instant::now();
    let healthy = service.get("/-/healthy").unwrap();
    let answered = asked.elapsed();
    let early = service.get("/-/ready").unwrap();

    println!("it answered after {answered:?}: {}", early.text());
    assert!(healthy.status == 200 && answered < Duration::from_secs(2), "{answered:?}");
    assert_eq!(early.status, 503);
    let expected = format!(" of {} devices tried", 2 * PAIRS);
    assert!(early.text().contains("not ready yet: attaching: "), "{}", early.text());
    assert!(early.text().contains(&expected), "{}", early.text());
    let scrape = wait_for("folds between the slices", || {
        let scrape = service.scrape();
        match scrape.find(FOLDS, &[]) {
            Some(3..) => Ok(scrape),
            folds => Err(format!("{folds:?}")),
        }
    });
    let attached = scrape.find(ATTACHED, &[]);
    assert!(attached < Some(4 * PAIRS as u64), "{attached:?}: more devices are needed");
    service.wait_until_ready();
    assert_eq!(service.scrape().find(ATTACHED, &[]), Some(4 * PAIRS as u64));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_stop_at_any_moment_of_the_start_is_followed_at_once() {
    for after in [300, 1000] {
        let cable = cable("stopsoon");
        let mut service = many(&cable);
        service.wait_until("it starts", |service| service.said("Listening") > 0);
        let deadline = Instant::now() + Duration::from_millis(after);
        service.wait_until("that moment", |_| Instant::now() >= deadline);
        let asked = Instant::now();

        service.signal(Signal::TERM);
        let status = service.end();

        println!("it took {:?} after {} programs", asked.elapsed(), service.said("Counting"));
        assert_eq!(status.code(), Some(0), "{}", service.log());
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        assert!(service.said("message=Counting") < 4 * PAIRS, "{}", service.log());
        assert_nothing_attached(&cable);
    }
}
