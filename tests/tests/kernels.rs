//! Kernels that this machine does not run, with devices that its own may not have: the service in a
//! virtual machine.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tests::machine::{Console, Machine};
use tests::scrape::Scrape;
use tests::tools;

const INIT: &str = include_str!("kernels/init.sh");
/// Some are built into a kernel.
const MODULES: [&str; 10] =
    ["llc", "stp", "garp", "mrp", "8021q", "tls", "bonding", "veth", "sch_ingress", "cls_bpf"];
/// Pings from there over each device, as the script sends them.
const PINGS: [(&str, u64); 6] =
    [("veth0", 4), ("vlan0", 3), ("veth1", 5), ("vlan1", 6), ("bond1", 7), ("bond2", 8)];
/// Of a ping: Ethernet, IPv4 and ICMP before 56 bytes.
const PING_BYTES: u64 = 14 + 20 + 8 + 56;
/// One machine at a time: each has two processors.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn the_kernel_of_debian_12_counts_what_is_sent_by_clsact() {
    let test = "the_kernel_of_debian_12_counts_what_is_sent_by_clsact";

    counts_over_veths_vlans_and_a_bond(test, "bookworm", "6.1.", "tc_egress");
}

#[test]
fn the_kernel_of_debian_13_counts_what_is_sent_by_tcx() {
    let test = "the_kernel_of_debian_13_counts_what_is_sent_by_tcx";

    counts_over_veths_vlans_and_a_bond(test, "trixie", "6.12.", "tcx_egress");
}

/// The devices are those of the script: VLAN 5 on `veth0`, which alone is counted, and on `veth1`,
/// where both are; a bond over `veth2`, which is active, and `veth3`, all three counted; and a bond
/// that alone is.
fn counts_over_veths_vlans_and_a_bond(test: &str, release: &str, version: &str, egress: &str) {
    let Some(folder) = tools::tool(test, "PACKET_EXPORTER_KERNELS") else { return };
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let kernel = folder.join(release);
    let busybox = folder.join("busybox-static");
    if !kernel.is_dir() {
        let how = "`cargo xtask setup --suite kernels` unpacks it";
        return println!("SKIPPED {test}: there is no kernel of {release}; {how}");
    }
    let machine = Machine {
        kernel: &kernel,
        modules: &MODULES,
        busybox: &busybox,
        scratch: Path::new(env!("CARGO_TARGET_TMPDIR")),
        init: INIT,
    };

    let console = match machine.run() {
        Ok(console) => console,
        Err(reason) => return println!("SKIPPED {test}: {reason}"),
    };

    println!("Linux {}", console.line("kernel "));
    assert!(console.line("kernel ").starts_with(version));
    let scrape = Scrape::read(console.between("metrics begin", "metrics end"));
    assert_hooks(&scrape, egress);
    assert_counts(&scrape);
    assert_as_the_devices_say(&scrape, &console);
    assert_stacked(&console);
    assert_in_front(&console, egress);
}

fn assert_hooks(scrape: &Scrape, egress: &str) {
    for device in ["veth0", "veth1", "veth2", "veth3", "vlan1", "bond1", "bond2"] {
        // A bond runs the programs on its parts, if they have none.
        let mode = if matches!(device, "vlan1" | "bond1") { "generic" } else { "native" };
        for hook in [[("hook", "xdp"), ("mode", mode)], [("hook", egress), ("mode", "generic")]] {
            let labels = [&[("device", device)], &hook[..]].concat();
            assert_eq!(scrape.find("packet_exporter_program_info", &labels), Some(1), "{labels:?}");
        }
    }
    assert_eq!(scrape.find("packet_exporter_program_attached", &[]), Some(14));
    assert_eq!(scrape.find("packet_exporter_attach_failures_total", &[]), Some(0));
    assert_eq!(scrape.find("packet_exporter_fold_failures_total", &[]), Some(0));
}

/// Every ping is counted, and so is every answer; one with a tag once on the device below, with its
/// VLAN, and without a tag on the VLAN's own.
fn assert_counts(scrape: &Scrape) {
    let [plain0, tagged0, plain1, tagged1, bonded1, bonded2] = PINGS.map(|(_, pings)| pings);
    let cases = [
        ("veth0", plain0, tagged0),
        ("veth1", plain1, tagged1),
        ("vlan1", tagged1, 0),
        ("veth2", bonded1, 0),
        ("veth3", 0, 0),
        ("bond1", bonded1, 0),
        ("bond2", bonded2, 0),
    ];

    for (device, plain, tagged) in cases {
        for direction in ["receive", "transmit"] {
            let case = format!("{device}, {direction}");
            let icmp = [("device", device), ("protocol", "icmp")];
            let of = |what: &str, labels: &[(&str, &str)]| {
                scrape.find(&format!("packet_{direction}_{what}_total"), labels).unwrap_or_default()
            };
            assert_eq!(of("packets", &icmp), plain + tagged, "{case}");
            let bytes = (plain + tagged) * PING_BYTES + tagged * 4;
            assert_eq!(of("bytes", &icmp), bytes, "{case}");
            let vlan = [("device", device), ("vlan", "5")];
            assert_eq!(of("vlan_packets", &vlan), tagged, "{case}");
            assert_eq!(of("vlan_packets", &[("device", device)]), tagged, "{case}");
        }
    }
}

/// What is counted is what the device has received, and what is sent is what the other end has.
fn assert_as_the_devices_say(scrape: &Scrape, console: &Console) {
    for device in ["veth0", "veth1", "vlan1"] {
        for (name, end) in [("receive", "here"), ("transmit", "there")] {
            let links = serde_json::from_str(console.line(&format!("links {end}: "))).unwrap();
            let counted =
                scrape.find(&format!("packet_{name}_packets_total"), &[("device", device)]);
            assert_eq!(counted, received(&links, device), "{device}, {name}");
        }
    }
}

fn received(links: &Value, device: &str) -> Option<u64> {
    let mut links = links.as_array()?.iter();

    links.find(|link| link["ifname"] == device)?["stats64"]["rx"]["packets"].as_u64()
}

/// Filters that end what comes behind them are there, and hide nothing. Programs of TCX are before
/// all filters.
fn assert_in_front(console: &Console, egress: &str) {
    let moves = console.about("moved in front of it").len();

    assert_eq!(console.line("foreign filters: "), "2");
    assert_eq!(moves, usize::from(egress == "tc_egress"), "before the one that came later");
}

/// A warning names those that are counted both, and only those.
fn assert_stacked(console: &Console) {
    let warnings = console.about("same frames");

    for pair in ["upper=bond1 lower=veth2", "upper=bond1 lower=veth3", "upper=vlan1 lower=veth1"] {
        assert!(warnings.iter().any(|warning| warning.contains(pair)), "{pair}: {warnings:#?}");
    }
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
}
