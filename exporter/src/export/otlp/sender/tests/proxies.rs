//! Pushes through a proxy, to a receiver that only the proxy can reach.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::super::super::fake::papers::Papers;
use super::*;
use crate::outbound::Proxies;
use std::sync::Mutex;

/// What a proxy does with a request.
#[derive(Clone, Copy)]
enum Does {
    /// Connects to this port of the host, whatever it is asked for.
    Tunnel(u16),
    Answer(&'static str),
    Hang,
    Close,
}

/// A proxy that runs until it is dropped.
struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

impl Proxy {
    async fn start(does: Does, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (kept, tls) = (Arc::clone(&kept), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, does, &kept).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, does, &kept).await;
                            }
                        }
                    }
                });
            }
        });

        Self { port, heads, _serving: serving }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve<S>(mut stream: S, does: Does, heads: &Mutex<Vec<String>>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    heads.lock().unwrap().push(String::from_utf8(head).unwrap());

    match does {
        Does::Tunnel(port) => {
            let mut there = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream
                .write_all(b"HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n")
                .await
                .unwrap();
            let _ = copy_bidirectional(&mut stream, &mut there).await;
        }
        Does::Answer(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
        }
        Does::Hang => std::future::pending().await,
        Does::Close => {}
    }
}

/// A sender to `receiver.test` through the proxies that a variable names.
fn through(proxy: &str, otlp: &Otlp) -> Pushing {
    let variable = |name: &str| (name == "ALL_PROXY").then(|| proxy.to_owned());
    let (proxies, problems) = Proxies::read(variable);
    assert_eq!(problems, []);
    let mut receiver = Receiver::of_metrics(otlp).unwrap().remove(0);
    receiver.proxies = proxies;

    Pushing::to(receiver, otlp)
}

fn to(scheme: &str, protocol: Protocol) -> Otlp {
    let endpoints = vec![format!("{scheme}://receiver.test:4444").parse().unwrap()];

    Otlp { endpoints, protocol, timeout: Duration::from_secs(10), ..Otlp::default() }
}

#[tokio::test]
async fn pushes_of_every_protocol_arrive_through_a_tunnel() {
    let papers = Papers::new(true);
    for scheme in ["http", "https"] {
        for protocol in [Protocol::Grpc, Protocol::HttpProtobuf, Protocol::HttpJson] {
            let tls = (scheme == "https").then(|| papers.acceptor.clone());
            let fake = Fake::with([], tls).await;
            let proxy = Proxy::start(Does::Tunnel(fake.port), None).await;
            let otlp = Otlp {
                ca_file: papers.path("ca.pem"),
                cert_file: papers.path("client.pem"),
                key_file: papers.path("client.key"),
                ..to(scheme, protocol)
            };
            let mut pushing =
                through(&format!("http://us:pa%3Ass@127.0.0.1:{}", proxy.port), &otlp);

            pushing.push_once().await;
            pushing.push_once().await;

            let health = pushing.health();
            assert_eq!(health.exports, 2, "{scheme} {protocol:?} {health:?}");
            assert_eq!(fake.got().len(), 2);
            let heads = proxy.heads();
            assert_eq!(heads.len(), 1, "one connection for both: {heads:?}");
            assert!(heads[0].starts_with("CONNECT receiver.test:4444 HTTP/1.1\r\n"), "{heads:?}");
            assert!(
                heads[0].contains("\r\nProxy-Authorization: Basic dXM6cGE6c3M=\r\n"),
                "{heads:?}"
            );
            assert!(fake.got().iter().all(|got| got.header("proxy-authorization").is_empty()));
        }
    }
}

#[tokio::test]
async fn a_proxy_may_speak_tls_itself() {
    let papers = Papers::new(false);
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let proxy = Proxy::start(Does::Tunnel(fake.port), Some(papers.acceptor.clone())).await;
    let otlp = Otlp { ca_file: papers.path("ca.pem"), ..to("https", Protocol::Grpc) };
    let mut pushing = through(&format!("https://localhost:{}", proxy.port), &otlp);
    let mut stranger =
        through(&format!("https://localhost:{}", proxy.port), &to("http", Protocol::Grpc));

    pushing.push_once().await;
    stranger.push_once().await;

    assert_eq!((pushing.health().exports, proxy.heads().len()), (1, 1));
    assert_eq!(stranger.failures(PushFailure::Tls), 1, "{:?}", stranger.health());
}

#[tokio::test]
async fn what_a_proxy_does_instead_is_said_and_counted() {
    let refused = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
    let cases = [
        (Does::Answer(refused), PushFailure::Unauthorized),
        (Does::Answer("HTTP/1.0 403 Forbidden\r\n\r\nno"), PushFailure::Unauthorized),
        (Does::Answer("HTTP/1.1 502 Bad Gateway\r\n\r\n"), PushFailure::Unavailable),
        (Does::Answer("HTTP/1.1 400 \r\n\r\n"), PushFailure::Rejected),
        (Does::Answer("SSH-2.0-OpenSSH\r\n"), PushFailure::Response),
        (Does::Answer("HTTP/1.1 200 OK\r\n"), PushFailure::Connect),
        (Does::Close, PushFailure::Connect),
        (Does::Hang, PushFailure::Timeout),
    ];

    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        for (number, (does, reason)) in cases.into_iter().enumerate() {
            let proxy = Proxy::start(does, None).await;
            let timeout = Duration::from_secs(if matches!(does, Does::Hang) { 1 } else { 10 });
            let otlp = Otlp { timeout, ..to("https", protocol) };
            let mut pushing = through(&format!("http://127.0.0.1:{}", proxy.port), &otlp);

            pushing.push_once().await;

            let health = pushing.health();
            assert_eq!(health.failures.get(&reason), Some(&1), "{protocol:?} {number} {health:?}");
            assert_eq!(health.exports, 0, "{protocol:?} {number}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_without_its_login() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let receiver = || {
        let mut receiver = Receiver::of_metrics(&to("http", Protocol::Grpc)).unwrap().remove(0);
        let url = format!("http://us:secret@127.0.0.1:{port}");
        receiver.proxies = Proxies::read(|name| (name == "http_proxy").then(|| url.clone())).0;
        receiver
    };

    let error = Client::new(receiver()).unwrap().send(Bytes::new(), DEADLINE).await.unwrap_err();

    let said = super::super::super::failure::described(&error);
    assert!(
        said.contains(&format!("cannot connect to the proxy `http://127.0.0.1:{port}`")),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(error.reason(), PushFailure::Connect);
    assert!(error.is_passing());
}
