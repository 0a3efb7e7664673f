//! Answers that are not what a receiver of OTLP says, and those that send elsewhere.

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::super::super::failure::described;
use super::super::super::fake::papers::Papers;
use super::*;

fn ok(content_type: &str, body: impl Into<Bytes>) -> Reply {
    let headers = vec![("content-type", content_type.to_owned())];

    Reply::Http { status: 200, headers, body: body.into() }
}

#[tokio::test]
async fn a_page_for_people_is_not_a_receiver_that_took_the_points() {
    const PAGE: &str = "\n<!DOCTYPE html><html><body>Please log in</body></html>";
    let unnamed = Reply::Http { status: 200, headers: Vec::new(), body: PAGE.into() };
    let cases = [
        (Protocol::HttpProtobuf, ok("text/html; charset=utf-8", PAGE)),
        (Protocol::HttpProtobuf, ok("Text/HTML", "welcome")),
        (Protocol::HttpJson, ok("application/xhtml+xml", PAGE)),
        (Protocol::HttpJson, ok("text/plain", PAGE)),
        (Protocol::HttpProtobuf, unnamed),
        (Protocol::HttpProtobuf, ok("text/html", vec![b' '; 2 << 20])),
        (Protocol::Grpc, ok("text/html", PAGE)),
        (Protocol::Grpc, ok("application/json", "{}")),
    ];

    for (protocol, reply) in cases {
        let fake = Fake::start([reply.clone()]).await;
        let mut pushing = Pushing::new(&otlp(fake.port, protocol));

        pushing.push().await;

        let health = pushing.health();
        let found = (pushing.failures(PushFailure::Response), health.exports, health.points);
        assert_eq!(found, (1, 0, 0), "{protocol:?} {reply:?}: {health:?}");
        assert_eq!(fake.got().len(), 1, "it is not repeated");
        pushing.push().await;
        assert_eq!(pushing.health().exports, 1);
    }
}

#[tokio::test]
async fn an_answer_without_a_word_is_one_whatever_type_it_names() {
    for (protocol, content_type) in
        [(Protocol::HttpProtobuf, "text/html"), (Protocol::HttpJson, "text/plain")]
    {
        let fake = Fake::start([ok(content_type, "")]).await;
        let mut pushing = Pushing::new(&otlp(fake.port, protocol));

        pushing.push().await;

        assert_eq!(pushing.health().exports, 1, "{:?}", pushing.health());
    }
}

#[tokio::test]
async fn a_text_is_taken_for_an_answer_since_some_receivers_send_one() {
    let fake = Fake::start([ok("text/plain", "ok")]).await;
    let mut pushing = Pushing::new(&http(fake.port));

    pushing.push().await;

    assert_eq!((pushing.health().exports, pushing.health().points), (1, POINTS));
    assert_eq!(pushing.failures(PushFailure::Response), 1, "it counts as an odd answer");
    assert_eq!(fake.got().len(), 1, "it is not sent again");
}

#[tokio::test]
async fn points_that_are_turned_away_are_counted_in_whatever_format_it_is_said() {
    let partial_success = Some(ExportMetricsPartialSuccess {
        rejected_data_points: 3,
        error_message: "too old".into(),
    });
    let message = ExportMetricsServiceResponse { partial_success }.encode_to_vec();
    let json = r#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}"#;
    let cases = [
        (Protocol::HttpProtobuf, ok("application/json; charset=utf-8", json)),
        (Protocol::HttpJson, ok("application/x-protobuf", message)),
    ];

    for (protocol, reply) in cases {
        let fake = Fake::start([reply]).await;
        let mut pushing = Pushing::new(&otlp(fake.port, protocol));

        pushing.push().await;

        let health = pushing.health();
        let found = (health.rejected, health.points, health.exports);
        assert_eq!(found, (3, POINTS - 3, 1), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_told_with_its_target_and_without_what_may_be_secret() {
    let cases = [
        (
            "https://u:secret@other:4318/v1/metrics?token=secret#s",
            "`https://other:4318/v1/metrics`",
        ),
        ("/login?next=secret", "`/login`"),
        ("http://other", "`http://other/`"),
        ("", "it redirects; redirects are not followed"),
        ("http://[other", "it redirects; redirects are not followed"),
    ];

    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        for (location, expected) in cases {
            let headers = vec![("location", location.to_owned())];
            let reply = Reply::Http { status: 307, headers, body: Bytes::default() };
            let fake = Fake::start([reply]).await;

            let said = failure(&otlp(fake.port, protocol)).await;

            assert!(said.starts_with("answered 307 Temporary Redirect: it redirects"), "{said}");
            assert!(said.contains(expected) && !said.contains("secret"), "{said}");
            assert_eq!(fake.got().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_receiver_that_speaks_another_protocol_is_told_with_the_remedy() {
    const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    const SETTINGS: &[u8] = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x0a";
    let [grpc, http] = [Protocol::Grpc, Protocol::HttpProtobuf];
    let cases = [
        (grpc, "http", HTTP, PushFailure::Response, "does not speak gRPC on this port"),
        (http, "http", SETTINGS, PushFailure::Response, "the receiver speaks gRPC on this port"),
        (grpc, "http", b"hello", PushFailure::Response, "does not speak gRPC on this port"),
        (grpc, "http", ALERT, PushFailure::Tls, "write `https://`"),
        (http, "http", ALERT, PushFailure::Tls, "write `https://`"),
        (grpc, "https", HTTP, PushFailure::Tls, "write `http://`"),
        (http, "https", HTTP, PushFailure::Tls, "write `http://`"),
        (grpc, "https", SETTINGS, PushFailure::Tls, "write `http://`"),
    ];

    for (protocol, scheme, says, reason, expected) in cases {
        let (port, _speaking) = speaker(Says::AtOnce(says)).await;
        let endpoints = vec![format!("{scheme}://localhost:{port}").parse().unwrap()];
        let otlp = Otlp { endpoints, ..otlp(port, protocol) };

        let said = failure(&otlp).await;
        let mut pushing = Pushing::new(&otlp);
        pushing.push_once().await;

        assert!(said.contains(expected), "{protocol:?} {scheme} {says:?}: {said}");
        assert_eq!(pushing.failures(reason), 1, "{:?}", pushing.health());
    }
}

#[tokio::test]
async fn a_server_of_tls_that_says_so_in_plain_text_is_told_with_the_remedy() {
    const GO: &str = "Client sent an HTTP request to an HTTPS server.\n";
    const NGINX: &str = "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port\
        </title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n";
    const APACHE: &str = "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n\
        <title>400 Bad Request</title>\n</head><body>\n<h1>Bad Request</h1>\n\
        <p>Your browser sent a request that this server could not understand.<br />\n\
        Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n";
    let temporality = Temporality::Delta;

    for says in [GO, NGINX, APACHE] {
        let reply = Reply::Http { status: 400, headers: Vec::new(), body: says.into() };
        let fake = Fake::start([reply.clone(), reply]).await;
        let otlp = Otlp { temporality, ..http(fake.port) };

        let said = failure(&otlp).await;
        let mut pushing = Pushing::new(&otlp);
        pushing.show(5);
        pushing.push_once().await;

        assert!(said.contains("write `https://`"), "{said}");
        let health = pushing.health();
        assert_eq!((pushing.failures(PushFailure::Tls), health.rejected), (1, 0), "{health:?}");
        pushing.show(12);
        pushing.push_once().await;
        assert_eq!(packets(fake.got().last().unwrap()), Some(12), "nothing is lost");
    }
}

#[tokio::test]
async fn an_answer_that_comes_a_byte_at_a_time_is_heard_as_what_it_is() {
    const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    const SETTINGS: &[u8] = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    const ALERT: &[u8] = b"\x15\x03\x01\x00\x02\x02\x0a";
    let cases: [(&[u8], &str); 4] = [
        (HTTP, "does not speak gRPC on this port"),
        (b"H", "does not speak gRPC on this port"),
        (SETTINGS, "the connection broke"),
        (ALERT, "write `https://`"),
    ];

    for (says, expected) in cases {
        let (port, _speaking) = speaker(Says::Slowly(says)).await;

        let said = failure(&otlp(port, Protocol::Grpc)).await;

        assert!(said.contains(expected), "{says:?}: {said}");
    }
}

#[tokio::test]
async fn a_server_of_grpc_that_hangs_is_not_said_to_speak_something_else() {
    let (port, _speaking) = speaker(Says::AndHangs(b"\x00\x00")).await;
    let otlp = Otlp { timeout: Duration::from_millis(500), ..otlp(port, Protocol::Grpc) };

    let said = failure(&otlp).await;

    assert!(said.contains("no answer within"), "{said}");
}

#[tokio::test]
async fn a_port_of_http_behind_tls_is_none_of_grpc() {
    let papers = Papers::only(&["http/1.1"]);
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let endpoints = vec![format!("https://localhost:{}", fake.port).parse().unwrap()];
    let ca_file = papers.path("ca.pem");

    let said = failure(&Otlp { endpoints, ca_file, ..otlp(1, Protocol::Grpc) }).await;

    assert!(said.contains("does not speak gRPC on this port"), "{said}");
}

#[tokio::test]
async fn a_connection_that_breaks_is_not_taken_for_another_protocol() {
    let fake = Fake::start([Reply::Half]).await;

    let said = failure(&http(fake.port)).await;

    assert!(said.starts_with("the connection broke"), "{said}");
}

/// What is said of one request.
async fn failure(otlp: &Otlp) -> String {
    let receiver = Receiver::of_metrics(otlp).unwrap().remove(0);
    let client = Client::new(receiver).unwrap();
    let sent = timeout(DEADLINE, client.send(Bytes::new(), DEADLINE)).await.unwrap();

    described(&sent.unwrap_err())
}

/// How something is said.
#[derive(Clone, Copy)]
enum Says {
    AtOnce(&'static [u8]),
    /// One byte after the other.
    Slowly(&'static [u8]),
    /// And then nothing, while the connection stays.
    AndHangs(&'static [u8]),
}

/// Answers so on each connection after the first request, and ends it.
async fn speaker(says: Says) -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut speaking = JoinSet::new();
    speaking.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            say(&mut stream, says).await;
            // Until the other side ends too: a reset would overtake what was said.
            while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
        }
    });

    (port, speaking)
}

/// The other side may be gone.
async fn say(stream: &mut TcpStream, says: Says) {
    let (Says::AtOnce(bytes) | Says::Slowly(bytes) | Says::AndHangs(bytes)) = says;
    let at_once = if matches!(says, Says::Slowly(_)) { 1 } else { bytes.len() };

    for some in bytes.chunks(at_once) {
        let _ = stream.write_all(some).await;
        // So that it is read apart from the next.
        sleep(Duration::from_millis(3)).await;
    }
    if !matches!(says, Says::AndHangs(_)) {
        let _ = stream.shutdown().await;
    }
}
