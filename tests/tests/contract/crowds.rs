//! More connections than there are places, idle and slow, while a scrape stays on time.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tests::cable::Cable;
use tests::patience::pause;
use tests::service::{PORT, Service};

use super::bed::cable;

const CONNECTIONS: usize = 10_000;
const PEERS: u8 = 20;
/// What Prometheus waits for a scrape, unless it is told otherwise.
const ON_TIME: Duration = Duration::from_secs(10);
const HEAD: &[u8] = b"GET /api/v1/packets HTTP/1.1\r\nHost: test\r\nX-Slow: ";

#[test]
#[ignore = "needs root: `cargo xtask test contract`"]
fn ten_thousand_idle_and_slow_connections_delay_no_scrape() {
    let cable = cable("contract-crowd");
    let peers: Vec<_> = (1..=PEERS).map(|it| Ipv4Addr::new(198, 51, 100, it)).collect();
    for peer in &peers {
        cable.here.ip(&["address", "add", &format!("{peer}/32"), "dev", "lo"]);
    }
    let mut service = Service::start(&cable.here, &["--devices.include", Cable::DEVICE]);
    let (memory, files) = (kib(&service), service.open_files());
    let is_over = AtomicBool::new(false);

    let (scrapes, slowest, most_files) = thread::scope(|scope| {
        let scraping = scope.spawn(|| scrape_until(&service, &is_over));
        let mut others = crowd(&cable, &peers);
        assert_eq!(others.len(), CONNECTIONS);
        // Every second one is slow: its head goes on and on.
        for _ in 0..10 {
            for slow in others.iter_mut().step_by(2) {
                // Most were closed to make room.
                let _sent = slow.write_all(b"x");
            }
            pause();
        }
        let most_files = service.open_files();
        is_over.store(true, Ordering::Relaxed);
        let (scrapes, slowest) = scraping.join().unwrap();
        (scrapes, slowest, most_files)
    });

    let after = kib(&service);
    println!(
        "{scrapes} scrapes beside {CONNECTIONS} connections, the slowest took {slowest:?}; {memory} KiB, \
         then {after}; {files} open files, then {most_files}"
    );
    assert!(slowest < ON_TIME, "a scrape took {slowest:?}");
    assert!(scrapes >= 5, "{scrapes} scrapes");
    assert!(after < memory + 64 * 1024, "{memory} KiB became {after}");
    assert!(most_files < files + 600, "{files} open files became {most_files}");
    assert!(service.said("level=error") == 0, "{}", service.log());
    service.wait_for_fold();
}

/// Opens the connections, which are of different peers by the address that they connect to: the kernel
/// takes it for their own too.
fn crowd(cable: &Cable, peers: &[Ipv4Addr]) -> Vec<TcpStream> {
    let connect = |place: usize| {
        let address = (peers[place % peers.len()], PORT).into();
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(20))?;
        if place.is_multiple_of(2) {
            let _sent = stream.write_all(HEAD);
        }
        Ok::<_, std::io::Error>(stream)
    };

    // One that the server refuses at once may be reset before it is made.
    let open: Vec<_> = cable.here.within(|| (0..CONNECTIONS).flat_map(connect).collect());
    assert!(open.len() > CONNECTIONS * 9 / 10, "{} connections", open.len());

    open
}

/// Scrapes again and again; returns how often, and how long the slowest took.
fn scrape_until(service: &Service<'_>, is_over: &AtomicBool) -> (usize, Duration) {
    let (mut scrapes, mut slowest) = (0, Duration::ZERO);
    while !is_over.load(Ordering::Relaxed) || scrapes < 5 {
        let begun = Instant::now();
        assert_eq!(service.get("/metrics").unwrap().status, 200);
        slowest = slowest.max(begun.elapsed());
        scrapes += 1;
        pause();
    }

    (scrapes, slowest)
}

fn kib(service: &Service<'_>) -> u64 {
    service.status("VmRSS").trim_end_matches(" kB").parse().unwrap()
}
