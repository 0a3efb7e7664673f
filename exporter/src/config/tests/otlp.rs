//! The section `[otlp]`.

use super::*;

#[test]
fn what_otlp_needs_together_has_to_be_together() {
    let refused = |flags: &[&str]| {
        let error = Given { flags, ..Given::default() }.load().map(|_| ()).unwrap_err().to_string();
        let keys = error.split('`').filter(|text| text.starts_with("otlp."));
        keys.map(String::from).collect::<Vec<_>>()
    };
    let taken = |flags: &[&str]| Given { flags, ..Given::default() }.load().is_ok();

    assert_eq!(refused(&["--otlp.cert-file=a"]), ["otlp.cert_file", "otlp.key_file"]);
    assert!(taken(&["--otlp.cert-file=a", "--otlp.key-file=b"]));
    assert_eq!(refused(&["--otlp.logs"]), ["otlp.logs"]);
    assert!(taken(&["--otlp.logs", "--otlp.logs-endpoint=http://a:1"]));
    assert_eq!(refused(&["--otlp.endpoints=a:1", "--otlp.protocol=http/json"]), ["otlp.endpoints"]);
    let logs = ["otlp.logs_cert_file", "otlp.logs_key_file"];
    assert_eq!(refused(&["--otlp.logs-cert-file=a"]), logs);
    assert!(taken(&["--otlp.logs-cert-file=a", "--otlp.logs-key-file=b"]));
    let pair = ["--otlp.cert-file=a", "--otlp.key-file=b"];
    assert!(taken(&[&pair[..], &["--otlp.logs-cert-file=c"]].concat()));
    assert!(taken(&[&pair[..], &["--otlp.logs-cert-file=", "--otlp.logs-key-file="]].concat()));
    assert_eq!(
        refused(&["--otlp.logs-endpoint=a:1", "--otlp.logs-protocol=http/json"]),
        ["otlp.logs_endpoint"]
    );
    assert!(taken(&["--otlp.endpoints=a:1", "--otlp.endpoints=a:2"]));
    assert_eq!(refused(&["--otlp.endpoints=a:1", "--otlp.endpoints=a:1"]), ["otlp.endpoints"]);
}

#[test]
fn variables_of_opentelemetry_stand_between_our_own_and_the_command_line() {
    let variables = &[
        ("PACKET_EXPORTER_OTLP__INTERVAL", "1s"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "2000"),
        ("PACKET_EXPORTER_OTLP__TIMEOUT", "1s"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"),
    ];
    let given = Given { variables, flags: &["--otlp.timeout=3s"], ..Given::default() };

    let Loaded { config, problems, .. } = given.load().unwrap();

    let seconds = [config.otlp.interval, config.otlp.timeout].map(|it| it.as_secs());
    assert_eq!(seconds, [2, 3]);
    assert_eq!(problems.len(), 1);
    let check = given.load().unwrap().to_string();
    assert!(
        check.contains(
            "OTEL_EXPORTER_OTLP_COMPRESSION: it is ignored: it must be none, gzip or zstd"
        ),
        "{check}"
    );
}

#[test]
fn the_values_of_headers_are_shown_to_nobody() {
    let shown = Given { flags: &["--otlp.headers=a=hunter2"], ..Given::default() }.load().unwrap();
    let refused = Given { flags: &["--otlp.headers=hunter2"], ..Given::default() }.error();

    assert!(shown.to_string().contains("otlp.headers = [1 not shown]"), "{shown}");
    assert!(
        !shown.to_string().contains("hunter2")
            && !format!("{:?}", shown.config).contains("hunter2")
    );
    assert!(refused.contains("otlp.headers") && !refused.contains("hunter2"), "{refused}");
    let of_log = |flags| Given { flags, ..Given::default() };
    let shown = of_log(&["--otlp.logs-headers=a=hunter2"]).load().unwrap().to_string();
    let refused = of_log(&["--otlp.logs-headers=hunter2"]).error();
    assert!(shown.contains("otlp.logs_headers = [1 not shown]"), "{shown}");
    assert!(refused.contains("otlp.logs_headers") && !refused.contains("hunter2"), "{refused}");
}

#[test]
fn the_log_is_pushed_as_the_metrics_are_but_for_what_is_said_of_it_alone() {
    let shared = ["--otlp.endpoints=http://a:1", "--otlp.headers=a=1", "--otlp.timeout=1s"];
    let own = [
        "--otlp.logs-endpoint=http://b:2",
        "--otlp.logs-protocol=http/json",
        "--otlp.logs-timeout=2s",
        "--otlp.logs-compression=gzip",
        "--otlp.logs-headers=b=2",
        "--otlp.logs-ca-file=/ca",
    ];
    let log = |flags: &[&str]| {
        Given { flags, ..Given::default() }.load().unwrap().config.otlp.for_the_log()
    };

    let as_metrics = log(&shared);
    let alone =
        log(&[&shared[..], &["--otlp.logs-headers=same", "--otlp.logs-timeout=same"]].concat());
    assert_eq!(as_metrics, alone);
    assert_eq!(as_metrics.endpoints, ["http://a:1".parse().unwrap()]);
    assert_eq!(as_metrics.headers, ["a=1".parse().unwrap()]);
    let log = log(&[&shared[..], &own[..]].concat());
    let expected = Otlp {
        endpoints: vec!["http://b:2".parse().unwrap()],
        protocol: Protocol::HttpJson,
        timeout: std::time::Duration::from_secs(2),
        compression: Compression::Gzip,
        headers: vec!["b=2".parse().unwrap()],
        ca_file: "/ca".into(),
        ..log.clone()
    };
    assert_eq!(log, expected);
}

/// Also where they are of a wrong type.
#[test]
fn secrets_of_endpoints_are_in_no_refusal() {
    for file in [
        "[otlp]\nlogs_endpoint = ['https://h/?token=hunter2']\n",
        "[otlp]\nlogs_endpoint = [['https://h/?token=hunter2'], 1]\n",
        "[otlp]\nendpoints = [['https://u:hunter2@h/'], 1]\n",
        "[otlp]\nendpoints = [{ url = 'https://h/?token=hunter2' }]\n",
        "[otlp]\nlogs_endpoint = { url = 'https://h/?token=hunter2' }\n",
    ] {
        let refused = Given { file, ..Given::default() }.load().map(drop).unwrap_err().to_string();

        assert!(refused.contains("`otlp.") && !refused.contains("hunter2"), "{refused}");
    }
}
