//! SYNs that nothing follows, beside connections.

use super::super::scenario::{Scenario, phase};
use super::web_server::on_web_server;

/// The series of a device of which nothing that is sent is counted.
const RECEIVED: &[&str] = &[
    "tcp",
    "udp",
    "syn",
    "ack",
    "psh_ack",
    "fin_ack",
    "sources",
    "syn sources",
    "source",
    "attached",
];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a SYN flood from forged sources to a busy web server",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[]),
            on_web_server(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("syn", 22_000.0),
                    ("sources", 300_000.0),
                    ("syn sources", 200_000.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (38, &["PacketSynFlood", "PacketDistinctSourcesSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a small SYN flood to a server with many short connections",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[("syn", 4000.0), ("fin_ack", 4000.0)]),
            on_web_server(
                20,
                &[
                    ("syn", 4500.0),
                    ("fin_ack", 4000.0),
                    ("sources", 60_000.0),
                    ("syn sources", 20_000.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (38, &["PacketSynFlood"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a SYN flood whose sources the guard mostly refuses",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[]),
            on_web_server(
                20,
                &[
                    ("tcp", 100_000.0),
                    ("syn", 22_000.0),
                    ("sources", 1_200_000.0),
                    ("syn sources", 60_000.0),
                    ("guard", 1.0),
                ],
            ),
        ],
        fires: &[(29, &[]), (38, &["PacketSynFlood", "PacketDistinctSourcesSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a web server that becomes popular while the guard refuses sources",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[]),
            on_web_server(
                20,
                &[
                    ("syn", 8000.0),
                    ("fin_ack", 7500.0),
                    ("sources", 150_000.0),
                    ("syn sources", 10_000.0),
                    ("guard", 1.0),
                ],
            ),
        ],
        fires: &[(38, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "the clients of a busy server are cut off for a minute",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[]),
            on_web_server(2, &[("syn", 4000.0), ("syn sources", 30_000.0)]),
            on_web_server(20, &[]),
        ],
        fires: &[(31, &[]), (33, &[]), (36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a busy server refuses its clients while it starts again",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(30, &[]),
            on_web_server(
                20,
                &[
                    ("syn", 5000.0),
                    ("fin_ack", 0.0),
                    ("syn sources", 30_000.0),
                    ("sent rst_ack", 4500.0),
                ],
            ),
        ],
        fires: &[(38, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a busy server of which nothing sent is counted refuses its clients",
        of: &["PacketSynFlood"],
        only: RECEIVED,
        phases: &[
            on_web_server(30, &[]),
            on_web_server(20, &[("syn", 5000.0), ("fin_ack", 0.0), ("syn sources", 30_000.0)]),
        ],
        fires: &[(38, &[]), (49, &[])],
    },
    Scenario {
        name: "a SYN flood to a device of which nothing sent is counted",
        of: &["PacketSynFlood"],
        only: RECEIVED,
        phases: &[phase(30, &[]), phase(20, &[("syn", 3000.0), ("tcp", 3800.0)])],
        fires: &[(29, &[]), (36, &["PacketSynFlood"])],
    },
    Scenario {
        name: "a server at which thousands always knock in vain",
        of: &["PacketSynFlood"],
        phases: &[
            on_web_server(40, &[("sources", 20_000.0), ("syn sources", 8000.0)]),
            on_web_server(20, &[("sources", 20_000.0), ("syn sources", 12_000.0)]),
        ],
        fires: &[(10, &[]), (48, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "hundreds of scanners find a small server",
        of: &["PacketSynFlood"],
        phases: &[
            phase(30, &[("syn", 600.0), ("tcp", 2000.0), ("ack", 1000.0)]),
            phase(
                20,
                &[
                    ("syn", 600.0),
                    ("tcp", 2000.0),
                    ("ack", 1000.0),
                    ("syn sources", 800.0),
                    ("sources", 900.0),
                ],
            ),
        ],
        fires: &[(38, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "slow knocks of thousands at a server without work",
        of: &["PacketSynFlood"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[("syn", 100.0), ("tcp", 900.0), ("syn sources", 3000.0), ("sources", 3100.0)],
            ),
        ],
        fires: &[(38, &["PacketDistinctSourcesSurge"]), (49, &["PacketDistinctSourcesSurge"])],
        ..Scenario::USUAL
    },
];
