//! What arrives, and how.

use super::*;

#[tokio::test]
async fn a_push_arrives_whole_over_each_protocol_and_compression() {
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson] {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let fake = Fake::start([]).await;
            let otlp = Otlp { compression, ..otlp(fake.port, protocol) };
            let mut pushing = Pushing::new(&otlp);

            pushing.push().await;

            let got = fake.got();
            let request = got[0].request();
            let resource = request.resource_metrics[0].resource.as_ref().unwrap();
            assert!(resource.attributes.iter().any(|it| it.key == "service.name"));
            let health = pushing.health();
            assert_eq!(
                (health.exports, health.points),
                (1, POINTS),
                "{protocol:?} {compression:?}"
            );
            assert_eq!(packets(&got[0]), Some(6), "{protocol:?} {compression:?}");
            let path = match protocol {
                Protocol::Grpc => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                Protocol::HttpProtobuf | Protocol::HttpJson => "/v1/metrics",
            };
            assert_eq!(got[0].path, path);
            let agent = got[0].header("user-agent");
            assert!(agent.starts_with("OTel-OTLP-Exporter-Rust/"), "{agent}");
        }
    }
}

#[tokio::test]
async fn the_path_is_the_one_that_was_asked_for() {
    let cases = [
        ("", "/v1/metrics"),
        ("/", "/v1/metrics"),
        ("/.", "/"),
        ("/api/v1/otlp/v1/metrics", "/api/v1/otlp/v1/metrics"),
        ("/custom?token=a", "/custom"),
    ];

    for (path, expected) in cases {
        let fake = Fake::start([]).await;
        let url = format!("http://127.0.0.1:{}{path}", fake.port);
        let endpoints = vec![url.parse().unwrap()];
        let mut pushing = Pushing::new(&Otlp { endpoints, ..http(1) });

        pushing.push().await;

        assert_eq!(fake.got()[0].path, expected);
        assert!(!pushing.health().endpoint.contains("token"));
    }
}

#[tokio::test]
async fn headers_are_sent_and_the_file_is_read_again_for_every_push() {
    let folder = tempfile::TempDir::new().unwrap();
    let headers_file = folder.path().join("headers");
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let fake = Fake::start([]).await;
        std::fs::write(&headers_file, "# a secret\nAuthorization: Bearer one\n\nX-Both: weaker\n")
            .unwrap();
        let otlp = Otlp {
            headers: ["x-scope-orgid=a", "x-both=stronger"].map(|it| it.parse().unwrap()).into(),
            headers_file: headers_file.clone(),
            ..otlp(fake.port, protocol)
        };
        let mut pushing = Pushing::new(&otlp);

        pushing.push().await;
        std::fs::write(&headers_file, "authorization: Bearer two\n").unwrap();
        pushing.push().await;

        let got = fake.got();
        let sent: Vec<_> = got.iter().map(|it| it.header("authorization")).collect();
        assert_eq!(sent, ["Bearer one", "Bearer two"]);
        assert!(got.iter().all(|it| it.header("x-scope-orgid") == "a"));
        assert!(got.iter().all(|it| it.header("x-both") == "stronger"));
    }
}

#[tokio::test]
async fn a_headers_file_that_breaks_is_a_failure_of_its_own_until_it_is_mended() {
    let fake = Fake::start([]).await;
    let folder = tempfile::TempDir::new().unwrap();
    let headers_file = folder.path().join("headers");
    std::fs::write(&headers_file, "a: b\n").unwrap();
    let mut pushing = Pushing::new(&Otlp { headers_file: headers_file.clone(), ..http(fake.port) });

    std::fs::remove_file(&headers_file).unwrap();
    pushing.push().await;
    std::fs::write(&headers_file, "a: b\n").unwrap();
    pushing.push().await;

    assert_eq!((pushing.failures(PushFailure::Local), pushing.health().exports), (1, 1));
}

#[tokio::test]
async fn no_request_has_more_points_than_it_may() {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&Otlp { max_points: 100, ..http(fake.port) });

    pushing.push().await;

    assert_eq!(fake.got().len(), 5);
    assert_eq!(pushing.health().points, POINTS);
}

#[tokio::test]
async fn json_has_nothing_that_is_null() {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&otlp(fake.port, Protocol::HttpJson));

    pushing.push().await;

    let text = String::from_utf8(fake.got()[0].message()).unwrap();
    assert!(text.contains("\"bucketCounts\"") && !text.contains(":null"), "{text}");
}

#[tokio::test]
async fn pushes_go_forward_in_time_where_the_clock_went_back() {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&http(fake.port));
    let hour = Duration::from_hours(1);
    let ahead = SystemTime::now() + hour;
    pushing.sender.last = ahead;

    for _ in 0..2 {
        pushing.push().await;
    }

    let times: Vec<_> = fake.got().iter().map(time).collect();
    let expected = [1, 2].map(|push| nanos(ahead + Duration::from_millis(push)));
    assert_eq!(times, expected);
}

#[test]
fn what_cannot_be_used_is_refused_before_anything_is_sent() {
    let refused = |otlp: &Otlp| {
        let receiver = Receiver::of_metrics(otlp).unwrap().remove(0);
        Client::new(receiver).unwrap_err().to_string()
    };
    let path = PathBuf::from("/nonexistent/file");
    let https = || Otlp { endpoints: vec!["https://a:1".parse().unwrap()], ..Otlp::default() };
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));

    assert_eq!(
        refused(&Otlp { ca_file: path.clone(), ..https() }),
        "cannot read `/nonexistent/file`"
    );
    assert_eq!(refused(&Otlp { headers_file: path, ..http(1) }), "cannot read `/nonexistent/file`");
    let error = refused(&Otlp { ca_file: here, ..https() });
    assert!(error.ends_with("Cargo.toml` has no certificate in PEM"), "{error}");
}

#[tokio::test]
async fn the_last_fold_is_pushed_after_a_stop() {
    let fake = Fake::start([]).await;
    let Pushing { mut sender, snapshot, source, mut health, .. } =
        Pushing::new(&Otlp { interval: Duration::from_hours(1), ..http(fake.port) });
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    let source = Source { is_ending: stop.clone(), ..source };
    let stopped = stop.clone();
    running.spawn(async move { sender.run(source, stopped).await });
    timeout(DEADLINE, health.wait_for(|push| push.exports == 1)).await.unwrap().unwrap();

    stop.cancel();
    let Snapshot { flows, mut health, before } = Snapshot::clone(&snapshot.borrow());
    health.folding.folds += 40;
    snapshot.send_replace(Arc::new(Snapshot { flows, health, before }));
    drop(snapshot);
    timeout(DEADLINE, running.join_next()).await.unwrap();

    let got = fake.got();
    assert_eq!(got.len(), 2);
    let folds = got[1].metrics().into_iter().find(|it| it.name == "packet.exporter.folds");
    assert!(format!("{folds:?}").contains("AsInt(42)"), "{folds:?}");
}
