//! Floods of datagrams and frames, and what looks like them.

use super::super::scenario::{Phase, Scenario, phase};

/// A hundred thousand packets a second of open connections.
const BUSY: Phase = phase(
    30,
    &[
        ("tcp", 100_000.0),
        ("ack", 90_000.0),
        ("psh_ack", 9000.0),
        ("sent tcp", 100_000.0),
        ("sent ack", 90_000.0),
    ],
);

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "answers of time servers that nobody asked",
        of: &["PacketUdpAmplification"],
        phases: &[phase(30, &[]), phase(20, &[("ntp bytes", 3.0e6), ("udp", 6200.0)])],
        fires: &[(29, &[]), (36, &["PacketUdpAmplification"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "answers from a port to which nothing was ever sent",
        of: &["PacketUdpAmplification"],
        phases: &[phase(30, &[]), phase(20, &[("memcached bytes", 8.0e6), ("udp", 6200.0)])],
        fires: &[(29, &[]), (36, &["PacketUdpAmplification"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a resolver that asks for large answers",
        of: &["PacketUdpAmplification"],
        phases: &[
            phase(10, &[]),
            phase(30, &[("dns bytes", 1.0e7), ("sent dns bytes", 1.0e6), ("udp", 8000.0)]),
        ],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a resolver of which nothing sent is counted asks for large answers",
        of: &["PacketUdpAmplification"],
        only: &["tcp", "udp", "dns bytes", "attached"],
        phases: &[phase(10, &[]), phase(30, &[("dns bytes", 1.0e7), ("udp", 8000.0)])],
        fires: &[(20, &[]), (39, &[])],
    },
    Scenario {
        name: "a few answers of time servers",
        of: &["PacketUdpAmplification"],
        phases: &[phase(10, &[]), phase(30, &[("ntp bytes", 1.0e5), ("udp", 400.0)])],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a flood of pings",
        of: &["PacketIcmpFlood"],
        phases: &[phase(30, &[]), phase(20, &[("echo_request", 5000.0), ("icmp", 5000.0)])],
        fires: &[(29, &[]), (36, &["PacketIcmpFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a flood of pings to a busy host",
        of: &["PacketIcmpFlood"],
        phases: &[
            BUSY,
            phase(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("ack", 90_000.0),
                    ("psh_ack", 9000.0),
                    ("sent tcp", 100_000.0),
                    ("sent ack", 90_000.0),
                    ("echo_request", 20_000.0),
                    ("icmp", 20_000.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (36, &["PacketIcmpFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a monitor that pings many hosts",
        of: &["PacketIcmpFlood"],
        phases: &[
            phase(10, &[]),
            phase(30, &[("echo_reply", 3000.0), ("icmp", 3000.0), ("sent echo_request", 3000.0)]),
        ],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "nothing but some pings",
        of: &["PacketIcmpFlood"],
        phases: &[phase(
            40,
            &[("tcp", 0.1), ("udp", 0.1), ("echo_request", 100.0), ("icmp", 100.0)],
        )],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "pings that hardly matter to a busy host",
        of: &["PacketIcmpFlood"],
        phases: &[
            BUSY,
            phase(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("ack", 90_000.0),
                    ("psh_ack", 9000.0),
                    ("sent tcp", 100_000.0),
                    ("sent ack", 90_000.0),
                    ("echo_request", 2000.0),
                    ("icmp", 2000.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "first fragments without the rest",
        of: &["PacketFragmentFlood"],
        phases: &[phase(30, &[]), phase(20, &[("first", 3000.0), ("udp", 3200.0)])],
        fires: &[(29, &[]), (36, &["PacketFragmentFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "fragments from the middle of nothing",
        of: &["PacketFragmentFlood"],
        phases: &[phase(30, &[]), phase(20, &[("middle", 3000.0), ("udp", 3200.0)])],
        fires: &[(29, &[]), (36, &["PacketFragmentFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "whole datagrams in two pieces, too many of them",
        of: &["PacketFragmentFlood"],
        phases: &[
            phase(30, &[("tcp", 20_000.0), ("ack", 19_000.0)]),
            phase(
                20,
                &[
                    ("tcp", 20_000.0),
                    ("ack", 19_000.0),
                    ("first", 15_000.0),
                    ("last", 15_000.0),
                    ("udp", 30_200.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (36, &["PacketFragmentFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a file server over UDP",
        of: &["PacketFragmentFlood"],
        phases: &[phase(
            40,
            &[("first", 2000.0), ("middle", 6000.0), ("last", 1900.0), ("udp", 10_000.0)],
        )],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "nothing but some broken fragments",
        of: &["PacketFragmentFlood"],
        phases: &[phase(40, &[("tcp", 0.1), ("udp", 20.0), ("first", 20.0), ("last", 0.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "broken fragments that hardly matter to a busy host",
        of: &["PacketFragmentFlood"],
        phases: &[
            BUSY,
            phase(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("ack", 90_000.0),
                    ("psh_ack", 9000.0),
                    ("sent tcp", 100_000.0),
                    ("sent ack", 90_000.0),
                    ("first", 3000.0),
                    ("udp", 3200.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one packet in ten is malformed",
        of: &["PacketMalformedSurge"],
        phases: &[phase(30, &[]), phase(20, &[("malformed", 100.0), ("udp", 300.0)])],
        fires: &[(29, &[]), (45, &["PacketMalformedSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "malformed packets that hardly matter to a busy host",
        of: &["PacketMalformedSurge"],
        phases: &[
            BUSY,
            phase(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("ack", 90_000.0),
                    ("psh_ack", 9000.0),
                    ("sent tcp", 100_000.0),
                    ("sent ack", 90_000.0),
                    ("malformed", 50.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a neighbour that sends a malformed packet now and then",
        of: &["PacketMalformedSurge"],
        phases: &[phase(40, &[("tcp", 0.1), ("udp", 2.0), ("malformed", 1.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a loop that sends broadcasts around",
        of: &["PacketBroadcastStorm"],
        phases: &[phase(30, &[]), phase(20, &[("broadcast", 5000.0), ("udp", 5200.0)])],
        fires: &[(29, &[]), (45, &["PacketBroadcastStorm"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that also receives television",
        of: &["PacketBroadcastStorm"],
        phases: &[phase(40, &[("multicast", 3000.0), ("udp", 3200.0), ("tcp", 6800.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "nothing but the broadcasts of a network",
        of: &["PacketBroadcastStorm"],
        phases: &[phase(40, &[("broadcast", 50.0), ("udp", 50.0), ("tcp", 0.1)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a flood from sources that are ever new",
        of: &["PacketSpoofedFlood"],
        phases: &[
            phase(30, &[("tcp", 8000.0), ("sent tcp", 8000.0), ("ack", 7000.0)]),
            phase(
                20,
                &[
                    ("tcp", 8000.0),
                    ("sent tcp", 8000.0),
                    ("ack", 7000.0),
                    ("guard", 1.0),
                    ("entropy", 0.97),
                    ("sources", 300_000.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (36, &["PacketSpoofedFlood", "PacketDistinctSourcesSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "many clients, of which some send more than others",
        of: &["PacketSpoofedFlood"],
        phases: &[phase(
            40,
            &[
                ("tcp", 8000.0),
                ("sent tcp", 8000.0),
                ("ack", 7000.0),
                ("guard", 1.0),
                ("sources", 300_000.0),
            ],
        )],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "ever new sources, each with a name of its own",
        of: &["PacketSpoofedFlood"],
        phases: &[phase(
            40,
            &[
                ("tcp", 8000.0),
                ("sent tcp", 8000.0),
                ("ack", 7000.0),
                ("entropy", 1.0),
                ("sources", 300_000.0),
            ],
        )],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a neighbour of a flooded device, whose new sources are sampled too",
        of: &["PacketSpoofedFlood"],
        phases: &[phase(40, &[("guard", 1.0), ("entropy", 1.0), ("sources", 10_000.0)])],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a busy neighbour of a flooded device, whose new sources are sampled too",
        of: &["PacketSpoofedFlood"],
        phases: &[phase(
            40,
            &[
                ("tcp", 8000.0),
                ("sent tcp", 8000.0),
                ("ack", 7000.0),
                ("guard", 1.0),
                ("entropy", 0.97),
                ("sources", 5000.0),
            ],
        )],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
];
