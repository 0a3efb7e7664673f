//! Clients that are many, slow or mad.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

use super::{cable, quick};

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

    let deaf: Vec<_> = (0..20)
        .map(|_| {
            let mut deaf = service.connect().unwrap();
            let requests = b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n".repeat(REQUESTS);
            deaf.set_write_timeout(Some(std::time::Duration::from_millis(200))).unwrap();
            // It may stop reading once it cannot write.
            let _sent = deaf.write(&requests);
            deaf
        })
        .collect();

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

fn kib(text: &str) -> u64 {
    text.trim_end_matches(" kB").parse().unwrap()
}
