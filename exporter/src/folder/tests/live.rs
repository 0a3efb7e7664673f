//! The configuration changes between two folds.

use super::*;
use crate::interval::Switches;

#[tokio::test]
async fn a_configuration_is_folded_under_at_once_and_that_is_told() {
    let mut kernel = Kernel::start(counted(3)).await;
    let first = kernel.applied.borrow_and_update().clone().unwrap();
    assert_eq!(*first.config, Config::default());

    let config = of_sources(|sources| sources.limit = 0);
    let snapshot = kernel.configure(config, Collected { behind: 2, ..counted(4) }).await;

    let told = kernel.told().await;
    assert_eq!(told.config.sources.limit, 0);
    assert_eq!(told.behind, 2);
    let sources = snapshot.flows[0].breakdowns[Dimension::Sources].as_ref().unwrap();
    assert_eq!((sources.limit, sources.named.len(), sources.other[0].packets), (0, 0, 4));
    assert_eq!(snapshot.flows[0].totals.frames().packets, 7);

    kernel.look(counted(1)).await;
    assert_eq!(kernel.told().await.behind, 0, "the programs have followed");
}

#[tokio::test]
async fn programs_that_are_left_are_gone_on_with_at_once() {
    let mut kernel = Kernel::start(counted(3)).await;
    let left = Collected { behind: 2, is_unfinished: true, ..counted(4) };

    let snapshot = kernel.look(left).await;

    // Nothing asks for the look that comes then, and the interval is an hour.
    assert_eq!(snapshot.health.folding.folds, 3);
    assert_eq!(kernel.told().await.behind, 0);
    let another = time::timeout(Duration::from_millis(100), kernel.snapshot.changed());
    assert!(another.await.is_err(), "nothing is left");
}

#[tokio::test]
async fn a_configuration_is_not_in_force_where_nothing_could_be_drained() {
    let mut kernel = Kernel::start(counted(3)).await;
    kernel.applied.mark_unchanged();
    let failure = Collected { failure: Some(io::ErrorKind::Other.into()), ..Collected::default() };

    kernel.configure(of_sources(|sources| sources.limit = 0), failure).await;

    assert!(!kernel.applied.has_changed().unwrap());
    kernel.look(counted(1)).await;
    assert_eq!(kernel.told().await.config.sources.limit, 0);
}

#[tokio::test]
async fn another_interval_is_gone_by_from_the_next_fold_on() {
    let mut kernel = Kernel::start(counted(3)).await;
    let mut config = Config::default();
    config.datapath.interval = Duration::from_millis(100);

    kernel.configure(config, counted(1)).await;

    // These come by themselves.
    for _ in 0..3 {
        let snapshot = kernel.published().await;
        assert_eq!(snapshot.health.folding.interval, Duration::from_millis(100));
    }
}

#[tokio::test]
async fn a_dimension_that_is_switched_off_ends_and_begins_anew_and_what_was_evicted_stays() {
    let off = || Switches {
        dimensions: ByDimension::from_fn(|it| it != Dimension::Sources),
        ..Switches::all()
    };
    let without = || Interval { sources: Keyed::default(), switches: off(), ..packets(5) };
    let all = |snapshot: &Snapshot| {
        let of_flow = snapshot.flows[0].breakdowns[Dimension::Sources].as_ref();
        let before = snapshot.health.evicted_before[Dimension::Sources];
        before.map(|before| before + of_flow.map_or(0, |it| it.evicted))
    };
    let mut kernel = Kernel::start(counted(3)).await;
    let limited = kernel.configure(of_sources(|sources| sources.limit = 0), counted(1)).await;
    assert_eq!(all(&limited), Some(1));

    kernel.configure(of_sources(|sources| sources.enabled = false), counted(1)).await;
    let ended = kernel.look(look(Ok(without()), FIRST)).await;
    assert_eq!(ended.flows[0].breakdowns[Dimension::Sources], None);
    assert_eq!(all(&ended), None, "that series has ended too");

    let next = look(Ok(without()), FIRST);
    let behind = kernel.configure(of_sources(|sources| sources.limit = 10), next).await;
    assert_eq!(behind.flows[0].breakdowns[Dimension::Sources], None, "nothing counts it yet");
    let again = kernel.look(counted(2)).await;
    let sources = again.flows[0].breakdowns[Dimension::Sources].as_ref().unwrap();
    assert_eq!(sources.named.iter().map(|it| it.count.packets).sum::<u64>(), 2);
    assert_eq!(sources.other[0].packets, 0);
    assert!(sources.since > again.flows[0].since);
    assert_eq!(all(&again), Some(1));
    assert_eq!(again.flows[0].imbalanced, [0; Law::ALL.len()]);
}

#[tokio::test]
async fn frames_without_an_ethernet_header_have_no_destination_types() {
    let bare = || Interval { switches: Switches { casts: false, ..Switches::all() }, ..packets(5) };

    let mut kernel = Kernel::start(look(Ok(bare()), FIRST)).await;
    let snapshot = kernel.look(look(Ok(bare()), FIRST)).await;

    assert!(!snapshot.flows[0].has_casts);
    let ethernet = kernel.look(counted(1)).await;
    assert!(ethernet.flows[0].has_casts, "the device has another program now");
}

impl Kernel {
    /// Sets another configuration of the folder, and what its next look is to bring.
    async fn configure(&mut self, config: Config, collected: Collected) -> Arc<Snapshot> {
        *self.next.lock().unwrap() = collected;
        self.config.send(Arc::new(config)).unwrap();

        self.published().await
    }

    /// Waits for what the folder tells of a configuration.
    async fn told(&mut self) -> Applied {
        let changed = time::timeout(Duration::from_secs(10), self.applied.changed());
        changed.await.expect("the folder tells in time").expect("the folder goes on");

        self.applied.borrow_and_update().clone().expect("a configuration")
    }
}

fn of_sources(change: impl FnOnce(&mut crate::config::Sources)) -> Config {
    let mut config = Config::default();
    // So that it is not the default.
    config.datapath.interval = Duration::from_mins(1);
    change(&mut config.sources);

    config
}
