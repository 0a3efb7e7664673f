//! Floods over TCP, and connections that are none.

use super::super::scenario::{Scenario, phase};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a SYN flood comes and goes",
        of: &["PacketSynFlood"],
        phases: &[phase(30, &[]), phase(20, &[("syn", 3000.0), ("tcp", 3800.0)]), phase(20, &[])],
        fires: &[(29, &[]), (36, &["PacketSynFlood"]), (49, &["PacketSynFlood"]), (69, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a SYN flood from the first minute on",
        of: &["PacketSynFlood"],
        phases: &[phase(20, &[("syn", 3000.0), ("tcp", 3800.0)])],
        fires: &[(10, &["PacketSynFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a web server with many short connections",
        of: &["PacketSynFlood"],
        phases: &[phase(
            40,
            &[
                ("syn", 1000.0),
                ("ack", 4000.0),
                ("psh_ack", 2000.0),
                ("fin_ack", 1000.0),
                ("tcp", 8000.0),
                ("sent syn_ack", 1000.0),
                ("sent ack", 4000.0),
            ],
        )],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "knocks on a host without connections",
        of: &["PacketSynFlood"],
        phases: &[phase(
            40,
            &[
                ("syn", 50.0),
                ("syn_ack", 0.0),
                ("ack", 0.0),
                ("psh_ack", 0.0),
                ("fin_ack", 0.0),
                ("tcp", 52.0),
            ],
        )],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "answers to packets that somebody else sent in our name",
        of: &["PacketBackscatter"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[
                    ("syn_ack", 3000.0),
                    ("tcp", 3800.0),
                    ("sent syn", 1.0),
                    ("sent ack", 20.0),
                    ("sent psh_ack", 5.0),
                    ("sent fin_ack", 1.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (45, &["PacketBackscatter"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a client whose connections are refused",
        of: &["PacketBackscatter", "PacketSynFloodSent"],
        phases: &[
            phase(10, &[]),
            phase(
                30,
                &[("rst_ack", 2000.0), ("tcp", 2800.0), ("sent syn", 2000.0), ("sent tcp", 2900.0)],
            ),
        ],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a few resets to a host that sends nothing",
        of: &["PacketBackscatter"],
        phases: &[phase(
            40,
            &[
                ("rst_ack", 100.0),
                ("sent tcp", 0.0),
                ("sent syn", 0.0),
                ("sent ack", 0.0),
                ("sent psh_ack", 0.0),
                ("sent fin_ack", 0.0),
            ],
        )],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
];
