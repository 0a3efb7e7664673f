//! More connections than there are places.

use super::tls::{Authority, PLAIN, folder};
use super::*;

const HEALTHY: &[u8] = b"GET /-/healthy HTTP/1.1\r\nhost: test\r\n\r\n";

fn limits(connections: usize) -> Limits {
    Limits { connections, connections_of_peer: connections, ..Limits::default() }
}

/// Connects and asks, and leaves the connection open.
async fn keep_alive(server: &Running, request: &[u8]) -> TcpStream {
    let mut stream = server.connect().await;
    ask_on(&mut stream, request).await;

    stream
}

/// Fetches a page whose answer fits into one read.
async fn ask_on<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &[u8]) {
    stream.write_all(request).await.unwrap();
    let mut bytes = [0; 1024];
    let read = timeout(DEADLINE, stream.read(&mut bytes)).await.expect("no answer").unwrap();
    let text = String::from_utf8_lossy(&bytes[..read]);

    assert!(text.starts_with("HTTP/1.1 200 "), "{text:?}");
}

#[tokio::test]
async fn a_connection_above_the_bound_is_served_and_the_idle_one_is_closed() {
    let server = Running::within(limits(1));
    let mut first = server.connect().await;

    let second = server.ask("GET /-/healthy", "").await;
    let closed = answer(&mut first).await;

    assert_eq!(second.status(), "200");
    assert!(matches!(closed.status(), "none" | "reset"), "{closed:?}");
    server.has_refused(&[(HttpRefusal::Connections, 1)]).await;
}

#[tokio::test]
async fn connections_that_ask_now_and_then_lock_nobody_out() {
    const MOST: usize = 16;
    let server = Running::within(limits(MOST));
    let mut others = Vec::new();
    for _ in 0..MOST {
        others.push(keep_alive(&server, HEALTHY).await);
    }
    // The first is no longer the one that is idle for longest.
    ask_on(&mut others[0], HEALTHY).await;

    for _ in 0..4 {
        assert_eq!(server.ask("GET /metrics", "").await.status(), "200");
    }

    ask_on(&mut others[0], HEALTHY).await;
    assert!(server.refusals.read().refusals[&HttpRefusal::Connections] >= 1);
}

#[tokio::test]
async fn silence_and_half_a_head_and_half_a_handshake_lock_nobody_out() {
    const MOST: usize = 6;
    let authority = Authority::new();
    let files = folder(&authority, PLAIN);
    let web = WebFile::open(&files.web()).unwrap();
    let plain = Running::within(limits(MOST));
    let with_tls = Running::with(site("metrics"), Some(web), limits(MOST));
    let openings: [&[u8]; 3] = [b"", b"GET /metrics HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00\x01"];

    for server in [&plain, &with_tls] {
        let mut others = Vec::new();
        for opening in openings.into_iter().cycle().take(3 * MOST) {
            let mut stream = server.connect().await;
            // It may have lost its place by now.
            let _ = stream.write_all(opening).await;
            others.push(stream);
        }
    }
    let answer = plain.ask("GET /metrics", "").await;
    let secured = with_tls.ask_as(tls::client(&authority, None)).await;

    assert_eq!(answer.status(), "200");
    assert_eq!(secured.expect("a handshake").status(), "200");
}

#[tokio::test]
async fn connections_with_a_login_stay_beside_any_number_without() {
    const MOST: usize = 8;
    let folder = Folder::new(&logins::users("alice", "secret", 4));
    let web = WebFile::open(&folder.web()).unwrap();
    let limits = Limits { connections_of_peer: 100, ..limits(MOST) };
    let server = Running::with(site("metrics"), Some(web), limits);
    let authorization = logins::authorization("alice:secret");
    let healthy = format!("GET /-/healthy HTTP/1.1\r\nhost: test\r\n{authorization}\r\n");
    let mut known = Vec::new();
    for _ in 0..MOST / 2 {
        known.push(keep_alive(&server, healthy.as_bytes()).await);
    }

    let mut strangers = Vec::new();
    for _ in 0..4 * MOST {
        strangers.push(server.connect().await);
    }
    server.has_refused(&[(HttpRefusal::Connections, (4 * MOST - MOST / 2) as u64)]).await;

    for stream in &mut known {
        ask_on(stream, healthy.as_bytes()).await;
    }
}

#[tokio::test]
async fn connections_with_a_verified_certificate_stay_beside_any_number_without() {
    const MOST: usize = 4;
    let authority = Authority::new();
    let web = format!(
        "{PLAIN}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    );
    let files = folder(&authority, &web);
    let web = WebFile::open(&files.web()).unwrap();
    let limits = Limits { connections_of_peer: 100, ..limits(MOST) };
    let server = Running::with(site("metrics"), Some(web), limits);
    let identity = authority.vouch(&["prometheus.example"]);
    let mut known = server.shake_hands(tls::client(&authority, Some(&identity))).await.unwrap();
    ask_on(&mut known, HEALTHY).await;

    let mut strangers = Vec::new();
    for _ in 0..4 * MOST {
        strangers.push(server.connect().await);
    }
    // They come from where a login was shown, so that they may have all places but that one.
    server.has_refused(&[(HttpRefusal::Connections, (4 * MOST - (MOST - 1)) as u64)]).await;

    ask_on(&mut known, HEALTHY).await;
}
