//! What an exporter is told, and whom it tells.

use crate::dashboards::field::Scale;
use crate::dashboards::kind::{Kind, Order};
use crate::dashboards::panel::Panel;
use crate::dashboards::table::Table;
use crate::dashboards::unit::Unit;

pub(super) fn configuration() -> Vec<Panel> {
    let table = Table::new(
        "Configurations",
        "Whether the last attempt to read the configuration succeeded, when one last did, and keys \
         that are overridden, or wait for a restart.",
        Order::Largest("Read"),
    )
    .width(12)
    .key("instance", "Host")
    .hidden("job")
    .yes_no(
        "Current",
        "min by (job, instance) (packet_exporter_config_last_reload_successful{<host>})",
    )
    .wide("Current", 100)
    .column(
        "Read",
        Unit::Moment,
        "max by (job, instance) \
         (packet_exporter_config_last_reload_success_timestamp_seconds{<host>}) * 1000",
    )
    .column(
        "Overridden keys",
        Unit::Count,
        "max by (job, instance) (packet_exporter_config_overridden_keys{<host>})",
    )
    .colored(
        "Keys that wait",
        Unit::Count,
        Scale::LookAboveZero,
        "max by (job, instance) (packet_exporter_config_waiting_keys{<host>})",
    )
    .panel();

    vec![
        table,
        Panel::new(
            Kind::Lines,
            "Reloads",
            "How often configurations were read again, by what asked for it and how it ended, in the \
             interval of a point.",
            Unit::Count,
        )
        .height(10)
        .course(
            "sum by (source, outcome) \
             (increase(packet_exporter_config_reloads_total{<host>}[$__rate_interval]))",
            "{{source}} {{outcome}}",
        ),
    ]
}

pub(super) fn serving() -> Vec<Panel> {
    let lines = |title, description, unit| Panel::new(Kind::Lines, title, description, unit);

    vec![
        lines(
            "Refused over HTTP",
            "Connections and requests that were refused, by reason, and those that ended in a panic, \
             which is a bug.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (reason) (rate(packet_exporter_http_refusals_total{<host>}[$__rate_interval]))",
            "{{reason}}",
        )
        .course(
            "sum(rate(packet_exporter_connection_panics_total{<host>}[$__rate_interval]))",
            "panic",
        ),
        lines(
            "Pushes",
            "Pushes that a receiver accepted, and requests that failed, by reason. Empty without \
             receivers of OTLP.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (endpoint) (rate(packet_exporter_otlp_exports_total{<host>}[$__rate_interval]))",
            "{{endpoint}} accepted",
        )
        .course(
            "sum by (endpoint, reason) \
             (rate(packet_exporter_otlp_export_failures_total{<host>}[$__rate_interval])) > 0",
            "{{endpoint}} {{reason}}",
        )
        .runbooks(&["PacketExporterPushFailing"]),
        lines(
            "Pushed points",
            "Data points that receivers accepted and rejected. Empty without receivers of OTLP.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (endpoint) \
             (rate(packet_exporter_otlp_exported_points_total{<host>}[$__rate_interval]))",
            "{{endpoint}} accepted",
        )
        .course(
            "sum by (endpoint) \
             (rate(packet_exporter_otlp_rejected_points_total{<host>}[$__rate_interval]))",
            "{{endpoint}} rejected",
        )
        .runbooks(&["PacketExporterPointsRejected"]),
        lines(
            "Duration of pushes",
            "99 % of the accepted pushes to each receiver take no longer. Empty without receivers of \
             OTLP.",
            Unit::Seconds,
        )
        .course(
            "histogram_quantile(0.99, sum by (endpoint, le) \
             (rate(packet_exporter_otlp_export_duration_seconds_bucket{<host>}[$__rate_interval])))",
            "{{endpoint}}",
        ),
        lines(
            "Restarts of parts",
            "How often parts were started again after a failure, in the time shown up to each point.",
            Unit::Count,
        )
        .course(
            "sum by (job, instance, part) (increase(packet_exporter_part_restarts_total{<host>}[$__range]))",
            "{{instance}} {{part}}",
        ),
        lines(
            "Lost log events",
            "Log events that neither standard error nor the receiver of OTLP took.",
            Unit::EventsPerSecond,
        )
        .course(
            "sum by (job, instance) \
             (rate(packet_exporter_log_events_lost_total{<host>}[$__rate_interval]))",
            "{{instance}}",
        ),
    ]
}
