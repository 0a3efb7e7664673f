//! An exporter that does not run, count or push as it should.

use std::f64;

use super::super::scenario::{Scenario, phase};

const NOT_ATTACHED: &str = "PacketExporterProgramNotAttached";
const HIDDEN: &str = "PacketExporterProgramHidden";
const MEMORY: &str = "PacketExporterMemoryBudgetReached";
const SAMPLED: &str = "PacketExporterCountsSampled";
const EVICTED: &str = "PacketExporterCountsEvicted";

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "an exporter is gone",
        of: &["PacketExporterDown"],
        phases: &[phase(30, &[]), phase(20, &[("up", 0.0), ("*", f64::NAN)])],
        fires: &[(29, &[]), (37, &["PacketExporterDown"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "another exporter is gone",
        of: &["PacketExporterDown"],
        phases: &[phase(10, &[]), phase(30, &[("other up", 0.0)])],
        fires: &[(20, &[]), (39, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an exporter is updated",
        of: &["PacketExporterDown", "PacketExporterRestarting"],
        phases: &[
            phase(30, &[]),
            phase(3, &[("up", 0.0), ("*", f64::NAN)]),
            phase(20, &[("started", 2800.0)]),
        ],
        fires: &[(34, &[]), (40, &[]), (52, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an exporter that crashes every five minutes",
        of: &["PacketExporterRestarting"],
        phases: &[
            phase(10, &[]),
            phase(5, &[("started", 1600.0)]),
            phase(5, &[("started", 1900.0)]),
            phase(10, &[("started", 2200.0)]),
        ],
        fires: &[(17, &[]), (24, &["PacketExporterRestarting"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "another program that crashes every five minutes",
        of: &["PacketExporterRestarting"],
        phases: &[
            phase(10, &[("other started", 1000.0)]),
            phase(5, &[("other started", 1600.0)]),
            phase(5, &[("other started", 1900.0)]),
            phase(10, &[("other started", 2200.0)]),
        ],
        fires: &[(24, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a driver refuses the program",
        of: &[NOT_ATTACHED, MEMORY],
        phases: &[phase(30, &[]), phase(20, &[("attached", 0.0), ("attach other", 0.05)])],
        fires: &[(29, &[]), (33, &[]), (40, &[NOT_ATTACHED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a driver refused the program once, and now it is gone",
        of: &[NOT_ATTACHED, HIDDEN],
        phases: &[
            phase(10, &[]),
            phase(1, &[("attach other", 0.05)]),
            phase(20, &[]),
            phase(15, &[("attached", 0.0)]),
        ],
        fires: &[(29, &[]), (42, &[NOT_ATTACHED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a device that is attached again at once",
        of: &[NOT_ATTACHED],
        phases: &[
            phase(30, &[]),
            phase(3, &[("attached", 0.0), ("attach other", 0.05)]),
            phase(10, &[]),
        ],
        fires: &[(34, &[]), (40, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "another program goes in front",
        of: &[NOT_ATTACHED, HIDDEN],
        phases: &[
            phase(30, &[]),
            phase(1, &[("attached", 0.0), ("attach hidden", 0.02)]),
            phase(40, &[("attached", 0.0)]),
        ],
        fires: &[(29, &[]), (40, &[HIDDEN]), (65, &[HIDDEN])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a program was in front once, and now the driver refuses",
        of: &[NOT_ATTACHED, HIDDEN],
        phases: &[
            phase(30, &[]),
            phase(1, &[("attached", 0.0), ("attach hidden", 0.02)]),
            phase(10, &[]),
            phase(20, &[("attached", 0.0), ("attach other", 0.05)]),
        ],
        fires: &[(40, &[]), (55, &[NOT_ATTACHED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a device without room in memory",
        of: &[NOT_ATTACHED, MEMORY],
        phases: &[phase(30, &[]), phase(20, &[("attached", 0.0), ("attach memory", 0.05)])],
        fires: &[(29, &[]), (40, &[MEMORY])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "folds stop",
        of: &["PacketExporterFoldsStopped", "PacketExporterFoldsLate"],
        phases: &[phase(30, &[]), phase(30, &[("folds", 0.0)])],
        fires: &[
            (29, &[]),
            (40, &["PacketExporterFoldsStopped"]),
            (58, &["PacketExporterFoldsStopped"]),
        ],
        ..Scenario::USUAL
    },
    Scenario {
        name: "an exporter is gone before its first fold",
        of: &["PacketExporterFoldsStopped"],
        phases: &[
            phase(10, &[("*", f64::NAN)]),
            phase(2, &[("folds", 0.0)]),
            phase(20, &[("up", 0.0), ("*", f64::NAN)]),
        ],
        fires: &[(13, &[]), (14, &[]), (19, &["PacketExporterDown"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "folds take three times their interval",
        of: &["PacketExporterFoldsLate"],
        phases: &[phase(30, &[]), phase(30, &[("folds", 0.3)])],
        fires: &[(29, &[]), (55, &["PacketExporterFoldsLate"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "folds once a minute, as configured",
        of: &["PacketExporterFoldsStopped", "PacketExporterFoldsLate"],
        phases: &[phase(60, &[("folds", 0.016_666_7), ("interval", 60.0)])],
        fires: &[(20, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "folds become more frequent",
        of: &["PacketExporterFoldsLate"],
        phases: &[phase(30, &[("folds", 0.1), ("interval", 10.0)]), phase(30, &[])],
        fires: &[(29, &[]), (38, &[]), (45, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one reading in five fails",
        of: &["PacketExporterFoldFailures"],
        phases: &[phase(30, &[]), phase(20, &[("fold failures", 0.2)])],
        fires: &[(29, &[]), (45, &["PacketExporterFoldFailures"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "one reading in fifty fails",
        of: &["PacketExporterFoldFailures"],
        phases: &[phase(30, &[]), phase(20, &[("fold failures", 0.02)])],
        fires: &[(45, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "two of the few readings fail",
        of: &["PacketExporterFoldFailures"],
        phases: &[
            phase(30, &[("folds", 0.016_666_7), ("interval", 60.0)]),
            phase(20, &[("folds", 0.016_666_7), ("interval", 60.0), ("fold failures", 0.003)]),
        ],
        fires: &[(45, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "counts do not add up",
        of: &["PacketExporterCountsLost"],
        phases: &[phase(30, &[]), phase(20, &[("imbalanced", 0.01)])],
        fires: &[(29, &[]), (36, &["PacketExporterCountsLost"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "packets without a name are not lost",
        of: &["PacketExporterCountsLost"],
        phases: &[phase(30, &[]), phase(20, &[("lost guard", 50.0), ("lost evicted", 20.0)])],
        fires: &[(29, &[]), (49, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "the guard turns half of the packets away",
        of: &[SAMPLED, EVICTED],
        phases: &[phase(30, &[]), phase(60, &[("lost guard", 500.0)])],
        fires: &[(29, &[]), (50, &[]), (80, &[SAMPLED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "the guard turns little of a busy host away",
        of: &[SAMPLED],
        phases: &[phase(
            60,
            &[
                ("tcp", 100_000.0),
                ("ack", 90_000.0),
                ("sent tcp", 100_000.0),
                ("sent ack", 90_000.0),
                ("lost guard", 500.0),
            ],
        )],
        fires: &[(59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "the guard turns some of an idle host away",
        of: &[SAMPLED],
        phases: &[phase(60, &[("tcp", 10.0), ("udp", 10.0), ("lost guard", 20.0)])],
        fires: &[(59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a table forgets half of the packets",
        of: &[SAMPLED, EVICTED],
        phases: &[phase(30, &[]), phase(60, &[("lost evicted", 500.0)])],
        fires: &[(29, &[]), (50, &[]), (80, &[EVICTED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "guard and table together lack what neither of them alone does",
        of: &[SAMPLED, EVICTED],
        phases: &[phase(
            60,
            &[("tcp", 100.0), ("udp", 10.0), ("lost guard", 50.0), ("lost evicted", 80.0)],
        )],
        fires: &[(59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a table forgets much of a busy host, of which the guard refuses little",
        of: &[SAMPLED],
        phases: &[phase(
            60,
            &[("tcp", 50_000.0), ("ack", 45_000.0), ("lost guard", 500.0), ("lost evicted", 2e4)],
        )],
        fires: &[(59, &[EVICTED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "the guard refuses much of a busy host, of which a table forgets little",
        of: &[EVICTED],
        phases: &[phase(
            60,
            &[("tcp", 50_000.0), ("ack", 45_000.0), ("lost guard", 2e4), ("lost evicted", 500.0)],
        )],
        fires: &[(59, &[SAMPLED])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a table forgets little of a busy host",
        of: &[EVICTED],
        phases: &[phase(
            60,
            &[
                ("tcp", 100_000.0),
                ("ack", 90_000.0),
                ("sent tcp", 100_000.0),
                ("sent ack", 90_000.0),
                ("lost evicted", 500.0),
            ],
        )],
        fires: &[(59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a table forgets some of an idle host",
        of: &[EVICTED],
        phases: &[phase(60, &[("tcp", 10.0), ("udp", 10.0), ("lost evicted", 20.0)])],
        fires: &[(59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a receiver is gone",
        of: &["PacketExporterPushFailing"],
        phases: &[phase(30, &[]), phase(30, &[("push failed", 0.05), ("pushed", 0.0)])],
        fires: &[(29, &[]), (55, &["PacketExporterPushFailing"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a push fails now and then",
        of: &["PacketExporterPushFailing"],
        phases: &[phase(10, &[]), phase(50, &[("push failed", 0.05)])],
        fires: &[(30, &[]), (59, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a receiver rejects points",
        of: &["PacketExporterPointsRejected"],
        phases: &[phase(30, &[]), phase(30, &[("rejected", 1.0)])],
        fires: &[(29, &[]), (50, &["PacketExporterPointsRejected"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a receiver rejects points while it is set up",
        of: &["PacketExporterPointsRejected"],
        phases: &[phase(30, &[]), phase(5, &[("rejected", 1.0)]), phase(30, &[])],
        fires: &[(36, &[]), (50, &[]), (64, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a part that never runs for long",
        of: &["PacketExporterPartDown"],
        phases: &[phase(30, &[]), phase(40, &[("part", 0.0)])],
        fires: &[(29, &[]), (60, &["PacketExporterPartDown"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a part that is started again once",
        of: &["PacketExporterPartDown"],
        phases: &[phase(30, &[]), phase(3, &[("part", 0.0)]), phase(30, &[])],
        fires: &[(34, &[]), (50, &[])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a configuration with a mistake",
        of: &["PacketExporterReloadFailed"],
        phases: &[phase(30, &[]), phase(20, &[("reloaded", 0.0)])],
        fires: &[(29, &[]), (33, &[]), (40, &["PacketExporterReloadFailed"])],
        ..Scenario::USUAL
    },
    Scenario {
        name: "a mistake in a configuration that is mended",
        of: &["PacketExporterReloadFailed"],
        phases: &[phase(30, &[]), phase(3, &[("reloaded", 0.0)]), phase(10, &[])],
        fires: &[(32, &[]), (37, &[]), (42, &[])],
        ..Scenario::USUAL
    },
];
