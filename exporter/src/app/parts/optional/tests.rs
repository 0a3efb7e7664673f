use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;

const LONG: Duration = Duration::from_mins(10);

fn parts() -> OptionalParts {
    OptionalParts::on(Handle::current(), CancellationToken::new())
}

async fn until_stopped(stop: CancellationToken) -> anyhow::Result<()> {
    stop.cancelled().await;
    Ok(())
}

/// Returns whether a part is up, and how often it was started again.
fn health(parts: &OptionalParts, name: &str) -> Option<(bool, u64)> {
    let health = parts.health().into_iter().find(|part| &*part.name == name)?;

    Some((health.is_up, health.restarts))
}

async fn wait_for(parts: &OptionalParts, name: &str, expected: Option<(bool, u64)>) {
    let mut changes = parts.parts.subscribe();
    let reached = async {
        while health(parts, name) != expected {
            changes.changed().await.unwrap();
        }
    };

    let reached = timeout(LONG, reached).await;
    assert!(reached.is_ok(), "{name} is {:?}, not {expected:?}", health(parts, name));
}

/// Three starts that end in as many ways, and then one that lasts.
#[tokio::test(start_paused = true)]
async fn a_part_that_fails_is_counted_and_started_again_while_others_run() {
    let parts = parts();
    let mut starts = 0;
    parts.start("other", until_stopped).unwrap();
    let planted = move |stop: CancellationToken| {
        starts += 1;
        let start = starts;
        async move {
            match start {
                1 => panic!("planted"),
                2 => Err(anyhow!("planted")),
                3 => Ok(()),
                _ => until_stopped(stop).await,
            }
        }
    };

    parts.start("otlp", planted).unwrap();

    for restarts in 0..3 {
        wait_for(&parts, "otlp", Some((false, restarts))).await;
    }
    wait_for(&parts, "otlp", Some((true, 3))).await;
    assert_eq!(health(&parts, "other"), Some((true, 0)));
}

#[tokio::test(start_paused = true)]
async fn starts_are_further_and_further_apart_until_one_lasts() {
    let parts = parts();
    let (sender, mut starts) = mpsc::unbounded_channel();
    let mut number = 0;
    let planted = move |_| {
        number += 1;
        sender.send(Instant::now()).unwrap();
        let lasts = if number == 9 { Pause::LONGEST } else { Duration::ZERO };
        async move {
            sleep(lasts).await;
            panic!("planted")
        }
    };

    parts.start("otlp", planted).unwrap();

    let mut last = starts.recv().await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..10 {
        let start = starts.recv().await.unwrap();
        waits.push((start - last).as_secs());
        last = start;
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60 + 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_part_is_stopped_at_once_while_it_waits_for_its_next_start() {
    let parts = parts();
    parts.start("otlp", |_| async { Err(anyhow!("planted")) }).unwrap();
    wait_for(&parts, "otlp", Some((false, 3))).await;
    let begun = Instant::now();

    parts.stop::<()>("otlp").await;

    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(health(&parts, "otlp"), None);
}

/// Counts how often it runs, and how often a panic interrupts it.
#[derive(Debug, Default)]
struct Counting {
    begun: u64,
    ended: u64,
    panics: Arc<AtomicU64>,
}

impl Optional for Counting {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.begun += 1;
        let is_planted = self.panics.fetch_sub(1, Ordering::Relaxed) > 0;
        assert!(!is_planted, "planted");
        self.panics.store(0, Ordering::Relaxed);
        stop.cancelled().await;
        self.ended += 1;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_keeps_what_it_knows_over_panics_and_hands_it_on_when_it_is_stopped() {
    let parts = parts();
    let counting = Counting { panics: Arc::new(AtomicU64::new(2)), ..Counting::default() };
    parts.start("other", until_stopped).unwrap();
    parts.start("otlp", counting).unwrap();
    wait_for(&parts, "otlp", Some((true, 2))).await;

    let again = parts.start("otlp", Counting::default());
    let Counting { begun, ended, panics } = parts.stop("otlp").await.expect("it was there");
    let next = parts.start("otlp", Counting { begun, ended, panics });

    assert_eq!(again.unwrap_err().to_string(), "the otlp part runs already, or has not ended yet");
    assert_eq!((begun, ended), (3, 1));
    assert_eq!(next, Ok(()));
    wait_for(&parts, "otlp", Some((true, 0))).await;
    assert_eq!(health(&parts, "other"), Some((true, 0)), "it is not stopped");
    assert!(parts.stop::<Counting>("none").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn all_parts_end_with_the_token_that_they_share() {
    let parts = parts();
    parts.start("otlp", until_stopped).unwrap();
    parts.start("otlp-logs", |_| async { panic!("planted") }).unwrap();
    wait_for(&parts, "otlp-logs", Some((false, 1))).await;
    let clone = parts.clone();

    parts.stop.cancel();
    parts.ended().await;

    assert_eq!(clone.names(), [] as [Arc<str>; 0]);
}

#[test]
fn a_part_that_is_started_after_its_runtime_has_ended_is_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let parts = OptionalParts::on(runtime.handle().clone(), CancellationToken::new());
    drop(runtime);

    parts.start("otlp", until_stopped).unwrap();

    assert_eq!(parts.names(), [] as [Arc<str>; 0]);
}
