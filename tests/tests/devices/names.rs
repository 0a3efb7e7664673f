//! Devices by their names: those that are no text, and those beside the first.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use tests::cable::{Cable, Namespace};
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::programs;
use tests::service::{command, refused};

const ATTACHED: &str = "packet_exporter_program_attached";

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn devices_whose_names_are_not_utf_8_are_counted_under_names_of_their_own() {
    let cable = Cable::lay("bytes");
    ip(&cable.here, &[b"link", b"set", b"veth0", b"name", b"\xe9th0"]);
    // A remark that is no text either.
    ip(&cable.here, &[b"link", b"set", b"\xe9th0", b"alias", b"caf\xe9"]);
    let exporter = Exporter::start(&cable.here, &["--devices.include", ".*th0|/xeath1"]);
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 5, 56);
    ip(&cable.here, &[b"link", b"add", b"\xeath0", b"type", b"veth", b"peer", b"name", b"a"]);
    ip(&cable.here, &[b"link", b"add", b"\xeath1", b"type", b"veth", b"peer", b"name", b"b"]);

    for device in ["/xe9th0", "/xeath0", "/xeath1"] {
        wait_for_attached(&exporter, device);
    }
    let icmp = [("device", "/xe9th0"), ("protocol", "icmp")];
    wait_for("the pings", || match exporter.scrape().find("packet_receive_packets_total", &icmp) {
        Some(5) => Ok(()),
        other => Err(format!("{other:?} of 5")),
    });
    let lines = exporter.lines();
    let about: Vec<_> = lines.iter().filter(|line| line.contains("is not UTF-8")).collect();
    assert_eq!(about.len(), 3, "once for each device: {lines:#?}");
    assert!(about[0].contains("device=/xe9th0"), "{about:?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_device_fits_by_any_name_and_is_counted_under_the_first() {
    let cable = Cable::lay("altname");
    let property = ["link", "property", "add", "dev"];
    cable.here.ip(&[&property[..], &[Cable::DEVICE, "altname", "wan0"]].concat());
    cable.here.ip(&["link", "add", "later0", "type", "veth", "peer", "name", "later1"]);
    // The kernel tells of a property of a device that is up alone.
    cable.here.ip(&["link", "set", "later0", "up"]);

    let excluded = ["--devices.include", "veth0", "--devices.exclude", "wan0"];
    let excluded = refused(&cable.here, command(&excluded));
    let exporter = Exporter::start(&cable.here, &["--devices.include", "wan[0-9]|wan0|wan1"]);

    assert_eq!(excluded.code, Some(2), "{excluded:?}");
    let scrape = exporter.scrape();
    assert_eq!(scrape.find(ATTACHED, &[("device", Cable::DEVICE)]), Some(2));
    assert_eq!(scrape.find(ATTACHED, &[("device", "wan0")]), None, "it is there");
    assert_eq!(scrape.find(ATTACHED, &[("device", "wan1")]), Some(0), "it is not");
    cable.here.ip(&[&property[..], &["later0", "altname", "wan1"]].concat());
    wait_for_attached(&exporter, "later0");
    assert_eq!(exporter.scrape().find(ATTACHED, &[("device", "wan1")]), None);
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_name_that_controls_a_terminal_is_written_out_for_people() {
    let cable = Cable::lay("escape");
    ip(&cable.here, &[b"link", b"set", b"veth0", b"name", b"\x1b[31m"]);
    let doctor = |more: &[&str]| {
        let arguments = [&["doctor", "--devices.include"], more].concat();
        refused(&cable.here, command(&arguments))
    };

    let table = doctor(&[".*31m"]);
    let json = doctor(&[".*31m", "--json"]);
    let none = doctor(&["eth0"]);
    let run = refused(&cable.here, command(&["--devices.include", "eth0"]));

    assert!(table.stdout.contains("\\u{1b}[31m"), "{}", table.stdout);
    for text in [&table.stdout, &none.stdout, &none.stderr, &run.stderr] {
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    assert!(run.stderr.contains("the devices are \\u{1b}[31m, lo"), "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["devices"][0]["device"], "\u{1b}[31m");
}

#[test]
#[ignore = "needs root: `cargo xtask test devices`"]
fn a_cable_has_the_name_of_the_namespace_that_it_leads_to_also_where_none_led_before() {
    let cable = Cable::lay("peers");
    let later = Namespace::make("peers-\"later\"");
    let exporter = Exporter::start(&cable.here, &["--devices.include", "veth.*"]);
    cable.plug_in();
    wait_for_alias(&exporter, Cable::DEVICE, cable.there.name());

    // The first cable brings the number of a namespace, which had none when the names were read.
    let peer = ["peer", "name", "veth1", "netns", later.name()];
    cable.here.ip(&[&["link", "add", "veth1", "type", "veth"], &peer[..]].concat());

    wait_for_alias(&exporter, "veth1", later.name());
    wait_for_alias(&exporter, Cable::DEVICE, cable.there.name());
}

/// Runs `ip` with arguments that may be no text.
#[track_caller]
fn ip(namespace: &Namespace, arguments: &[&[u8]]) {
    let arguments = arguments.iter().map(|argument| OsStr::from_bytes(argument));
    let output = namespace.command("ip").args(arguments).output().expect("`ip` can be run");

    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn wait_for_alias(exporter: &Exporter<'_>, device: &str, alias: &str) {
    let labels = [("device", device), ("alias", alias)];
    wait_for("the name of a namespace", || {
        let info = exporter.scrape().find("packet_exporter_device_info", &labels);
        info.map(drop).ok_or_else(|| format!("none on {device}"))
    });
}

#[track_caller]
fn wait_for_attached(exporter: &Exporter<'_>, device: &str) {
    wait_for("the programs on a device", || {
        match exporter.scrape().find(ATTACHED, &[("device", device)]) {
            Some(2) => Ok(()),
            other => Err(format!("{other:?} on {device}")),
        }
    });
}
