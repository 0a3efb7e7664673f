use std::time::Duration;

use futures_util::StreamExt;
use shared::{Direction, Family, Parsed, Protocol, cell};
use tokio::time::timeout;

use super::*;
use crate::capture::Capture;
use crate::samples::Found;
use crate::samples::example::{at, sample};

const DEADLINE: Duration = Duration::from_secs(20);

fn samples() -> Samples {
    let samples = Samples::new(at(0), |_, [from, to]| {
        [PortRank(u8::from(from < 1024)), PortRank(u8::from(to < 1024))]
    });
    samples.switch(Some(sampling()), 8);

    samples
}

fn sampling() -> Sampling {
    Sampling { one_in: 1, per_second: 100, snap_length: 96, payload: false }
}

fn bounded(count: u64, time: Duration) -> Bounded {
    let wanted = Wanted { one_in: 1, per_second: 1000, matching: Matching::default() };

    Bounded { wanted, count, bytes: 1 << 20, time }
}

fn tcp(port: u16) -> Sample {
    let mut sample = sample(&[0; 60]);
    sample.parsed = Parsed {
        cell: cell(Family::Ipv4, Protocol::Tcp),
        has_ports: 1,
        source_port: 50_000,
        destination_port: port,
        ..Parsed::default()
    };

    sample
}

/// Reads a capture to its end, and returns its packets' lengths with all bytes.
async fn read(chunks: Chunks) -> (Vec<u32>, Vec<u8>) {
    let bytes = timeout(DEADLINE, chunks.concat()).await.unwrap();
    let mut capture = Capture::open(&*bytes).unwrap();
    let mut lengths = Vec::new();
    while let Some(record) = capture.next_record().unwrap() {
        lengths.push(record.wire_length);
    }

    (lengths, bytes)
}

#[test]
fn what_is_sampled_is_kept_with_what_is_known_of_its_ports() {
    let samples = samples();
    samples.add(vec![tcp(443), sample(&[1])]);
    let losses = Losses { full: 1, rate: 2, copy: 3 };
    samples.losses(losses);

    let seen = samples.now();
    let ranks: Vec<_> = seen.kept.iter().map(|taken| taken.ranks).collect();
    assert_eq!(ranks, [[PortRank(0), PortRank(1)], [PortRank(0); 2]]);
    assert_eq!((seen.losses, seen.sampling), (losses, Some(sampling())));

    samples.switch(None, 8);
    assert_eq!((samples.now().kept.iter().count(), samples.now().kept.total()), (0, 2));
}

#[test]
fn what_is_unusual_is_recorded_only_while_packets_are_sampled() {
    let samples = samples();
    let cause = || Cause {
        device: "eth0".into(),
        direction: Direction::Receive,
        signal: "syn_addresses",
        value: 99.0,
        at: at(0),
    };
    samples.add(vec![tcp(1)]);
    let id = samples.record(cause()).unwrap();
    samples.add(vec![tcp(2)]);

    let Found::Here(recording) = samples.now().recorder.find(id).map(|it| it.packets().count())
    else {
        panic!("{id}")
    };
    assert_eq!(recording, 2);
    samples.switch(None, 8);
    assert_eq!(samples.record(cause()), None);
}

#[tokio::test(start_paused = true)]
async fn a_capture_ends_with_its_time_and_has_what_was_taken_until_then() {
    let samples = samples();
    let mut wishes = samples.wishes();
    let chunks = samples.capture(&bounded(100, Duration::from_secs(3))).unwrap();
    let thread = async {
        let wish = wishes.borrow_and_update().clone().unwrap();
        samples.captured(wish.number, vec![tcp(1), tcp(2)]);
        wishes.changed().await.unwrap();
        assert_eq!(samples.wish(), None);
        samples.captured(wish.number, vec![tcp(3)]);
        samples.capture_losses(wish.number, Losses { full: 4, rate: 5, copy: 6 });
        samples.capture_ended(wish.number);
    };

    let ((lengths, bytes), ()) = tokio::join!(read(chunks), thread);

    assert_eq!(lengths, [60, 60, 60]);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        text.contains("4 because the ring buffer was full, 5 above the rate, 6 that"),
        "{text}"
    );
    assert!(text.contains("eth0"));
}

#[tokio::test(start_paused = true)]
async fn a_capture_ends_with_its_packets_or_its_bytes_and_without_any() {
    let samples = samples();
    let second = Duration::from_secs(1);
    for (bounded, expected) in [
        (bounded(2, second), 2),
        (Bounded { bytes: 100, ..bounded(9, second) }, 1),
        (Bounded { bytes: 200, ..bounded(9, second) }, 2),
        (bounded(9, Duration::ZERO), 0),
    ] {
        let chunks = samples.capture(&bounded).unwrap();
        let number = samples.wish().unwrap().number;
        if expected > 0 {
            samples.captured(number, vec![tcp(1), tcp(2), tcp(3)]);
        }

        assert_eq!(read(chunks).await.0.len(), expected);
        assert_eq!(samples.wish(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn one_capture_runs_at_a_time_and_ends_when_its_client_goes() {
    let samples = samples();
    let first = samples.capture(&bounded(9, Duration::from_mins(1))).unwrap();
    let number = samples.wish().unwrap().number;
    let second = bounded(1, Duration::from_mins(1));
    assert!(samples.capture(&second).is_err());

    drop(first);
    assert_eq!(samples.wish(), None);
    let chunks = samples.capture(&second).unwrap();
    // What was on its way for the first one.
    samples.captured(number, vec![tcp(1)]);
    samples.capture_ended(number);
    let own = samples.wish().unwrap().number;
    assert_ne!(own, number);
    samples.captured(own, vec![sample(&[0; 99])]);

    assert_eq!(read(chunks).await.0, [99]);
}

#[tokio::test(start_paused = true)]
async fn what_a_slow_client_does_not_read_is_counted_as_lost() {
    let samples = samples();
    let mut chunks = samples.capture(&bounded(1_000_000, Duration::from_secs(1))).unwrap();
    let number = samples.wish().unwrap().number;
    assert!(!chunks.next().await.unwrap().is_empty());
    let large = || sample(&vec![0; 1 << 20]);
    samples.captured(number, (0..20).map(|_| large()).collect());

    let (bytes, unsent) = {
        let line = samples.line();
        (line.bytes, line.unsent)
    };
    assert!(bytes <= WAITING && unsent == 13, "{bytes} bytes, {unsent}");
    let rest = timeout(DEADLINE, chunks.concat()).await.unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("13 because the client was too slow"));
}

#[tokio::test(start_paused = true)]
async fn a_capture_has_only_what_it_asked_for() {
    let samples = samples();
    let mut wanted = bounded(2, Duration::from_secs(1));
    wanted.wanted.matching.port = Some(443);
    let chunks = samples.capture(&wanted).unwrap();
    let number = samples.wish().unwrap().number;
    samples.captured(number, vec![tcp(80), tcp(443), sample(&[0; 70]), tcp(443)]);

    assert_eq!(read(chunks).await.0, [60, 60]);
}
