//! Hosts on which nothing happens.

use super::super::scenario::{Scenario, phase};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a healthy host, from the first minutes on",
        phases: &[phase(120, &[])],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an idle host",
        phases: &[phase(
            120,
            &[
                ("tcp", 0.1),
                ("udp", 0.1),
                ("icmp", 0.0),
                ("sent tcp", 0.1),
                ("sent udp", 0.1),
                ("syn", 0.01),
                ("syn_ack", 0.0),
                ("ack", 0.05),
                ("psh_ack", 0.02),
                ("fin_ack", 0.01),
                ("source", 0.1),
                ("other sources", 0.1),
                ("sources", 1.0),
                ("sources6", 0.0),
                ("entropy", 0.0),
            ],
        )],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a busy host, from its first packet on",
        phases: &[phase(
            120,
            &[
                ("tcp", 180_000.0),
                ("udp", 20_000.0),
                ("sent tcp", 200_000.0),
                ("syn", 3000.0),
                ("ack", 120_000.0),
                ("psh_ack", 50_000.0),
                ("fin_ack", 3000.0),
                ("sent ack", 100_000.0),
                ("sent psh_ack", 90_000.0),
                ("sources", 40_000.0),
                ("source", 20_000.0),
                ("entropy", 0.85),
            ],
        )],
        fires: &[(3, &[]), (15, &[]), (119, &[])],
        ..Scenario::USUAL
    },
];
