//! Scans, and who also talks to many ports.

use super::super::scenario::{Scenario, phase};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a scan of this host",
        of: &["PacketPortScanReceived"],
        phases: &[phase(30, &[]), phase(3, &[("scanning", 1.0)]), phase(20, &[])],
        fires: &[(29, &[]), (33, &["PacketPortScanReceived"]), (50, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an address at which somebody always knocks",
        of: &["PacketPortScanReceived"],
        phases: &[phase(30, &[("scanning", 2.0)]), phase(20, &[("scanning", 4.0)])],
        fires: &[(10, &[]), (36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "this host scans another",
        of: &["PacketPortScanSent"],
        phases: &[phase(30, &[]), phase(20, &[("scanned", 1.0), ("sent tcp ports", 500.0)])],
        fires: &[(29, &[]), (33, &["PacketPortScanSent"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "somebody runs traceroute on this host",
        of: &["PacketPortScanSent"],
        phases: &[phase(30, &[]), phase(20, &[("scanned", 1.0)])],
        fires: &[(33, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a monitor that checks many ports of its hosts",
        of: &["PacketPortScanSent"],
        phases: &[phase(40, &[("scanned", 3.0), ("sent tcp ports", 300.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a NULL scan",
        of: &["PacketStrangeFlags"],
        phases: &[phase(30, &[]), phase(20, &[("null", 20.0), ("tcp", 820.0)])],
        fires: &[(29, &[]), (36, &["PacketStrangeFlags"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an XMAS packet now and then",
        of: &["PacketStrangeFlags"],
        phases: &[phase(40, &[("xmas", 0.05)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "somebody redirects this host again and again",
        of: &["PacketIcmpRedirect"],
        phases: &[phase(30, &[]), phase(20, &[("redirect", 1.0)])],
        fires: &[(29, &[]), (36, &["PacketIcmpRedirect"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a router that knows a shorter way",
        of: &["PacketIcmpRedirect"],
        phases: &[phase(30, &[]), phase(20, &[("redirect", 0.003)])],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
];
