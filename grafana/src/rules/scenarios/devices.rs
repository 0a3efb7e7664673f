//! Sources and protocols that are not those of every day.

use super::super::scenario::{Scenario, phase};

const SOURCES: &[&str] = &["sources", "attached"];
const MANY: &str = "PacketDistinctSourcesSurge";
const PROTOCOL: &str = "PacketUnusualProtocolShare";
const DOMINATES: &str = "PacketSourceDominates";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "suddenly thousands of sources",
        of: &[MANY],
        phases: &[phase(30, &[]), phase(20, &[("sources", 5000.0)])],
        fires: &[(29, &[]), (34, &[MANY])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host is announced to its users",
        of: &[MANY],
        phases: &[phase(30, &[("sources", 2000.0)]), phase(20, &[("sources", 6000.0)])],
        fires: &[(34, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a small service becomes known",
        of: &[MANY],
        phases: &[phase(30, &[("sources", 5.0)]), phase(20, &[("sources", 500.0)])],
        fires: &[(34, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host with many users at one hour of each day, and once at another",
        of: &[MANY],
        only: SOURCES,
        phases: &[
            phase(60, &[]),
            phase(60, &[("sources", 5000.0)]),
            phase(1380, &[]),
            phase(60, &[("sources", 5000.0)]),
            phase(120, &[]),
            phase(20, &[("sources", 5000.0)]),
        ],
        fires: &[(90, &[MANY]), (1530, &[]), (1670, &[]), (1692, &[MANY])],
    },
    Scenario {
        name: "a flood of GRE",
        of: &[PROTOCOL],
        phases: &[phase(30, &[]), phase(20, &[("gre", 2000.0)])],
        fires: &[(29, &[]), (45, &[PROTOCOL])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a router with a tunnel",
        of: &[PROTOCOL],
        phases: &[phase(40, &[("gre", 5000.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a small tunnel on an idle host",
        of: &[PROTOCOL],
        phases: &[
            phase(30, &[("tcp", 1.0), ("udp", 1.0)]),
            phase(20, &[("tcp", 1.0), ("udp", 1.0), ("gre", 100.0)]),
        ],
        fires: &[(45, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a tunnel that hardly matters to a busy host",
        of: &[PROTOCOL],
        phases: &[
            phase(30, &[("tcp", 100_000.0), ("ack", 90_000.0)]),
            phase(20, &[("tcp", 100_000.0), ("ack", 90_000.0), ("gre", 2000.0)]),
        ],
        fires: &[(45, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one source fills the line",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(20, &[("tcp", 1000.0), ("udp", 22_000.0), ("source", 20_000.0)]),
        ],
        fires: &[(59, &[]), (72, &[DOMINATES])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one source fills the line with ACKs that nobody answers",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(
                20,
                &[
                    ("tcp", 23_000.0),
                    ("ack", 22_000.0),
                    ("sent ack", 100.0),
                    ("sent psh_ack", 10.0),
                    ("source", 20_000.0),
                ],
            ),
        ],
        fires: &[(59, &[]), (72, &[DOMINATES])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one client stores its backup here",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(
                20,
                &[("tcp", 23_000.0), ("ack", 22_000.0), ("sent ack", 1000.0), ("source", 20_000.0)],
            ),
        ],
        fires: &[(72, &[]), (79, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one source fills the line with a download over QUIC",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(
                20,
                &[("tcp", 1000.0), ("udp", 22_000.0), ("source", 20_000.0), ("sent udp", 2000.0)],
            ),
        ],
        fires: &[(72, &[]), (79, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one source of few packets",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 100.0), ("udp", 10.0)]),
            phase(20, &[("tcp", 100.0), ("udp", 5000.0), ("source", 5000.0)]),
        ],
        fires: &[(72, &[]), (79, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "many sources, of which one is large",
        of: &[DOMINATES],
        phases: &[
            phase(60, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(20, &[("tcp", 6000.0), ("udp", 17_000.0), ("source", 12_000.0)]),
        ],
        fires: &[(72, &[]), (79, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host with one client",
        of: &[DOMINATES],
        phases: &[phase(40, &[("udp", 22_000.0), ("source", 21_000.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
];
