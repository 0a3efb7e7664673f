//! Variables that set nothing, or not what they seem to.

use super::*;

/// Names and values.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// What is wrong with these variables, as `--config.check` prints it.
fn problems(variables: Variables<'_>) -> Vec<String> {
    let loaded = Given { variables, ..Given::default() }.load().unwrap();

    loaded.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn variables_of_a_kubernetes_service_are_not_ours() {
    let variables = &[
        ("PACKET_EXPORTER_PORT", "tcp://10.0.0.1:10199"),
        ("PACKET_EXPORTER_SERVICE_HOST", "10.0.0.1"),
        ("PACKET_EXPORTER_SERVICE_PORT", "10199"),
        ("PACKET_EXPORTER_SERVICE_PORT_METRICS", "10199"),
        ("PACKET_EXPORTER_PORT_10199_TCP", "tcp://10.0.0.1:10199"),
        ("PACKET_EXPORTER_PORT_10199_TCP_ADDR", "10.0.0.1"),
        ("PACKET_EXPORTER_PORT_10199_TCP_PORT", "10199"),
        ("PACKET_EXPORTER_PORT_10199_TCP_PROTO", "tcp"),
        ("PACKET_EXPORTER_WEB_SERVICE_HOST", "10.0.0.1"),
        ("PACKET_EXPORTER_WEB_PORT", "tcp://10.0.0.1:10199"),
        ("PACKET_EXPORTER_OTLP_PORT_4317_TCP_PORT", "4317"),
        ("PACKET_EXPORTER_VERSION", "1.0"),
        ("OTHER__THING", "1"),
    ];

    let loaded = Given { variables, ..Given::default() }.load().unwrap();

    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.problems, []);
}

#[test]
fn a_variable_with_one_underscore_is_named_with_the_right_one() {
    for key in keys::all() {
        let in_words = key.name.replace('.', "_").to_uppercase();
        let variable = format!("PACKET_EXPORTER_{in_words}");

        let right = format!("PACKET_EXPORTER_{}", key.name.replace('.', "__").to_uppercase());
        let name = &key.name;
        let expected = format!("{variable}: it is ignored: the variable of `{name}` is {right}");
        assert_eq!(problems(&[(&variable, "1")]), [expected]);
    }
    assert_eq!(
        problems(&[("PACKET_EXPORTER_DEVICE_INCLUDE", "eth0")]),
        ["PACKET_EXPORTER_DEVICE_INCLUDE: it is ignored: the variable of `devices.include` is \
             PACKET_EXPORTER_DEVICES__INCLUDE"]
    );
    assert_eq!(
        problems(&[("PACKET_EXPORTER_CONFIG_FILE", "/etc/a.toml")]),
        ["PACKET_EXPORTER_CONFIG_FILE: it is ignored: the file is named by `--config.file`"]
    );
}

#[test]
fn no_variable_of_opentelemetry_keeps_the_exporter_from_starting() {
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const LOGS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
    const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
    const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
    const KEY: &str = "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY";
    const LOGS_KEY: &str = "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY";
    let http = (PROTOCOL, "http/protobuf");
    let off = ("OTEL_SDK_DISABLED", "true");
    let [endpoint, logs] = [(ENDPOINT, "127.0.0.1:4444"), (LOGS_ENDPOINT, "127.0.0.1:4444")];
    let cases: [(Variables<'_>, &[&str]); 9] = [
        (&[endpoint, http], &[ENDPOINT]),
        (&[endpoint, http, off], &[ENDPOINT]),
        (&[endpoint, http, ("OTEL_LOGS_EXPORTER", "otlp")], &[ENDPOINT]),
        (&[logs, http], &[LOGS_ENDPOINT]),
        (&[(CERTIFICATE, "/a")], &[CERTIFICATE]),
        (&[(CERTIFICATE, "/a"), off], &[CERTIFICATE]),
        (&[(KEY, "/a")], &[KEY]),
        (&[(LOGS_KEY, "/a")], &[LOGS_KEY]),
        (&[(CERTIFICATE, "/a"), endpoint, http], &[ENDPOINT, CERTIFICATE]),
    ];

    for (variables, expected) in cases {
        let loaded = Given { variables, ..Given::default() }.load().unwrap();

        let named: Vec<_> = loaded.problems.iter().map(|it| it.setting.as_str()).collect();
        assert_eq!(named, expected, "{variables:?}: {loaded}");
        assert_eq!(loaded.config.otlp.enabled, !variables.contains(&off), "the others stay");
    }
    assert_eq!(
        problems(&[endpoint, http]),
        ["OTEL_EXPORTER_OTLP_ENDPOINT: it is ignored: with it, `otlp.endpoints` must be \
             \"http(s)://host:port\", each only once, is [\"127.0.0.1:4444/v1/metrics\"]"]
    );
}

#[test]
fn a_variable_of_opentelemetry_gives_way_to_the_file_that_it_does_not_go_with() {
    let file = "[otlp]\nendpoints = 'a:1'";
    let variables = &[
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_SDK_DISABLED", "false"),
    ];

    let loaded = Given { file, variables, ..Given::default() }.load().unwrap();

    let otlp = &loaded.config.otlp;
    assert_eq!((otlp.protocol, otlp.endpoints.len()), (Protocol::Grpc, 1));
    let named: Vec<_> = loaded.problems.iter().map(|it| it.setting.as_str()).collect();
    assert_eq!(named, [variables[0].0, variables[1].0]);
    // Who is wrong beside them is still refused.
    let error = Given { file: "[otlp]\ncert_file = '/a'", variables, ..Given::default() }.error();
    assert!(error.contains("`otlp.cert_file` (config.toml:2)"), "{error}");
}

#[test]
fn a_broken_item_is_left_out_and_the_others_stay() {
    let headers = "api-key=abc,hunter2,host=x,b=%4,=v,c=%FF,d=1";

    let variables = &[("OTEL_EXPORTER_OTLP_HEADERS", headers)];
    let loaded = Given { variables, ..Given::default() }.load().unwrap();

    let expected = ["api-key=abc", "d=1"].map(|header| header.parse().unwrap());
    assert_eq!(loaded.config.otlp.headers, expected);
    let encoding = "\"%\" is not followed by two hexadecimal digits, or they make no UTF-8";
    let expected = [
        "item 2 is ignored: it has no \"=\" between name and value".to_owned(),
        "item 3 is ignored: `host` is set by the protocol".into(),
        format!("item 4 is ignored: {encoding}"),
        "item 5 is ignored: its name holds what the name of a header cannot".into(),
        format!("item 6 is ignored: {encoding}"),
    ];
    let texts: Vec<_> = loaded.problems.iter().map(|problem| problem.text.as_str()).collect();
    assert_eq!(texts, expected);
    assert!(!loaded.to_string().contains("hunter2"), "{loaded}");

    let attributes = problems(&[("OTEL_RESOURCE_ATTRIBUTES", "a=1,broken, k=%20 ,\"c\"=1,=")]);
    let expected = [
        "item 2 is ignored: it has no \"=\" between name and value",
        "item 4 is ignored: its name is empty or begins with a quote",
        "item 5 is ignored: its name is empty or begins with a quote",
    ];
    assert_eq!(attributes, expected.map(|text| format!("OTEL_RESOURCE_ATTRIBUTES: {text}")));
}

#[test]
fn quotes_around_a_whole_value_are_not_part_of_it() {
    let variables = &[
        ("OTEL_EXPORTER_OTLP_HEADERS", "\"a=1,b=2\""),
        ("OTEL_RESOURCE_ATTRIBUTES", "'env=prod'"),
        ("OTEL_SDK_DISABLED", "\"true\""),
        ("OTEL_SERVICE_NAME", " \"edge\" "),
        ("OTEL_TRACES_SAMPLER_ARG", "\"1\""),
    ];

    let loaded = Given { variables, ..Given::default() }.load().unwrap();

    assert_eq!(loaded.config.otlp.headers.len(), 2);
    assert!(!loaded.config.otlp.enabled);
    let told: Vec<_> = variables[..4]
        .iter()
        .map(|(name, _)| Problem::new(name, "the quotes around its value are ignored; remove them"))
        .collect();
    assert_eq!(loaded.problems, told);
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        attributes("\"env=prod,a=%22b%22\"").valid,
        [pair("env", "prod"), pair("a", "\"b\"")]
    );
    assert_eq!(
        ["\"a\"", "'a'", "\"a'", "\"", "\"a\",\"b\"", " a "].map(unquoted),
        ["a", "a", "\"a'", "\"", "\"a\",\"b\"", "a"]
    );
}
