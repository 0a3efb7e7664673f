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
fn headers_are_read_as_their_specifications_have_them() {
    let cases = [
        ("a01-vxlan-8472.pcap", json!([["ipv4", "udp", 2]]), json!({"vxlan": 2}), json!({})),
        ("a02-gtpu-echo.pcap", json!([["ipv4", "udp", 5]]), json!({"gtpu": 1}), json!({})),
        // Behind 0x9200 nothing is followed.
        (
            "a03-qinq-9100.pcap",
            json!([["ipv4", "tcp", 2], ["other", "none", 1]]),
            json!({}),
            json!({}),
        ),
        ("a04-snap.pcap", json!([["arp", "none", 1], ["ipv4", "tcp", 2]]), json!({}), json!({})),
        // MACsec, PBB, TrustSec, HSR, NSH, discovery of PPPoE, EAPOL, LLDP, RARP, and IP of the
        // version that the EtherType does not name.
        (
            "a14-l2.pcap",
            json!([["other", "none", 11]]),
            json!({}),
            json!({"ipv4_version": 1, "ipv6_version": 1}),
        ),
        (
            "c01-pppoe-one-byte-protocol.pcap",
            json!([["ipv4", "tcp", 1]]),
            json!({"pppoe": 1}),
            json!({}),
        ),
        (
            "c02-pppoe-length.pcap",
            json!([["ipv4", "tcp", 3]]),
            json!({"pppoe": 3}),
            json!({"ipv4_total_length_long": 1}),
        ),
        // The last one is no fragment.
        (
            "c03-header-across-fragments.pcap",
            json!([["ipv4", "tcp", 2], ["ipv4", "udp", 2]]),
            json!({}),
            json!({"udp_length": 1}),
        ),
        (
            "c04-jumbogram-length.pcap",
            json!([["ipv6", "icmpv6", 1]]),
            json!({}),
            json!({"ipv6_payload_length_long": 1}),
        ),
    ];
    if !is_there("headers_are_read_as_their_specifications_have_them") {
        return;
    }

    for (name, cells, encapsulations, malformed) in cases {
        let report = sorted(report(&HOST, &folder().join(name)));

        let cell = |cell: &Value| json!([cell["family"], cell["protocol"], cell["packets"]]);
        let mut counted: Vec<_> = report["cells"].as_array().unwrap().iter().map(cell).collect();
        counted.sort_by_key(ToString::to_string);
        assert_eq!(Value::from(counted), cells, "{name}");
        assert_eq!(report["encapsulations"], encapsulations, "{name}");
        assert_eq!(report["malformed"], malformed, "{name}");
    }
}

#[test]
fn what_is_behind_the_end_of_a_session_frame_has_no_ports() {
    if !is_there("what_is_behind_the_end_of_a_session_frame_has_no_ports") {
        return;
    }

    let report = report(&HOST, &folder().join("c02-pppoe-length.pcap"));

    assert_eq!(report["tcp_flags"], json!({"syn": 2}));
    let ports = report["ports"].as_array().unwrap().iter();
    let mut ports: Vec<_> = ports.map(|it| (it["port"].to_string(), &it["packets"])).collect();
    ports.sort_by_key(|(port, _)| port.clone());
    assert_eq!(ports, [("\"other\"".to_owned(), &json!(1)), ("80".to_owned(), &json!(2))]);
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
