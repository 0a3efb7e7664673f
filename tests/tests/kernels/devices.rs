//! Devices that a machine makes for itself, with pings over each.

use serde_json::Value;
use tests::machine::Console;
use tests::scrape::Scrape;

use crate::{CLSACT_ONLY, CPUS, Kernel, NEWEST, OLDEST, Outfit, WITH_TCX};

const INIT: &str = include_str!("init.sh");
const MODULES: [&str; 7] =
    ["8021q", "bonding", "veth", "sch_ingress", "cls_bpf", "wireguard", "dummy"];
/// Of a ping: IPv4 and ICMP before 56 bytes.
const PING_BYTES: u64 = 20 + 8 + 56;
const ETHERNET: u64 = 14;
const TAG: u64 = 4;

/// What is counted on one device in either direction: pings, of which some have a tag.
struct Expected {
    device: &'static str,
    plain: u64,
    tagged: u64,
    link_header: u64,
}

const fn expected(device: &'static str, plain: u64, tagged: u64) -> Expected {
    Expected { device, plain, tagged, link_header: ETHERNET }
}

/// The script sends so many pings over each device: veth0 4, vlan0 3, veth1 5, vlan1 6, bond1 7,
/// bond2 8, wg0 9, kit0 10. A VLAN is 5 on `veth0`, which alone is counted, and on `veth1`, where both
/// are; a bond is over `veth2`, which is active, and `veth3`, all three counted; and a bond that alone is.
const EXPECTED: [Expected; 8] = [
    expected("veth0", 4, 3),
    expected("veth1", 5, 6),
    expected("vlan1", 6, 0),
    expected("veth2", 7, 0),
    expected("veth3", 0, 0),
    expected("bond1", 7, 0),
    expected("bond2", 8, 0),
    Expected { link_header: 0, ..expected("wg0", 9, 0) },
];
/// Its frames have an Ethernet header, in the mode of the network layer too.
const NETKIT: Expected = expected("kit0", 10, 0);

#[test]
fn the_kernel_of_debian_11_counts_by_clsact() {
    counts_over_every_device("the_kernel_of_debian_11_counts_by_clsact", &OLDEST);
}

#[test]
fn the_kernel_of_debian_12_counts_by_clsact() {
    counts_over_every_device("the_kernel_of_debian_12_counts_by_clsact", &CLSACT_ONLY);
}

#[test]
fn the_kernel_of_debian_13_counts_by_tcx() {
    counts_over_every_device("the_kernel_of_debian_13_counts_by_tcx", &WITH_TCX);
}

#[test]
fn the_newest_kernel_counts_by_tcx() {
    counts_over_every_device("the_newest_kernel_counts_by_tcx", &NEWEST);
}

fn counts_over_every_device(test: &str, kernel: &Kernel) {
    let outfit =
        Outfit { init: INIT, modules: &MODULES, cards: &[], network: None, possible_cpus: CPUS };

    let Some(console) = kernel.boot(test, &outfit) else { return };

    let scrape = Scrape::read(console.between("metrics begin", "metrics end"));
    let netkit = kernel.has_netkit.then_some(&NETKIT);
    let all: Vec<_> = EXPECTED.iter().chain(netkit).collect();
    assert_hooks(&scrape, &all, kernel);
    for expected in &all {
        assert_counts(&scrape, expected);
    }
    assert_as_the_devices_say(&scrape, &console);
    assert_infos(&scrape, kernel);
    assert_stacked(&console);
    assert_in_front(&console, kernel);
    assert_limits(&console, kernel);
}

fn assert_hooks(scrape: &Scrape, all: &[&Expected], kernel: &Kernel) {
    for Expected { device, .. } in all {
        for hook in kernel.hooks {
            let labels = [("device", *device), ("hook", hook)];
            assert_eq!(scrape.find("packet_exporter_program_info", &labels), Some(1), "{labels:?}");
        }
    }
    let taps = 2 * all.len() as u64;
    assert_eq!(scrape.find("packet_exporter_program_attached", &[]), Some(taps));
    assert_eq!(scrape.find("packet_exporter_attach_failures_total", &[]), Some(0));
    assert_eq!(scrape.find("packet_exporter_fold_failures_total", &[]), Some(0));
}

/// Every ping is counted, and so is every answer; one with a tag once on the device below, with its
/// VLAN, and without a tag on the VLAN's own.
fn assert_counts(scrape: &Scrape, expected: &Expected) {
    let Expected { device, plain, tagged, link_header } = *expected;

    for direction in ["receive", "transmit"] {
        let case = format!("{device}, {direction}");
        let icmp = [("device", device), ("protocol", "icmp")];
        let of = |what: &str, labels: &[(&str, &str)]| {
            scrape.find(&format!("packet_{direction}_{what}_total"), labels).unwrap_or_default()
        };
        assert_eq!(of("packets", &icmp), plain + tagged, "{case}");
        let bytes = (plain + tagged) * (link_header + PING_BYTES) + tagged * TAG;
        assert_eq!(of("bytes", &icmp), bytes, "{case}");
        let vlan = [("device", device), ("vlan", "5")];
        assert_eq!(of("vlan_packets", &vlan), tagged, "{case}");
        assert_eq!(of("vlan_packets", &[("device", device)]), tagged, "{case}");
    }
}

/// What is counted is what the device has received, and what is sent is what the other end has.
fn assert_as_the_devices_say(scrape: &Scrape, console: &Console) {
    for device in ["veth0", "veth1", "vlan1", "wg0"] {
        for (name, end) in [("receive", "here"), ("transmit", "there")] {
            let links = serde_json::from_str(console.line(&format!("links {end}: "))).unwrap();
            let counted =
                scrape.find(&format!("packet_{name}_packets_total"), &[("device", device)]);
            assert!(received(&links, device) >= counted, "{device}, {name}: {counted:?}");
            // A handshake is received by WireGuard itself, and its keepalives have no content.
            if device != "wg0" {
                assert_eq!(received(&links, device), counted, "{device}, {name}");
            }
        }
    }
}

fn received(links: &Value, device: &str) -> Option<u64> {
    let mut links = links.as_array()?.iter();

    links.find(|link| link["ifname"] == device)?["stats64"]["rx"]["packets"].as_u64()
}

/// What each device is, as far as the kernel tells: a cable by the namespace it leads to.
fn assert_infos(scrape: &Scrape, kernel: &Kernel) {
    let mut cases = vec![
        ("veth0", "veth", "there", ""),
        ("veth2", "veth", "there", "bond1"),
        ("vlan1", "vlan", "", ""),
        ("bond1", "bond", "spare uplink", ""),
        ("wg0", "wireguard", "", ""),
    ];
    cases.extend(kernel.has_netkit.then_some(("kit0", "netkit", "there", "")));

    for (device, kind, alias, master) in cases {
        let labels = [("device", device), ("kind", kind), ("alias", alias), ("master", master)];
        assert_eq!(scrape.find("packet_exporter_device_info", &labels), Some(1), "{labels:?}");
    }
}

/// Filters that end what comes behind them are there, and hide nothing. Programs of TCX are before
/// all filters.
fn assert_in_front(console: &Console, kernel: &Kernel) {
    let moves = console.about("moved in front of it").len();
    let is_filter = kernel.hooks.contains(&"tc_egress");

    assert_eq!(console.line("foreign filters: "), "2");
    assert_eq!(moves, usize::from(is_filter), "before the one that came later");
}

/// A warning names those that are counted both, and only those.
fn assert_stacked(console: &Console) {
    let warnings = console.about("same frames");

    for pair in ["upper=bond1 lower=veth2", "upper=bond1 lower=veth3", "upper=vlan1 lower=veth1"] {
        assert!(warnings.iter().any(|warning| warning.contains(pair)), "{pair}: {warnings:#?}");
    }
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
}

/// The limits are those of a machine that nobody has set up: the service raises them. Where it may
/// not, and the kernel goes by it, the refusal names the setting.
fn assert_limits(console: &Console, kernel: &Kernel) {
    let refused = console.about("LimitMEMLOCK=infinity");

    assert_eq!(console.line("soft limit of files: "), "1024");
    assert_ne!(console.line("limit of files: "), "1024");
    assert_eq!(!refused.is_empty(), kernel.charges_memory, "{refused:#?}");
}
