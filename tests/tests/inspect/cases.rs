//! Small captures that are odd in one way each, with what is right of them.

use serde_json::json;

use super::*;

/// Lies beside the workspace and is no part of the project.
fn folder() -> PathBuf {
    root().join("../shared/cases")
}

/// Bytes are those that the file states of the wire, also where that cannot be.
/// Cells, the port, the class of TCP flags, bytes; nothing is malformed.
type Right = (&'static str, &'static str, Option<u16>, Option<&'static str>, u64);

#[test]
fn odd_captures_are_counted_right() {
    let cases: [(&str, Right); 7] = [
        ("a05-bigtcp-v6-hbh-snap128.pcap", ("ipv6", "tcp", Some(443), Some("psh_ack"), 100_082)),
        ("a06-bigtcp-v4-snap128.pcap", ("ipv4", "tcp", Some(443), Some("psh_ack"), 100_054)),
        ("a07-tso-v6-len0.pcap", ("ipv6", "tcp", Some(443), Some("psh_ack"), 8074)),
        ("b01-epb-flags-fcs.pcapng", ("ipv4", "udp", Some(53), None, 60)),
        ("b02-if-fcslen-bits.pcapng", ("ipv4", "udp", Some(53), None, 60)),
        ("b06-caplen-gt-len.pcap", ("ipv4", "udp", Some(53), None, 1)),
        ("b15-wirelen0.pcap", ("ipv4", "udp", Some(53), None, 0)),
    ];
    if !is_there("odd_captures_are_counted_right") {
        return;
    }

    for (name, (family, protocol, port, flags, bytes)) in cases {
        let report = report(&HOST, &folder().join(name));

        let cell = &report["cells"][0];
        assert_eq!(
            (&cell["family"], &cell["protocol"]),
            (&family.into(), &protocol.into()),
            "{name}"
        );
        assert_eq!((&report["packets"], &report["bytes"]), (&1.into(), &bytes.into()), "{name}");
        assert_eq!(report["ports"][0]["port"].as_u64(), port.map(u64::from), "{name}");
        let classes = report["tcp_flags"].as_object().unwrap();
        assert_eq!(classes.keys().next().map(String::as_str), flags, "{name}");
        assert_eq!(report["malformed"], json!({}), "{name}");
    }
}

#[test]
fn packets_behind_other_records_have_the_number_that_wireshark_gives() {
    if !is_there("packets_behind_other_records_have_the_number_that_wireshark_gives") {
        return;
    }

    let output = run(&["inspect", "--each"], &folder().join("b04-odd-blocks.pcapng"));

    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["number"], 4);
}

#[test]
fn what_is_said_to_be_raw_ip_is_read_as_that() {
    if !is_there("what_is_said_to_be_raw_ip_is_read_as_that") {
        return;
    }

    // It holds an Ethernet frame, of which the first four bits are no version of IP.
    let report = report(&HOST, &folder().join("b11-link-raw.pcap"));

    assert_eq!(report["malformed"]["ipv4_version"], 1, "{report}");
    assert_eq!(report["bytes"], 60);
}

#[test]
fn captures_of_which_nothing_can_be_read_are_refused() {
    let cases = [
        ("b11-link-ieee80211.pcap", "its packets are of link type 105 (802.11); capture without"),
        ("c05-foreign-link-only.pcapng", "its packets are of link type 0 (BSD loopback); `editcap"),
        ("c08-linktype-reserved-bits.pcap", "in its header is 0x00300001, with bits that have to"),
        ("c09-version-2.5.pcap", "its format has version 2.5, and only 2.0 to 2.4 are known"),
    ];
    if !is_there("captures_of_which_nothing_can_be_read_are_refused") {
        return;
    }

    for (name, said) in cases {
        let output = run(&HOST, &folder().join(name));

        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr:?} does not say {said:?}");
        assert!(!stderr.contains("`any`"), "{stderr}");
        assert!(output.stdout.is_empty(), "{name}");
    }
}

fn is_there(test: &str) -> bool {
    let is_there = folder().exists();
    if !is_there {
        println!("SKIPPED {test}: there are no captures in {}", folder().display());
    }

    is_there
}
