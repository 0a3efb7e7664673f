//! When the first push is made.

use std::collections::BTreeSet;

use super::*;

/// When a running sender is stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    AtOnce,
    AfterThePush,
}

/// Returns what came, and how long it took until the stop.
async fn running(phase: Duration, when: Stop) -> (Fake, Duration) {
    let fake = Fake::start([]).await;
    let Pushing { mut sender, snapshot, source, .. } =
        Pushing::new(&Otlp { interval: Duration::from_hours(1), ..http(fake.port) });
    sender.times.phase = phase;
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    let begun = Instant::now();
    let stopped = stop.clone();
    running.spawn(async move { sender.run(source, stopped).await });

    if when == Stop::AfterThePush {
        until("the first push", || !fake.got().is_empty()).await;
    }
    let at = begun.elapsed();
    stop.cancel();
    drop(snapshot);
    timeout(DEADLINE, running.join_next()).await.expect("it stops");

    (fake, at)
}

#[tokio::test]
async fn the_first_push_waits_for_its_phase() {
    let phase = Duration::from_millis(300);

    let (fake, at) = running(phase, Stop::AfterThePush).await;

    assert!(at >= phase && at < DEADLINE, "{at:?}");
    assert_eq!(fake.got().len(), 2, "the first one and the last one");
}

#[tokio::test]
async fn what_is_asked_to_stop_before_its_phase_pushes_all_the_same() {
    let begun = Instant::now();

    let (fake, _) = running(Duration::from_hours(1), Stop::AtOnce).await;

    assert_eq!(fake.got().len(), 1);
    assert!(begun.elapsed() < DEADLINE, "{:?}", begun.elapsed());
}

#[test]
fn hosts_that_start_together_push_apart_within_the_whole_interval() {
    for interval in [10, 60, 300, 86_400] {
        let spread = || Times::spread(Duration::from_secs(interval), Duration::ZERO).phase;

        let phases: BTreeSet<_> = std::iter::repeat_with(spread).take(1000).collect();

        assert!(phases.len() > 990, "{}", phases.len());
        let most = Duration::from_secs(interval);
        let (first, last) = (*phases.first().unwrap(), *phases.last().unwrap());
        assert!(first < most / 50 && last > most / 50 * 49 && last < most, "{first:?} {last:?}");
    }
}
