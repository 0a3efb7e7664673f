use std::thread;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;
use tokio::task::JoinSet;

use super::super::fake::papers::Papers;
use super::super::fake::{DEADLINE, Fake, Got, Reply, until};
use super::super::receiver::Receiver;
use super::super::resource::HostResource;
use super::*;
use crate::config::{Compression, Log, Otlp, Protocol};
use crate::logging;
use crate::logging::tests::Paper;

const PROTOCOLS: [Protocol; 3] = [Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson];

/// A log on its way to a receiver.
struct Pushing {
    running: JoinSet<()>,
    stop: CancellationToken,
    lost: Lost,
    /// What goes to standard error.
    paper: Paper,
    _logging: tracing::subscriber::DefaultGuard,
}

impl Pushing {
    fn start(otlp: &Otlp, endpoint: &str) -> Self {
        let endpoints = vec![endpoint.parse().unwrap()];
        let otlp = Otlp { endpoints, logs: true, ..otlp.clone() };
        let receiver = Receiver::of_logs(&otlp).unwrap().unwrap();
        Self::over(LogClient::new(receiver, &HostResource::detect()).unwrap().into())
    }

    fn over(client: LogConnection) -> Self {
        let (bridge, events) = bridge();
        let paper = Paper::default();
        let writer = paper.clone();
        let log = Log::default();
        let (subscriber, _level) = logging::subscriber(&log, move || writer.clone(), Some(bridge));
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        let lost = events.lost();
        let (mut sender, stopped) = (events.to(client), stop.clone());
        running.spawn(async move { sender.run(stopped).await });

        Self { running, stop, lost, paper, _logging: tracing::subscriber::set_default(subscriber) }
    }

    /// Waits for what is logged on standard error.
    async fn says(&self, text: &str) {
        until(text, || self.paper.text().contains(text)).await;
    }

    async fn end(mut self) {
        self.stop.cancel();
        timeout(DEADLINE, self.running.join_next()).await.expect("pushing ends");
    }
}

/// Runs the test over every protocol at once: each waits most of the time, and has a log of its own
/// on its own thread.
fn over_each_protocol(test: impl AsyncFn(Protocol) + Sync) {
    let run = |protocol| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test(protocol));
    };

    thread::scope(|scope| {
        for protocol in PROTOCOLS {
            let run = &run;
            scope.spawn(move || run(protocol));
        }
    });
}

struct Pushed {
    path: String,
    tenant: String,
    encoding: String,
    records: Vec<LogRecord>,
    service: bool,
}

impl Pushed {
    fn read(got: &Got) -> Self {
        let message = got.message();
        let request = match got.header("content-type") {
            "application/json" => serde_json::from_slice(&message).unwrap(),
            _ => ExportLogsServiceRequest::decode(&*message).unwrap(),
        };
        let of_one = request.resource_logs.into_iter();
        let scopes: Vec<_> = of_one.clone().flat_map(|it| it.scope_logs).collect();
        let resource = of_one.flat_map(|it| it.resource.unwrap().attributes);
        let is_grpc = got.header("content-type") == "application/grpc";
        let encoding = if is_grpc { "grpc-encoding" } else { "content-encoding" };

        Self {
            path: got.path.clone(),
            tenant: got.header("tenant").into(),
            encoding: got.header(encoding).into(),
            records: scopes.into_iter().flat_map(|scope| scope.log_records).collect(),
            service: resource.into_iter().any(|it| it.key == "service.name"),
        }
    }
}

/// Logs as the exporter does, pushes, stops, and returns what came.
async fn pushed(own: &Otlp, protocol: Protocol, speak: impl FnOnce()) -> Vec<Pushed> {
    let fake = Fake::start([]).await;
    let otlp = Otlp { protocol, ..own.clone() };
    let pushing = Pushing::start(&otlp, &format!("http://127.0.0.1:{}", fake.port));

    speak();
    until("a push", || !fake.got().is_empty()).await;
    pushing.end().await;

    fake.got().iter().map(Pushed::read).collect()
}

/// What the log says in all that came.
fn bodies(fake: &Fake) -> Vec<String> {
    let records = fake.got().iter().map(Pushed::read).flat_map(|it| it.records).collect::<Vec<_>>();

    records.iter().map(|record| body(record).to_owned()).collect()
}

fn body(record: &LogRecord) -> &str {
    match record.body.as_ref().and_then(|body| body.value.as_ref()) {
        Some(Any::StringValue(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_arrives_with_its_fields_and_the_resource() {
    over_each_protocol(async |protocol| {
        let pushed = pushed(&Otlp::default(), protocol, || {
            tracing::warn!(target: "exporter::folder", interface = "eth0", "Gone");
            tracing::debug!(target: "exporter::folder", "Not asked for");
        })
        .await;

        let Pushed { path, records, service, .. } = &pushed[0];
        assert!(path == "/v1/logs" || path.ends_with("LogsService/Export"), "{path}");
        assert!(service);
        assert_eq!(records.len(), 1);
        assert_eq!((body(&records[0]), &*records[0].severity_text), ("Gone", "WARN"));
        assert!(records[0].attributes.iter().any(|it| it.key == "interface"));
    });
}

#[tokio::test]
async fn the_log_is_pushed_in_its_own_way() {
    let own = Otlp {
        headers: vec!["tenant=metrics".parse().unwrap()],
        logs_protocol: Some(Protocol::HttpProtobuf),
        logs_compression: Some(Compression::Gzip),
        logs_headers: Some(vec!["tenant=log".parse().unwrap()]),
        ..Otlp::default()
    };

    let pushed =
        pushed(&own, Protocol::Grpc, || tracing::warn!(target: "exporter::a", "Gone")).await;

    let Pushed { path, tenant, encoding, records, .. } = &pushed[0];
    assert_eq!([path, tenant, encoding], ["/v1/logs", "log", "gzip"]);
    assert_eq!(body(&records[0]), "Gone");
}

#[tokio::test]
async fn what_pushing_and_the_libraries_say_is_not_pushed() {
    let pushed = pushed(&Otlp::default(), Protocol::HttpProtobuf, || {
        tracing::warn!(target: "exporter::export::otlp::logs", "Cannot push the log");
        tracing::warn!(target: "h2::codec", "Odd");
        tracing::warn!(target: "exporter::export::otlp::reports", "Cannot push");
    })
    .await;

    let bodies: Vec<_> = pushed.iter().flat_map(|it| it.records.iter().map(body)).collect();
    assert_eq!(bodies, ["Cannot push"]);
}

#[tokio::test]
async fn no_event_is_waited_for_when_nobody_takes_them() {
    let (bridge, events) = bridge();
    let (subscriber, _level) = logging::subscriber(&Log::default(), std::io::sink, Some(bridge));

    tracing::subscriber::with_default(subscriber, || {
        for number in 0..WAITING + 5 {
            tracing::info!(target: "exporter::folder", number, "Folded");
        }
    });

    assert_eq!(events.lost().read(), 5);
}

#[tokio::test]
async fn what_a_panic_interrupts_is_counted_as_lost_and_later_events_are_pushed() {
    let fake = Fake::start([Reply::Silence]).await;
    let endpoint = format!("http://127.0.0.1:{}", fake.port);
    let otlp = Otlp { protocol: Protocol::HttpProtobuf, ..Otlp::default() };
    let otlp = Otlp { endpoints: vec![endpoint.parse().unwrap()], logs: true, ..otlp };
    let (bridge, events) = bridge();
    let (subscriber, _level) = logging::subscriber(&Log::default(), std::io::sink, Some(bridge));
    let _logging = tracing::subscriber::set_default(subscriber);
    let receiver = Receiver::of_logs(&otlp).unwrap().unwrap();
    let mut sender =
        events.to(LogConnection::from(LogClient::new(receiver, &HostResource::detect()).unwrap()));
    let stop = CancellationToken::new();
    tracing::warn!(target: "exporter::a", "First");

    tokio::select! {
        () = sender.run(stop.clone()) => panic!("it has ended"),
        () = until("a push", || !fake.got().is_empty()) => {}
    }
    tracing::warn!(target: "exporter::a", "Second");
    stop.cancel();
    timeout(DEADLINE, sender.run(stop)).await.unwrap();

    assert_eq!(bodies(&fake), ["First", "Second"]);
    assert_eq!(sender.lost().read(), 1);
}

#[test]
fn headers_are_those_of_the_configuration_over_each_protocol_and_compression() {
    let folder = tempfile::TempDir::new().unwrap();
    let headers_file = folder.path().join("headers");
    std::fs::write(&headers_file, "tenant: a%20b\n").unwrap();

    over_each_protocol(async |protocol| {
        for (compression, name) in
            [(Compression::None, ""), (Compression::Gzip, "gzip"), (Compression::Zstd, "zstd")]
        {
            let headers_file = headers_file.clone();
            let own = Otlp { compression, headers_file, ..Otlp::default() };

            let pushed = pushed(&own, protocol, || tracing::warn!(target: "exporter::a", "Gone"));

            let Pushed { tenant, encoding, records, .. } = &pushed.await[0];
            assert_eq!([tenant, encoding, body(&records[0])], ["a%20b", name, "Gone"]);
        }
    });
}

#[test]
fn a_receiver_that_comes_late_gets_what_was_logged_before() {
    over_each_protocol(async |protocol| {
        let port = Fake::start([]).await.port;
        let otlp = Otlp { protocol, ..Otlp::default() };
        let pushing = Pushing::start(&otlp, &format!("http://127.0.0.1:{port}"));
        tracing::warn!(target: "exporter::a", "Gone");
        pushing.says("Cannot push the log").await;

        let fake = Fake::at(port, [], None).await;
        pushing.says("The log is pushed again").await;

        assert_eq!(bodies(&fake), ["Gone"], "{protocol:?}");
        let text = pushing.paper.text();
        assert_eq!(text.matches("Cannot push").count(), 1, "{text}");
        assert!(text.contains("Connection refused"), "{text}");
        pushing.end().await;
    });
}

#[test]
fn what_a_receiver_cannot_take_now_comes_again_and_what_it_never_takes_is_counted() {
    over_each_protocol(async |protocol| {
        let [passing, last] = match protocol {
            Protocol::Grpc => [Reply::code(14), Reply::code(3)],
            Protocol::HttpProtobuf | Protocol::HttpJson => [503, 400].map(Reply::status),
        };
        let fake = Fake::start([passing]).await;
        let otlp = Otlp { protocol, ..Otlp::default() };
        let pushing = Pushing::start(&otlp, &format!("http://127.0.0.1:{}", fake.port));
        tracing::warn!(target: "exporter::a", "First");
        until("a repetition", || fake.got().len() == 2).await;

        fake.then([last.clone(), last.clone()]);
        tracing::warn!(target: "exporter::a", "Second");
        until("a refusal and one more", || fake.got().len() == 4).await;
        tracing::warn!(target: "exporter::a", "Third");
        pushing.says("Log events did not reach the receiver").await;

        assert_eq!(bodies(&fake), ["First", "First", "Second", "Second", "Third"]);
        let text = pushing.paper.text();
        assert!(text.contains("lost=1"), "{text}");
        assert_eq!(pushing.lost.read(), 1);

        fake.then([last.clone(), last]);
        tracing::warn!(target: "exporter::a", "Fourth");
        until("another loss", || pushing.lost.read() == 2).await;
        tracing::warn!(target: "exporter::a", "Fifth");
        let told = "lost=1";
        until("its own line", || pushing.paper.text().matches(told).count() == 2).await;
        pushing.end().await;
    });
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_or_sends_elsewhere_is_failing() {
    let elsewhere = Reply::Http {
        status: 307,
        headers: vec![("location", "/v1/elsewhere".into())],
        body: bytes::Bytes::new(),
    };
    let page = Reply::Http {
        status: 200,
        headers: vec![("content-type", "text/html".into())],
        body: bytes::Bytes::from_static(b"<h1>Log in</h1>"),
    };
    let silence = "no answer within 50ms";
    let short = Duration::from_millis(50);
    let cases = [
        (Protocol::HttpProtobuf, page, DEADLINE, "but with a web page"),
        (Protocol::HttpProtobuf, elsewhere, DEADLINE, "answered 307"),
        (Protocol::HttpJson, Reply::Silence, short, silence),
        (Protocol::Grpc, Reply::Silence, short, "Cancelled"),
    ];

    for (protocol, reply, limit, why) in cases {
        let fake = Fake::start([reply.clone(), reply]).await;
        let otlp = Otlp { protocol, timeout: limit, ..Otlp::default() };
        let pushing = Pushing::start(&otlp, &format!("http://127.0.0.1:{}", fake.port));

        tracing::warn!(target: "exporter::a", "Gone");
        pushing.says("Cannot push the log").await;

        pushing.says(why).await;
        assert!(fake.got().iter().all(|got| got.path != "/v1/elsewhere"));
        pushing.end().await;
    }
}

#[test]
fn the_log_goes_over_tls_with_the_certificates_of_the_configuration() {
    let papers = Papers::new(true);
    let strange = Papers::new(true);

    over_each_protocol(async |protocol| {
        let fake = Fake::with([], Some(papers.acceptor.clone())).await;
        let endpoint = format!("https://localhost:{}", fake.port);
        let otlp = |authority: &Papers| Otlp {
            protocol,
            ca_file: authority.path("ca.pem"),
            cert_file: papers.path("client.pem"),
            key_file: papers.path("client.key"),
            ..Otlp::default()
        };

        let pushing = Pushing::start(&otlp(&strange), &endpoint);
        tracing::warn!(target: "exporter::a", "To nobody");
        pushing.says("certificate").await;
        pushing.end().await;
        let pushing = Pushing::start(&otlp(&papers), &endpoint);
        tracing::warn!(target: "exporter::a", "Gone");
        until("a push", || !fake.got().is_empty()).await;
        pushing.end().await;

        assert_eq!(bodies(&fake), ["Gone"], "{protocol:?}");
    });
}

/// A file may change between the check of a configuration and its use.
#[tokio::test]
async fn a_way_that_cannot_be_made_is_tried_until_it_can() {
    let papers = Papers::new(false);
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let folder = tempfile::TempDir::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    let endpoints = vec![format!("https://localhost:{}", fake.port).parse().unwrap()];
    let protocol = Protocol::HttpProtobuf;
    let otlp =
        Otlp { endpoints, protocol, logs: true, ca_file: ca_file.clone(), ..Otlp::default() };
    let receiver = Receiver::of_logs(&otlp).unwrap().unwrap();
    let pushing = Pushing::over(LogConnection::unmade(receiver, HostResource::detect()));

    tracing::info!(target: "exporter::elsewhere", "for the receiver");
    pushing.says("Cannot push the log; it still goes to standard error").await;
    std::fs::copy(papers.path("ca.pem"), &ca_file).unwrap();

    until("the event", || !fake.got().is_empty()).await;
    assert_eq!(pushing.lost.read(), 0);
    pushing.end().await;
}
