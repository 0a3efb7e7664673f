//! Alerts on the exporter itself.

use super::rule::{Alert, Severity, Top};

/// It does not run, or does not count.
pub(super) const COUNTING: &[Alert] = &[
    Alert {
        name: "PacketExporterDown",
        severity: Severity::Warning,
        hold: "5m",
        expr: "up == 0
and on (job, instance) last_over_time(packet_exporter_build_info[1d])",
        summary: "Prometheus cannot scrape the packet exporter.",
        description: "{{ $labels.instance }} has not answered scrapes; it did within the last day.",
        top: Top::Nothing,
        query: "up{$exporter}",
    },
    Alert {
        name: "PacketExporterRestarting",
        severity: Severity::Warning,
        hold: "0s",
        expr: "changes(process_start_time_seconds[30m]) > ${restarts}
and on (job, instance) packet_exporter_build_info",
        summary: "The packet exporter starts again and again.",
        description: "{{ $labels.instance }} has started {{ $value }} times in half an hour. Each start begins all counts at 0.",
        top: Top::Nothing,
        query: "changes(process_start_time_seconds{$exporter}[30m])",
    },
    Alert {
        name: "PacketExporterProgramNotAttached",
        severity: Severity::Warning,
        hold: "5m",
        expr: r#"packet_exporter_program_attached == 0
unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason="memory"}[15m]) > 0
unless on (job, instance, device, hook) (
  packet_exporter_attach_failures_total{reason="hidden"} > 0
  unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason!="hidden"}[15m]) > 0
)"#,
        summary: "A device is not counted because its program is not attached.",
        description: "{{ $labels.device }} of {{ $labels.instance }} has no program on the hook {{ $labels.hook }}: its packets are not counted.",
        top: Top::Nothing,
        query: "sum by (hook, reason) (increase(packet_exporter_attach_failures_total{$where}[15m])) > 0",
    },
    Alert {
        name: "PacketExporterProgramHidden",
        severity: Severity::Warning,
        hold: "5m",
        expr: r#"packet_exporter_program_attached == 0
and on (job, instance, device, hook) packet_exporter_attach_failures_total{reason="hidden"} > 0
unless on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason!="hidden"}[15m]) > 0"#,
        summary: "Another program sees packets first and may hide them from the exporter.",
        description: "On {{ $labels.device }} of {{ $labels.instance }} another program is in front on the hook {{ $labels.hook }}: counts may be too low.",
        top: Top::Nothing,
        query: r#"packet_exporter_attach_failures_total{$where,reason="hidden"}"#,
    },
    Alert {
        name: "PacketExporterMemoryBudgetReached",
        severity: Severity::Warning,
        hold: "5m",
        expr: r#"packet_exporter_program_attached == 0
and on (job, instance, device, hook) increase(packet_exporter_attach_failures_total{reason="memory"}[15m]) > 0"#,
        summary: "A device is not counted because its maps do not fit into the memory for them.",
        description: "The maps of {{ $labels.device }} of {{ $labels.instance }} do not fit into `datapath.memory`: its packets are not counted.",
        top: Top::Nothing,
        query: "packet_exporter_memory_bytes{$exporter} / packet_exporter_memory_limit_bytes{$exporter}",
    },
    Alert {
        name: "PacketExporterFoldsStopped",
        severity: Severity::Critical,
        hold: "2m",
        expr: "increase(packet_exporter_folds_total[5m]) == 0
unless on (job, instance) up == 0",
        summary: "The packet exporter has stopped reading its counts.",
        description: "{{ $labels.instance }} answers scrapes, but its counts no longer change.",
        top: Top::Nothing,
        query: "time() - packet_exporter_last_fold_timestamp_seconds{$exporter}",
    },
    Alert {
        name: "PacketExporterFoldsLate",
        severity: Severity::Warning,
        hold: "10m",
        expr: "rate(packet_exporter_folds_total[10m])
  * on (job, instance) packet_exporter_interval_seconds < ${late_ratio}
unless on (job, instance) increase(packet_exporter_folds_total[5m]) == 0",
        summary: "The packet exporter reads its counts less often than its interval asks for.",
        description: "{{ $labels.instance }} does {{ $value | humanizePercentage }} of its folds. Counts are exact, but late, and tables may fill between folds.",
        top: Top::Nothing,
        query: "sum by (phase) (rate(packet_exporter_fold_duration_seconds_sum{$exporter}[5m])) / sum by (phase) (rate(packet_exporter_fold_duration_seconds_count{$exporter}[5m]))",
    },
    Alert {
        name: "PacketExporterFoldFailures",
        severity: Severity::Warning,
        hold: "5m",
        expr: "increase(packet_exporter_fold_failures_total[15m]) > ${fold_failures}
and on (job, instance) rate(packet_exporter_fold_failures_total[15m])
  > on (job, instance) ${fold_failure_ratio} * rate(packet_exporter_folds_total[15m])",
        summary: "The packet exporter often cannot read its counts from the kernel.",
        description: "{{ $value | humanize }} readings of {{ $labels.instance }} failed in a quarter of an hour. The counts wait in the kernel while tables fill.",
        top: Top::Nothing,
        query: "rate(packet_exporter_fold_failures_total{$exporter}[15m])",
    },
];

/// It counts, but not all that one wants to know.
pub(super) const COUNTS: &[Alert] = &[
    Alert {
        name: "PacketExporterCountsLost",
        severity: Severity::Warning,
        hold: "0s",
        expr: "sum by (job, instance, device, direction, law) (increase(packet_exporter_imbalanced_intervals_total[1h])) > 0",
        summary: "Counts of a device did not add up, which is a bug or a lost count.",
        description: "On {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }}, {{ $labels.law }} did not add up to all frames in an interval of the last hour.",
        top: Top::Nothing,
        query: "increase(packet_exporter_imbalanced_intervals_total{$where}[1h]) > 0",
    },
    Alert {
        name: "PacketExporterCountsSampled",
        severity: Severity::Info,
        hold: "30m",
        expr: r#"sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="guard"}[10m])) > ${unattributed_packets}
and sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="guard"}[10m]))
  > on (job, instance, device, direction) group_left () ${sampled_ratio} * device_direction:packet_packets:rate5m"#,
        summary: "Many packets have no name because new keys are sampled.",
        description: "The guard of {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }} leaves {{ $value | humanize }} packets/s without a {{ $labels.dimension }}. Totals are exact.",
        top: Top::Nothing,
        query: r#"sum by (direction, dimension) (rate(packet_exporter_unattributed_packets_total{$where,reason="guard"}[10m]))"#,
    },
    Alert {
        name: "PacketExporterCountsEvicted",
        severity: Severity::Info,
        hold: "30m",
        expr: r#"sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="evicted"}[10m])) > ${unattributed_packets}
and sum by (job, instance, device, direction, dimension) (rate(packet_exporter_unattributed_packets_total{reason="evicted"}[10m]))
  > on (job, instance, device, direction) group_left () ${evicted_ratio} * device_direction:packet_packets:rate5m"#,
        summary: "Many packets have no name because a table is too small.",
        description: "The tables of {{ $labels.device }} ({{ $labels.direction }}) of {{ $labels.instance }} forget {{ $value | humanize }} packets/s of their {{ $labels.dimension }} keys. Totals are exact.",
        top: Top::Nothing,
        query: r#"sum by (direction, dimension) (rate(packet_exporter_unattributed_packets_total{$where,reason="evicted"}[10m]))"#,
    },
];

/// What it sends, and its parts.
pub(super) const PARTS: &[Alert] = &[
    Alert {
        name: "PacketExporterPushFailing",
        severity: Severity::Warning,
        hold: "10m",
        expr: "sum by (job, instance, endpoint) (increase(packet_exporter_otlp_export_failures_total[10m])) > 0
unless on (job, instance, endpoint) increase(packet_exporter_otlp_exports_total[10m]) > 0",
        summary: "A receiver of OTLP gets no metrics.",
        description: "No push of {{ $labels.instance }} to {{ $labels.endpoint }} has succeeded, and some have failed.",
        top: Top::Nothing,
        query: "sum by (endpoint, reason) (increase(packet_exporter_otlp_export_failures_total{$exporter}[10m])) > 0",
    },
    Alert {
        name: "PacketExporterPointsRejected",
        severity: Severity::Warning,
        hold: "15m",
        expr: "increase(packet_exporter_otlp_rejected_points_total[15m]) > 0",
        summary: "A receiver of OTLP rejects some of the metrics.",
        description: "{{ $labels.endpoint }} rejects points of {{ $labels.instance }}: they are lost there.",
        top: Top::Nothing,
        query: "increase(packet_exporter_otlp_rejected_points_total{$exporter}[15m])",
    },
    Alert {
        name: "PacketExporterPartDown",
        severity: Severity::Warning,
        hold: "10m",
        expr: "avg_over_time(packet_exporter_part_up[15m]) < ${part_up_ratio}",
        summary: "A part of the packet exporter fails again and again.",
        description: "The part {{ $labels.part }} of {{ $labels.instance }} ran for {{ $value | humanizePercentage }} of the last quarter of an hour.",
        top: Top::Nothing,
        query: "increase(packet_exporter_part_restarts_total{$exporter}[15m])",
    },
    Alert {
        name: "PacketExporterReloadFailed",
        severity: Severity::Warning,
        hold: "5m",
        expr: "packet_exporter_config_last_reload_successful == 0",
        summary: "The packet exporter runs with an older configuration than its file.",
        description: "{{ $labels.instance }} refused its configuration when it last read it.",
        top: Top::Nothing,
        query: "time() - packet_exporter_config_last_reload_success_timestamp_seconds{$exporter}",
    },
];
