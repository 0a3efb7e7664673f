//! Panics in the parts that the exporter can do without, planted in builds with debug assertions.

use rustix::process::Signal;
use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::programs;
use tests::receivers::json::JsonReceiver;
use tests::service::{Service, command};

use super::{HTTP, cable, pushing};

const AFTER: (&str, &str) = ("TEST_PANIC_AFTER_MILLISECONDS", "700");
const RESTARTS: &str = "packet_exporter_part_restarts_total";
const PINGS: u32 = 25;
/// Nothing listens there.
const NOBODY: &str = "http://127.0.0.1:4999";

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn panics_of_every_optional_part_cost_no_frame_and_no_delta_comes_twice() {
    let cable = cable("panics");
    let receiver = JsonReceiver::start(&cable.here, 4318);
    let more = ["--otlp.protocol", "http/json", "--otlp.compression", "none"];
    let more = [&more[..], &["--otlp.temporality", "delta", "--otlp.logs=true"]].concat();
    let mut command = command(&pushing(&[HTTP, NOBODY], &more));
    command.env(AFTER.0, AFTER.1).env("RUST_BACKTRACE", "0");
    let mut service = Service::spawn(&cable.here, command);
    service.may_panic();
    service.wait_until_ready();
    let parts = [HTTP, NOBODY].map(|it| format!("otlp {it}/v1/metrics"));
    let parts = [&parts[0], &parts[1], "otlp-logs"];

    // Each round goes on until every part was killed again.
    for round in 1..=3 {
        programs::ping(&cable, Cable::THERE[0], PINGS, 56);
        for part in parts {
            wait_for("another start", || {
                match service.scrape().find(RESTARTS, &[("part", part)]) {
                    Some(restarts) if restarts >= round => Ok(()),
                    restarts => Err(format!("{part}: {restarts:?} of {round}")),
                }
            });
        }
    }

    let pings = u64::from(3 * PINGS);
    service.wait_for_fold();
    let scrape = service.scrape();
    assert_eq!(scrape.received("", &[("protocol", "icmp")]).packets, pings);
    service.signal(Signal::TERM);
    assert_eq!(service.end().code(), Some(0), "{}", service.log());
    let pushed = sum(&receiver.requests(), "packet.receive.icmp.packets", ("type", "echo_request"));
    let interrupted = service.said("A push was interrupted");
    println!("{pushed} of {pings} pings were pushed, {interrupted} pushes were interrupted");
    assert!(pushed == pings || interrupted > 0 && pushed < pings, "{}", service.log());
    service.said_within("Part failed; starting it again", 3);
}

/// The deltas of a counter with a label, all together.
fn sum(requests: &[Value], name: &str, (key, value): (&str, &str)) -> u64 {
    let each = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let is_label = |it: &Value| it["key"] == key && it["value"]["stringValue"] == value;

    let resources = requests.iter().flat_map(|it| each(it, "resourceMetrics"));
    let scopes = resources.flat_map(|it| each(&it, "scopeMetrics"));
    let metrics = scopes.flat_map(|it| each(&it, "metrics")).filter(|it| it["name"] == name);
    let points = metrics.flat_map(|it| each(&it["sum"], "dataPoints"));
    let points = points.filter(|it| each(it, "attributes").iter().any(is_label));
    points.map(|it| it["asInt"].as_str().map_or(0, |it| it.parse::<u64>().unwrap())).sum()
}
