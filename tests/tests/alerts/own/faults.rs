//! The faults: each breaks an exporter by real means, and then remedies what is wrong with it.

mod attached;
mod folds;
mod parts;
mod process;

use super::exporters::Host;

/// Something that goes wrong with an exporter.
pub(super) struct Fault {
    /// That of its exporter and device too.
    pub(super) name: &'static str,
    /// The alerts that fire of the exporter. No other may.
    pub(super) alerts: &'static [&'static str],
    /// Breaks the exporter until the alerts were told, remedies it, and lets it run to the end.
    pub(super) play: fn(&Host<'_>),
}

pub(super) const FAULTS: &[Fault] = &[
    Fault { name: "killed", alerts: &["PacketExporterDown"], play: process::killed },
    Fault { name: "crashing", alerts: &["PacketExporterRestarting"], play: process::crashing },
    Fault { name: "reload", alerts: &["PacketExporterReloadFailed"], play: process::reload },
    Fault { name: "taken", alerts: &["PacketExporterProgramNotAttached"], play: attached::taken },
    Fault { name: "hidden", alerts: &["PacketExporterProgramHidden"], play: attached::hidden },
    Fault {
        name: "memory",
        alerts: &["PacketExporterMemoryBudgetReached"],
        play: attached::memory,
    },
    Fault { name: "hanging", alerts: &["PacketExporterFoldsStopped"], play: folds::hanging },
    Fault { name: "slow", alerts: &["PacketExporterFoldsLate"], play: folds::slow },
    Fault {
        name: "unreadable",
        alerts: &["PacketExporterFoldFailures", "PacketExporterFoldsStopped"],
        play: folds::unreadable,
    },
    Fault { name: "no-receiver", alerts: &["PacketExporterPushFailing"], play: parts::no_receiver },
    Fault { name: "rejected", alerts: &["PacketExporterPointsRejected"], play: parts::rejected },
    Fault { name: "panicking", alerts: &["PacketExporterPartDown"], play: parts::panicking },
];
