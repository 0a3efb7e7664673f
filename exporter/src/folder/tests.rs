mod idle;
mod live;

use std::sync::Mutex;

use shared::Direction;

use super::state::ENDED;
use super::*;
use crate::config::{Log, Naming, Signals};
use crate::dimension::{ByDimension, Dimension};
use crate::interval::balanced::{Burst, interval};
use crate::interval::{Interval, Keyed, Law};
use crate::ledger::Rules;
use crate::logging::tests::logged;

#[tokio::test]
async fn every_look_adds_to_what_was_counted_before() {
    let mut kernel = Kernel::start(counted(3)).await;

    let snapshot = kernel.look(counted(4)).await;

    assert_eq!(snapshot.flows[0].totals.frames().packets, 7);
    assert_eq!(snapshot.health.folding.folds, 2);
}

#[tokio::test]
async fn each_fold_has_the_one_before_beside_it() {
    let mut kernel = Kernel::start(counted(3)).await;
    let failure = Collected { failure: Some(io::ErrorKind::Other.into()), ..Collected::default() };
    let frames = |snapshot: &Snapshot| {
        snapshot.before.as_ref().map(|before| before.flows[0].totals.frames().packets)
    };

    let second = kernel.look(counted(4)).await;
    let failed = kernel.look(failure).await;
    let third = kernel.look(counted(5)).await;

    assert_eq!([&second, &failed, &third].map(|it| frames(it)), [Some(3), Some(3), Some(7)]);
    let before = third.before.as_ref().unwrap();
    assert_eq!(Some(before.folded), second.health.folding.last);
    assert!(before.elapsed > Duration::ZERO);
}

#[tokio::test]
async fn a_device_that_could_not_be_read_is_noted_until_it_was_read_twice() {
    let two = |counted: io::Result<Interval>| {
        let mut both = look(counted, FIRST);
        let other = look(Ok(packets(1)), FIRST).drained;
        both.drained.extend(other.into_iter().map(|it| Drained { device: "eth1".into(), ..it }));
        both
    };
    let unread = |snapshot: &Snapshot| -> Vec<_> {
        let before = snapshot.before.as_ref().unwrap();
        before.unread.iter().map(|(device, _)| device.to_string()).collect()
    };
    let mut kernel = Kernel::start(two(Ok(packets(3)))).await;

    let failed = kernel.look(two(Err(io::ErrorKind::Other.into()))).await;
    let again = kernel.look(two(Ok(packets(4)))).await;
    let usual = kernel.look(two(Ok(packets(5)))).await;

    assert_eq!(
        [&failed, &again, &usual].map(|it| unread(it)),
        [vec!["eth0"], vec!["eth0"], vec![]]
    );
}

#[tokio::test]
async fn a_failed_look_loses_nothing() {
    let mut kernel = Kernel::start(counted(3)).await;
    let failure = Collected { failure: Some(io::ErrorKind::Other.into()), ..Collected::default() };

    let unchanged = kernel.look(failure).await;
    let snapshot = kernel.look(counted(4)).await;

    assert_eq!(unchanged.flows[0].totals.frames().packets, 3);
    assert_eq!(snapshot.flows[0].totals.frames().packets, 7);
    assert_eq!((snapshot.health.folding.folds, snapshot.health.folding.failures), (2, 1));
}

#[tokio::test]
async fn a_program_that_cannot_be_read_keeps_its_series() {
    let mut kernel = Kernel::start(counted(3)).await;

    let snapshot = kernel.look(look(Err(io::ErrorKind::Other.into()), FIRST)).await;

    assert_eq!(snapshot.flows[0].totals.frames().packets, 3);
    assert_eq!(snapshot.health.folding.failures, 1);
}

#[tokio::test]
async fn what_a_program_that_is_gone_counted_last_is_a_failure_where_it_cannot_be_read() {
    let mut kernel = Kernel::start(counted(3)).await;
    let Collected { drained: last, .. } = look(Err(io::ErrorKind::Other.into()), FIRST);

    let snapshot = kernel.look(Collected { last, ..Collected::default() }).await;

    assert!(snapshot.flows.is_empty(), "{:?}", snapshot.flows);
    assert_eq!(snapshot.health.folding.failures, 1);
}

#[tokio::test]
async fn what_a_program_that_is_gone_counted_last_is_published_once() {
    let mut kernel = Kernel::start(counted(3)).await;

    let end = kernel.look(last(4)).await;
    let after = kernel.look(Collected::default()).await;

    assert_eq!(end.flows[0].totals.frames().packets, 7);
    assert!(after.flows.is_empty(), "{:?}", after.flows);
}

#[tokio::test]
async fn a_device_that_is_back_at_once_waits_until_its_end_was_published() {
    let mut kernel = Kernel::start(counted(3)).await;
    let back = FIRST + Duration::from_mins(1);
    let both = Collected { drained: look(Ok(packets(5)), back).drained, ..last(4) };

    let end = kernel.look(both).await;
    let after = kernel.look(look(Ok(packets(1)), back)).await;

    assert_eq!([&end, &after].map(|snapshot| snapshot.flows.len()), [1, 1]);
    assert_eq!(end.flows[0].totals.frames().packets, 7);
    assert_eq!(after.flows[0].totals.frames().packets, 6);
    assert_eq!(after.flows[0].since, back);
}

#[test]
fn what_ended_is_published_for_a_while_without_what_it_looks_like() {
    let published = published(HOUR, [counted(3), last(4), Collected::default()]);

    assert_eq!(published.flows[0].totals.frames().packets, 7);
    assert!(published.flows[0].signals.is_none() && published.flows[0].maps.is_empty());
}

#[test]
fn what_ended_gives_way_to_a_device_of_the_same_name() {
    let back = FIRST + Duration::from_mins(1);
    let looks = [counted(3), last(4), look(Ok(packets(5)), back), look(Ok(packets(6)), back)];

    let published = published(HOUR, looks);

    assert_eq!(published.flows[0].totals.frames().packets, 11);
    assert!(published.flows[0].signals.is_some());
}

#[test]
fn of_what_ended_the_oldest_give_way_to_many_others() {
    let named = |number: usize| {
        let mut look = counted(number as u64 + 1);
        look.drained[0].device = format!("veth{number:03}").into();
        look
    };
    let ends = (0..ENDED + 5).flat_map(|number| {
        let Collected { drained: last, .. } = named(number);
        [named(number), Collected { last, ..Collected::default() }]
    });

    let published = published(HOUR, ends.chain([Collected::default()]));

    let devices: Vec<_> = published.flows.iter().map(|flow| &*flow.device).collect();
    assert_eq!(devices.len(), ENDED);
    assert_eq!((devices[0], devices[ENDED - 1]), ("veth005", "veth132"));
}

#[tokio::test]
async fn what_was_evicted_is_counted_once_at_the_end() {
    let of = |hosts: std::ops::Range<u8>, packets| {
        let bursts: Vec<_> =
            hosts.map(|host| Burst::from([192, 0, 2, host].into(), packets)).collect();
        look(Ok(interval(&bursts, Duration::from_secs(20))), FIRST)
    };
    let mut kernel = Kernel::start(of(1..11, 100)).await;
    for _ in 0..2 {
        kernel.look(of(11..21, 9000)).await;
    }
    let evicted = |snapshot: &Snapshot| snapshot.health.evicted_before[Dimension::Sources].unwrap();
    let of_flow = |snapshot: &Snapshot| {
        snapshot.flows[0].breakdowns[Dimension::Sources].as_ref().unwrap().evicted
    };

    let end = kernel.look(last(1)).await;
    let after = kernel.look(Collected::default()).await;

    assert_ne!(of_flow(&end), 0);
    assert_eq!(evicted(&end), 0);
    assert_eq!(evicted(&after), of_flow(&end));
}

#[tokio::test]
async fn a_fold_of_nothing_that_could_be_read_does_not_count() {
    let mut kernel = Kernel::start(counted(3)).await;

    let snapshot = kernel.look(look(Err(io::ErrorKind::Other.into()), FIRST)).await;

    assert_eq!((snapshot.health.folding.folds, snapshot.health.folding.failures), (1, 1));
}

#[tokio::test]
async fn the_series_of_a_device_that_is_gone_end() {
    let mut kernel = Kernel::start(counted(3)).await;

    let snapshot = kernel.look(Collected::default()).await;

    assert!(snapshot.flows.is_empty(), "{:?}", snapshot.flows);
}

#[tokio::test]
async fn a_device_that_comes_back_begins_at_0() {
    let mut kernel = Kernel::start(counted(3)).await;

    let snapshot = kernel.look(look(Ok(packets(5)), FIRST + Duration::from_mins(1))).await;

    assert_eq!(snapshot.flows[0].totals.frames().packets, 5);
}

#[tokio::test]
async fn who_is_told_to_stop_looks_once_more() {
    let mut kernel = Kernel::start(counted(3)).await;
    *kernel.next.lock().unwrap() = counted(4);

    kernel.stop.cancel();

    assert_eq!(kernel.published().await.flows[0].totals.frames().packets, 7);
}

#[test]
fn an_interval_that_breaks_a_law_is_folded_and_counted_and_the_next_ones_too() {
    let without_sources = || look(Ok(Interval { sources: Keyed::default(), ..packets(3) }), FIRST);
    let looks = [counted(4), without_sources(), counted(5), without_sources()];

    let snapshot = published(HOUR, looks);

    assert_eq!(snapshot.flows[0].imbalanced, [2, 0, 0]);
    assert_eq!(snapshot.flows[0].totals.frames().packets, 4 + 3 + 5 + 3);
    assert_eq!(snapshot.health.folding.failures, 0);
}

#[test]
fn a_law_that_is_broken_is_warned_of_once_until_it_is_kept_again() {
    let mut broken = packets(3);
    broken.totals.sizes[0].packets += 1;
    let of_sizes = || look(Ok(broken.clone()), FIRST);
    let looks = [counted(1), of_sizes(), of_sizes(), of_sizes(), counted(1), of_sizes()];

    let lines = logged(&Log::default(), |_| drop(published(HOUR, looks)));

    let warnings: Vec<_> = lines.lines().filter(|line| line.contains("do not add up")).collect();
    assert_eq!(warnings.len(), 2, "{lines}");
    assert!(warnings[0].contains("device=eth0 direction=receive law=sizes"), "{lines}");
    assert!(warnings[0].contains("parts_packets=4 "), "{lines}");
    assert!(warnings[0].contains("whole_packets=3 "), "{lines}");
}

#[test]
fn a_dimension_that_is_switched_off_breaks_no_law() {
    let interval = Interval { sources: Keyed::default(), ..packets(3) };
    let folder = folder(watch::channel(Arc::default()).0);
    let mut plan = plan();
    plan.rules.naming[Dimension::Sources].enabled = false;
    let mut state = State::new(plan);

    let health = fold(&mut state, look(Ok(interval), FIRST));
    folder.publish(&state, health);

    assert_eq!(folder.snapshot.borrow().flows[0].imbalanced, [0; Law::ALL.len()]);
}

const HOUR: Farewell = Farewell { most: Duration::from_hours(1), least: Duration::ZERO };
const NONE: Farewell = Farewell { most: Duration::ZERO, least: Duration::ZERO };

/// When the program of every test was attached.
const FIRST: SystemTime = SystemTime::UNIX_EPOCH;

/// A kernel that brings what a test says, and the folder that looks at it.
struct Kernel {
    next: Arc<Mutex<Collected>>,
    changes: watch::Sender<()>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    config: watch::Sender<Arc<Config>>,
    applied: watch::Receiver<Option<Applied>>,
    stop: CancellationToken,
}

impl Kernel {
    /// Starts a folder, whose first look brings `first`.
    async fn start(first: Collected) -> Self {
        let next = Arc::new(Mutex::new(first));
        let (sender, snapshot) = watch::channel(Arc::default());
        let (changes, asked) = watch::channel(());
        let stop = CancellationToken::new();
        let pace = Pace { changes: asked, stop: stop.clone(), last_look: true };
        let (config_tx, config) = watch::channel(Arc::default());
        let (applied_tx, applied) = watch::channel(None);
        let folder = Folder { config, applied: applied_tx, ..folder(sender) };

        let of_folder = Arc::clone(&next);
        let collect = move |_: &Arc<Config>| std::mem::take(&mut *of_folder.lock().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the folder ends with the runtime")]
        tokio::spawn(run(folder, collect, pace));
        let mut kernel = Self { next, changes, snapshot, config: config_tx, applied, stop };
        kernel.published().await;

        kernel
    }

    /// Has the folder look once, and returns what it publishes.
    async fn look(&mut self, collected: Collected) -> Arc<Snapshot> {
        *self.next.lock().unwrap() = collected;
        self.changes.send(()).unwrap();

        self.published().await
    }

    async fn published(&mut self) -> Arc<Snapshot> {
        let changed = time::timeout(Duration::from_secs(10), self.snapshot.changed());
        changed.await.expect("the folder publishes in time").expect("the folder goes on");

        Arc::clone(&self.snapshot.borrow_and_update())
    }
}

/// So long that every look but the first is asked for, unless another interval is configured.
fn plan_of(config: &Config) -> Plan {
    let mut plan = plan();
    if *config != Config::default() {
        plan.interval = config.datapath.interval;
        plan.rules.naming = config.naming();
    }

    plan
}

fn plan() -> Plan {
    Plan { interval: Duration::from_hours(1), rules: rules(), farewell: NONE }
}

fn rules() -> Rules {
    let idle = Duration::from_mins(1);
    let naming = Naming { enabled: true, limit: 10, idle, churn: 10, remembered: 100 };

    Rules {
        naming: ByDimension::from_fn(|_| naming),
        signals: Signals { enabled: true, window: idle, scan_ports: 32 },
        traffic_classes: true,
        casts: true,
    }
}

fn folder(snapshot: watch::Sender<Arc<Snapshot>>) -> Folder {
    Folder {
        config: watch::channel(Arc::default()).1,
        plan: plan_of,
        snapshot,
        applied: watch::channel(None).0,
    }
}

/// What is published after the last of these looks.
fn published(farewell: Farewell, looks: impl IntoIterator<Item = Collected>) -> Arc<Snapshot> {
    let folder = folder(watch::channel(Arc::default()).0);
    let mut state = State::new(Plan { farewell, ..plan() });
    for looked in looks {
        let health = fold(&mut state, looked);
        folder.publish(&state, health);
    }

    Arc::clone(&folder.snapshot.borrow())
}

fn counted(frames: u64) -> Collected {
    look(Ok(packets(frames)), FIRST)
}

/// What a program that is gone counted last.
fn last(frames: u64) -> Collected {
    Collected { last: counted(frames).drained, ..Collected::default() }
}

fn packets(packets: u64) -> Interval {
    interval(&[Burst::from([192, 0, 2, 1].into(), packets)], Duration::from_secs(1))
}

fn look(counted: io::Result<Interval>, since: SystemTime) -> Collected {
    let drained = Drained { device: "eth0".into(), direction: Direction::Receive, since, counted };

    Collected { drained: vec![drained], ..Collected::default() }
}
