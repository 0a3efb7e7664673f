//! Each field, checked by a receiver that shares no line with the service.

use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::receivers::oracle::{Options, Oracle, points};
use tests::service::Service;
use tests::tools::tool;

use super::{GRPC, HTTP, PYTHON, cable, send, start, start_in};

const VETH: [(&str, &str); 1] = [("device", Cable::DEVICE)];
const UDP: [(&str, &str); 3] = [("device", Cable::DEVICE), ("family", "ipv4"), ("protocol", "udp")];
const KNOCKS: u64 = 149;
/// Bytes of one, from its Ethernet header on.
const KNOCK: u64 = 14 + 20 + 8 + 5;

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn counts_rise_from_the_start_of_their_series_over_every_protocol() {
    let test = "counts_rise_from_the_start_of_their_series_over_every_protocol";
    let Some(python) = tool(test, PYTHON) else { return };
    for (protocol, endpoint) in [("grpc", GRPC), ("http/protobuf", HTTP), ("http/json", HTTP)] {
        let cable = cable("fields");
        let oracle = Oracle::start(&cable.here, &python);
        let over = ["--otlp.protocol", protocol, "--otlp.compression", "gzip"];
        let service = start(&cable, &[endpoint], &over);
        let first = oracle.next();
        send(&cable);

        let last = wait_for("all knocks", || {
            has(&oracle, |push| value(push, "packet.receive.packets", &UDP) == Some(KNOCKS))
        });

        oracle.assert_content();
        // The totals have begun when the program was attached, and not with the traffic.
        let begun =
            |push: &Value| points(push, "packet.receive.packets", &UDP)[0]["start"].as_u64();
        assert_eq!(begun(&first), begun(&last), "{protocol}");
        let described = described(&last, "packet.receive.packets");
        assert_eq!(described["unit"], "{packet}");
        assert_eq!((&described["kind"], &described["monotonic"]), (&"sum".into(), &true.into()));
        assert_eq!(described["temporality"], "cumulative");
        assert_eq!(points(&last, "packet.receive.packets", &UDP)[0]["type"], "as_int");
        let way = if protocol == "grpc" { "grpc" } else { "http" };
        assert_eq!(last["transport"], way);
        drop(service);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn deltas_follow_each_other_and_add_up() {
    let test = "deltas_follow_each_other_and_add_up";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("delta");
    let oracle = Oracle::start(&cable.here, &python);
    let _service = start(&cable, &[GRPC], &["--otlp.temporality", "delta"]);
    oracle.next();
    send(&cable);

    let sum = || {
        let pushes = oracle.pushes();
        let counts = pushes.iter().map(|it| value(it, "packet.receive.packets", &UDP));
        counts.map(Option::unwrap_or_default).sum::<u64>()
    };
    wait_for("all knocks", || if sum() == KNOCKS { Ok(()) } else { Err(sum().to_string()) });
    oracle.next();
    oracle.next();

    assert_eq!(sum(), KNOCKS, "none twice");
    oracle.assert_content();
    let last = oracle.next();
    assert_eq!(described(&last, "packet.receive.packets")["temporality"], "delta");
    assert_eq!(described(&last, "packet.receive.frame_size")["temporality"], "delta");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn sizes_are_explicit_buckets_or_exponential_ones_of_scale_0() {
    let test = "sizes_are_explicit_buckets_or_exponential_ones_of_scale_0";
    let Some(python) = tool(test, PYTHON) else { return };
    for histogram in ["explicit", "exponential"] {
        let cable = cable("sizes");
        let oracle = Oracle::start(&cable.here, &python);
        let mut service = start(&cable, &[GRPC], &["--otlp.histogram", histogram]);
        send(&cable);
        service.wait_for_fold();
        let all = || service.scrape().find("packet_receive_frame_size_bytes_count", &VETH);

        let last = wait_for("all frames", || {
            has(&oracle, |push| {
                let sizes = points(push, "packet.receive.frame_size", &VETH);
                sizes.first().and_then(|it| it["count"].as_u64()) == all()
            })
        });

        oracle.assert_content();
        let metric = described(&last, "packet.receive.frame_size");
        let point = points(&last, "packet.receive.frame_size", &VETH)[0].clone();
        assert_eq!(metric["unit"], "By");
        if histogram == "explicit" {
            assert_eq!(metric["kind"], "histogram");
            assert_eq!(point["bounds"][0], 64.0);
        } else {
            assert_eq!(
                (&metric["kind"], &point["scale"]),
                (&"exponential_histogram".into(), &0.into())
            );
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_device_that_goes_ends_its_series_and_one_that_comes_begins_them_anew() {
    let test = "a_device_that_goes_ends_its_series_and_one_that_comes_begins_them_anew";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("ends");
    let oracle = Oracle::start(&cable.here, &python);
    let _service = start(&cable, &[GRPC], &[]);
    send(&cable);
    let before = wait_for("traffic", || {
        has(&oracle, |push| value(push, "packet.receive.packets", &UDP) == Some(KNOCKS))
    });

    cable.cut();
    let ended = |push: &Value| {
        points(push, "packet.receive.packets", &UDP).iter().any(|point| point["ended"] == true)
    };
    // It is in one push alone.
    wait_for("a point without a value", || {
        let is_there = oracle.pushes().iter().any(ended);
        is_there.then_some(()).ok_or_else(|| "there is none".to_owned())
    });
    let after = oracle.next();
    assert_eq!(points(&after, "packet.receive.packets", &VETH), Vec::<&Value>::new());
    cable.lay_again();
    cable.plug_in();
    let anew = wait_for("the series anew", || {
        has(&oracle, |push| value(push, "packet.receive.packets", &UDP).is_some())
    });

    oracle.assert_content();
    let [before, anew] = [before, anew]
        .map(|push| points(&push, "packet.receive.packets", &UDP)[0]["start"].as_u64());
    assert!(before < anew, "{before:?}, {anew:?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn what_a_device_counted_last_is_pushed() {
    let test = "what_a_device_counted_last_is_pushed";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("lastpush");
    let oracle = Oracle::start(&cable.here, &python);
    // So long that no regular fold comes between.
    let rarely = ["--datapath.interval", "30s", "--otlp.interval", "300ms"];
    let to_whom = ["--devices.include", Cable::DEVICE, "--otlp.endpoints", GRPC];
    let _service = Service::start(&cable.here, &[rarely, to_whom].concat());
    oracle.next();
    send(&cable);
    let counted = |push: &Value| value(push, "packet.receive.packets", &UDP);
    assert_ne!(oracle.pushes().last().and_then(counted), Some(KNOCKS), "not folded yet");

    cable.cut();

    wait_for("the last counts", || has(&oracle, |push| counted(push) == Some(KNOCKS)));
    oracle.assert_content();
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn what_is_too_much_for_one_request_comes_in_several() {
    let test = "what_is_too_much_for_one_request_comes_in_several";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("parts");
    let in_parts = Options { in_parts: true, ..Options::default() };
    let oracle = Oracle::start_with(&cable.here, &python, &in_parts);
    let service = start(&cable, &[GRPC], &["--otlp.max-points", "50"]);
    wait_for("the exporter's own counter", || {
        // It need not be in the last request of a push.
        let has_it = |push: &Value| value(push, "packet.exporter.folds", &[]).is_some();
        oracle.pushes().iter().any(has_it).then_some(()).ok_or_else(|| "it is nowhere".to_owned())
    });

    let sizes: Vec<usize> = oracle.pushes().iter().map(size).collect();

    oracle.assert_content();
    println!("points of requests: {sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 50), "{sizes:?}");
    assert!(sizes.len() > 2 && sizes[0] > 25, "{sizes:?}");
    drop(service);
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_resource_is_this_host_and_what_the_environment_says() {
    let test = "the_resource_is_this_host_and_what_the_environment_says";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("resource");
    let oracle = Oracle::start(&cable.here, &python);
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", HTTP),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20team"),
        ("OTEL_SERVICE_NAME", "edge"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=unused,deployment.environment.name=test%2C1"),
    ];
    let on_cable = ["--devices.include", Cable::DEVICE];
    let instance = || {
        let service = start_in(&cable, &on_cable, &environment);
        let push = oracle.next();
        drop(service);
        push["resource"]["service.instance.id"].clone()
    };

    let [first, second] = [instance(), instance()];

    let push = oracle.pushes().pop().unwrap();
    let resource = &push["resource"];
    assert_eq!(resource["service.name"], "edge");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(resource["deployment.environment.name"], "test,1");
    assert_eq!(resource["os.type"], "linux");
    let host = cable.here.run("uname", &["-n"]);
    assert_eq!(resource["host.name"], host.trim());
    assert_eq!(push["headers"]["x-tenant"], "a team");
    assert_eq!(first, second, "the instance is the same after a restart");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn names_of_the_semantic_conventions_are_used_where_they_mean_the_same() {
    let test = "names_of_the_semantic_conventions_are_used_where_they_mean_the_same";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("semconv");
    let oracle = Oracle::start(&cable.here, &python);
    let _service = start(&cable, &[GRPC], &["--otlp.names", "semconv"]);
    send(&cable);
    let received = [
        ("network.interface.name", Cable::DEVICE),
        ("network.io.direction", "receive"),
        ("network.type", "ipv4"),
        ("network.transport", "udp"),
    ];

    let last = wait_for("all knocks", || {
        has(&oracle, |push| value(push, "system.network.packet.count", &received) == Some(KNOCKS))
    });

    oracle.assert_content();
    assert_eq!(value(&last, "system.network.io", &received), Some(KNOCKS * KNOCK));
    assert_eq!(points(&last, "packet.receive.packets", &[]), Vec::<&Value>::new());
}

/// The last push, once it is as it should be.
fn has(oracle: &Oracle<'_>, is_so: impl Fn(&Value) -> bool) -> Result<Value, String> {
    let last = oracle.pushes().pop().ok_or("nothing was pushed")?;

    if is_so(&last) { Ok(last) } else { Err(format!("{:.3000}", last.to_string())) }
}

/// The sum of the values of those points; `None` without any.
fn value(push: &Value, name: &str, attributes: &[(&str, &str)]) -> Option<u64> {
    let points = points(push, name, attributes);
    let mut values = points.iter().filter_map(|point| point["value"].as_u64()).peekable();
    values.peek()?;

    Some(values.sum())
}

fn described(push: &Value, name: &str) -> Value {
    let metrics = push["metrics"].as_array().unwrap();

    metrics.iter().find(|metric| metric["name"] == name).cloned().unwrap_or_default()
}

fn size(push: &Value) -> usize {
    let metrics = push["metrics"].as_array().unwrap().iter();

    metrics.map(|metric| metric["points"].as_array().unwrap().len()).sum()
}
