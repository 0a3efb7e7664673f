//! How much of what it may have an exporter has.

use crate::dashboards::kind::Kind;
use crate::dashboards::panel::Panel;
use crate::dashboards::unit::Unit;

/// Kernel maps and names.
pub(super) fn panels() -> Vec<Panel> {
    let lines = |title, description, unit| Panel::new(Kind::Lines, title, description, unit);

    vec![
        lines(
            "Fill of kernel maps",
            "Entries of each map over its limit when it was last drained. Maps that devices share have \
             no device. At 100 % keys lose their names, but totals stay exact.",
            Unit::Share,
        )
        .course(
            "max by (job, instance, device, direction, map) (packet_exporter_map_entries{<map>} \
             / packet_exporter_map_entries_limit{<map>})",
            "{{instance}} {{device}} {{direction}} {{map}}",
        )
        .whole_axis(),
        lines(
            "Memory of kernel maps",
            "Memory that the maps of each device take; shared ones have no device.",
            Unit::Bytes,
        )
        .course(
            "sum by (job, instance, device) (packet_exporter_map_memory_bytes{<map>})",
            "{{instance}} {{device}}",
        ),
        lines(
            "Memory by part",
            "Memory of each part of the exporter, and the most that it may take (`datapath.memory`).",
            Unit::Bytes,
        )
        .course(
            "sum by (job, instance, part) (packet_exporter_memory_bytes{<host>})",
            "{{instance}} {{part}}",
        )
        .course(
            "sum by (job, instance, part) (packet_exporter_memory_limit_bytes{<host>})",
            "{{instance}} {{part}} limit",
        )
        .runbooks(&["PacketExporterMemoryBudgetReached"]),
        lines(
            "Named series",
            "Series with a name, and the most there may be (`sources.limit`, `ports.limit`, \
             `vlans.limit`). On a public host all are in use: that is no fault.",
            Unit::Count,
        )
        .course(
            "sum by (job, instance, dimension) (packet_exporter_series{<host>})",
            "{{instance}} {{dimension}}",
        )
        .course(
            "sum by (job, instance, dimension) (packet_exporter_series_limit{<host>})",
            "{{instance}} {{dimension}} limit",
        ),
        lines(
            "Packets without a name",
            "Packets in `other` by dimension and reason, of all chosen devices.",
            Unit::PacketsPerSecond,
        )
        .course(
            "sum by (dimension, reason) \
             (rate(packet_exporter_unattributed_packets_total{<device>}[$__rate_interval]))",
            "{{dimension}} {{reason}}",
        )
        .runbooks(&["PacketExporterCountsSampled", "PacketExporterCountsEvicted"]),
        lines(
            "Age of the list of listening ports",
            "Time since the listening sockets were read, which decide which port is the service. It is \
             read every five seconds.",
            Unit::Seconds,
        )
        .course(
            "max by (job, instance) (packet_exporter_listening_age_seconds{<host>})",
            "{{instance}}",
        ),
        lines(
            "Sampled packets",
            "Packets that were sampled for a look at them. Empty where `samples.enabled` is off.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (job, instance, device) \
             (rate(packet_exporter_samples_total{<device>}[$__rate_interval]))",
            "{{instance}} {{device}}",
        ),
        lines(
            "Samples that were lost",
            "Packets that were to be sampled and were not, by reason: `rate` has those above \
             `samples.per_second`.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (job, instance, reason) \
             (rate(packet_exporter_samples_lost_total{<host>}[$__rate_interval]))",
            "{{instance}} {{reason}}",
        ),
    ]
}

/// What every process has.
pub(super) fn process() -> Vec<Panel> {
    // Other programs have these metrics too.
    let own =
        |expr: &str| format!("{expr} and on (job, instance) packet_exporter_build_info{{<host>}}");
    let lines = |title, description, unit| Panel::new(Kind::Lines, title, description, unit);

    vec![
        lines(
            "CPU",
            "CPU time of each exporter; 100 % is one CPU. What the programs in the kernel take is not in \
             it: it is charged to whatever they interrupt.",
            Unit::Share,
        )
        .course(
            own("sum by (job, instance) (rate(process_cpu_seconds_total{<host>}[$__rate_interval]))"),
            "{{instance}}",
        ),
        lines(
            "Memory",
            "Resident and virtual memory of each exporter. Maps in the kernel are not in it.",
            Unit::Bytes,
        )
        .course(
            own("sum by (job, instance) (process_resident_memory_bytes{<host>})"),
            "{{instance}} resident",
        )
        .course(
            own("sum by (job, instance) (process_virtual_memory_bytes{<host>})"),
            "{{instance}} virtual",
        ),
        lines(
            "File descriptors",
            "Open file descriptors over the most that each exporter may have. A device takes a few.",
            Unit::Share,
        )
        .course(
            own("sum by (job, instance) (process_open_fds{<host>}) \
                 / sum by (job, instance) (process_max_fds{<host>})"),
            "{{instance}}",
        ),
        lines(
            "Threads",
            "Threads of each exporter.",
            Unit::Count,
        )
        .course(own("sum by (job, instance) (process_threads{<host>})"), "{{instance}}"),
    ]
}
