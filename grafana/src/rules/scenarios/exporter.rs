//! What the exporter of a host tells of itself.

use super::super::scenario::{Series, series};

/// Its series where nothing happens.
pub(super) const OWN: &[Series] = &[
    series(
        "attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="xdp"}"#,
        1.0,
    ),
    series(
        "tcx attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="tcx_ingress"}"#,
        f64::NAN,
    ),
    series(
        "tc attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="tc_ingress"}"#,
        f64::NAN,
    ),
    series(
        "sent attached",
        r#"packet_exporter_program_attached{job="packets",instance="host:10199",device="eth0",hook="tcx_egress"}"#,
        1.0,
    ),
    series(
        "attach hidden",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="hidden"}"#,
        0.0,
    ),
    series(
        "attach memory",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="memory"}"#,
        0.0,
    ),
    series(
        "attach other",
        r#"packet_exporter_attach_failures_total{job="packets",instance="host:10199",device="eth0",hook="xdp",reason="other"}"#,
        0.0,
    ),
    series(
        "guard",
        r#"packet_exporter_guard_active{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source"}"#,
        0.0,
    ),
    series(
        "sent guard",
        r#"packet_exporter_guard_active{job="packets",instance="host:10199",device="eth0",direction="transmit",dimension="source"}"#,
        0.0,
    ),
    series(
        "port guard",
        r#"packet_exporter_guard_active{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="port"}"#,
        0.0,
    ),
    series(
        "lost guard",
        r#"packet_exporter_unattributed_packets_total{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source",reason="guard"}"#,
        0.0,
    ),
    series(
        "lost evicted",
        r#"packet_exporter_unattributed_packets_total{job="packets",instance="host:10199",device="eth0",direction="receive",dimension="source",reason="evicted"}"#,
        0.0,
    ),
    series(
        "imbalanced",
        r#"packet_exporter_imbalanced_intervals_total{job="packets",instance="host:10199",device="eth0",direction="receive",law="sources"}"#,
        0.0,
    ),
    series(
        "build",
        r#"packet_exporter_build_info{job="packets",instance="host:10199",version="0.1.0"}"#,
        1.0,
    ),
    series("up", r#"up{job="packets",instance="host:10199"}"#, 1.0),
    series("folds", r#"packet_exporter_folds_total{job="packets",instance="host:10199"}"#, 1.0),
    series(
        "interval",
        r#"packet_exporter_interval_seconds{job="packets",instance="host:10199"}"#,
        1.0,
    ),
    series(
        "fold failures",
        r#"packet_exporter_fold_failures_total{job="packets",instance="host:10199"}"#,
        0.0,
    ),
    series("started", r#"process_start_time_seconds{job="packets",instance="host:10199"}"#, 1000.0),
    series(
        "reloaded",
        r#"packet_exporter_config_last_reload_successful{job="packets",instance="host:10199"}"#,
        1.0,
    ),
    series(
        "part",
        r#"packet_exporter_part_up{job="packets",instance="host:10199",part="otlp"}"#,
        1.0,
    ),
    series(
        "pushed",
        r#"packet_exporter_otlp_exports_total{job="packets",instance="host:10199",endpoint="http://receiver:4317"}"#,
        0.02,
    ),
    series(
        "push failed",
        r#"packet_exporter_otlp_export_failures_total{job="packets",instance="host:10199",endpoint="http://receiver:4317",reason="timeout"}"#,
        0.0,
    ),
    series(
        "rejected",
        r#"packet_exporter_otlp_rejected_points_total{job="packets",instance="host:10199",endpoint="http://receiver:4317"}"#,
        0.0,
    ),
    series("other up", r#"up{job="other",instance="other:9100"}"#, f64::NAN),
    series(
        "other started",
        r#"process_start_time_seconds{job="other",instance="other:9100"}"#,
        f64::NAN,
    ),
];
