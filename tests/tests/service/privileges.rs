//! What the service may do.

use tests::service::{Service, behind, refused};

use super::refusals::assert_said;
use super::{QUICK, assert_nothing_attached, cable};

/// Root without any capability but those.
fn setpriv(capabilities: &str) -> Vec<String> {
    let set = format!("--bounding-set=-all{capabilities}");

    ["setpriv", &set, "--inh-caps=-all", "--no-new-privs"].map(Into::into).to_vec()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_capability_that_is_missing_is_named() {
    let cases = [
        ("", "CAP_BPF and no CAP_NET_ADMIN and no CAP_PERFMON"),
        (",+net_admin,+perfmon", "CAP_BPF;"),
        (",+bpf,+perfmon", "CAP_NET_ADMIN;"),
        (",+bpf,+net_admin", "CAP_PERFMON;"),
    ];

    for (capabilities, missing) in cases {
        let cable = cable("caps");
        let before = setpriv(capabilities);
        let before: Vec<_> = before.iter().map(String::as_str).collect();

        let refusal = refused(&cable.here, behind(&before, &QUICK));

        let message = format!("this process has no {missing}");
        assert_said(&refusal, &[&message, "run as root", "AmbientCapabilities="]);
        assert_nothing_attached(&cable);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_three_capabilities_are_enough() {
    let cable = cable("three");
    let before = setpriv(",+bpf,+net_admin,+perfmon");
    let before: Vec<_> = before.iter().map(String::as_str).collect();

    let mut service = Service::spawn(&cable.here, behind(&before, &QUICK));
    service.wait_until_ready();

    // What is received, and what is sent.
    assert_eq!(service.scrape().find("packet_exporter_program_attached", &[]), Some(2));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn root_keeps_what_later_attaches_need() {
    /// CAP_NET_ADMIN, CAP_PERFMON and CAP_BPF. Source: include/uapi/linux/capability.h.
    const NEEDED: u64 = 1 << 12 | 1 << 38 | 1 << 39;
    let cable = cable("kept");

    let service = super::quick(&cable);

    for set in ["CapEff", "CapPrm"] {
        assert_eq!(u64::from_str_radix(&service.status(set), 16), Ok(NEEDED), "{set}");
    }
    for set in ["CapInh", "CapAmb"] {
        assert_eq!(u64::from_str_radix(&service.status(set), 16), Ok(0), "{set}");
    }
    cable.cut();
    cable.lay_again();
    let mut service = service;
    service.wait_until("a device that came back is attached", |service| {
        service.scrape().find("packet_exporter_program_attached", &[]) == Some(2)
            && service.said("Counting") == 4
    });
}
