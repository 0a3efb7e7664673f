//! Devices of every kind count what their peers sent, to the packet and the byte.

mod kinds {
    mod merged;
}

use shared::{Count, number};
use tests::cable::Cable;
use tests::corpus::bytes::{Change, ipv4, udp};
use tests::exporter::Exporter;
use tests::kinds::{Ends, KINDS};
use tests::patience::wait_for;
use tests::scrape::Scrape;
use tests::senders::checksum;

/// Lengths of payload, so that frames of several sizes are sent.
const PAYLOADS: [usize; 4] = [10, 100, 600, 1300];
const TIMES: usize = 50;
const UPPER: [&str; 2] = ["--devices.include", "up0"];
const BOTH: [&str; 2] = ["--devices.include", "up0|veth0"];

#[test]
#[ignore = "needs root: `cargo xtask test kinds`"]
fn each_kind_of_device_counts_both_directions_exactly() {
    let test = "each_kind_of_device_counts_both_directions_exactly";
    for kind in KINDS {
        println!("{}:", kind.name);
        let Some(ends) = Ends::lay("kinds", kind.name) else {
            println!("SKIPPED {test}: this kernel has no {} devices", kind.name);
            continue;
        };
        let devices = if kind.below.is_some() { &BOTH } else { &UPPER };
        let exporter = Exporter::start(&ends.cable.here, devices);
        let packets = packets();

        let received = ends.receive(&packets);
        let sent = ends.transmit(&packets);

        let scrape = wait_until_counted(&exporter, "udp", [received, sent]);
        for direction in ["receive", "transmit"] {
            let name = format!("packet_{direction}_cast_packets_total");
            let casts = scrape.find(&name, &[("device", Ends::DEVICE)]);
            assert_eq!(casts.is_none(), kind.is_network, "{}: {name} is {casts:?}", kind.name);
        }
        if let Some((protocol, more)) = kind.below {
            let below = |upper: Count| Count {
                packets: upper.packets,
                bytes: upper.bytes + upper.packets * more,
            };
            let counts = counted(&scrape, Cable::DEVICE, protocol);
            assert_eq!(counts, [below(received), below(sent)], "{} below", kind.name);
        }
    }
}

fn packets() -> Vec<Vec<u8>> {
    let packet = |length: &usize| {
        let packet = ipv4(number::UDP, &udp(9, &vec![0; *length]));
        // A bridge may drop what has none.
        let sum = checksum(&packet[..20]);
        packet.with(10, &sum.to_be_bytes())
    };

    PAYLOADS.iter().cycle().take(TIMES * PAYLOADS.len()).map(packet).collect()
}

/// Waits until `up0` has received and sent as much of a protocol.
fn wait_until_counted(exporter: &Exporter<'_>, protocol: &str, expected: [Count; 2]) -> Scrape {
    wait_for("what was sent to be counted", || {
        let scrape = exporter.scrape();
        let counts = counted(&scrape, Ends::DEVICE, protocol);
        if counts == expected { Ok(scrape) } else { Err(format!("{counts:?} of {expected:?}")) }
    })
}

/// Returns what a device has received and sent of a protocol.
fn counted(scrape: &Scrape, device: &str, protocol: &str) -> [Count; 2] {
    ["receive", "transmit"].map(|direction| {
        let sum = |unit| {
            let labels = [("device", device), ("protocol", protocol)];
            let name = format!("packet_{direction}_{unit}_total");
            scrape.find(&name, &labels).unwrap_or_default()
        };
        Count { packets: sum("packets"), bytes: sum("bytes") }
    })
}
