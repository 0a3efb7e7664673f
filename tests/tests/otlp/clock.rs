//! The host's clock is set while counts are pushed. Receivers refuse what is older than what they
//! have, and take a start that moves for a beginning anew.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::programs;
use tests::receivers::oracle::{Oracle, points};
use tests::service::{Service, behind};
use tests::tools::tool;

use super::{GRPC, PYTHON, cable, pushing};

const FAKETIME: &str = "PACKET_EXPORTER_FAKETIME";
/// Less than what the oracle takes for another time; and how far pushes are apart at least.
const STEPS: [(&str, u64); 2] = [("+60s", 50), ("-60s", 0)];
const ECHO: [(&str, &str); 2] = [("family", "ipv4"), ("type", "echo_request")];
const PINGS: u32 = 5;

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn times_follow_a_clock_that_is_set_forward_and_never_go_back() {
    let test = "times_follow_a_clock_that_is_set_forward_and_never_go_back";
    let Some(python) = tool(test, PYTHON) else { return };
    let Some(library) = tool(test, FAKETIME) else { return };
    for (step, least_apart) in STEPS {
        let cable = cable("clock");
        let oracle = Oracle::start(&cable.here, &python);
        let folder = TempDir::new().unwrap();
        let clock = folder.path().join("clock");
        fs::write(&clock, "+0").unwrap();
        let mut service = start_by_clock(&cable, &library, &clock);
        service.wait_until_ready();
        let before = oracle.next();

        fs::write(&clock, step).unwrap();
        programs::ping(&cable, Cable::THERE[0], PINGS, 56);
        let after = wait_for("the pings in a push of that time", || {
            let push = oracle.pushes().pop().ok_or("nothing was pushed")?;
            let apart = (time(&push) - time(&before)) / 1_000_000_000;
            let pings = points(&push, "packet.receive.icmp.packets", &ECHO)[0]["value"].as_u64();
            let is_after = pings == Some(u64::from(PINGS)) && apart >= least_apart;
            if is_after { Ok(push) } else { Err(format!("{pings:?}, {apart} s apart")) }
        });
        let pushes = oracle.pushes().len();
        wait_for("pushes that go on", || match oracle.pushes().len() - pushes {
            more if more > 5 => Ok(()),
            more => Err(format!("{more} more")),
        });

        println!("{step}: {} and then {}", time(&before), time(&after));
        oracle.assert_content();
    }
}

/// Starts the service with the clock in the file; times that pass are not changed by it.
fn start_by_clock<'a>(cable: &'a Cable, library: &Path, clock: &Path) -> Service<'a> {
    let preload = format!("LD_PRELOAD={}", library.display());
    let clock = format!("FAKETIME_TIMESTAMP_FILE={}", clock.display());
    let passing = "FAKETIME_DONT_FAKE_MONOTONIC=1";
    let before = ["env", &preload, &clock, passing, "FAKETIME_NO_CACHE=1"];

    Service::spawn(&cable.here, behind(&before, &pushing(&[GRPC], &[])))
}

/// When a push was made, in nanoseconds since the epoch.
fn time(push: &Value) -> u64 {
    points(push, "packet.receive.icmp.packets", &ECHO)[0]["time"].as_u64().unwrap()
}
