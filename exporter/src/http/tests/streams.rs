//! Answers that go on: what limits them, and what does not.

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::Empty;
use hyper::Request;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::http2::{converse, http2};
use super::tls::{Authority, PLAIN, folder};
use super::*;

const SHORT: Duration = Duration::from_millis(200);
const GET: &[u8] = b"GET /stream HTTP/1.1\r\nhost: test\r\n\r\n";

/// A site with a stream that has a line every `pause`.
fn ticking(pause: Duration) -> Site {
    let line = move |number: u64| async move {
        tokio::time::sleep(pause).await;
        Some((format!("{number}\n").into_bytes(), number + 1))
    };

    streaming(move || Box::pin(unfold(0, line)))
}

fn streaming(chunks: impl Fn() -> Chunks + Send + Sync + 'static) -> Site {
    let stream = move |_: &Asked| route::Answer::stream("text/event-stream", chunks());
    let mut site = site("metrics");
    site.routes.push(route("/stream", Handler::Quick(Arc::new(stream))));

    site
}

async fn opened(server: &Running) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;

    stream
}

/// Reads until `text` was there.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(text) {
            read.push(stream.read_u8().await.expect("it ended before"));
        }
    };
    let ended = timeout(DEADLINE, reading).await;
    ended
        .unwrap_or_else(|_| panic!("{text:?} does not come: {:?}", String::from_utf8_lossy(&read)));

    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn pieces_are_sent_as_they_come() {
    let (sender, receiver) = mpsc::channel(1);
    let receiver = std::sync::Mutex::new(Some(receiver));
    let site = streaming(move || {
        let receiver: mpsc::Receiver<&str> = receiver.lock().unwrap().take().unwrap();
        Box::pin(unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|text| (text.as_bytes().to_vec(), receiver))
        }))
    });
    let server = Running::start(site);

    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
    for text in ["data: 1\n\n", "data: 2\n\n"] {
        sender.send(text).await.unwrap();
        read_until(&mut stream, text).await;
    }
    // An empty piece is no end.
    sender.send("").await.unwrap();
    sender.send("more").await.unwrap();
    read_until(&mut stream, "more").await;
    drop(sender);
    read_until(&mut stream, "\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_stream_outlives_the_time_for_an_answer_and_the_age_of_its_connection() {
    let limits =
        Limits { answer: SHORT, age: SHORT, leave: SHORT, write: SHORT, ..Limits::default() };
    let server = Running::with(ticking(SHORT * 3 / 2), None, limits);
    let begun = Instant::now();

    let mut stream = opened(&server).await;
    read_until(&mut stream, "\n5\n").await;

    assert!(begun.elapsed() > SHORT * 4);
}

#[tokio::test]
async fn a_stream_that_is_too_old_ends_properly() {
    let limits = Limits { stream_age: SHORT, ..Limits::default() };
    let server = Running::with(ticking(SHORT / 10), None, limits);

    let answer = server.ask("GET /stream", "").await;

    assert!(answer.text().ends_with("\r\n0\r\n\r\n"), "{}", answer.text());
}

#[tokio::test]
async fn who_does_not_read_a_stream_is_hung_up_on() {
    let limits = Limits { write: SHORT, streams: 1, ..Limits::default() };
    let chunk = || vec![b'x'; 256 << 10];
    let endless =
        move || -> Chunks { Box::pin(unfold((), move |()| async move { Some((chunk(), ())) })) };
    let server = Running::with(streaming(endless), None, limits);
    let stream = opened(&server).await;

    let full = server.ask("HEAD /stream", "").await;
    let again = async { while server.ask("HEAD /stream", "").await.status() != "200" {} };
    timeout(DEADLINE, again).await.expect("it has the only turn for ever");

    assert_eq!((full.status(), full.text()), ("503", ""));
    drop(stream);
}

#[tokio::test]
async fn who_leaves_a_stream_over_http2_lying_is_hung_up_on() {
    let authority = Authority::new();
    let files = folder(&authority, PLAIN);
    let web = WebFile::open(&files.web()).unwrap();
    let endless =
        || -> Chunks { Box::pin(unfold((), |()| async { Some((vec![b'x'; 256 << 10], ())) })) };
    let limits = Limits { write: SHORT, ..Limits::default() };
    let server = Running::with(streaming(endless), Some(web), limits);
    let stream = server.shake_hands(http2(&authority)).await.unwrap();
    let (mut sender, connection) = converse(stream).await;
    let request = Request::get("https://localhost/stream").body(Empty::<Bytes>::new()).unwrap();

    let lying = async {
        let response = sender.send_request(request).await;
        std::future::pending::<()>().await;
        drop(response);
    };
    let ended = timeout(DEADLINE, async {
        tokio::select! { ended = connection => drop(ended), () = lying => unreachable!() }
    });

    ended.await.expect("it is never hung up on");
}

#[tokio::test]
async fn there_are_only_so_many_streams_at_once() {
    let limits = Limits { streams: 2, ..Limits::default() };
    let server = Running::with(ticking(SHORT / 10), None, limits);
    let first = [opened(&server).await, opened(&server).await];

    let third = server.ask("GET /stream", "").await;
    let metrics = server.ask("GET /metrics", "").await;
    drop(first);
    let again = async { while server.ask("HEAD /stream", "").await.status() != "200" {} };
    timeout(DEADLINE, again).await.expect("streams whose clients are gone take turns for ever");

    assert_eq!((third.status(), third.text()), ("503", "Too many streams at once.\n"));
    assert_eq!(metrics.status(), "200");
}

#[tokio::test]
async fn the_connection_of_a_stream_never_makes_room() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let server = Running::with(ticking(SHORT / 10), None, limits);
    let mut stream = opened(&server).await;

    for _ in 0..10 {
        let idle = server.connect().await;
        assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
        drop(idle);
    }

    read_until(&mut stream, "\n").await;
    read_until(&mut stream, "\n").await;
}

#[tokio::test]
async fn a_stop_ends_streams_at_once_and_properly() {
    let limits = Limits { stop: DEADLINE * 10, ..Limits::default() };
    let server = Running::with(ticking(SHORT / 10), None, limits);
    let mut stream = opened(&server).await;

    let (answer, ()) = tokio::join!(answer(&mut stream), server.stopped());

    assert!(answer.text().ends_with("\r\n0\r\n\r\n") || answer.head.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn a_stream_takes_no_turn_of_the_scrapes() {
    let mut site = ticking(SHORT / 10);
    site.config = configured(|web| web.max_requests = 1);
    let server = Running::start(site);
    let _stream = opened(&server).await;

    assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
}
