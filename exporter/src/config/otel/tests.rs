use super::super::Config;
use super::super::setting::shown;
use super::*;

/// What variables set, as `key = value`, and which of them are ignored.
fn set(variables: &[(&str, &str)], weaker: &[(&str, &str)], stronger: &[(&str, &str)]) -> Set {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    let others = |texts: &[(&str, &str)], origin: Origin| -> Vec<Setting> {
        let setting = |(key, value): &(&str, &str)| Setting {
            key: (*key).into(),
            value: Value::from(*value),
            origin: origin.clone(),
        };
        texts.iter().map(setting).collect()
    };

    let (settings, problems) = settings(
        &variables,
        &others(weaker, Origin::Default),
        &others(stronger, Origin::CommandLine),
        &Value::serialize(Config::default()).unwrap(),
    );

    let mut lines: Vec<_> =
        settings.iter().map(|it| format!("{} = {}", it.key, shown(&it.value))).collect();
    lines.sort();
    Set { lines, problems }
}

#[derive(Debug, PartialEq)]
struct Set {
    lines: Vec<String>,
    problems: Vec<Problem>,
}

impl Set {
    /// The variables that are named.
    fn named(&self) -> Vec<&str> {
        self.problems.iter().map(|problem| problem.setting.as_str()).collect()
    }
}

fn assert_sets(variables: &[(&str, &str)], lines: &[&str]) {
    let set = set(variables, &[], &[]);

    assert_eq!((set.lines, set.problems), (owned(lines), Vec::new()), "{variables:?}");
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn each_variable_sets_its_key() {
    let cases = [
        ("OTEL_SDK_DISABLED", "True", "otlp.enabled = false"),
        ("OTEL_SDK_DISABLED", "false", "otlp.enabled = true"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "otlp.protocol = \"grpc\""),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "otlp.protocol = \"http/json\""),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1500", "otlp.interval = \"1500ms\""),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "500", "otlp.push_timeout = \"500ms\""),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", " 7000 ", "otlp.timeout = \"7000ms\""),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "otlp.compression = \"gzip\""),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "api-key=a%2Cb, Authorization=Basic%20YQ==",
            "otlp.headers = [\"api-key=a,b\", \"authorization=Basic YQ==\"]",
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "DELTA",
            "otlp.temporality = \"delta\"",
        ),
        (
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
            "base2_exponential_bucket_histogram",
            "otlp.histogram = \"base2_exponential_bucket_histogram\"",
        ),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/a.pem", "otlp.ca_file = \"/a.pem\""),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/a.pem", "otlp.cert_file = \"/a.pem\""),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/a.pem", "otlp.key_file = \"/a.pem\""),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true", "otlp.insecure = true"),
        ("OTEL_LOGS_EXPORTER", "none", "otlp.logs = false"),
        ("OTEL_METRICS_EXPORTER", "prometheus", "otlp.endpoints = []"),
        ("OTEL_METRICS_EXPORTER", "none", "otlp.endpoints = []"),
    ];

    for (variable, value, line) in cases {
        assert_sets(&[(variable, value)], &[line]);
    }
}

#[test]
fn the_variable_of_metrics_beats_the_one_of_all_signals_unless_it_is_empty_or_invalid() {
    let set = |specific| {
        let generic = ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        set(&[("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", specific), generic], &[], &[])
    };

    assert_eq!(set("zstd").lines, ["otlp.compression = \"zstd\""]);
    assert_eq!(set("").lines, ["otlp.compression = \"gzip\""]);
    assert_eq!(set("brotli").lines, ["otlp.compression = \"gzip\""]);
    assert_eq!(set("brotli").named(), ["OTEL_EXPORTER_OTLP_METRICS_COMPRESSION"]);
}

#[test]
fn what_is_invalid_is_left_out_and_named() {
    for (variable, value) in [
        ("OTEL_SDK_DISABLED", "yes"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "thrift"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "1m"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "99"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "600001"),
        ("OTEL_METRIC_EXPORT_TIMEOUT", "9"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no-value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=%4"),
        ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "lowmemory"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://collector"),
        ("OTEL_METRICS_EXPORTER", "console"),
        ("OTEL_LOGS_EXPORTER", "console"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a"),
        ("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "thrift"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "1s"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADER", "a=b"),
        ("OTEL_EXPORTER_OTLP_ENDPONIT", "http://collector:4317"),
    ] {
        let set = set(&[(variable, value)], &[], &[]);

        assert_eq!((&set.lines[..], &set.named()[..]), (&[][..], &[variable][..]), "{value}");
    }
}

#[test]
fn what_is_not_clearly_insecure_is_secure() {
    let set = set(&[("OTEL_EXPORTER_OTLP_INSECURE", "yes")], &[("otlp.insecure", "true")], &[]);

    assert_eq!(set.lines, ["otlp.insecure = false"]);
    assert_eq!(set.named(), ["OTEL_EXPORTER_OTLP_INSECURE"]);
}

#[test]
fn the_log_goes_to_a_receiver_of_the_metrics_also_where_these_do_not() {
    let receivers = ("otlp.endpoints", "http://c:4317");
    let logs = "otlp.logs_endpoint = \"http://c:4317\"";
    let off = ("OTEL_METRICS_EXPORTER", "prometheus");

    let by_variable = set(&[off, LOGS], &[receivers], &[]).lines;
    assert_eq!(by_variable, ["otlp.endpoints = []", "otlp.logs = true", logs]);
    let not_at_all = set(&[off], &[receivers], &[]).lines;
    assert_eq!(not_at_all, ["otlp.endpoints = []"]);
    let elsewhere = [receivers, ("otlp.logs_endpoint", "http://d:4317")];
    assert_eq!(
        set(&[off, LOGS], &elsewhere, &[]).lines,
        ["otlp.endpoints = []", "otlp.logs = true"]
    );
}

#[test]
fn an_endpoint_of_all_signals_gets_a_path_over_http_and_one_of_metrics_is_as_it_is() {
    const GENERIC: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    const LOGS: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    let http = "otlp.protocol = \"http/protobuf\"";
    let grpc = "otlp.protocol = \"grpc\"";
    let http_logs = "otlp.logs_protocol = \"http/protobuf\"";
    let metrics = |url| format!("otlp.endpoints = [\"{url}\"]");
    let logs = |url| format!("otlp.logs_endpoint = \"{url}\"");
    let cases = [
        (
            vec![(GENERIC, "http://a:4318")],
            vec![metrics("http://a:4318/v1/metrics"), logs("http://a:4318/v1/logs"), http.into()],
        ),
        (
            vec![(GENERIC, "http://a/b/")],
            vec![metrics("http://a/b/v1/metrics"), logs("http://a/b/v1/logs"), http.into()],
        ),
        (
            vec![(GENERIC, "http://a/b?key=x/y")],
            vec![
                metrics("http://a/b/v1/metrics?key=x/y"),
                logs("http://a/b/v1/logs?key=x/y"),
                http.into(),
            ],
        ),
        (vec![(METRICS, "http://a:4318")], vec![metrics("http://a:4318/."), http.into()]),
        (vec![(METRICS, "http://a/b")], vec![metrics("http://a/b"), http.into()]),
        (vec![(LOGS, "http://a/b")], vec![logs("http://a/b"), http_logs.into()]),
        (vec![(LOGS, "http://a:4317")], vec![logs("http://a:4317")]),
        (
            vec![(METRICS, "http://a:4317"), (LOGS, "http://b:4318")],
            vec![metrics("http://a:4317"), logs("http://b:4318/."), http_logs.into(), grpc.into()],
        ),
        (
            vec![(GENERIC, "http://a:1"), (METRICS, "http://b/c")],
            vec![metrics("http://b/c"), logs("http://a:1/v1/logs"), http.into()],
        ),
        (
            vec![(GENERIC, "https://a:4317")],
            vec![metrics("https://a:4317"), logs("https://a:4317"), grpc.into()],
        ),
        (vec![(METRICS, "a:1")], vec![metrics("a:1"), grpc.into()]),
        (
            vec![(METRICS, "http://a:4317/"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
            vec![metrics("http://a:4317/."), "otlp.protocol = \"http/json\"".into()],
        ),
        (
            vec![(GENERIC, "http://a:1"), ("OTEL_METRICS_EXPORTER", "none")],
            vec!["otlp.endpoints = []".into(), logs("http://a:1/v1/logs"), http.into()],
        ),
    ];

    for (variables, lines) in cases {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        assert_sets(&variables, &lines);
    }
}

#[test]
fn who_asks_for_otlp_and_names_nobody_gets_the_collector_of_this_host() {
    let otlp = [("OTEL_METRICS_EXPORTER", "otlp,prometheus")];
    let logs = [("OTEL_LOGS_EXPORTER", "otlp")];
    let http = "otlp.protocol = \"http/protobuf\"";
    let http_logs = "otlp.logs_protocol = \"http/protobuf\"";
    let elsewhere = [("otlp.endpoints", "http://a:1")];
    let grpc = [("otlp.protocol", "grpc")];

    assert_sets(&otlp, &["otlp.endpoints = [\"http://localhost:4318/v1/metrics\"]", http]);
    assert_sets(
        &logs,
        &["otlp.logs = true", "otlp.logs_endpoint = \"http://localhost:4318/v1/logs\"", http_logs],
    );
    assert!(set(&otlp, &elsewhere, &[]).lines.is_empty());
    assert!(set(&otlp, &[], &elsewhere).lines.is_empty());
    let nobody = [("otlp.endpoints", "")];
    assert_eq!(set(&otlp, &nobody, &[]).lines.len(), 2, "who copies the example names nobody");
    assert_eq!(set(&otlp, &grpc, &[]).lines, ["otlp.endpoints = [\"http://localhost:4317\"]"]);
    assert_eq!(set(&otlp, &[], &grpc).lines, ["otlp.endpoints = [\"http://localhost:4317\"]"]);
}

/// By the end of their names: variables, with a value for metrics, all signals, and the log; the
/// key without its section, and the values there.
const OF_SIGNALS: [(&str, [&str; 3], &str, [&str; 3]); 7] = [
    (
        "PROTOCOL",
        ["grpc", "http/json", "http/protobuf"],
        "protocol",
        [r#""grpc""#, r#""http/json""#, r#""http/protobuf""#],
    ),
    ("TIMEOUT", ["10", "20", "30"], "timeout", [r#""10ms""#, r#""20ms""#, r#""30ms""#]),
    (
        "COMPRESSION",
        ["none", "gzip", "zstd"],
        "compression",
        [r#""none""#, r#""gzip""#, r#""zstd""#],
    ),
    ("HEADERS", ["a=1", "a=2", "a=3"], "headers", [r#"["a=1"]"#, r#"["a=2"]"#, r#"["a=3"]"#]),
    ("CERTIFICATE", ["/1", "/2", "/3"], "ca_file", [r#""/1""#, r#""/2""#, r#""/3""#]),
    ("CLIENT_CERTIFICATE", ["/1", "/2", "/3"], "cert_file", [r#""/1""#, r#""/2""#, r#""/3""#]),
    ("CLIENT_KEY", ["/1", "/2", "/3"], "key_file", [r#""/1""#, r#""/2""#, r#""/3""#]),
];
const LOGS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "otlp");
const LOGS_ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://a:4317");

/// What is set of a key of metrics and of that of the log.
fn of_both(set: &Set, key: &str) -> [Option<String>; 2] {
    [format!("otlp.{key} = "), format!("otlp.logs_{key} = ")].map(|begin| {
        set.lines.iter().find_map(|line| line.strip_prefix(&begin)).map(ToOwned::to_owned)
    })
}

#[test]
fn a_variable_of_the_log_beats_the_one_of_all_signals_and_one_of_metrics_says_nothing_about_it() {
    for (name, [metrics, all, log], key, values) in OF_SIGNALS {
        let [of_metrics, of_all, of_log] =
            ["METRICS_", "", "LOGS_"].map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}{name}"));
        let [metrics, all, log] = [(&*of_metrics, metrics), (&*of_all, all), (&*of_log, log)];
        let [m, a, l] = values.map(|value| Some(value.to_owned()));
        let cases = [
            (vec![log], [None, l.clone()]),
            (vec![all], [a.clone(), None]),
            (vec![all, log], [a.clone(), l.clone()]),
            (vec![metrics, all], [m.clone(), a.clone()]),
            (vec![metrics, all, log], [m.clone(), l.clone()]),
            (vec![all, (&*of_log, "")], [a.clone(), None]),
            (vec![metrics, all, (&*of_log, "")], [m.clone(), a.clone()]),
        ];

        for (variables, expected) in cases {
            let set = set(&[&variables[..], &[LOGS, LOGS_ENDPOINT]].concat(), &[], &[]);
            assert_eq!(of_both(&set, key), expected, "{variables:?}: {set:?}");
            assert!(set.problems.is_empty(), "{set:?}");
        }
    }
}

#[test]
fn what_is_said_of_metrics_alone_is_kept_from_another_receiver_of_the_log() {
    let secret = ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=secret");
    let headers = |variables: &[_], weaker: &[_]| of_both(&set(variables, weaker, &[]), "headers");
    let [own, file] = [r#"["a=secret"]"#, r#""a=file""#].map(|it| Some(it.to_owned()));

    assert_eq!(headers(&[LOGS, LOGS_ENDPOINT, secret], &[]), [own.clone(), Some("[]".into())]);
    assert_eq!(
        headers(&[LOGS, LOGS_ENDPOINT, secret], &[("otlp.headers", "a=file")]),
        [own.clone(), file]
    );
    // The receiver is that of metrics.
    assert_eq!(headers(&[LOGS, secret], &[("otlp.endpoints", "http://a:1")]), [own, None]);
}

#[test]
fn the_log_is_told_by_the_command_line_first_and_by_the_file_last() {
    let timeout = ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "30");
    let all = ("OTEL_EXPORTER_OTLP_TIMEOUT", "20");
    let said = |variables: &[_], weaker: &[_], stronger: &[_]| {
        let [_, of_log] = of_both(&set(variables, weaker, stronger), "timeout");
        of_log
    };

    let own = [("otlp.logs_timeout", "9s")];
    assert_eq!(said(&[LOGS, timeout], &own, &[]).as_deref(), Some(r#""30ms""#));
    assert_eq!(said(&[LOGS, all], &own, &[]).as_deref(), Some(r#""20ms""#));
    assert_eq!(said(&[LOGS, all, timeout], &[], &own), None);
    // What is said of the log alone is stronger than what is said of both, wherever that is.
    let both = [("otlp.timeout", "9s")];
    assert_eq!(said(&[LOGS, all, timeout], &[], &both).as_deref(), Some(r#""30ms""#));
    assert_eq!(said(&[LOGS], &own, &both), None, "its own key in the file stays");
}

#[test]
fn an_endpoint_of_the_log_without_a_scheme_gets_the_one_of_the_log() {
    let endpoint = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "a:1");
    let of = |variables: &[(&str, &str)]| {
        let set = set(&[&[LOGS, endpoint], variables].concat(), &[], &[]);
        set.lines
            .into_iter()
            .find_map(|it| Some(it.strip_prefix("otlp.logs_endpoint = ")?.to_owned()))
    };
    let [metrics, all, log] =
        ["METRICS_", "", "LOGS_"].map(|it| format!("OTEL_EXPORTER_OTLP_{it}INSECURE"));
    let [metrics, log] = [(&*metrics, "true"), (&*log, "true")];

    assert_eq!(of(&[]).as_deref(), Some(r#""a:1""#));
    assert_eq!(of(&[log]).as_deref(), Some(r#""http://a:1""#));
    assert_eq!(of(&[metrics]).as_deref(), Some(r#""https://a:1""#));
    assert_eq!(of(&[metrics, (&*all, "true")]).as_deref(), Some(r#""http://a:1""#));
}

#[test]
fn an_endpoint_of_the_command_line_is_not_spoken_to_as_one_of_a_variable() {
    let variable = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318")];

    let set = set(&variable, &[], &[("otlp.endpoints", "http://b:4317")]);

    assert!(!set.lines.iter().any(|line| line.starts_with("otlp.protocol")), "{set:?}");
}
