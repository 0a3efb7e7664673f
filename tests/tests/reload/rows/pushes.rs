//! The effect of the keys of pushes.

use super::super::observations::Row;
use super::super::scenes::{
    FAILURES, TIMEOUT, body, change_certificate, fail_to_push, fail_to_push_the_log, failures, has,
    last, trust_nobody,
};

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

/// A receiver with a certificate.
const SECURE: &[(&str, &str)] = &[
    ("otlp.endpoints", "['https://localhost:4321']"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.interval", "'200ms'"),
];
/// A receiver that demands one of its clients too. What is left out is what the row sets.
const MUTUAL: &[(&str, &str)] = &[
    ("otlp.endpoints", "['https://localhost:4322']"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.interval", "'200ms'"),
    ("otlp.ca_file", "'FOLDER/ours.pem'"),
    ("otlp.cert_file", "'FOLDER/changing.pem'"),
    ("otlp.key_file", "'FOLDER/client.key'"),
];
/// The same for the log.
const SECURE_LOGS: &[(&str, &str)] = &[
    ("otlp.logs", "true"),
    ("otlp.logs_endpoint", "'https://localhost:4321/v1/logs'"),
    ("otlp.protocol", "'http/json'"),
];
const MUTUAL_LOGS: &[(&str, &str)] = &[
    ("otlp.logs", "true"),
    ("otlp.logs_endpoint", "'https://localhost:4322/v1/logs'"),
    ("otlp.protocol", "'http/json'"),
    ("otlp.ca_file", "'FOLDER/ours.pem'"),
    ("otlp.logs_cert_file", "'FOLDER/changing.pem'"),
    ("otlp.logs_key_file", "'FOLDER/client.key'"),
];

pub(crate) const PUSHES: &[Row] = &[
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
        after: "'FOLDER/headers'",
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
        key: "otlp.ca_file",
        with: SECURE,
        before: Some("'FOLDER/theirs.pem'"),
        after: "'FOLDER/ours.pem'",
        first: trust_nobody,
        seen: |it| last(it, 2).head.starts_with("post /v1/metrics"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.cert_file",
        with: MUTUAL,
        before: Some("'FOLDER/stranger.pem'"),
        after: "'FOLDER/client.pem'",
        first: fail_to_push,
        seen: |it| last(it, 3).head.starts_with("post /v1/metrics"),
        ..Row::USUAL
    },
    // The certificate that is read with the key is another one then.
    Row {
        key: "otlp.key_file",
        with: MUTUAL,
        before: Some("'FOLDER/client.key'"),
        after: "'FOLDER/other.key'",
        first: |it| {
            fail_to_push(it);
            change_certificate(it);
        },
        seen: |it| last(it, 3).head.starts_with("post /v1/metrics"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_ca_file",
        with: SECURE_LOGS,
        before: Some("'FOLDER/theirs.pem'"),
        after: "'FOLDER/ours.pem'",
        first: fail_to_push_the_log,
        seen: |it| last(it, 2).head.starts_with("post /v1/logs"),
        ..Row::USUAL
    },
    Row {
        key: "otlp.logs_cert_file",
        with: MUTUAL_LOGS,
        before: Some("'FOLDER/stranger.pem'"),
        after: "'FOLDER/client.pem'",
        first: fail_to_push_the_log,
        seen: |it| last(it, 3).head.starts_with("post /v1/logs"),
        ..Row::USUAL
    },
    // The certificate that is read with the key is another one then.
    Row {
        key: "otlp.logs_key_file",
        with: MUTUAL_LOGS,
        before: Some("'FOLDER/client.key'"),
        after: "'FOLDER/other.key'",
        first: |it| {
            fail_to_push_the_log(it);
            change_certificate(it);
        },
        seen: |it| last(it, 3).head.starts_with("post /v1/logs"),
        ..Row::USUAL
    },
];
