//! What this host sends to others: floods of SYNs, sweeps, and scans over UDP.

use super::super::scenario::{Scenario, phase};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "this host takes part in a SYN flood",
        of: &["PacketSynFloodSent"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[("sent syn", 3000.0), ("sent tcp", 3800.0), ("syn_ack", 2000.0), ("tcp", 2800.0)],
            ),
        ],
        fires: &[(29, &[]), (36, &["PacketSynFloodSent"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a proxy whose servers no longer answer, on a device of its own",
        of: &["PacketSynFloodSent"],
        phases: &[
            phase(
                30,
                &[
                    ("sent syn", 1000.0),
                    ("sent tcp", 4000.0),
                    ("sent ack", 2000.0),
                    ("syn_ack", 1000.0),
                ],
            ),
            phase(
                20,
                &[
                    ("sent syn", 3000.0),
                    ("sent tcp", 3000.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 0.0),
                    ("syn_ack", 0.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a load test of short connections",
        of: &["PacketSynFloodSent"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[
                    ("sent syn", 1500.0),
                    ("sent tcp", 6400.0),
                    ("sent ack", 3000.0),
                    ("sent psh_ack", 1500.0),
                    ("sent fin_ack", 1500.0),
                    ("syn_ack", 1500.0),
                    ("ack", 3000.0),
                    ("tcp", 6400.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a few SYNs of a host that has no connections",
        of: &["PacketSynFloodSent"],
        phases: &[
            phase(
                30,
                &[
                    ("sent syn", 1.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 0.0),
                ],
            ),
            phase(
                20,
                &[
                    ("sent syn", 300.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 0.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a worm on this host knocks at one port of many addresses",
        of: &["PacketSweepSent"],
        phases: &[
            phase(30, &[]),
            phase(20, &[("syn destinations", 6000.0), ("sent syn", 110.0), ("sent tcp", 1000.0)]),
        ],
        fires: &[(29, &[]), (36, &["PacketSweepSent"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a crawler, of whose addresses some are dead",
        of: &["PacketSweepSent"],
        phases: &[
            phase(30, &[]),
            phase(20, &[("syn destinations", 150.0), ("sent syn", 40.0), ("syn_ack", 30.0)]),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a proxy whose servers do not answer",
        of: &["PacketSweepSent"],
        phases: &[
            phase(30, &[("sent syn", 1000.0), ("syn_ack", 1000.0)]),
            phase(
                20,
                &[
                    ("syn destinations", 20.0),
                    ("sent syn", 3000.0),
                    ("syn_ack", 0.0),
                    ("sent tcp", 4000.0),
                    ("sent ack", 2000.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a monitor of which a rack is dark",
        of: &["PacketSweepSent"],
        phases: &[
            phase(30, &[("sent syn", 60.0), ("syn_ack", 60.0)]),
            phase(20, &[("syn destinations", 200.0), ("sent syn", 80.0), ("syn_ack", 54.0)]),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that always looks for peers which are gone",
        of: &["PacketSweepSent"],
        phases: &[
            phase(40, &[("syn destinations", 500.0), ("sent syn", 60.0), ("syn_ack", 10.0)]),
            phase(20, &[("syn destinations", 900.0), ("sent syn", 90.0), ("syn_ack", 10.0)]),
        ],
        fires: &[(10, &[]), (48, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a network of which this host knocks at every address is away for a minute",
        of: &["PacketSweepSent"],
        phases: &[
            phase(30, &[]),
            phase(2, &[("syn destinations", 500.0), ("sent syn", 60.0)]),
            phase(20, &[]),
        ],
        fires: &[(32, &[]), (34, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "this host scans another over UDP",
        of: &["PacketPortScanSent"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[
                    ("scanned", 1.0),
                    ("sent udp ports", 900.0),
                    ("sent udp", 600.0),
                    ("time_exceeded", 0.01),
                ],
            ),
        ],
        fires: &[(29, &[]), (34, &["PacketPortScanSent"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "somebody runs traceroute on a server of QUIC",
        of: &["PacketPortScanSent"],
        phases: &[
            phase(30, &[("udp", 2000.0), ("sent udp", 8000.0), ("sent udp ports", 3000.0)]),
            phase(
                20,
                &[
                    ("udp", 2000.0),
                    ("sent udp", 8000.0),
                    ("sent udp ports", 3000.0),
                    ("scanned", 1.0),
                    ("time_exceeded", 0.5),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a resolver whose clients share an address",
        of: &["PacketPortScanSent"],
        phases: &[
            phase(30, &[("udp", 2000.0), ("sent udp", 2500.0), ("sent udp ports", 3000.0)]),
            phase(
                20,
                &[
                    ("udp", 2000.0),
                    ("sent udp", 2500.0),
                    ("sent udp ports", 3000.0),
                    ("scanned", 1.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "somebody runs traceroute on a host that sends much over UDP",
        of: &["PacketPortScanSent"],
        phases: &[
            phase(30, &[("sent udp", 1000.0)]),
            phase(20, &[("sent udp", 1000.0), ("scanned", 1.0), ("sent udp ports", 100.0)]),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "many ports of SCTP",
        of: &["PacketPortScanSent"],
        phases: &[
            phase(10, &[]),
            phase(20, &[("scanned", 1.0), ("sent udp", 600.0), ("sent sctp ports", 900.0)]),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
];
