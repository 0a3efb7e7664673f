//! Clients that are many, slow or mad.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use tests::cable::Cable;
use tests::service::{PORT, Service};

use super::refusals::File;
use super::{QUICK, cable, quick};

/// The password is `secret`; bcrypt at its usual cost, a tenth of a second or so.
const USERS: &str =
    "basic_auth_users:\n  ann: $2b$10$l32GUu.W3yl8iCXpnWVOFuJm3sQ6yvVOSZ7p.n3IqkMXgTmnmhlBO\n";
const ANN: (&str, &str) = ("Authorization", "Basic YW5uOnNlY3JldA==");
/// `ann:guess`
const GUESS: &[u8] =
    b"GET /metrics HTTP/1.1\r\nHost: test\r\nAuthorization: Basic YW5uOmd1ZXNz\r\n\r\n";
const HEALTHY: &[u8] = b"GET /-/healthy HTTP/1.1\r\nHost: test\r\n\r\n";

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn more_scrapes_than_allowed_are_turned_away_and_folding_goes_on() {
    const SCRAPES: usize = 60;
    let cable = cable("many");
    let mut service = quick(&cable);

    let statuses: Vec<u16> = thread::scope(|scope| {
        let scrapes: Vec<_> =
            (0..SCRAPES).map(|_| scope.spawn(|| service.get("/metrics").unwrap().status)).collect();
        scrapes.into_iter().map(|scrape| scrape.join().unwrap()).collect()
    });

    let answered = statuses.iter().filter(|status| **status == 200).count();
    let turned_away = statuses.iter().filter(|status| **status == 503).count();
    println!("{answered} were answered, {turned_away} were turned away");
    assert_eq!(answered + turned_away, SCRAPES, "{statuses:?}");
    assert!(answered > 0);
    service.wait_for_fold();
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn clients_that_do_not_read_cost_a_bounded_amount() {
    /// As much as loopback takes without a reader, several times over.
    const REQUESTS: usize = 400;
    let cable = cable("unread");
    let mut service = quick(&cable);
    let memory = service.status("VmRSS");

    // All at once: each may wait for as long as a busy machine needs to read what it can.
    let deaf: Vec<_> = thread::scope(|scope| {
        let asking = [(); 20].map(|()| {
            let mut deaf = service.connect().unwrap();
            let requests = b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n".repeat(REQUESTS);
            deaf.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
            scope.spawn(move || {
                // It may stop reading once it cannot write.
                let _sent = deaf.write(&requests);
                deaf
            })
        });
        asking.map(|asking| asking.join().unwrap()).into()
    });

    service.wait_for_fold();
    println!("VmRSS {memory} before {} deaf clients, {} with", deaf.len(), service.status("VmRSS"));
    assert!(kib(&service.status("VmRSS")) < kib(&memory) + (64 << 10), "it grew");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn garbage_is_answered_with_an_error_or_not_at_all() {
    let cable = cable("garbage");
    let mut service = quick(&cable);
    let garbage: [&[u8]; 7] = [
        b"",
        b"\0\0\0\0\0\0\0\0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /metrics\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"\xff\xfe GET / HTTP/1.1\r\n\r\n",
    ];
    let long = [b"GET /".to_vec(), vec![b'a'; 1 << 20], b" HTTP/1.1\r\n\r\n".to_vec()].concat();

    for bytes in garbage.into_iter().chain([&long[..]]) {
        let mut stream = service.connect().unwrap();
        // It may close before all of it is sent.
        let _sent = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        let _read = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }

    service.wait_for_fold();
    assert_eq!(service.said("level=error"), 0, "{}", service.log());
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn guesses_that_hang_up_take_one_thread_and_scrapes_are_on_time() {
    const GUESSES: usize = 300;
    let cable = cable("guesses");
    let file = File::with("guesses.yml", "{}\n");
    let path = file.path();
    let mut service =
        Service::start(&cable.here, &[&QUICK[..], &["--web.config.file", &path]].concat());
    file.write(USERS);
    assert_eq!(service.request("GET /metrics", &[ANN]).unwrap().status, 200);
    let threads = threads(&service);

    let mut most = 0;
    let mut slowest = Duration::ZERO;
    for _ in 0..GUESSES / 10 {
        for _ in 0..10 {
            let mut stream = service.connect().unwrap();
            stream.write_all(GUESS).unwrap();
        }
        let begun = Instant::now();
        assert_eq!(service.request("GET /metrics", &[ANN]).unwrap().status, 200);
        slowest = slowest.max(begun.elapsed());
        most = most.max(self::threads(&service));
    }

    println!("{threads} threads before, {most} with guesses; the slowest scrape took {slowest:?}");
    // Besides the one that checks passwords, those that render and read files for scrapes.
    assert!(most <= threads + 8, "{threads} threads became {most}");
    assert!(slowest < Duration::from_secs(10), "a scrape took {slowest:?}");
    file.write("{}\n");
    service.wait_for_fold();
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn connections_of_one_peer_that_ask_now_and_then_lock_no_scrape_out() {
    let cable = cable("locked");

    // All of loopback is one peer.
    lock_out(&cable, &[Ipv4Addr::LOCALHOST], 128);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn connections_of_many_peers_that_ask_now_and_then_lock_no_scrape_out() {
    let cable = cable("lockedall");
    let peers = [1, 2, 3, 4, 5, 6].map(|number| Ipv4Addr::new(192, 0, 2, number));
    for peer in peers {
        cable.here.ip(&["address", "add", &format!("{peer}/32"), "dev", "lo"]);
    }

    // Each has 100, fewer than one peer may have.
    lock_out(&cable, &peers, 512);
}

/// Opens 600 connections of those peers, which are told apart by the address that they connect
/// to: the kernel takes it for their own too. At most `most` of them may stay.
fn lock_out(cable: &Cable, peers: &[Ipv4Addr], most: u64) {
    const CONNECTIONS: usize = 600;
    let mut service = quick(cable);

    let mut others: Vec<TcpStream> = Vec::new();
    for peer in peers.iter().cycle().take(CONNECTIONS) {
        let address = (*peer, PORT).into();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_secs(20));
        let mut stream = cable.here.within(connect).unwrap();
        stream.write_all(HEALTHY).unwrap();
        others.push(stream);
    }
    for _ in 0..4 {
        for stream in &mut others {
            // Many were closed to make room.
            let _sent = stream.write_all(HEALTHY);
        }
        let begun = Instant::now();
        assert_eq!(service.get("/metrics").unwrap().status, 200);
        println!("a scrape among {CONNECTIONS} connections took {:?}", begun.elapsed());
    }

    let made_room = refused(&service, "connections");
    println!("{made_room} connections made room");
    assert!(made_room >= CONNECTIONS as u64 - most);
    assert_eq!(service.said_within("Too many connections", 1), 1, "{}", service.log());
    service.wait_for_fold();
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_request_without_a_host_is_refused_and_counted() {
    let cable = cable("hostless");
    let service = quick(&cable);

    let mut stream = service.connect().unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let answer = tests::http::answer(&mut stream).unwrap();

    assert_eq!((answer.status, answer.text().as_str()), (400, "The Host header is missing.\n"));
    for reason in ["connections", "requests", "rate", "login", "tls", "body"] {
        assert_eq!(refused(&service, reason), 0, "{reason}");
    }
    assert_eq!(refused(&service, "head"), 1);
    assert_eq!(service.said_within("Refusing a request whose head", 1), 1, "{}", service.log());
}

fn refused(service: &Service<'_>, reason: &str) -> u64 {
    let name = "packet_exporter_http_refusals_total";

    service.scrape().find(name, &[("reason", reason)]).expect(reason)
}

fn threads(service: &Service<'_>) -> u64 {
    service.status("Threads").parse().unwrap()
}

fn kib(text: &str) -> u64 {
    text.trim_end_matches(" kB").parse().unwrap()
}
