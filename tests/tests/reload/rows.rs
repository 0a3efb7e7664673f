//! The effect of each key that is live.

use tests::cable::Cable;

use super::observations::Row;
use super::scenes::{
    FAILURES, PORTS, SCANNING, SOURCES, TIMEOUT, apply_at_level_warn, attached, body, failures,
    has, has_value, is_refused_a_page, knock_from, knock_named, last, limit, lose_extra,
    ping_named, scan, scan_a_little, write_again, write_headers,
};

/// Live keys without an observation of their own, and where their effect is shown.
pub(crate) const UNSEEN: &[(&str, &str)] = &[
    ("sources.churn", LAWS),
    ("sources.remembered", LAWS),
    ("ports.churn", LAWS),
    ("ports.remembered", LAWS),
    ("otlp.ca_file", TLS),
    ("otlp.cert_file", TLS),
    ("otlp.key_file", TLS),
    ("otlp.logs_ca_file", TLS),
    ("otlp.logs_cert_file", TLS),
    ("otlp.logs_key_file", TLS),
    (
        "datapath.miss_budget",
        "the constant of the programs; tests/switches.rs changes it in the kernel",
    ),
];
const LAWS: &str = "the laws of the ledger change it between folds: ledger/laws.rs";
const TLS: &str = "part of the receiver as the headers are; tests/otlp/tls.rs shows its effect";

const PUSH: &[(&str, &str)] = &[
    ("otlp.endpoints", "['http://127.0.0.1:4318']"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.interval", "'200ms'"),
];
const SILENT: &[(&str, &str)] = &[
    ("otlp.endpoints", "['http://127.0.0.1:4320']"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.interval", "'200ms'"),
    ("otlp.timeout", "'10m'"),
    ("otlp.push_timeout", "'10m'"),
];
const LOGS: &[(&str, &str)] = &[
    ("otlp.logs", "true"),
    ("otlp.logs_endpoint", "'http://127.0.0.1:4319/v1/logs'"),
    ("otlp.protocol", "'http/json'"),
];

pub(crate) const ROWS: &[Row] = &[
    Row {
        key: "devices.include",
        after: "'veth0|extra0'",
        seen: |it| attached(it, "extra0") == Some(1),
        ..Row::USUAL
    },
    Row {
        key: "devices.exclude",
        with: &[("devices.include", "'veth0|extra.*'")],
        after: "'extra.*'",
        seen: |it| attached(it, "extra0").is_none(),
        ..Row::USUAL
    },
    Row {
        key: "devices.linger",
        with: &[("devices.include", "'veth0|extra0'")],
        before: Some("'1h'"),
        after: "'1s'",
        first: lose_extra,
        seen: |it| !has(it, "packet_receive_packets_total", &[("device", "extra0")]),
        ..Row::USUAL
    },
    Row {
        key: "datapath.interval",
        after: "'2s'",
        seen: |it| has_value(it, "packet_exporter_interval_seconds", 2),
        ..Row::USUAL
    },
    Row {
        key: "sources.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_source_packets_total", &[]),
        ..Row::USUAL
    },
    Row {
        key: "sources.limit",
        after: "7",
        seen: |it| limit(it, "source") == Some(14),
        ..Row::USUAL
    },
    Row {
        key: "ports.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_port_packets_total", &[]),
        ..Row::USUAL
    },
    Row { key: "ports.limit", after: "7", seen: |it| limit(it, "port") == Some(14), ..Row::USUAL },
    Row {
        key: "sources.idle",
        after: "'1s'",
        first: ping_named,
        seen: |it| !has(it, SOURCES, &[("source", Cable::THERE[0])]),
        ..Row::USUAL
    },
    Row {
        key: "ports.idle",
        after: "'1s'",
        first: knock_named,
        seen: |it| !has(it, PORTS, &[("port", "999")]),
        ..Row::USUAL
    },
    Row {
        key: "ports.ephemeral",
        before: Some("'1-2'"),
        after: "'900-1100'",
        first: knock_named,
        then: |it| knock_from(it, 950, 1000..=1010),
        seen: |it| {
            let ephemeral = it.house.service.scrape().find(PORTS, &[("port", "ephemeral")]);
            ephemeral > Some(0)
        },
        ..Row::USUAL
    },
    Row {
        key: "vlans.enabled",
        after: "true",
        seen: |it| has(it, "packet_receive_vlan_packets_total", &[]),
        ..Row::USUAL
    },
    Row {
        key: "vlans.limit",
        with: &[("vlans.enabled", "true")],
        after: "7",
        seen: |it| limit(it, "vlan") == Some(14),
        ..Row::USUAL
    },
    Row {
        key: "signals.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_distinct_sources", &[]),
        ..Row::USUAL
    },
    Row {
        key: "signals.window",
        with: &[("signals.scan_ports", "4")],
        after: "'10s'",
        first: scan,
        seen: |it| has_value(it, SCANNING, 0),
        ..Row::USUAL
    },
    Row {
        key: "signals.scan_ports",
        before: Some("64"),
        after: "4",
        first: scan_a_little,
        then: scan,
        seen: |it| it.house.service.scrape().find(SCANNING, &[]) > Some(0),
        ..Row::USUAL
    },
    Row {
        key: "otlp.enabled",
        with: PUSH,
        before: Some("false"),
        after: "true",
        seen: |it| !it.receivers[0].requests().is_empty(),
        ..Row::USUAL
    },
    Row {
        key: "otlp.endpoints",
        with: PUSH,
        after: "['http://127.0.0.1:4319']",
        seen: |it| !it.receivers[1].requests().is_empty(),
        ..Row::USUAL
    },
    Row {
        key: "otlp.protocol",
        with: PUSH,
        after: "'http/protobuf'",
        seen: |it| last(it, 0).head.contains("application/x-protobuf"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.interval",
        with: PUSH,
        before: Some("'1h'"),
        after: "'200ms'",
        seen: |it| it.receivers[0].requests().len() > 3,
        ..Row::USUAL
    },
    Row {
        key: "otlp.timeout",
        with: SILENT,
        after: "'50ms'",
        seen: |it| has(it, FAILURES, TIMEOUT) && failures(it) > 0,
        ..Row::USUAL
    },
    Row {
        key: "otlp.push_timeout",
        with: SILENT,
        after: "'50ms'",
        seen: |it| failures(it) > 0,
        ..Row::USUAL
    },
    Row {
        key: "otlp.compression",
        with: PUSH,
        after: "'gzip'",
        seen: |it| last(it, 0).head.contains("content-encoding: gzip"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.headers",
        with: PUSH,
        after: "['x-test=1']",
        seen: |it| last(it, 0).head.contains("x-test: 1"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.headers_file",
        with: PUSH,
        after: "'/tmp/packet-exporter-test-headers'",
        first: write_headers,
        seen: |it| last(it, 0).head.contains("x-file: 2"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.temporality",
        with: PUSH,
        after: "'delta'",
        seen: |it| body(it).contains("\"aggregationTemporality\":1"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.histogram",
        with: PUSH,
        after: "'exponential'",
        seen: |it| body(it).contains("exponentialHistogram"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.names",
        with: PUSH,
        after: "'semconv'",
        seen: |it| body(it).contains("system.network"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.insecure",
        with: &[("otlp.endpoints", "['127.0.0.1:4318']"), ("otlp.interval", "'200ms'")],
        after: "true",
        seen: |it| it.receivers[0].strange().iter().any(|it| it.starts_with(b"PRI")),
        ..Row::USUAL
    },
    Row {
        key: "otlp.max_points",
        with: PUSH,
        after: "50",
        seen: |it| (1..=50).contains(&body(it).matches("\"timeUnixNano\"").count()),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs",
        with: LOGS,
        before: Some("false"),
        after: "true",
        seen: |it| last(it, 1).head.starts_with("post /v1/logs"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_endpoint",
        with: LOGS,
        after: "'http://127.0.0.1:4318/v1/logs'",
        seen: |it| last(it, 0).head.starts_with("post /v1/logs"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_protocol",
        with: LOGS,
        after: "'http/protobuf'",
        seen: |it| last(it, 1).head.contains("application/x-protobuf"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_timeout",
        with: &[
            ("otlp.logs", "true"),
            ("otlp.protocol", "'http/json'"),
            ("otlp.timeout", "'10m'"),
            ("otlp.logs_endpoint", "'http://127.0.0.1:4320'"),
        ],
        after: "'50ms'",
        seen: |it| it.house.service.said("Cannot push the log") > 0,
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_compression",
        with: LOGS,
        after: "'gzip'",
        seen: |it| last(it, 1).head.contains("content-encoding: gzip"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_headers",
        with: LOGS,
        after: "['x-test=1']",
        seen: |it| last(it, 1).head.contains("x-test: 1"),
        ..Row::USUAL
    },
    Row {
        key: "web.telemetry_path",
        after: "'/m'",
        seen: |it| it.house.service.get("/m").is_ok_and(|it| it.status == 200),
        ..Row::USUAL
    },
    Row { key: "web.max_requests", after: "1", seen: is_refused_a_page, ..Row::USUAL },
    Row {
        key: "web.enable_lifecycle",
        before: Some("false"),
        after: "true",
        seen: |it| it.house.post().0 == 200,
        ..Row::USUAL
    },
    Row {
        key: "metrics.exclude",
        after: "['packet_receive_frame_size_.*']",
        seen: |it| !has(it, "packet_receive_frame_size_bytes_count", &[("device", "veth0")]),
        ..Row::USUAL
    },
    Row {
        key: "log.level",
        before: Some("'warn'"),
        after: "'info'",
        first: apply_at_level_warn,
        seen: |it| it.house.service.said("Configuration is applied") > 0,
        ..Row::USUAL
    },
    Row {
        key: "config.watch",
        after: "true",
        then: write_again,
        seen: |it| it.house.reloads("file", Some("applied")) > 0,
        ..Row::USUAL
    },
];
