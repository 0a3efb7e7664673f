use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http2::{Connection, SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use tokio_rustls::client::TlsStream;

use super::tls::{Authority, PLAIN, client, folder};
use super::*;

#[tokio::test]
async fn http2_is_spoken_with_who_offers_it_unless_switched_off() {
    let authority = Authority::new();
    let without = format!("{PLAIN}http_server_config:\n  http2: false\n");

    for (web, protocol) in [(PLAIN, &b"h2"[..]), (&without, b"http/1.1")] {
        let folder = folder(&authority, web);
        let server = Running::with_web(&folder.web());
        let stream = server.shake_hands(http2(&authority)).await.unwrap();

        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        if protocol == b"h2" {
            let (status, body) = timeout(DEADLINE, get(stream)).await.unwrap();
            assert_eq!((status, &body[..]), (200, &b"metrics -"[..]));
        }
    }
}

#[tokio::test]
async fn who_leaves_an_http2_answer_lying_does_not_block_others() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let mut site = site_of(|_| page("text/plain", vec![b'x'; 8 << 20]));
    site.config = configured(|web| web.max_requests = 1);
    let limits = Limits { answer: Duration::from_secs(2), ..Limits::default() };
    let server = Running::with(site, Some(WebFile::open(&folder.web()).unwrap()), limits);
    let stream = server.shake_hands(http2(&authority)).await.unwrap();
    let (mut sender, connection) = converse(stream).await;

    let lying = async {
        let response = sender.send_request(metrics()).await.unwrap();
        let busy = server.ask_as(client(&authority, None)).await.unwrap();
        while server.ask_as(client(&authority, None)).await.unwrap().status() != "200" {}
        drop(response);
        busy
    };
    let talking = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    let busy = timeout(DEADLINE, async {
        tokio::select! { busy = lying => busy, () = talking => unreachable!() }
    });

    assert_eq!(busy.await.expect("others wait for ever").status(), "503");
}

#[tokio::test]
async fn who_says_nothing_in_http2_is_hung_up_on() {
    let authority = Authority::new();
    let folder = folder(&authority, PLAIN);
    let limits = Limits { head: Duration::from_millis(200), ..Limits::default() };
    let web = WebFile::open(&folder.web()).unwrap();
    let server = Running::with(site("metrics"), Some(web), limits);
    let mut stream = server.shake_hands(http2(&authority)).await.unwrap();

    let mut bytes = Vec::new();
    let ended = timeout(DEADLINE, stream.read_to_end(&mut bytes)).await;

    assert!(ended.is_ok(), "still open");
}

#[tokio::test]
async fn guesses_over_http2_that_are_reset_leave_the_queue() {
    let authority = Authority::new();
    let files = folder(&authority, &format!("{PLAIN}{}", logins::users("alice", "secret", 8)));
    let server = Running::with_web(&files.web());
    let stream = server.shake_hands(http2(&authority)).await.unwrap();
    let (sender, connection) = converse(stream).await;

    let exchange = async {
        for number in 0..100 {
            let mut sender = sender.clone();
            sender.ready().await.unwrap();
            // Dropped before the answer, it is reset.
            drop(sender.send_request(metrics_as(&format!("alice:{number}"))));
        }
        let mut sender = sender.clone();
        loop {
            sender.ready().await.unwrap();
            let answer = sender.send_request(metrics_as("alice:secret")).await.unwrap();
            if answer.status().as_u16() == 200 {
                break;
            }
        }
    };
    let answered = async {
        tokio::select! {
            () = exchange => {}
            ended = connection => panic!("{ended:?}"),
        }
    };

    timeout(DEADLINE, answered).await.expect("a right login is never answered");
}

#[tokio::test]
async fn headers_that_are_too_large_for_http2_are_refused_and_counted() {
    let authority = Authority::new();
    let files = folder(&authority, PLAIN);
    let server = Running::with_web(&files.web());
    let stream = server.shake_hands(http2(&authority)).await.unwrap();
    let (mut sender, connection) = converse(stream).await;
    let mut request = metrics();
    request.headers_mut().insert("x", "y".repeat(20_000).parse().unwrap());

    let answer = tokio::select! {
        answer = sender.send_request(request) => answer.unwrap(),
        ended = connection => panic!("{ended:?}"),
    };

    assert_eq!(answer.status().as_u16(), 431);
    server.has_refused(&[(HttpRefusal::Head, 1)]).await;
}

#[tokio::test]
async fn a_request_over_http2_that_panics_is_counted() {
    let authority = Authority::new();
    let files = folder(&authority, PLAIN);
    let mut site = site("metrics");
    site.is_ready = Arc::new(|| panic!("on purpose"));
    let web = WebFile::open(&files.web()).unwrap();
    let server = Running::with(site, Some(web), Limits::default());
    let stream = server.shake_hands(http2(&authority)).await.unwrap();
    let (mut sender, connection) = converse(stream).await;
    let request = Request::get("https://localhost/-/ready").body(Empty::new()).unwrap();

    let answer = tokio::select! {
        answer = sender.send_request(request) => answer,
        ended = connection => panic!("{ended:?}"),
    };

    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(server.refusals.read().panics, 1);
}

/// Makes a client that speaks HTTP/2 first.
pub(super) fn http2(authority: &Authority) -> ClientConfig {
    let mut client = client(authority, None);
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    client
}

pub(super) type Stream = TokioIo<TlsStream<TcpStream>>;

pub(super) async fn converse(
    stream: TlsStream<TcpStream>,
) -> (SendRequest<Empty<Bytes>>, Connection<Stream, Empty<Bytes>, TokioExecutor>) {
    handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap()
}

fn metrics() -> Request<Empty<Bytes>> {
    Request::get("https://localhost/metrics").body(Empty::new()).unwrap()
}

fn metrics_as(credentials: &str) -> Request<Empty<Bytes>> {
    let header = logins::authorization(credentials);
    let (_, value) = header.trim().split_once(": ").unwrap();
    let mut request = metrics();
    request.headers_mut().insert("authorization", value.parse().unwrap());

    request
}

async fn get(stream: TlsStream<TcpStream>) -> (u16, Bytes) {
    let (mut sender, connection) = converse(stream).await;

    let exchange = async {
        let response = sender.send_request(metrics()).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    };
    tokio::select! {
        answer = exchange => answer,
        ended = connection => panic!("{ended:?}"),
    }
}
