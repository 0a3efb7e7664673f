//! Traffic that rises and falls, and what is usual.

use std::f64;

use super::super::scenario::{Scenario, phase};

/// The series of received packets alone, for scenarios of a day.
const RECEIVED: &[&str] = &["tcp", "attached"];
const SENT: &[&str] = &["sent udp", "sent ack", "tcp", "attached"];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a host receives thirty times its packets",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[]),
            phase(20, &[("tcp", 30_000.0), ("ack", 20_000.0), ("psh_ack", 9000.0)]),
        ],
        fires: &[(29, &[]), (36, &["PacketReceiveSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a backup arrives",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[("tcp", 60_000.0), ("tcp bytes", 8.4e7), ("ack", 58_000.0), ("sent ack", 2000.0)],
            ),
        ],
        fires: &[(29, &[]), (36, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a download over QUIC",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[]),
            phase(20, &[("udp", 60_000.0), ("udp bytes", 8.4e7), ("sent udp", 6000.0)]),
        ],
        fires: &[(29, &[]), (36, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "large TCP packets that nobody answers",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[]),
            phase(20, &[("tcp", 100_000.0), ("tcp bytes", 1.4e8), ("psh_ack", 98_000.0)]),
        ],
        fires: &[(29, &[]), (36, &["PacketReceiveSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "large UDP packets that nobody answers",
        of: &["PacketReceiveSurge"],
        phases: &[phase(30, &[]), phase(20, &[("udp", 60_000.0), ("udp bytes", 8.4e7)])],
        fires: &[(29, &[]), (36, &["PacketReceiveSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an idle host is put to use",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[("tcp", 10.0), ("ack", 5.0)]),
            phase(30, &[("tcp", 5000.0), ("ack", 4000.0)]),
        ],
        fires: &[(36, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host receives three times its packets",
        of: &["PacketReceiveSurge"],
        phases: &[
            phase(30, &[("tcp", 20_000.0), ("ack", 19_000.0)]),
            phase(30, &[("tcp", 60_000.0), ("ack", 57_000.0)]),
        ],
        fires: &[(36, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that is busy at one hour of each day, and once at another",
        of: &["PacketReceiveSurge"],
        only: RECEIVED,
        phases: &[
            phase(60, &[]),
            phase(60, &[("tcp", 20_000.0)]),
            phase(1380, &[]),
            phase(60, &[("tcp", 20_000.0)]),
            phase(120, &[]),
            phase(20, &[("tcp", 20_000.0)]),
        ],
        fires: &[
            (90, &["PacketReceiveSurge"]),
            (1530, &[]),
            (1670, &[]),
            (1692, &["PacketReceiveSurge"]),
        ],
    },
    Scenario {
        name: "an hour of attack does not hide the next one",
        of: &["PacketReceiveSurge"],
        only: RECEIVED,
        phases: &[
            phase(60, &[]),
            phase(60, &[("tcp", 200_000.0)]),
            phase(60, &[]),
            phase(20, &[("tcp", 200_000.0)]),
        ],
        fires: &[(110, &["PacketReceiveSurge"]), (170, &[]), (195, &["PacketReceiveSurge"])],
    },
    Scenario {
        name: "scrapes fail as an attack begins",
        of: &["PacketReceiveSurge"],
        only: RECEIVED,
        phases: &[phase(60, &[]), phase(15, &[("*", f64::NAN)]), phase(20, &[("tcp", 50_000.0)])],
        fires: &[(59, &[]), (85, &["PacketReceiveSurge"])],
    },
    Scenario {
        name: "a device that is away learns nothing",
        of: &["PacketReceiveSurge"],
        only: RECEIVED,
        phases: &[
            phase(30, &[("tcp", 3000.0)]),
            phase(45, &[("*", f64::NAN)]),
            phase(20, &[("tcp", 20_000.0)]),
        ],
        fires: &[(29, &[]), (85, &["PacketReceiveSurge"])],
    },
    Scenario {
        name: "a host that begins with nothing becomes usual in an afternoon",
        of: &["PacketReceiveSurge"],
        only: RECEIVED,
        phases: &[phase(10, &[("tcp", 0.0)]), phase(290, &[("tcp", 20_000.0)])],
        fires: &[(30, &["PacketReceiveSurge"]), (290, &[])],
    },
    Scenario {
        name: "this host takes part in an attack",
        of: &["PacketTransmitSurge"],
        phases: &[phase(30, &[]), phase(20, &[("sent udp", 50_000.0)])],
        fires: &[(29, &[]), (36, &["PacketTransmitSurge"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a backup is sent",
        of: &["PacketTransmitSurge"],
        phases: &[
            phase(30, &[]),
            phase(
                20,
                &[
                    ("sent tcp", 60_000.0),
                    ("sent ack", 50_000.0),
                    ("sent psh_ack", 9900.0),
                    ("tcp", 2300.0),
                    ("ack", 2000.0),
                ],
            ),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a server begins to speak QUIC",
        of: &["PacketTransmitSurge"],
        phases: &[phase(30, &[]), phase(20, &[("sent udp", 50_000.0), ("udp", 5000.0)])],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that always sends video",
        of: &["PacketTransmitSurge"],
        phases: &[phase(40, &[("sent udp", 100_000.0)])],
        fires: &[(10, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an idle host sends its logs",
        of: &["PacketTransmitSurge"],
        phases: &[
            phase(30, &[("tcp", 1.0), ("udp", 1.0)]),
            phase(20, &[("tcp", 1.0), ("udp", 1.0), ("sent udp", 8000.0)]),
        ],
        fires: &[(36, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that sends video at one hour of each day, and once at another",
        of: &["PacketTransmitSurge"],
        only: SENT,
        phases: &[
            phase(60, &[]),
            phase(60, &[("sent udp", 50_000.0)]),
            phase(1380, &[]),
            phase(60, &[("sent udp", 50_000.0)]),
            phase(120, &[]),
            phase(20, &[("sent udp", 50_000.0)]),
        ],
        fires: &[
            (90, &["PacketTransmitSurge"]),
            (1530, &[]),
            (1670, &[]),
            (1692, &["PacketTransmitSurge"]),
        ],
    },
    Scenario {
        name: "next to nothing arrives any more",
        of: &["PacketReceiveCollapse"],
        phases: &[phase(60, &[]), phase(40, &[("tcp", 3.0), ("udp", 2.0)])],
        fires: &[(59, &[]), (80, &["PacketReceiveCollapse"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host without work becomes silent",
        of: &["PacketReceiveCollapse"],
        phases: &[
            phase(60, &[("tcp", 50.0), ("udp", 0.0), ("icmp", 0.0)]),
            phase(40, &[("tcp", 0.0), ("udp", 0.0), ("icmp", 0.0)]),
        ],
        fires: &[(59, &[]), (80, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a server is taken out of its pool",
        of: &["PacketReceiveCollapse"],
        phases: &[phase(60, &[]), phase(40, &[("tcp", 90.0), ("udp", 10.0)])],
        fires: &[(80, &[]), (99, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a program is taken off its device",
        of: &["PacketReceiveCollapse", "PacketExporterProgramHidden"],
        phases: &[
            phase(60, &[]),
            phase(40, &[("tcp", 0.0), ("udp", 0.0), ("icmp", 0.0), ("attached", 0.0)]),
        ],
        fires: &[(59, &[]), (80, &["PacketExporterProgramNotAttached"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a host that is silent at one hour of each day, and once at another",
        of: &["PacketReceiveCollapse"],
        only: RECEIVED,
        phases: &[
            phase(60, &[]),
            phase(60, &[("tcp", 1.0)]),
            phase(1380, &[]),
            phase(60, &[("tcp", 1.0)]),
            phase(120, &[]),
            phase(30, &[("tcp", 1.0)]),
        ],
        fires: &[
            (90, &["PacketReceiveCollapse"]),
            (1530, &[]),
            (1670, &[]),
            (1702, &["PacketReceiveCollapse"]),
        ],
    },
    Scenario {
        name: "next to nothing arrives on a device with the program as tcx",
        of: &["PacketReceiveCollapse"],
        phases: &[
            phase(60, &[("attached", f64::NAN), ("tcx attached", 1.0)]),
            phase(40, &[("attached", f64::NAN), ("tcx attached", 1.0), ("tcp", 3.0), ("udp", 2.0)]),
        ],
        fires: &[(59, &[]), (80, &["PacketReceiveCollapse"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "next to nothing arrives on a device with the program as tc",
        of: &["PacketReceiveCollapse"],
        phases: &[
            phase(60, &[("attached", f64::NAN), ("tc attached", 1.0)]),
            phase(40, &[("attached", f64::NAN), ("tc attached", 1.0), ("tcp", 3.0), ("udp", 2.0)]),
        ],
        fires: &[(59, &[]), (80, &["PacketReceiveCollapse"])],
        ..Scenario::USUAL
    },
];
