//! What differs from an attack, or from what looks like it, in one label alone.

use super::super::scenario::{Scenario, phase};
use super::web_server::on_web_server;

const SYN_FLOOD: &str = "PacketSynFlood";
const SYN_FLOOD_SENT: &str = "PacketSynFloodSent";
const BACKSCATTER: &str = "PacketBackscatter";
const RECEIVE_SURGE: &str = "PacketReceiveSurge";
const STRANGE_FLAGS: &str = "PacketStrangeFlags";
const PROTOCOL: &str = "PacketUnusualProtocolShare";
const DOMINATES: &str = "PacketSourceDominates";
const STORM: &str = "PacketBroadcastStorm";
const AMPLIFICATION: &str = "PacketUdpAmplification";
const ICMP_FLOOD: &str = "PacketIcmpFlood";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "clients that only push",
        of: &[SYN_FLOOD],
        phases: &[
            phase(10, &[]),
            phase(20, &[("syn", 1000.0), ("ack", 100.0), ("psh_ack", 600.0), ("tcp", 1900.0)]),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "connections that end at once",
        of: &[SYN_FLOOD],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("syn", 1000.0),
                    ("ack", 100.0),
                    ("psh_ack", 0.0),
                    ("fin_ack", 600.0),
                    ("tcp", 1900.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a web server that becomes popular with clients that end with RST",
        of: &[SYN_FLOOD],
        phases: &[
            on_web_server(10, &[("guard", 1.0)]),
            on_web_server(
                20,
                &[
                    ("syn", 8000.0),
                    ("sources", 150_000.0),
                    ("syn sources", 10_000.0),
                    ("guard", 1.0),
                    ("rst", 7500.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a web server that becomes popular with clients that end with RST and ACK",
        of: &[SYN_FLOOD],
        phases: &[
            on_web_server(10, &[("guard", 1.0)]),
            on_web_server(
                20,
                &[
                    ("syn", 8000.0),
                    ("sources", 150_000.0),
                    ("syn sources", 10_000.0),
                    ("guard", 1.0),
                    ("rst_ack", 7500.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that pushes on each connection",
        of: &[SYN_FLOOD_SENT],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("sent syn", 1500.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 1000.0),
                    ("sent fin_ack", 0.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that ends connections which another device opened",
        of: &[SYN_FLOOD_SENT],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("sent syn", 1500.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 1000.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "RST of connections that somebody else opened in our name",
        of: &[BACKSCATTER],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("rst", 3000.0),
                    ("tcp", 3800.0),
                    ("sent ack", 20.0),
                    ("sent psh_ack", 5.0),
                    ("sent fin_ack", 1.0),
                    ("sent rst", 3000.0),
                    ("sent tcp", 3000.0),
                ],
            ),
        ],
        fires: &[(9, &[]), (25, &[BACKSCATTER])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "RST with ACK of connections that somebody else opened in our name",
        of: &[BACKSCATTER],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("rst_ack", 3000.0),
                    ("tcp", 3800.0),
                    ("sent ack", 20.0),
                    ("sent psh_ack", 5.0),
                    ("sent fin_ack", 1.0),
                    ("sent rst", 3000.0),
                    ("sent tcp", 3000.0),
                ],
            ),
        ],
        fires: &[(9, &[]), (25, &[BACKSCATTER])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "resets of what is sent as SYN alone",
        of: &[BACKSCATTER],
        phases: &[phase(
            30,
            &[
                ("rst", 3000.0),
                ("tcp", 3800.0),
                ("sent syn", 400.0),
                ("sent ack", 0.0),
                ("sent psh_ack", 0.0),
                ("sent fin_ack", 0.0),
            ],
        )],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "resets of what is sent as ACK alone",
        of: &[BACKSCATTER],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("rst", 3000.0),
                    ("tcp", 3800.0),
                    ("sent syn", 1.0),
                    ("sent ack", 400.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 0.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "resets of what is sent as PSH and ACK alone",
        of: &[BACKSCATTER],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("rst", 3000.0),
                    ("tcp", 3800.0),
                    ("sent syn", 1.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 400.0),
                    ("sent fin_ack", 0.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "resets of what is sent as FIN and ACK alone",
        of: &[BACKSCATTER],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("rst", 3000.0),
                    ("tcp", 3800.0),
                    ("sent syn", 1.0),
                    ("sent ack", 0.0),
                    ("sent psh_ack", 0.0),
                    ("sent fin_ack", 400.0),
                ],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a client uploads",
        of: &[BACKSCATTER],
        phases: &[phase(10, &[]), phase(20, &[("tcp", 9000.0), ("ack", 8500.0)])],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "datagrams that nobody answers, beside answers over TCP",
        of: &[RECEIVE_SURGE],
        phases: &[
            phase(10, &[]),
            phase(20, &[("udp", 60_000.0), ("udp bytes", 8.4e7), ("sent tcp", 5000.0)]),
        ],
        fires: &[(9, &[]), (25, &[RECEIVE_SURGE])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an XMAS scan",
        of: &[STRANGE_FLAGS],
        phases: &[phase(10, &[]), phase(20, &[("xmas", 20.0), ("tcp", 820.0)])],
        fires: &[(9, &[]), (25, &[STRANGE_FLAGS])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "SYN and FIN at once",
        of: &[STRANGE_FLAGS],
        phases: &[phase(10, &[]), phase(20, &[("syn_fin", 20.0), ("tcp", 820.0)])],
        fires: &[(9, &[]), (25, &[STRANGE_FLAGS])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "common protocols rise",
        of: &[PROTOCOL],
        phases: &[
            phase(10, &[]),
            phase(
                20,
                &[
                    ("tcp", 6000.0),
                    ("ack", 5500.0),
                    ("udp", 1300.0),
                    ("icmp", 950.0),
                    ("icmp6", 950.0),
                ],
            ),
        ],
        fires: &[(21, &[]), (23, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "many sources that have no name",
        of: &[DOMINATES],
        phases: &[
            phase(10, &[("tcp", 6000.0), ("ack", 5000.0)]),
            phase(
                20,
                &[("tcp", 6000.0), ("ack", 5000.0), ("udp", 17_000.0), ("other sources", 22_000.0)],
            ),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a storm of multicast",
        of: &[STORM],
        phases: &[phase(10, &[]), phase(20, &[("multicast", 5000.0), ("udp", 5200.0)])],
        fires: &[(9, &[]), (25, &[STORM])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that becomes busy",
        of: &[STORM],
        phases: &[
            phase(10, &[]),
            phase(20, &[("unicast", 5000.0), ("tcp", 4800.0), ("ack", 4500.0)]),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a zone is transferred",
        of: &[AMPLIFICATION],
        phases: &[
            phase(10, &[]),
            phase(20, &[("dns tcp bytes", 5.0e6), ("tcp", 4000.0), ("ack", 3800.0)]),
        ],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a download from a port that is no amplifier",
        of: &[AMPLIFICATION],
        phases: &[phase(10, &[]), phase(20, &[("quic bytes", 5.0e6), ("udp", 4000.0)])],
        fires: &[(18, &[]), (29, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "answers of resolvers, beside a zone that is sent",
        of: &[AMPLIFICATION],
        phases: &[
            phase(10, &[]),
            phase(20, &[("dns bytes", 1.0e7), ("sent dns tcp bytes", 1.0e6), ("udp", 7000.0)]),
        ],
        fires: &[(9, &[]), (25, &[AMPLIFICATION])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a flood of pings that this host answers",
        of: &[ICMP_FLOOD],
        phases: &[
            phase(10, &[]),
            phase(20, &[("echo_request", 5000.0), ("icmp", 5000.0), ("sent echo_reply", 5000.0)]),
        ],
        fires: &[(9, &[]), (25, &[ICMP_FLOOD])],
        ..Scenario::USUAL
    },
];
