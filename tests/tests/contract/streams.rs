//! What many streams of events cost.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use tests::cable::Cable;
use tests::patience::{Reason, let_pass};
use tests::service::{PORT, Service};

use super::bed::{Bed, cable};

const STREAMS: usize = 200;
const PEERS: u8 = 4;
/// How long is measured.
const TIME: Duration = Duration::from_secs(10);
/// Of a CPU, what the streams may take: ten times what a quiet machine needs at most.
const MOST: f64 = 1.0;
/// Ticks of a second in /proc/PID/stat; a constant of the kernel's interface on all its machines.
const TICKS: f64 = 100.0;

/// Returns how much of a CPU the service takes for a while.
fn load(service: &Service<'_>) -> f64 {
    let path = format!("/proc/{}/stat", service.status("Pid"));
    let ticks = || -> f64 {
        let text = fs::read_to_string(&path).unwrap();
        let fields = text.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
        fields.map(|it| it.parse::<f64>().unwrap()).sum()
    };

    let (begun, before) = (Instant::now(), ticks());
    let_pass(TIME, Reason::Sampling);
    (ticks() - before) / TICKS / begun.elapsed().as_secs_f64()
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn two_hundred_streams_of_events_take_a_small_part_of_a_cpu() {
    let cable = cable("contract-stream");
    let peers: Vec<_> = (1..=PEERS).map(|it| Ipv4Addr::new(198, 51, 100, it)).collect();
    for peer in &peers {
        cable.here.ip(&["address", "add", &format!("{peer}/32"), "dev", "lo"]);
    }
    // From these, tokens are taken without TLS.
    let bed = Bed::start(&cable, &["--web.trusted-proxies", "198.51.100.0/24"]);
    let memory = bed.service.status("VmRSS");

    let alone = load(&bed.service);
    let mut streams = opened(&cable, &bed, &peers);
    let with_streams = load(&bed.service);
    let grown = bed.service.status("VmRSS");

    let events: Vec<_> =
        streams.iter_mut().map(|it| read(it).matches("event: fold").count()).collect();
    let (least, most) = (events.iter().min().unwrap(), events.iter().max().unwrap());
    println!(
        "{STREAMS} streams: {:.1} % of a CPU, {:.1} % without; {least} to {most} folds each in {TIME:?}; \
         VmRSS {memory}, then {grown}",
        with_streams * 100.0,
        alone * 100.0
    );
    assert!(*least >= 5, "{events:?}");
    assert!(with_streams - alone < MOST, "{with_streams} of a CPU, {alone} without");
    assert_eq!(bed.service.get("/metrics").unwrap().status, 200);
}

/// Opens the streams, which are of different peers by the address that they connect to.
fn opened(cable: &Cable, bed: &Bed<'_>, peers: &[Ipv4Addr]) -> Vec<TcpStream> {
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\n\r\n",
        bed.login()
    );
    let open = |place: usize| {
        let mut stream = TcpStream::connect((peers[place % peers.len()], PORT)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200", "stream {place}");
        stream
    };

    cable.here.within(|| (0..STREAMS).map(open).collect())
}

/// Returns what is there to read.
fn read(stream: &mut TcpStream) -> String {
    stream.set_nonblocking(true).unwrap();
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).map_err(|error| error.kind());
    assert_eq!(ended, Err(ErrorKind::WouldBlock), "the stream ended");

    String::from_utf8_lossy(&bytes).into_owned()
}
