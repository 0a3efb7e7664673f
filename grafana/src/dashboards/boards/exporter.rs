//! The exporter itself: whether it counts, keeps up, has room, and is heard.

mod limits;
mod outside;

use super::alike;
use crate::dashboards::board::{Dashboard, Row};
use crate::dashboards::field::Scale;
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::link::Board;
use crate::dashboards::panel::Panel;
use crate::dashboards::table::Table;
use crate::dashboards::unit::Unit;

/// Pixels that the name of a commit takes.
const REVISION: u32 = 345;

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        board: Board::Exporter,
        description: "Whether the exporters count, keep up, have room and are heard, and what they \
                      cost their hosts.",
        rows: vec![
            Row { title: "Now", panels: now() },
            Row { title: "Exporters", panels: vec![exporters()] },
            Row { title: "Programs", panels: programs() },
            Row { title: "Folds", panels: folds() },
            Row { title: "Room", panels: limits::panels() },
            Row { title: "Configuration", panels: outside::configuration() },
            Row { title: "HTTP and OTLP", panels: outside::serving() },
            Row { title: "The process", panels: limits::process() },
        ],
    }
}

fn now() -> Vec<Panel> {
    let number = Panel::number;

    vec![
        alike::exporters_gone(),
        alike::programs_missing(),
        number(
            "Oldest counts",
            "How old the counts of the exporter are whose last fold is longest ago.",
            Unit::Seconds,
            "max(time() - packet_exporter_last_fold_timestamp_seconds{<host>})",
        )
        .scale(Scale::From { look: 30.0, bad: 120.0 })
        .runbooks(&["PacketExporterFoldsStopped"]),
        number(
            "Counts that do not add up",
            "Intervals in the time shown in which sources, ports or sizes did not add up to all \
             frames. Any is a bug: please report it.",
            Unit::Count,
            "sum(increase(packet_exporter_imbalanced_intervals_total{<device>}[$__range]))",
        )
        .scale(Scale::BadAboveZero),
        number(
            "Configurations refused",
            "Exporters whose last attempt to read the configuration did not succeed: they run with \
             the one before.",
            Unit::Count,
            "count(packet_exporter_config_last_reload_successful{<host>} == 0) or vector(0)",
        )
        .scale(Scale::BadAboveZero)
        .runbooks(&["PacketExporterReloadFailed"]),
        number(
            "Parts that wait",
            "Optional parts, such as pushes, that failed and wait for their next start.",
            Unit::Count,
            "count(packet_exporter_part_up{<host>} == 0) or vector(0)",
        )
        .scale(Scale::BadAboveZero)
        .runbooks(&["PacketExporterPartDown"]),
    ]
}

fn exporters() -> Panel {
    Table::new(
        "Builds",
        "Each exporter with its build, the interval between two folds, and since when it runs.",
        Order::Largest("Running since"),
    )
    .key("instance", "Host")
    .key("version", "Version")
    .key("revision", "Revision")
    .wide("Revision", REVISION)
    .key("target", "Target")
    .hidden("job")
    .linked("Host", Board::Device.of_row("Devices of this host", false))
    .column(
        "Interval",
        Unit::Seconds,
        "sum by (job, instance) (packet_exporter_interval_seconds{<host>}) \
         * on (job, instance) group_right () \
         group by (job, instance, version, revision, target) (packet_exporter_build_info{<host>})",
    )
    .column(
        "Running since",
        Unit::Moment,
        "sum by (job, instance) (process_start_time_seconds{<host>}) * 1000 \
         * on (job, instance) group_right () \
         group by (job, instance, version, revision, target) (packet_exporter_build_info{<host>})",
    )
    .panel()
}

fn programs() -> Vec<Panel> {
    let attached = Table::new(
        "Programs by device",
        "Every program that is wanted on a device: whether it is attached, and since when the device \
         is counted in that direction.",
        Order::ByName("Host"),
    )
    .width(12)
    .key("instance", "Host")
    .key("device", "Device")
    .key("hook", "Hook")
    .hidden("job")
    .yes_no(
        "Attached",
        "min by (job, instance, device, hook) (packet_exporter_program_attached{<device>})",
    )
    .panel();

    vec![
        attached,
        Panel::new(
            Kind::Lines,
            "Failed attempts to attach",
            "By device, hook and reason. `hidden`: a program in front may take frames away; `memory`: \
             `datapath.memory` has no room.",
            Unit::EventsPerSecond,
        )
        .height(10)
        .course("sum(rate(packet_exporter_attach_failures_total{<device>}[$__rate_interval]))", "all")
        .course(
            "sum by (job, instance, device, hook, reason) \
             (rate(packet_exporter_attach_failures_total{<device>}[$__rate_interval])) > 0",
            "{{instance}} {{device}} {{hook}} {{reason}}",
        )
        .runbooks(&["PacketExporterProgramNotAttached", "PacketExporterProgramHidden"]),
        Table::new(
            "Counting since",
            "When the totals of a device and direction began at 0: at the first start, or since its \
             pins were removed.",
            Order::Largest("Counting since"),
        )
        .width(12)
        .key("instance", "Host")
        .key("device", "Device")
        .key("direction", "Direction")
        .hidden("job")
        .column(
            "Counting since",
            Unit::Moment,
            "max by (job, instance, device, direction) \
             (packet_exporter_counting_since_timestamp_seconds{<device>}) * 1000",
        )
        .panel(),
        Panel::new(
            Kind::Lines,
            "Counts that do not add up",
            "By device, direction and law. A line above 0 is a bug: please report it.",
            Unit::EventsPerSecond,
        )
        .height(10)
        .course(
            "sum by (law) (rate(packet_exporter_imbalanced_intervals_total{<device>}[$__rate_interval]))",
            "{{law}}",
        )
        .course(
            "sum by (job, instance, device, direction, law) \
             (rate(packet_exporter_imbalanced_intervals_total{<device>}[$__rate_interval])) > 0",
            "{{instance}} {{device}} {{direction}} {{law}}",
        ),
    ]
}

fn folds() -> Vec<Panel> {
    let lines = |title, description, unit| Panel::new(Kind::Lines, title, description, unit);

    vec![
        lines(
            "Duration of folds",
            "99 % of the folds of each exporter take no longer: to drain the maps, and to fold the \
             counts. It should stay far below the interval.",
            Unit::Seconds,
        )
        .course(
            "histogram_quantile(0.99, sum by (job, instance, phase, le) \
             (rate(packet_exporter_fold_duration_seconds_bucket{<host>}[$__rate_interval])))",
            "{{instance}} {{phase}}",
        )
        .runbooks(&["PacketExporterFoldsLate"]),
        lines(
            "Time spent on folds",
            "Share of its interval that each exporter spends on folds, on average.",
            Unit::Share,
        )
        .course(
            "sum by (job, instance) (rate(packet_exporter_fold_duration_seconds_sum{<host>}[$__rate_interval]))",
            "{{instance}}",
        ),
        lines(
            "Age of counts",
            "Time since the last fold. It stays near the interval (`datapath.interval`) while an \
             exporter keeps up.",
            Unit::Seconds,
        )
        .course(
            "max by (job, instance) (time() - packet_exporter_last_fold_timestamp_seconds{<host>})",
            "{{instance}}",
        )
        .runbooks(&["PacketExporterFoldsStopped"]),
        lines(
            "Folds, and those that failed",
            "Folds of each exporter, and failed readings of one device or all; what is not read waits \
             in the kernel.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (job, instance) (rate(packet_exporter_folds_total{<host>}[$__rate_interval]))",
            "{{instance}} folds",
        )
        .course(
            "sum by (job, instance) (rate(packet_exporter_fold_failures_total{<host>}[$__rate_interval]))",
            "{{instance}} failures",
        )
        .runbooks(&["PacketExporterFoldFailures"]),
    ]
}
